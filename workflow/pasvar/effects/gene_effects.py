"""The effect of an allele on a gene: its sites compete, in the whole body and in each tissue."""

import numpy as np
import pandas as pd

from pasvar.effects.competition import GeneSites, TissueSites, genes_of
from pasvar.effects.impact import directions, driving_site, impacts, lost_parts
from pasvar.tables import ALLELE, TABLES, empty_frame

_KEY = [*ALLELE, "gene_id"]


def compute_gene_effects(
    scores: pd.DataFrame, sites: pd.DataFrame, tissue_usage: pd.DataFrame, usage_floor: float, min_usage_shift: float
) -> pd.DataFrame:
    """Table `gene_effects`: for each allele and gene, the site that is hit hardest, and the change in the usage of all
    the gene's sites.

    The site hit hardest has the largest |delta_logodds_narrow|, and of equals it is the most proximal. So a weaker gain
    does not hide a loss. scores: as `effects.score_alleles` gives them. usage_floor: as in `usage.complete_usage`.
    min_usage_shift: the change that is required before a direction is named, see `impact.directions`.
    """
    if scores.empty:
        return empty_frame("gene_effects")
    ranked = _ranked(scores, sites)
    hardest = ranked.sort_values(["_allele", "_size", "rank"], ascending=[True, False, True]).drop_duplicates("_allele")
    genes = dict(genes_of(sites[sites.gene_id.isin(scores.gene_id)]))
    tissues = {gene: rows for gene, rows in tissue_usage.groupby("gene_id") if gene in genes}
    parts = []
    for gene, hits in ranked[HITS].groupby("gene_id", sort=False):
        delta = Deltas(hits, genes[gene])
        part = usage_vectors(delta, genes[gene], min_usage_shift)
        if gene in tissues:
            part = part.join(top_tissue(delta, TissueSites(genes[gene], tissues[gene], usage_floor)))
        parts.append(part)
    usage = pd.concat(parts).reindex(columns=[*parts[0].columns.difference(TOP_TISSUE, sort=False), *TOP_TISSUE])
    hardest = hardest.drop(columns="usage_ref").join(usage, on="_allele").assign(structural_end=pd.NA, copies=pd.NA)
    return hardest[TABLES["gene_effects"].schema.names].reset_index(drop=True)


def compute_tissue_effects(
    scores: pd.DataFrame, sites: pd.DataFrame, tissue_usage: pd.DataFrame, usage_floor: float, min_effect: float
) -> pd.DataFrame:
    """Table `tissue_effects`: for each allele, gene and tissue, the change in the usages, for alleles with
    |delta_logodds_narrow| >= min_effect at any site of the gene. The other arguments are as for `gene_effects`."""
    strongest = scores.delta_logodds_narrow.abs().groupby([scores[key] for key in _KEY]).transform("max")
    strong = scores[(strongest >= min_effect) & scores.gene_id.isin(tissue_usage.gene_id)]
    if strong.empty:
        return empty_frame("tissue_effects")
    ranked = _ranked(strong, sites)
    alleles = ranked.drop_duplicates("_allele").set_index("_allele")[[*_KEY, "gene_name"]]
    genes = dict(genes_of(sites[sites.gene_id.isin(strong.gene_id)]))
    tissues = dict(iter(tissue_usage.groupby("gene_id")))
    parts = []
    for gene, hits in ranked[HITS].groupby("gene_id", sort=False):
        delta = Deltas(hits, genes[gene])
        parts.append(_tissue_vectors(delta, genes[gene], TissueSites(genes[gene], tissues[gene], usage_floor)))
    rows = pd.concat(parts).sort_index(kind="stable")
    return alleles.join(rows, how="right")[TABLES["tissue_effects"].schema.names].reset_index(drop=True)


