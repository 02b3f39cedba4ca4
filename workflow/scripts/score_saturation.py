"""Log odds of all possible substitutions of one shard."""

from pasvar.progress import log_progress
from pasvar.run import Named, logged
from pasvar.scoring import LazyEngine, open_store, score_saturation, windows_of_genes
from pasvar.tables import read_table, write_batches
from pasvar.variants import shard_of


def main(inputs: Named, scores: str, params: Named, threads: int, store: str | None) -> None:
    engine = LazyEngine(inputs.model, params.device, threads, params.precision)
    catalogue = read_table(inputs.catalogue, "catalogue")
    windows = windows_of_genes(read_table(inputs.windows, "windows"), catalogue, params.genes)
    stretches = shard_of(read_table(inputs.plan, "shards"), params.shard)
    pieces = score_saturation(engine, windows, stretches, log_progress, open_store(store, engine))
    write_batches(scores, pieces, "saturation_scores", engine.made_by)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(
            snakemake.input,
            snakemake.output.scores,
            snakemake.params,
            snakemake.threads,
            snakemake.config["store"],
        )
