"""Log odds of one shard's alternate windows: of alleles, which are ranked, of haplotypes, and of sites that alleles may make."""

from pasvar.progress import log_progress
from pasvar.run import Named, logged
from pasvar.scoring import LazyEngine, joint_windows, open_store, saturate_hits, score_alternates
from pasvar.tables import read_table, write_batches, write_bundle, write_table


def main(inputs: Named, outputs: Named, params: Named, threads: int, store_folder: str | None) -> None:
    engine = LazyEngine(inputs.model, params.device, threads, params.precision)
    store = open_store(store_folder, engine)
    alleles, candidates = (read_table(inputs.alleles, name) for name in ("alleles", "candidates"))
    haplotypes = joint_windows(read_table(inputs.haplotypes, "site_haplotypes"))
    scores = score_alternates(engine, alleles, haplotypes, candidates, log_progress, store)
    references = read_table(inputs.windows, "windows")
    hits = saturate_hits(engine, alleles, references if params.percentiles else references.head(0), log_progress, store)
    with write_bundle(outputs.scores) as folder:
        write_batches(folder / "saturation_scores.parquet", hits, "saturation_scores", engine.made_by)
        for name, table in scores._asdict().items():
            write_table(folder / f"{name}.parquet", table, name, engine.made_by | {"network": engine.network})


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(
            snakemake.input,
            snakemake.output,
            snakemake.params,
            snakemake.threads,
            snakemake.config["store"],
        )
