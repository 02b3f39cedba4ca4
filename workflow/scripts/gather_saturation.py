"""All possible substitutions of the sites with their effects, as parquet and as indexed text."""

from logging import Logger
from pathlib import Path

from pasvar.effects import gather_saturation
from pasvar.progress import log_progress
from pasvar.run import Named, logged
from pasvar.tables import read_made_by, read_table


def main(inputs: Named, outputs: Named, genes: list[str], log: Logger) -> None:
    n_rows = gather_saturation(
        inputs.scores,
        read_table(inputs.windows, "windows"),
        read_table(inputs.sites, "sites"),
        outputs.table,
        outputs.text,
        read_made_by(inputs.sites) | ({"saturation_genes": ", ".join(genes)} if genes else {}),
        log_progress,
        Path(outputs.index).suffix,
    )
    log.info("%d rows: %s and %s", n_rows, outputs.table, outputs.text)


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(snakemake.input, snakemake.output, snakemake.params.genes, log)
