"""The overview and the pages of genes as HTML."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from pasvar.citations import CITATIONS
from pasvar.config_schema import read_schema
from pasvar.constants import WEAK_REFERENCE
from pasvar.effects import MEASURED, SCOPE, fold_range, leading_effects
from pasvar.report import content, gene_figure, gene_plots, known as known_columns, listing, plots, record, words
from pasvar.report.figures import PAGE, PAPER, Palette, embed, save
from pasvar.report.run_tables import Run
from pasvar.report.templates import page_templates
from pasvar.tables import TABLES, USER_TABLES, min_cell_of, min_genotype_effect_of

MAX_LOLLIPOPS = 400
"""Number of variants that are drawn on a gene's page, over all its windows. More would hide each other, and each takes
a third of a kB."""


def render_index(
    templates: jinja2.Environment,
    run: Run,
    ranked: pd.DataFrame,
    pages: Mapping[str, str],
    with_genotypes: bool,
    settings: Mapping,
    figures: Mapping[str, str],
    cards: Mapping[tuple, str],
) -> str:
    """The overview as HTML. figures: of `embed_figures`. pages, cards: of `content.page_names` and `content.card_names`."""
    hits = content.windows_hit(run.scores)
    descriptions = {key: entry["description"] for key, entry in read_schema()["properties"].items()}
    sources = content.source_rows(run.sites)
    return templates.get_template("index.html.j2").render(
        cards_folder=templates.globals["cards_path"],
        genes=content.gene_rows(ranked.head(content.MAX_ROWS), run.sites, run.people, pages),
        max_variants=listing.MAX_VARIANTS,
        n_genes_hit=len(ranked),
        n_genes_strong=int((run.genes.n_strong > 0).sum()),
        n_genes=len(run.genes),
        n_sites=run.sites.site_id.nunique(),
        sources=sources,
        site_origins=record.origins(sources),
        n_measured=run.sites[run.sites.usage_source.str.startswith(MEASURED)].gene_id.nunique(),
        new_sites=content.new_site_rows(run.new_sites, pages, run.known),
        n_new_sites=len(run.new_sites),
        new_largest=float(run.new_sites.delta_logodds_narrow.max()) if len(run.new_sites) else 1,
        haplotypes=content.haplotype_rows(run.haplotypes, pages),
        n_haplotypes=run.haplotypes.num_rows,
        n_interacting=pc.sum(run.haplotypes["interacts"]).as_py() or 0,
        variants=content.variant_rows(run.gene_effects, run.scores, content.MAX_ROWS, pages, run.known, cards),
        n_hidden=run.n_hidden,
        min_cell=min_cell_of(run.made_by),
        min_genotype_effect=min_genotype_effect_of(run.made_by),
        known_frequency=" ".join(known_columns.frequency_field(settings) or ()),
        hides=record.hiding_limits(settings),
        n_effects=run.gene_effects.num_rows,
        n_strong=content.count_strong(run.gene_effects, settings["min_effect"]),
        n_windows_hit=len(hits),
        n_points=min(len(hits), plots.MAX_POINTS),
        n_pages=len(pages),
        n_cards=len(cards),
        n_lengthening=int((content.shifts(run.gene_effects) >= 100 * settings["min_usage_shift"]).sum()),
        n_shortening=int((content.shifts(run.gene_effects) <= -100 * settings["min_usage_shift"]).sum()),
        n_moving=content.count_moving(run.gene_effects, settings["min_usage_shift"]),
        min_usage_shift=settings["min_usage_shift"],
        flags=content.flag_rows(run.gene_effects),
        directions=content.direction_rows(run.gene_effects),
        accuracy=record.accuracy(run.made_by),
        regions=content.region_rows(hits, settings["min_effect"]),
        **figures,
        ledger=record.ledger_rows(run.totals),
        check=record.reconcile(run.totals, run.files),
        settings=record.setting_rows(settings, descriptions),
        tables={name: TABLES[name] for name in USER_TABLES},
        made_by=run.made_by,
        inputs=record.input_rows(run.made_by),
        merge_distance=settings["merge_distance"],
        citations=CITATIONS,
        with_genotypes=with_genotypes,
        min_effect=settings["min_effect"],
    )


TITLES = {
    "histogram": "Histogram of effect sizes",
    "by_position": "Effects by position in the window",
    "by_frequency": "Sizes of effects by allele frequency",
    "by_known_frequency": "Sizes of effects by the allele frequency of another source",
    "by_shift": "Histogram of shifts to the distal site",
    "tiers": "Sites by hexamer",
    "by_source": "Sites by source and confidence",
    "by_status": "Alleles by status",
}
"""The overview's figures, by the names of their files."""


