"""From the tables of a run to the files of its report."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import jinja2
import numpy as np
import pandas as pd
import pyarrow.compute as pc

from pasvar.competition import MEASURED
from pasvar.config import read_schema
from pasvar.constants import WEAK_REFERENCE
from pasvar.errors import InputError
from pasvar.files import whole
from pasvar.provenance import CITATIONS
from pasvar.report import content, gene_plots, plots, words
from pasvar.report.content import Run
from pasvar.tables import TABLES, USER_TABLES, read_arrow, read_made_by, read_table

TEMPLATES = Path(__file__).parents[2] / "report"

MAX_LOLLIPOPS = 400
"""Variants drawn on a gene's page, over all its windows; more hide each other, and each is a third of a kB."""

_EFFECT_COLUMNS = [
    *content.ALLELE,
    "id",
    "af",
    "gene_id",
    "gene_name",
    "n_sites",
    "site_id",
    "region",
    "delta_logodds_narrow",
    "delta_logodds",
    "site_ids",
    "usage_ref",
    "usage_alt",
    "delta_pdui",
    "delta_utr_length",
    "direction",
    "total_variation",
    "n_carriers",
]
_SCORE_COLUMNS = [
    *content.ALLELE,
    "id",
    "af",
    "gene_id",
    "site_id",
    "window_index",
    "region",
    "logodds_narrow_ref",
    "delta_logodds_narrow",
    "delta_logodds",
    "hexamer_ref",
    "hexamer_alt",
    "delta_cut_mean",
    "mechanism",
    "motif_lost",
    "motif_gained",
    "percentile",
    "flags",
    "n_carriers",
]
_HAPLOTYPE_COLUMNS = [
    "site_id",
    "gene_id",
    "gene_name",
    "variants",
    "n_carriers",
    "frequency",
    "hexamer_ref",
    "hexamer_alt",
    "logodds_narrow_ref",
    "delta_logodds_narrow",
    "sum_delta_logodds_narrow",
    "interaction_narrow",
    "interacts",
]


def build_report(tables: Mapping[str, str | Path], settings: Mapping, index: str | Path, gene_dir: str | Path) -> int:
    """Write the overview to `index` and a page per top gene into `gene_dir`; return the number of gene pages.

    tables: paths of the tables sites, genes, gene_effects, tissue_effects, new_sites, scores, haplotypes and samples, of
    `ledger.tsv` (totals) and `ledger_files.tsv` (files), and of any number of tables saturation_scores (hit_saturation).
    settings: the checked configuration; `min_effect`, `merge_distance` and `report_genes` are needed, all others are only told.
    The same tables and settings give the same bytes. The folder and the file appear whole, the file that links to it last.
    Raises InputError where a table cannot be read.
    """
    run = _read_run(tables, settings["report_genes"])
    ranked = content.ranked_genes(run.genes)
    top = ranked.head(settings["report_genes"])
    pages = content.page_names(top)
    templates = _environment(Path(index), Path(gene_dir))
    with_genotypes = bool(run.genes.carriers.notna().any())
    _write_folder(
        Path(gene_dir),
        (
            (pages[gene["gene_id"]], render_gene(templates, run, gene, with_genotypes, settings))
            for gene in content.records(top)
        ),
    )
    _write(Path(index), render_index(templates, run, ranked, pages, with_genotypes, settings))
    return len(pages)


def _read_run(tables: Mapping[str, str | Path], report_genes: int) -> Run:
    """What the pages need of the tables, see `build_report`."""
    sites, genes = (read_table(tables[name], name) for name in ("sites", "genes"))
    shown = sites.site_id[sites.gene_id.isin(content.ranked_genes(genes).head(report_genes).gene_id)]
    counts = {"n_records": "int64", "n_no_alt": "int64", "n_alleles": "int64", "n_indexed": "Int64"}
    return Run(
        sites,
        genes,
        read_arrow(tables["gene_effects"], "gene_effects", _EFFECT_COLUMNS),
        read_arrow(tables["tissue_effects"], "tissue_effects"),
        read_table(tables["new_sites"], "new_sites"),
        read_arrow(tables["scores"], "scores", _SCORE_COLUMNS),
        read_arrow(tables["haplotypes"], "haplotypes", _HAPLOTYPE_COLUMNS),
        content.people_by_gene(read_arrow(tables["samples"], "samples", ["gene_id"])),
        content.substitutions_of(tables["hit_saturation"], shown),
        _read_text(tables["totals"], {"n_alleles": "int64"}),
        _read_text(tables["files"], counts),
        read_made_by(tables["genes"]),
    )


