"""One shard's effects per allele and site and per allele and gene, and the people who carry the alleles."""

from pathlib import Path

from pasvar.contigs import ContigNames
from pasvar.effects import add_genotypes, gene_effects, score_alleles
from pasvar.genotypes import count_carriers
from pasvar.jobs import logged
from pasvar.tables import read_made_by, read_table, write_table


def main(inputs, outputs, min_effect: float, min_usage_shift: float) -> None:
    sites = read_table(inputs.sites, "sites")
    scores = score_alleles(
        read_table(inputs.alleles, "alleles"),
        read_table(inputs.scores, "allele_scores"),
        read_table(inputs.windows, "windows"),
        sites,
    )
    names = ContigNames(read_table(inputs.contigs, "contigs").chrom)
    vcfs = [Path(path) for path in inputs.vcf]
    carriers, gene_carriers = count_carriers(scores, vcfs, names, min_effect)
    scores = add_genotypes(scores, carriers)
    made_by = read_made_by(inputs.scores)
    write_table(outputs.scores, scores, "scores", made_by)
    write_table(outputs.gene_effects, gene_effects(scores, sites, min_usage_shift), "gene_effects", made_by)
    write_table(outputs.gene_carriers, gene_carriers, "gene_carriers")


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params.min_effect, snakemake.params.min_usage_shift)