def _ranked(scores: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """The scores with the rank of the site, `_size` of the effect, `_allele`, a number per allele and gene in the order
    of the rows, and `_delta`, `_low` and `_high`, the change of the site's log odds and its error bar.

    If an allele hits a rival hexamer, the site changes by less than the hexamer, and its error bar is reduced by the
    same factor. Scores without error bars or rivals have effects that are treated as exact.
    """
    ranked = scores.merge(sites[["gene_id", "site_id", "rank"]], on=["gene_id", "site_id"], how="left")
    ranked["_allele"] = ranked.groupby(_KEY, sort=False).ngroup()
    effect = ranked.delta_logodds_narrow
    ranked["_size"] = effect.abs()
    ranked["_delta"] = ranked.get("delta_site_logodds", effect)
    share = (ranked["_delta"] / effect).where(effect != 0, 1.0)
    for name, end in (("_low", "delta_low"), ("_high", "delta_high")):
        ranked[name] = ranked.get(end, effect) * share
    return ranked


HITS = ["gene_id", "_allele", "rank", "_delta", "_low", "_high"]
"""The columns that `Deltas` reads. pandas copies every existing column for each gene."""


class Deltas:
    """The changes in the narrow log odds of one gene's sites by its alleles, (alleles, sites): as predicted, and at the
    ends of the error bars. hits: one row per allele and site."""

    def __init__(self, hits: pd.DataFrame, gene: GeneSites):
        self.allele, self.n_hit = np.unique(hits["_allele"], return_counts=True)
        self._place = np.searchsorted(self.allele, hits["_allele"]), hits["rank"].to_numpy() - 1
        self._shape = len(self.allele), len(gene.site_ids)
        self.narrow, self.low, self.high = (self._matrix(hits[name]) for name in ("_delta", "_low", "_high"))

    def _matrix(self, values: pd.Series) -> np.ndarray:
        matrix = np.zeros(self._shape)
        matrix[self._place] = values
        return matrix


def usage_vectors(delta: Deltas, gene: GeneSites, min_usage_shift: float) -> pd.DataFrame:
    """The gene's usage before and after each of its alleles, and the values computed from it, by `_allele`."""
    usage_alt = gene.usage_alt(delta.narrow)
    shift, cleavage_change = usage_alt - gene.usage_ref, gene.cleavage_change(delta.narrow)
    site_ids = np.array(gene.site_ids, dtype=object)
    total_variation = np.abs(shift).sum(axis=1) / 2
    moved = total_variation > 0
    row, site = np.arange(len(shift)), driving_site(delta.narrow, shift)
    impact = impacts(shift, cleavage_change)
    is_sure = delta.low[row, site] * delta.high[row, site] > 0
    n = len(delta.allele)
    return pd.DataFrame(
        {
            "n_sites": len(gene.site_ids),
            "n_sites_hit": delta.n_hit,
            "site_ids": [gene.site_ids] * n,
            "usage_ref": [gene.usage_ref.tolist()] * n,
            "usage_alt": usage_alt.tolist(),
            "usage_measured": gene.is_measured,
            "delta_pdui": gene.delta_pdui(usage_alt),
            "delta_utr_length": gene.delta_utr_length(usage_alt),
            "total_variation": total_variation,
            "delta_cleavage": cleavage_change,
            "impact": impact,
            "confidence": gene.confidence[site],
            "expected_impact": impact * np.where(np.isnan(gene.confidence[site]), 1.0, gene.confidence[site]),
            "direction": directions(gene, usage_alt, cleavage_change, is_sure, min_usage_shift),
            "gaining_site": np.where(moved, site_ids[shift.argmax(axis=1)], None),
            "losing_site": np.where(moved, site_ids[shift.argmin(axis=1)], None),
            "delta_truncated": gene.delta_truncated(usage_alt),
            **lost_parts(gene, shift),
            **_spread(gene, delta, usage_alt),
        },
        index=delta.allele,
    )


TOP_TISSUE = ["top_tissue", "top_tissue_total_variation", "top_tissue_delta_pdui"]


def top_tissue(delta: Deltas, tissues: TissueSites) -> pd.DataFrame:
    """For each allele, the tissue in which most 3' ends move to another site (of equals the first by name)."""
    usage_alt = tissues.usage_alt(delta.narrow)
    shift = usage_alt - tissues.usage_ref
    total_variation = np.abs(shift).sum(axis=2) / 2
    top = total_variation.argmax(axis=1)
    row = np.arange(len(top))
    values = (np.array(tissues.names, dtype=object)[top], total_variation[row, top], shift[row, top, -1])
    return pd.DataFrame(dict(zip(TOP_TISSUE, values, strict=True)), index=delta.allele)


def _tissue_vectors(delta: Deltas, gene: GeneSites, tissues: TissueSites) -> pd.DataFrame:
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


def _spread(gene: GeneSites, delta: Deltas, usage_alt: np.ndarray) -> dict[str, np.ndarray]:
    """The extremes of delta_pdui and delta_utr_length when the effects lie at either end of their error bars."""
    usages = np.stack([usage_alt, gene.usage_alt(delta.low), gene.usage_alt(delta.high)])
    found = {"delta_pdui": gene.delta_pdui(usages), "delta_utr_length": gene.delta_utr_length(usages)}
    ends = {"low": np.min, "high": np.max}
    return {f"{name}_{end}": pick(values, axis=0) for name, values in found.items() for end, pick in ends.items()}
