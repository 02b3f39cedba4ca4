"""A gene of a finished run as a picture."""

from pathlib import Path

from pasvar.errors import InputError
from pasvar.report import content
from pasvar.report.figures import PAPER, save
from pasvar.report.gene_figure import end_figure
from pasvar.tables import read_table


def gene_of_run(run: str | Path, name: str) -> str | None:
    """gene_id of the gene with a name or an ID in a finished run; None if the run does not have it.

    Raises InputError if the folder has no run, or if several genes have the name.
    """
    sites = read_table(_table(run, "sites.parquet"), "sites", ["gene_id", "gene_name"])
    if (sites.gene_id == name).any():
        return name
    found = list(dict.fromkeys(sites.gene_id[sites.gene_name == name]))
    if len(found) > 1:
        raise InputError(f"{name}: {len(found)} genes have this name, give the ID: {', '.join(found)}")
    return found[0] if found else None


def draw_gene(run: str | Path, gene_id: str, path: str | Path) -> None:
    """The end of a gene with its sites, exons and variants as a picture, by the path's suffix: .svg, .png or .pdf.

    run: folder of a finished run. Raises InputError if a table is missing, or for another suffix.
    """
    names = (("sites.parquet", "sites"), ("sites/exons.parquet", "exons"), ("gene_effects.parquet", "gene_effects"))
    sites, exons, effects = (_of_gene(read_table(_table(run, file), name), gene_id) for file, name in names)
    led = content.records(effects.sort_values("expected_impact", ascending=False, kind="stable"))
    figure = end_figure(content.records(sites.sort_values("rank")), exons, led, PAPER)
    save(figure, path, f"{sites.gene_name.iloc[0]} ({gene_id})")


def _of_gene(table, gene_id: str):
    return table[table.gene_id == gene_id]


def _table(run: str | Path, name: str) -> Path:
    path = Path(run) / "results" / name
    if not path.is_file():
        raise InputError(f"{path}: no such file; give --run DIR, the folder of a finished run")
    return path
