"""Log odds of one shard's alternate windows."""

from pasvar.jobs import logged
from pasvar.network import LazyEngine
from pasvar.progress import lines
from pasvar.scores import score_windows
from pasvar.store import open_store
from pasvar.tables import read_table, write_table


def main(model: str, alleles: str, scores: str, device: str, threads: int, store: str | None) -> None:
    engine = LazyEngine(model, device, threads)
    table = read_table(alleles, "alleles")
    table = table.join(score_windows(engine, table.window_alt, lines, open_store(store, engine)).add_suffix("_alt"))
    write_table(scores, table, "allele_scores", engine.made_by)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(
            snakemake.input.model,
            snakemake.input.alleles,
            snakemake.output.scores,
            snakemake.params.device,
            snakemake.threads,
            snakemake.config["store"],
        )
