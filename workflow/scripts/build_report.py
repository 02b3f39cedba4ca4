"""The overview of a run, a page per top gene, a card per top variant, and what MultiQC reads."""

from logging import Logger
from pathlib import Path

from pasvar.report import Outputs, build_report
from pasvar.run import Named, logged


def main(inputs: Named, outputs: Named, settings: dict, log: Logger) -> None:
    places = Outputs(**{name: Path(path) for name, path in outputs.items()})
    built = build_report(dict(inputs.items()), settings, places)
    log.info("%s, pages of genes: %d, cards of variants: %d", outputs.index, built.n_genes, built.n_cards)


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(snakemake.input, snakemake.output, snakemake.params.settings, log)
