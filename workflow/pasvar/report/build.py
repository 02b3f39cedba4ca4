"""From the tables of a run to the files of its report."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from pasvar.errors import InputError
from pasvar.files import require_ours, whole
from pasvar.report import content, listing, multiqc, pages
from pasvar.report.card_pages import render_card
from pasvar.report.run_cards import cards_of
from pasvar.report.run_tables import RUN_TABLES, ranked_genes, read_run, settings_of
from pasvar.tables import TABLES


@dataclass(frozen=True)
class Outputs:
    """The paths of a report.

    index: the overview. genes: a page per top gene and one for all others. cards: a page per top variant. data: the
    scripts with the tables that pages search. figures: the overview's pictures. multiqc: the files for MultiQC.
    """

    index: Path
    genes: Path
    cards: Path
    data: Path
    figures: Path
    multiqc: Path

    @classmethod
    def under(cls, report: Path, multiqc: Path) -> "Outputs":
        """The usual names in a folder."""
        genes, cards, data, figures = (report / name for name in ("genes", "cards", "data", "figures"))
        return cls(report / "index.html", genes, cards, data, figures, multiqc)


@dataclass(frozen=True)
class Built:
    """How many pages of single genes, and how many cards, a report has."""

    n_genes: int
    n_cards: int


def build_report(tables: Mapping[str, Any], settings: Mapping, outputs: Outputs, pdf: bool = False) -> Built:
    """Write the report of a run.

    tables: paths of the tables `RUN_TABLES`, of `ledger.tsv` (totals) and `ledger_files.tsv` (files), and of any number
    of tables saturation_scores (hit_saturation).
    settings: the checked configuration. `min_effect`, `min_usage_shift`, `merge_distance` and `report_genes` are
    needed; all others are only shown. pdf: whether the overview's figures are also written as PDF.
    The same tables and settings give the same bytes. The folders and the file appear complete; the file that links to
    the others appears last.
    Raises InputError if a table cannot be read.
    """
    run = read_run(tables, settings["report_genes"])
    ranked = ranked_genes(run.genes)
    top = ranked.head(settings["report_genes"])
    names = content.page_names(top)
    gene_names = dict(zip(run.genes.gene_id, run.genes.gene_name, strict=True))
    cards = content.card_names(run.card_windows, gene_names)
    templates = pages.page_environment(outputs.index, outputs.genes, outputs.cards, outputs.data, outputs.figures)
    with_genotypes = bool(run.genes.carriers.notna().any() or run.people.isna().any())
    viewer = templates.get_template("viewer.html.j2").render(made_by=run.made_by, with_genotypes=with_genotypes)
    figures = pages.embed_figures(run, settings)
    _write_folder(outputs.multiqc, multiqc.files(run, settings).items())
    with whole(outputs.figures) as temporary:
        temporary.mkdir()
        pages.save_figures(run, settings, temporary, ("svg", "png", "pdf") if pdf else ("svg", "png"))
    _write_folder(outputs.data, listing.scripts(run, ranked, names, cards).items())
    gene_pages = (
        (names[gene["gene_id"]], pages.render_gene(templates, run, gene, with_genotypes, settings, cards))
        for gene in content.records(top)
    )
    _write_folder(outputs.genes, chain([(content.VIEWER, viewer)], gene_pages))
    card_pages = (
        (name, render_card(templates, card, run.made_by, names.get(card.row["gene_id"])))
        for name, card in zip(cards.values(), cards_of(run, settings), strict=True)
    )
    _write_folder(outputs.cards, card_pages)
    _write(outputs.index, pages.render_index(templates, run, ranked, names, with_genotypes, settings, figures, cards))
    return Built(len(names), len(cards))


def build_report_of(run: str | Path, out: str | Path | None = None, pdf: bool = False) -> tuple[Path, Built]:
    """Write the report of a finished run again, from its tables; returns the overview's path and what was built.

    run: the folder of a run, or its `results`. out: folder for the report (default: the folder of the run's own
    report). pdf: see `build_report`. Raises InputError if a table is missing.
    """
    results = Path(run)
    results = results / "results" if (results / "results").is_dir() else results
    tables: dict[str, Any] = {name: results / TABLES[name].file for name in RUN_TABLES}
    tables |= {"totals": results / "ledger.tsv", "files": results / "ledger_files.tsv"}
    for path in tables.values():
        if not path.is_file():
            raise InputError(f"{path}: no such file; give the folder of a finished run")
    tables["hit_saturation"] = sorted(results.glob("shards/*/allele_scores.zip"))
    if out:
        require_ours(out, "data/datatables.js", "a report of pasvar")
    outputs = Outputs.under(*((Path(out), Path(out) / "multiqc") if out else (results / "report", results / "multiqc")))
    return outputs.index, build_report(tables, settings_of(results), outputs, pdf)


def _write(path: Path, text: str) -> None:
    """The file appears complete or not at all."""
    with whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _write_folder(folder: Path, pages: Iterable[tuple[str, str]]) -> None:
    """Write (name, text) pairs into a folder that replaces the previous one, so that no page of an older run stays."""
    with whole(folder) as temporary:
        temporary.mkdir()
        for name, text in pages:
            (temporary / name).write_text(text, encoding="utf-8", newline="\n")
