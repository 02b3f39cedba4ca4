"""One shard's effects per allele and site, gene and tissue, and the people who carry the alleles."""

from pathlib import Path

from pasvar.contigs import ContigNames
from pasvar.effects import add_genotypes, score_alleles
from pasvar.gains import new_sites
from pasvar.gene_effects import gene_effects, tissue_effects
from pasvar.genotypes import count_carriers
from pasvar.jobs import logged
from pasvar.tables import read_made_by, read_table, write_table


def main(inputs, outputs, params) -> None:
    sites = read_table(inputs.sites, "sites")
    scores = score_alleles(
        read_table(inputs.alleles, "alleles"),
        read_table(inputs.scores, "allele_scores"),
        read_table(inputs.windows, "windows"),
        sites,
    )
    names = ContigNames(read_table(inputs.contigs, "contigs").chrom)
    vcfs = [Path(path) for path in inputs.vcf]
    carriers, gene_carriers = count_carriers(scores, vcfs, names, params.min_effect)
    scores = add_genotypes(scores, carriers)
    made_by = read_made_by(inputs.scores)
    write_table(outputs.scores, scores, "scores", made_by)
    tissues = read_table(inputs.tissue_usage, "tissue_usage")
    of_genes = gene_effects(scores, sites, tissues, params.usage_floor, params.min_usage_shift)
    write_table(outputs.gene_effects, of_genes, "gene_effects", made_by)
    of_tissues = tissue_effects(scores, sites, tissues, params.usage_floor, params.min_effect)
    write_table(outputs.tissue_effects, of_tissues, "tissue_effects", made_by)
    new = new_sites(
        read_table(inputs.candidates, "candidates"),
        read_table(inputs.candidate_scores, "candidate_scores"),
        sites,
        read_table(inputs.exons, "exons"),
        params,
    )
    write_table(outputs.new_sites, new, "new_sites", made_by)
    write_table(outputs.gene_carriers, gene_carriers, "gene_carriers")


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params)
