"""One shard's effects per allele, haplotype and person."""

from pasvar.effects import add_genotypes, gene_effects, score_alleles
from pasvar.genotypes import Cohort
from pasvar.interactions import haplotype_effects, set_effects
from pasvar.jobs import logged
from pasvar.people import write_people
from pasvar.tables import read_made_by, read_table, write_table


def main(inputs, outputs, min_effect: float) -> None:
    made_by = read_made_by(inputs.scores)
    sites, windows = read_table(inputs.sites, "sites"), read_table(inputs.windows, "windows")
    allele_scores = read_table(inputs.scores, "allele_scores")
    scores = score_alleles(read_table(inputs.alleles, "alleles"), allele_scores, windows, sites)
    scores = add_genotypes(scores, read_table(inputs.carriers, "carriers"))
    write_table(outputs.scores, scores, "scores", made_by)
    write_table(outputs.gene_effects, gene_effects(scores, sites), "gene_effects", made_by)
    sets, set_scores = read_table(inputs.sets, "site_haplotypes"), read_table(inputs.set_scores, "haplotype_scores")
    effects = set_effects(sets, set_scores, allele_scores, sites)
    haplotypes = haplotype_effects(effects, sites, windows, min_effect)
    write_table(outputs.haplotypes, haplotypes, "haplotypes", made_by)
    write_people(inputs.carried, effects, sites, Cohort(inputs.vcf).people, min_effect, outputs, made_by)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params.min_effect)
