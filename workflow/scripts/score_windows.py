"""Reference log odds of every site's window."""

from pasvar.jobs import logged
from pasvar.network import LazyEngine
from pasvar.progress import lines
from pasvar.scores import score_windows
from pasvar.store import open_store
from pasvar.tables import read_table, write_table


def main(inputs, scores: str, params, threads: int, store: str | None) -> None:
    engine = LazyEngine(inputs.model, params.device, threads, params.precision)
    table = read_table(inputs.windows, "windows")
    table = table.join(score_windows(engine, table.window, lines, open_store(store, engine)))
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
