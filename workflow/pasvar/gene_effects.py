"""What an allele does to a gene: its sites compete, in the whole body and in each tissue."""

import numpy as np
import pandas as pd

from pasvar.competition import GeneSites, TissueSites, genes_of
from pasvar.tables import ALLELE, TABLES, empty_frame
from pasvar.usage import FITS

_KEY = [*ALLELE, "gene_id"]


def gene_effects(
    scores: pd.DataFrame, sites: pd.DataFrame, tissue_usage: pd.DataFrame, usage_floor: float, min_usage_shift: float
) -> pd.DataFrame:
    """Table `gene_effects`: per allele and gene the site hit hardest, and what becomes of the usage of all the gene's sites.

    The hardest hit is the largest |delta_logodds_narrow|, the most proximal of equals: a loss is not hidden by a weaker gain.
    scores: as `effects.score_alleles` gives them. usage_floor: as in `usage.complete_usage`. min_usage_shift: total
    variation from which the shift has a direction.
    """
    if scores.empty:
        return empty_frame("gene_effects")
    ranked = _ranked(scores, sites)
    hardest = ranked.sort_values(["_allele", "_size", "rank"], ascending=[True, False, True]).drop_duplicates("_allele")
    genes = dict(genes_of(sites[sites.gene_id.isin(scores.gene_id)]))
    tissues = {gene: rows for gene, rows in tissue_usage.groupby("gene_id") if gene in genes}
    parts = []
    for gene, hits in ranked[_HITS].groupby("gene_id", sort=False):
        delta = _Deltas(hits, genes[gene])
        part = _usage_vectors(delta, genes[gene], min_usage_shift)
        if gene in tissues:
            part = part.join(_top_tissue(delta, TissueSites(genes[gene], tissues[gene], usage_floor)))
        parts.append(part)
    usage = pd.concat(parts).reindex(columns=[*parts[0].columns.difference(_TOP, sort=False), *_TOP])
    hardest = hardest.drop(columns="usage_ref").join(usage, on="_allele")
    return hardest[TABLES["gene_effects"].schema.names].reset_index(drop=True)


def tissue_effects(
    scores: pd.DataFrame, sites: pd.DataFrame, tissue_usage: pd.DataFrame, usage_floor: float, min_effect: float
) -> pd.DataFrame:
    """Table `tissue_effects`: per allele, gene and tissue what becomes of the usages, for alleles with
    |delta_logodds_narrow| >= min_effect at any site of the gene. Arguments else as of `gene_effects`."""
    strongest = scores.delta_logodds_narrow.abs().groupby([scores[key] for key in _KEY]).transform("max")
    strong = scores[(strongest >= min_effect) & scores.gene_id.isin(tissue_usage.gene_id)]
    if strong.empty:
        return empty_frame("tissue_effects")
    ranked = _ranked(strong, sites)
    alleles = ranked.drop_duplicates("_allele").set_index("_allele")[[*_KEY, "gene_name"]]
    genes = dict(genes_of(sites[sites.gene_id.isin(strong.gene_id)]))
    tissues = dict(iter(tissue_usage.groupby("gene_id")))
    parts = []
    for gene, hits in ranked[_HITS].groupby("gene_id", sort=False):
        delta = _Deltas(hits, genes[gene])
        parts.append(_tissue_vectors(delta, genes[gene], TissueSites(genes[gene], tissues[gene], usage_floor)))
    rows = pd.concat(parts).sort_index(kind="stable")
    return alleles.join(rows, how="right")[TABLES["tissue_effects"].schema.names].reset_index(drop=True)