def render_index(
    templates: jinja2.Environment,
    run: Run,
    ranked: pd.DataFrame,
    pages: Mapping[str, str],
    with_genotypes: bool,
    settings: Mapping,
) -> str:
    """The overview as HTML."""
    hits = content.windows_hit(run.scores)
    delta = hits.delta_logodds_narrow.to_numpy(dtype=np.float64)
    tiers = run.sites.drop_duplicates("site_id").hexamer_tier.value_counts()
    descriptions = {key: entry["description"] for key, entry in read_schema()["properties"].items()}
    genes = content.gene_rows(ranked, run.sites, run.people, pages)
    return templates.get_template("index.html.j2").render(
        genes=genes,
        n_genes_hit=len(ranked),
        n_genes_strong=int((run.genes.n_strong > 0).sum()),
        n_genes=len(run.genes),
        n_sites=run.sites.site_id.nunique(),
        sources=content.source_rows(run.sites),
        n_measured=run.sites[run.sites.usage_source.str.startswith(MEASURED)].gene_id.nunique(),
        new_sites=content.new_site_rows(run.new_sites, pages),
        n_new_sites=len(run.new_sites),
        new_largest=float(run.new_sites.delta_logodds_narrow.max()) if len(run.new_sites) else 1,
        haplotypes=content.haplotype_rows(run.haplotypes, pages),
        n_haplotypes=run.haplotypes.num_rows,
        n_interacting=pc.sum(run.haplotypes["interacts"]).as_py() or 0,
        variants=content.variant_rows(run, pages),
        n_effects=run.gene_effects.num_rows,
        n_strong=content.count_strong(run.gene_effects, settings["min_effect"]),
        n_windows_hit=len(hits),
        n_points=min(len(hits), plots.MAX_POINTS),
        n_pages=len(pages),
        regions=content.region_rows(hits, settings["min_effect"]),
        histogram=plots.effect_histogram(delta, settings["min_effect"]) if len(hits) else "",
        by_position=plots.effect_by_position(hits.offset.to_numpy(), delta) if len(hits) else "",
        tiers=plots.hexamer_tiers(list(content.TIERS.values()), [int(tiers.get(tier, 0)) for tier in content.TIERS]),
        ledger=content.ledger_rows(run.totals),
        check=content.reconcile(run.totals, run.files),
        settings=content.setting_rows(settings, descriptions),
        tables={name: TABLES[name] for name in USER_TABLES},
        made_by=run.made_by,
        inputs=content.input_rows(run.made_by),
        merge_distance=settings["merge_distance"],
        citations=CITATIONS,
        with_genotypes=with_genotypes,
        min_effect=settings["min_effect"],
    )


def render_gene(templates: jinja2.Environment, run: Run, gene: dict, with_genotypes: bool, settings: Mapping) -> str:
    """One gene's page as HTML. gene: its row of `genes`."""
    sites = content.records(run.sites[run.sites.gene_id == gene["gene_id"]].sort_values("rank"))
    frame = content.gene_hits(run, gene["gene_id"])
    hits = content.records(frame)
    span = gene_plots.effect_span(frame.delta_logodds_narrow)
    ranks = {site["site_id"]: site["rank"] for site in sites}
    drawn = hits[:MAX_LOLLIPOPS]
    windows = []
    for site in sites:
        site["n_hits"] = sum(hit["site_id"] == site["site_id"] for hit in hits)
        site["cut_offset"] = gene_plots.cut_offset(site)
        if site["n_hits"]:
            here = [hit for hit in drawn if hit["site_id"] == site["site_id"]]
            grid = content.substitution_grid(run.substitutions, site)
            window = {"site": site, "n_drawn": len(here), "plot": gene_plots.window_plot(site, here, span)}
            windows.append(window | {"map": gene_plots.substitution_map(site, grid) if np.isfinite(grid).any() else ""})
    return templates.get_template("gene.html.j2").render(
        gene=gene,
        sites=sites,
        track=gene_plots.gene_track(sites, [window["site"]["site_id"] for window in windows]),
        windows=windows,
        hits=hits[: content.MAX_GENE_ROWS],
        n_hits=len(hits),
        n_variants=len(frame.drop_duplicates(content.ALLELE)),
        ranks=ranks,
        with_percentiles=bool(frame.percentile.notna().any()),
        new_sites=content.new_site_rows(run.new_sites[run.new_sites.gene_id == gene["gene_id"]], {}),
        tissues=content.tissue_rows(run.tissue_effects, gene),
        is_measured=sites[0]["usage_source"].startswith(MEASURED),
        made_by=run.made_by,
        with_genotypes=with_genotypes,
        min_effect=settings["min_effect"],
    )


def _environment(index: Path, gene_dir: Path) -> jinja2.Environment:
    """The templates, with the words of `words` as filters and the relative paths between the pages."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for filter_ in (
        words.change,
        words.code,
        words.count,
        words.fold,
        words.motifs,
        words.number,
        words.odds_share,
        words.percent,
        words.plural,
        words.record_id,
        words.signed,
        words.sortable,
        words.variant,
    ):
        templates.filters[filter_.__name__] = filter_
    templates.globals.update(
        genes_path=os.path.relpath(gene_dir, index.parent).replace(os.sep, "/"),
        index_path=os.path.relpath(index, gene_dir).replace(os.sep, "/"),
        weak_site=WEAK_REFERENCE,
        tier_names=content.TIERS,
        site_classes=content.SITE_CLASSES,
        nothing=words.NOTHING,
    )
    return templates


def _read_text(path: str | Path, counts: Mapping[str, str]) -> pd.DataFrame:
    """A tab-separated table whose columns are text but for `counts`. Raises InputError where it is something else."""
    try:
        frame = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        for column, dtype in counts.items():
            frame[column] = pd.to_numeric(frame[column].replace("", None)).astype(dtype)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is not the ledger's ({error}); remove it and run again") from error
    return frame


def _write(path: Path, text: str) -> None:
    """The file appears whole or not at all."""
    with whole(path) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def _write_folder(folder: Path, pages: Iterable[tuple[str, str]]) -> None:
    """Write (name, text) pairs into a folder that takes the place of the one before, so that no page of an older run stays."""
    with whole(folder) as beside:
        beside.mkdir()
        for name, text in pages:
            (beside / name).write_text(text, encoding="utf-8", newline="\n")
