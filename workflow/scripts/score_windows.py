"""Reference log odds of every site's window."""

from pasvar.progress import log_progress
from pasvar.run import Named, logged
from pasvar.scoring import LazyEngine, open_store, score_windows
from pasvar.tables import read_table, write_table


def main(inputs: Named, scores: str, params: Named, threads: int, store: str | None) -> None:
    engine = LazyEngine(inputs.model, params.device, threads, params.precision)
    table = read_table(inputs.windows, "windows")
    table = table.join(score_windows(engine, table.window, log_progress, open_store(store, engine)))
    write_table(scores, table, "window_scores", engine.made_by)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(
            snakemake.input,
            snakemake.output.scores,
            snakemake.params,
            snakemake.threads,
            snakemake.config["store"],
        )
