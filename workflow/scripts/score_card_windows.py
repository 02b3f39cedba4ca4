"""What the network sees in the windows of the variants that have a card in the report."""

from logging import Logger

import numpy as np

from pasvar.counts import plural
from pasvar.effects import choose_card_windows
from pasvar.progress import log_progress
from pasvar.run import Named, logged
from pasvar.scoring import LazyEngine, look_closely
from pasvar.tables import hidden_alleles, read_table, write_table


def main(inputs: Named, out: str, params: Named, threads: int, log: Logger) -> None:
    engine = LazyEngine(inputs.model, params.device, threads, params.precision)
    rows = choose_card_windows(
        inputs.gene_effects,
        inputs.scores,
        inputs.alleles,
        read_table(inputs.windows, "windows"),
        hidden_alleles(read_table(inputs.known, "known")),
        params.report_variants,
    )
    pairs = list(zip(rows.window_ref, rows.window_alt, strict=True))
    looks = list(look_closely(engine, pairs, log_progress))
    for column in ("profile_ref", "profile_alt", "effects"):
        rows[column] = [np.ravel(getattr(look, column)) for look in looks]
    write_table(out, rows, "card_windows", engine.made_by)
    log.info(plural(len(rows), "card"))


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(snakemake.input, snakemake.output.windows, snakemake.params, snakemake.threads, log)