def draw_figures(run: Run, settings: Mapping, palette: Palette) -> dict[str, Figure]:
    """The overview's figures by name; those without data are left out."""
    hits, sources = content.windows_hit(run.scores), content.source_rows(run.sites)
    delta = hits.delta_logodds_narrow.to_numpy(dtype=np.float64)
    tiers = run.sites.drop_duplicates("site_id").hexamer_tier.value_counts()
    frequencies, shifts = content.frequency_groups(run.scores), content.shifts(run.gene_effects)
    by_confidence = [(words.source(row["source"]), [row[name] for name in content.CONFIDENCE]) for row in sources]
    statuses = [(row["status"], row["n"]) for row in record.ledger_rows(run.totals) if row["n"]]
    by_tier = [(name, int(tiers.get(tier, 0))) for tier, name in content.TIERS.items()]
    drawn: dict[str, Figure] = {}
    if len(hits):
        drawn["histogram"] = plots.effect_histogram(delta, settings["min_effect"], palette)
        drawn["by_position"] = plots.effect_by_position(hits.offset.to_numpy(), delta, palette)
    if frequencies:
        drawn["by_frequency"] = plots.effect_by_frequency(frequencies, settings["min_effect"], palette)
    known_field = known_columns.frequency_field(settings)
    by_known = known_columns.known_frequency_groups(run.scores, run.known_rows, known_field)
    if known_field and by_known:
        limits = settings["min_effect"], palette, " ".join(known_field)
        drawn["by_known_frequency"] = plots.effect_by_frequency(by_known, *limits)
    if len(shifts):
        drawn["by_shift"] = plots.shift_histogram(shifts, 100 * settings["min_usage_shift"], palette)
    drawn["tiers"] = plots.counts(by_tier, "sites", palette)
    drawn["by_source"] = plots.site_confidence(by_confidence, palette)
    if statuses:
        drawn["by_status"] = plots.counts(statuses, "alleles", palette)
    return drawn


def embed_figures(run: Run, settings: Mapping) -> dict[str, str]:
    """The overview's figures by name, as elements of the page; empty if there is nothing to draw."""
    drawn = draw_figures(run, settings, PAGE)
    return {name: embed(drawn[name], name, title) if name in drawn else "" for name, title in TITLES.items()}


def save_figures(run: Run, settings: Mapping, folder: Path, formats: Sequence[str]) -> None:
    """The overview's figures as files in a folder, one for each figure and format (svg, png, pdf)."""
    for name, figure in draw_figures(run, settings, PAPER).items():
        for suffix in formats:
            save(figure, folder / f"{name}.{suffix}", TITLES[name])


