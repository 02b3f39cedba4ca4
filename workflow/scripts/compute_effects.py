"""One shard's effects per allele, haplotype, gene, tissue and person, and the sites that its alleles make."""

from pasvar.effects import (
    EffectSizes,
    add_genotypes,
    compute_gene_effects,
    compute_haplotype_effects,
    compute_structural_effects,
    compute_tissue_effects,
    find_new_sites,
    score_alleles,
    set_effects,
    uncounted_genes,
    with_structural,
    write_people,
)
from pasvar.run import Named, logged
from pasvar.sites import site_calibration_of
from pasvar.tables import read_made_by, read_pieces, read_table, write_bundle, write_table


def main(inputs: Named, outputs: Named, params: Named) -> None:
    made_by = read_made_by(inputs.scores, "allele_scores")
    read = {name: read_table(inputs[name], name) for name in _WHOLE}
    read |= {name: read_table(inputs[bundle], name) for bundle, names in _BUNDLES.items() for name in names}
    sites, windows, tissues = read["sites"], read["windows"], read["tissue_usage"]
    substitutions = read_pieces(inputs.scores, "saturation_scores", EffectSizes.COLUMNS)
    sizes = EffectSizes(sites.drop_duplicates("site_id"), substitutions)
    read["allele_scores"]["percentile"] = sizes.percentile(read["allele_scores"])
    scored = score_alleles(read["alleles"], read["allele_scores"], windows, sites, made_by)
    scores = add_genotypes(scored, read["carriers"])
    calibration = site_calibration_of(made_by["network"])
    new = find_new_sites(read["candidates"], read["candidate_scores"], sites, read["exons"], params, calibration)
    shifts = params.usage_floor, params.min_usage_shift
    structural = add_genotypes(read["structural_alleles"], read["carriers"])
    structural = compute_structural_effects(structural, sites, read["exons"], tissues, *shifts)
    gene_effects = with_structural(compute_gene_effects(scores, sites, tissues, *shifts), structural, sites.chrom)
    sets = set_effects(read["site_haplotypes"], read["haplotype_scores"], read["allele_scores"], sites)
    people = read["people"]["sample"].to_list()
    uncounted = uncounted_genes(scores, params.min_effect) if people else ()
    with write_bundle(outputs.effects) as folder:
        paths = {name: folder / f"{name}.parquet" for name in _WRITTEN}
        for name, table in (
            ("scores", scores),
            ("haplotypes", compute_haplotype_effects(sets, sites, windows, params.min_effect)),
            ("gene_effects", gene_effects),
            ("tissue_effects", compute_tissue_effects(scores, sites, tissues, params.usage_floor, params.min_effect)),
            ("new_sites", add_genotypes(new, read["carriers"])),
        ):
            write_table(paths[name], table, name, made_by)
        write_people(inputs.people, sets, sites, people, params.min_effect, paths, made_by, uncounted)


_WHOLE = ("sites", "tissue_usage", "windows", "exons", "site_haplotypes")
_BUNDLES = {
    "alleles": ("alleles", "candidates", "structural_alleles"),
    "scores": ("allele_scores", "candidate_scores", "haplotype_scores"),
    "people": ("people", "carriers"),
}
_WRITTEN = ("scores", "haplotypes", "gene_effects", "tissue_effects", "new_sites", "samples", "gene_carriers")


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params)