def _ranked(scores: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """The scores with the rank of the site, `_size` of the effect, and `_allele`, a number per allele and gene in the order
    of the rows."""
    ranked = scores.merge(sites[["gene_id", "site_id", "rank"]], on=["gene_id", "site_id"], how="left")
    ranked["_allele"] = ranked.groupby(_KEY, sort=False).ngroup()
    ranked["_size"] = ranked.delta_logodds_narrow.abs()
    return ranked


_HITS = ["gene_id", "_allele", "rank", *sorted({f"delta_{fit.score}" for fit in FITS})]
"""What `_Deltas` reads; of each gene pandas cuts out every column that there is."""


class _Deltas:
    """How the alleles of one gene change its sites: by kind of score, (alleles, sites). hits: a row per allele and site."""

    def __init__(self, hits: pd.DataFrame, gene: GeneSites):
        self.allele, self.n_hit = np.unique(hits["_allele"], return_counts=True)
        place = np.searchsorted(self.allele, hits["_allele"]), hits["rank"].to_numpy() - 1
        self.by_score = {}
        for score in {fit.score for fit in FITS}:
            self.by_score[score] = np.zeros((len(self.allele), len(gene.site_ids)))
            self.by_score[score][place] = hits[f"delta_{score}"]

    @property
    def narrow(self) -> np.ndarray:
        return self.by_score["logodds_narrow"]


def _usage_vectors(delta: _Deltas, gene: GeneSites, min_usage_shift: float) -> pd.DataFrame:
    """The gene's usage before and after each of its alleles, by `_allele`."""
    usage_alt = gene.usage_alt(delta.narrow)
    pdui, length = gene.delta_pdui(usage_alt), gene.delta_utr_length(usage_alt)
    shift = usage_alt - gene.usage_ref
    total_variation = np.abs(shift).sum(axis=1) / 2
    site_ids = np.array(gene.site_ids, dtype=object)
    moved = total_variation > 0
    n = len(delta.allele)
    return pd.DataFrame(
        {
            "n_sites": len(gene.site_ids),
            "n_sites_hit": delta.n_hit,
            "site_ids": [gene.site_ids] * n,
            "usage_ref": [gene.usage_ref.tolist()] * n,
            "usage_alt": usage_alt.tolist(),
            "usage_measured": gene.is_measured,
            "delta_pdui": pdui,
            "delta_utr_length": length,
            "total_variation": total_variation,
            "direction": _directions(length, pdui, total_variation, min_usage_shift),
            "gaining_site": np.where(moved, site_ids[shift.argmax(axis=1)], None),
            "losing_site": np.where(moved, site_ids[shift.argmin(axis=1)], None),
            "delta_truncated": gene.delta_truncated(usage_alt),
            **_spread(gene, delta.by_score),
        },
        index=delta.allele,
    )


_TOP = ["top_tissue", "top_tissue_total_variation", "top_tissue_delta_pdui"]


def _top_tissue(delta: _Deltas, tissues: TissueSites) -> pd.DataFrame:
    """Per allele the tissue in which most 3' ends change place (the first by name of equals)."""
    usage_alt = tissues.usage_alt(delta.narrow)
    shift = usage_alt - tissues.usage_ref
    total_variation = np.abs(shift).sum(axis=2) / 2
    top = total_variation.argmax(axis=1)
    row = np.arange(len(top))
    values = (np.array(tissues.names, dtype=object)[top], total_variation[row, top], shift[row, top, -1])
    return pd.DataFrame(dict(zip(_TOP, values, strict=True)), index=delta.allele)


def _tissue_vectors(delta: _Deltas, gene: GeneSites, tissues: TissueSites) -> pd.DataFrame:
    """Rows of table `tissue_effects` by `_allele`, tissues by name."""
    usage_alt = tissues.usage_alt(delta.narrow)
    n_alleles, n_tissues, n_sites = usage_alt.shape
    shift = usage_alt - tissues.usage_ref
    return pd.DataFrame(
        {
            "tissue": tissues.names * n_alleles,
            "site_ids": [gene.site_ids] * (n_alleles * n_tissues),
            "usage_ref": tissues.usage_ref.tolist() * n_alleles,
            "usage_alt": usage_alt.reshape(-1, n_sites).tolist(),
            "delta_pdui": shift[..., -1].ravel(),
            "delta_utr_length": gene.delta_utr_length(usage_alt, tissues.usage_ref).ravel(),
            "total_variation": np.abs(shift).sum(axis=2).ravel() / 2,
        },
        index=np.repeat(delta.allele, n_tissues),
    )


def _directions(
    length: np.ndarray, pdui: np.ndarray, total_variation: np.ndarray, min_usage_shift: float
) -> np.ndarray:
    """shortening, lengthening or none, by the expected 3' UTR length, or by the distal usage where no site has a 3' UTR."""
    change = np.where(np.isnan(length), pdui, length)
    named = np.select([change < 0, change > 0], ["shortening", "lengthening"], "none")
    return np.where(total_variation >= min_usage_shift, named, "none")


def _spread(gene: GeneSites, delta: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The extremes of delta_pdui and delta_utr_length over the published fits, NaN where the usages are measured."""
    before, after = gene.by_fit(delta)
    unknown = np.full(after.shape[1], np.nan)
    spread = {}
    for name, of_fits in (
        ("delta_pdui", gene.delta_pdui(after, before)),
        ("delta_utr_length", gene.delta_utr_length(after, before)),
    ):
        spread[f"{name}_low"] = unknown if gene.is_measured else of_fits.min(axis=0)
        spread[f"{name}_high"] = unknown if gene.is_measured else of_fits.max(axis=0)
    return spread