def render_gene(
    templates: jinja2.Environment,
    run: Run,
    gene: dict,
    with_genotypes: bool,
    settings: Mapping,
    cards: Mapping[tuple, str],
) -> str:
    """One gene's page as HTML. gene: its row of `genes`. cards: of `content.card_names`."""
    sites = content.records(run.sites[run.sites.gene_id == gene["gene_id"]].sort_values("rank"))
    frame = content.gene_hits(run, gene["gene_id"])
    hits = content.records(frame)
    of_gene = run.gene_effects.filter(pc.equal(run.gene_effects["gene_id"], gene["gene_id"]))
    gene_scores = run.scores.filter(pc.equal(run.scores["gene_id"], gene["gene_id"]))
    effects = content.variant_rows(of_gene, gene_scores, content.MAX_GENE_EFFECTS, {}, run.known, cards)
    top = effects[0] if effects else None
    span = gene_plots.effect_span(frame.delta_logodds_narrow)
    ranks = {site["site_id"]: site["rank"] for site in sites}
    drawn = hits[:MAX_LOLLIPOPS]
    windows: list[dict[str, Any]] = []
    for site in sites:
        site["n_hits"] = sum(hit["site_id"] == site["site_id"] for hit in hits)
        site["cut_offset"] = gene_plots.cut_offset(site)
        if site["n_hits"]:
            here = [hit for hit in drawn if hit["site_id"] == site["site_id"]]
            grid = content.substitution_grid(run.substitutions, site)
            window: dict[str, Any] = {
                "site": site,
                "n_drawn": len(here),
                "plot": gene_plots.window_plot(site, here, span),
            }
            windows.append(window | {"map": gene_plots.substitution_map(site, grid) if np.isfinite(grid).any() else ""})
    return templates.get_template("gene.html.j2").render(
        cards_folder=templates.globals["cards_path_of_genes"],
        gene=gene,
        sites=sites,
        track=_gene_figure(run, gene, sites, of_gene),
        haplotypes=content.haplotype_rows(
            run.haplotypes.filter(pc.equal(run.haplotypes["gene_id"], gene["gene_id"])), {}
        )[: content.MAX_GENE_EFFECTS],
        n_people=content.n_people(run.people, gene["gene_id"]),
        min_cell=min_cell_of(run.made_by),
        windows=windows,
        effects=effects,
        n_effects=of_gene.num_rows,
        top=top,
        usage=content.usage_rows(top, sites) if top else [],
        hits=hits[: content.MAX_GENE_ROWS],
        n_hits=len(hits),
        n_variants=len(frame.drop_duplicates(content.ALLELE)),
        ranks=ranks,
        with_percentiles=bool(frame.percentile.notna().any()),
        new_sites=content.new_site_rows(run.new_sites[run.new_sites.gene_id == gene["gene_id"]], {}, run.known),
        tissues=content.tissue_rows(run.tissue_effects, top),
        is_measured=sites[0]["usage_source"].startswith(MEASURED),
        made_by=run.made_by,
        with_genotypes=with_genotypes,
        min_effect=settings["min_effect"],
    )


def _gene_figure(run: Run, gene: dict, sites: list[dict], effects: pa.Table) -> str:
    """The gene's end with its sites and variants as an `<svg>`."""
    led = content.records(leading_effects(effects, gene_figure.MOST_VARIANTS).to_pandas())
    exons = run.exons[run.exons.gene_id == gene["gene_id"]]
    figure = gene_figure.end_figure(sites, exons, led, PAGE)
    return embed(figure, f"gene {gene['gene_id']}", gene_figure.gene_words(sites, led))


def page_environment(index: Path, genes: Path, cards: Path, data: Path, figures: Path) -> jinja2.Environment:
    """The templates, with the relative paths between the pages.

    index: path of the overview. genes, cards, data, figures: folders.
    """
    templates = page_templates()
    templates.globals.update(
        genes_path=_from(index.parent, genes),
        cards_path=_from(index.parent, cards),
        index_path=_from(genes, index),
        cards_path_of_genes=_from(genes, cards),
        genes_path_of_cards=_from(cards, genes),
        index_path_of_cards=_from(cards, index),
        figures_path=_from(index.parent, figures),
        data_path=_from(index.parent, data),
        data_path_of_genes=_from(genes, data),
        weak_site=WEAK_REFERENCE,
        tier_names=content.TIERS,
        site_classes=content.SITE_CLASSES,
        nothing=words.NOTHING,
        scope=SCOPE,
        fold_range=fold_range,
    )
    return templates


def _from(folder: Path, path: Path) -> str:
    """The address of `path` on a page in `folder`."""
    return os.path.relpath(path, folder).replace(os.sep, "/")
