"""One shard's effects per allele, haplotype, gene, tissue and person, and the sites that its alleles make."""

from pasvar.effects import add_genotypes, score_alleles
from pasvar.gains import new_sites
from pasvar.gene_effects import gene_effects, tissue_effects
from pasvar.genotypes import Cohort
from pasvar.interactions import haplotype_effects, set_effects
from pasvar.jobs import logged
from pasvar.people import write_people
from pasvar.tables import read_made_by, read_table, write_table


def main(inputs, outputs, params) -> None:
    made_by = read_made_by(inputs.allele_scores)
    read = {name: read_table(inputs[name], name) for name in _TABLES}
    sites, windows, tissues = read["sites"], read["windows"], read["tissue_usage"]
    scores = add_genotypes(score_alleles(read["alleles"], read["allele_scores"], windows, sites), read["carriers"])
    new = new_sites(read["candidates"], read["candidate_scores"], sites, read["exons"], params)
    sets = set_effects(read["site_haplotypes"], read["haplotype_scores"], read["allele_scores"], sites)
    for name, table in (
        ("scores", scores),
        ("haplotypes", haplotype_effects(sets, sites, windows, params.min_effect)),
        ("gene_effects", gene_effects(scores, sites, tissues, params.usage_floor, params.min_usage_shift)),
        ("tissue_effects", tissue_effects(scores, sites, tissues, params.usage_floor, params.min_effect)),
        ("new_sites", add_genotypes(new, read["carriers"])),
    ):
        write_table(outputs[name], table, name, made_by)
    write_people(inputs.carried, sets, sites, Cohort(inputs.vcf).people, params.min_effect, outputs, made_by)


_TABLES = (
    *("sites", "tissue_usage", "windows", "exons"),
    *("alleles", "allele_scores", "carriers", "site_haplotypes", "haplotype_scores", "candidates", "candidate_scores"),
)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params)
