"""Reference log odds of every site's window."""

from logging import Logger

from pasvar.engine import load_engine
from pasvar.jobs import logged
from pasvar.progress import lines
from pasvar.scores import score_windows
from pasvar.tables import read_table, write_table


def main(model: str, windows: str, scores: str, device: str, threads: int, log: Logger) -> None:
    engine, made_by = load_engine(model, device, threads)
    log.info("%s on %s", made_by, engine.device)
    table = read_table(windows, "windows")
    table = table.join(score_windows(engine, table.window, lines))
    write_table(scores, table, "window_scores", made_by)


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(
            snakemake.input.model,
            snakemake.input.windows,
            snakemake.output.scores,
            snakemake.params.device,
            snakemake.threads,
            log,
        )
