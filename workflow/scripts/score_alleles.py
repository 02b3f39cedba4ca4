"""Log odds of one shard's alternate windows: of alleles, which are ranked, of haplotypes, and of sites that alleles may make."""

from pasvar.interactions import joint_windows
from pasvar.jobs import logged
from pasvar.network import LazyEngine
from pasvar.percentiles import EffectSizes
from pasvar.progress import lines
from pasvar.saturation import saturate_hits
from pasvar.scores import score_parts
from pasvar.store import open_store
from pasvar.tables import read_pieces, read_table, write_batches, write_table


def main(inputs, outputs, params, threads: int, store_folder: str | None) -> None:
    engine = LazyEngine(inputs.model, params.device, threads, params.precision)
    store = open_store(store_folder, engine)
    alleles, candidates = (read_table(inputs[name], name) for name in ("alleles", "candidates"))
    haplotypes = joint_windows(read_table(inputs.haplotypes, "site_haplotypes"))
    windows = (alleles.window_alt, haplotypes.window_alt, candidates.window_alt, candidates.window_ref)
    scores = score_parts(engine, windows, lines, store)
    of_alleles, of_haplotypes, of_candidates = (part.add_suffix("_alt") for part in scores[:3])
    alleles = alleles.join(of_alleles)

    references = read_table(inputs.windows, "windows")
    hits = saturate_hits(engine, alleles, references if params.percentiles else references.head(0), lines, store)
    write_batches(outputs.hit_saturation, hits, "saturation_scores", engine.made_by)
    effects = read_pieces(outputs.hit_saturation, "saturation_scores", EffectSizes.COLUMNS)
    sizes = EffectSizes(read_table(inputs.window_scores, "window_scores"), effects)
    for name, table in (
        ("allele_scores", alleles.assign(percentile=sizes.percentile(alleles))),
        ("haplotype_scores", haplotypes.join(of_haplotypes)),
        ("candidate_scores", candidates.join(of_candidates).join(scores[3].add_suffix("_ref"))),
    ):
        write_table(outputs[name], table, name, engine.made_by)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(
            snakemake.input,
            snakemake.output,
            snakemake.params,
            snakemake.threads,
            snakemake.config["store"],
        )
