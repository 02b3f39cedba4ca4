"""The overview of a run and a page per top gene."""

from logging import Logger

from pasvar.jobs import logged
from pasvar.report.build import build_report


def main(inputs, outputs, settings: dict, log: Logger) -> None:
    n_pages = build_report(inputs, settings, outputs.index, outputs.genes)
    log.info("%s and %d pages of genes", outputs.index, n_pages)


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(snakemake.input, snakemake.output, snakemake.params.settings, log)
