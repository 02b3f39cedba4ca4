"""The sites of a gene compete for its 3' ends: how all their usages change when an allele changes some of the sites."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pasvar.sites import (
    UsageFit,
    complete_usage,
    expected_length,
    is_outside_fit,
    predict_usage,
    shifted_usage,
)

MEASURED = "measured:"
"""Prefix of the `usage_source` of a gene whose usages were measured by an atlas."""


def reference_usage(sites: pd.DataFrame, floor: float, fit: UsageFit, is_fitted: bool) -> pd.DataFrame:
    """usage_ref, usage_source and outside_fit of the sites of all genes, on their index.

    sites: of table `catalogue`, with reference log odds and `coding_share`. floor: as in `usage.complete_usage`. fit:
    predicts the usages that no atlas has measured. is_fitted: whether it was fitted with the network of the log odds.
    If not, all predicted usages are outside_fit. Genes with a site of a kind that the fit does not know are outside_fit
    in any case.
    """
    predicted = predict_usage(sites, fit)
    measured = sites.usage_measured.to_numpy(dtype=np.float64)
    usage, source = predicted.copy(), np.full(len(sites), f"predicted:{fit.name}", dtype=object)
    by_gene = pd.Series(measured, index=sites.gene_id).groupby(level=0, sort=False)
    is_measured = (by_gene.transform("count") > 0).to_numpy()
    # Plain arrays: one data frame for each of twenty thousand genes takes fifty times as long.
    rows = np.flatnonzero(is_measured)
    rows = rows[np.argsort(pd.factorize(sites.gene_id.to_numpy()[rows])[0], kind="stable")]
    genes = sites.gene_id.to_numpy()[rows]
    for gene in np.split(rows, np.flatnonzero(genes[1:] != genes[:-1]) + 1 if len(rows) else []):
        usage[gene] = complete_usage(measured[gene], predicted[gene], floor)
    source[rows] = sites.usage_source.groupby(sites.gene_id).transform("first").to_numpy()[rows]
    unknown = pd.Series(is_outside_fit(sites)).groupby(sites.gene_id.to_numpy()).transform("any").to_numpy()
    columns = {
        "usage_ref": usage,
        "usage_source": source,
        "outside_fit": ~is_measured & (unknown | (not is_fitted)),
    }
    return pd.DataFrame(columns, index=sites.index)


_GENE_SITES = [
    *(
        "site_id",
        "rank",
        "strand",
        "cut_pos",
        "utr_length",
        "truncating",
        "logodds_narrow",
        "usage_ref",
        "usage_source",
    ),
    *("coding_share", "coding_length", "confidence"),
]
"""The columns that `GeneSites` reads."""


class GeneSites:
    """The sites of one gene, proximal to distal, and their shares of its 3' ends.

    site_ids: k texts. usage_ref: (k,) float64, sums to 1, 0 for a site that takes no part. is_measured: whether the
    usage comes from an atlas. lengths: (k,) nt of 3' UTR, NaN if a site has none. coding: (k,) nt of the gene's longest
    CDS that an end there keeps, NaN without a CDS. confidence: (k,) probability that a site is real, NaN if it is not
    known. logodds: (k,) narrow, reference.
    """

    def __init__(self, sites: pd.DataFrame):
        """sites: the rows of table `sites` of one gene, in any order."""
        sites = sites.sort_values("rank")
        self.site_ids: list[str] = sites.site_id.to_list()
        self.is_measured = sites.usage_source.iloc[0].startswith(MEASURED)
        self.logodds, self.lengths, self.confidence, usage, coding, length = (
            sites[name].to_numpy(dtype=np.float64, na_value=np.nan)
            for name in ("logodds_narrow", "utr_length", "confidence", "usage_ref", "coding_share", "coding_length")
        )
        self.usage_ref, self.coding = usage / usage.sum(), coding * length
        self._downstream = 1 if sites.strand.iloc[0] == "+" else -1
        self._along = sites.cut_pos.to_numpy() * self._downstream
        self._truncating = sites.truncating.to_numpy(dtype=bool)
        self._used = np.flatnonzero(self.usage_ref)

    @property
    def is_single(self) -> bool:
        """Whether one site makes all of the gene's 3' ends."""
        return len(self._used) == 1

    def usage_alt(self, delta_logodds_narrow: np.ndarray) -> np.ndarray:
        """Usages, (..., k), when the sites' narrow log odds change by (..., k): 0 for an unchanged site, -inf for a
        deleted site.

        A site that takes no part keeps usage 0. If no site that takes part is left, all usages are 0.
        """
        usage = np.zeros(delta_logodds_narrow.shape)
        is_gone = self.is_gone(delta_logodds_narrow)[..., None]
        change = np.where(is_gone, 0, delta_logodds_narrow[..., self._used])
        usage[..., self._used] = np.where(is_gone, 0, shifted_usage(self.usage_ref[self._used], change))
        # If no used site changes, the usages must not change by rounding.
        is_hit = (delta_logodds_narrow[..., self._used] != 0).any(axis=-1)
        return np.where(is_hit[..., None], usage, self.usage_ref)

    def is_gone(self, delta_logodds_narrow: np.ndarray) -> np.ndarray:
        """(...,) whether no used site is left when the sites' narrow log odds change by (..., k)."""
        return np.asarray(np.isneginf(delta_logodds_narrow[..., self._used]).all(axis=-1))

    def cleavage_change(self, delta_logodds_narrow: np.ndarray) -> np.ndarray:
        """(...,) relative change of the share of transcripts that are cut at the only used site, by the network's log
        odds in its window; NaN if several sites are used."""
        if not self.is_single:
            return np.full(delta_logodds_narrow.shape[:-1], np.nan)
        before = self.logodds[self._used[-1]]
        # expit(x + d) / expit(x), without rounding where x is small
        after = before + delta_logodds_narrow[..., self._used[-1]]
        return np.exp(np.logaddexp(0, -before) - np.logaddexp(0, -after)) - 1

    def with_new_site(self, cut_pos: int, logodds_ref: float, logodds_alt: float) -> tuple[np.ndarray, np.ndarray, int]:
        """Usages (k + 1,) before and after, and the index of the new site, when a position without a site in the
        catalogue changes from one narrow log odds to another.

        Before, the position cuts the share, given by the network, of the transcripts that reach it: those that end
        further downstream, or, if the position lies after the last site, those that are not cut at the last site.
        After, it competes like any other site.
        """
        place = int(np.searchsorted(self._along, cut_pos * self._downstream))
        passing = self.usage_ref[place:].sum()
        if passing == 0:
            passing = 1 / (1 + np.exp(self.logodds[self._used[-1]]))
        share = passing / (1 + np.exp(-logodds_ref))
        before = np.insert((1 - share) * self.usage_ref, place, share)
        delta = np.zeros(len(before))
        delta[place] = logodds_alt - logodds_ref
        return before, shifted_usage(before, delta), place

    def delta_pdui(self, usage_alt: np.ndarray, usage_ref: np.ndarray | None = None) -> np.ndarray:
        """Change (...,) of the usage of the most distal used site, from `usage_ref` (default: the gene's own)."""
        return (usage_alt - self._reference(usage_ref))[..., self._used[-1]]

    def delta_utr_length(self, usage_alt: np.ndarray, usage_ref: np.ndarray | None = None) -> np.ndarray:
        """Change (...,) of the expected 3' UTR length in nt; NaN where no site has one."""
        return expected_length(usage_alt, self.lengths) - expected_length(self._reference(usage_ref), self.lengths)

    def delta_truncated(self, usage_alt: np.ndarray) -> np.ndarray:
        """Change (...,) of the share of 3' ends that lie before the stop codon."""
        return (usage_alt - self.usage_ref)[..., self._truncating].sum(axis=-1)

    def _reference(self, usage_ref: np.ndarray | None) -> np.ndarray:
        return self.usage_ref if usage_ref is None else usage_ref


class TissueSites:
    """How the sites of one gene share its 3' ends in each tissue.

    names: T tissues. usage_ref: (T, k) float64, each row sums to 1.
    """

    def __init__(self, gene: GeneSites, tissue_usage: pd.DataFrame, floor: float):
        """tissue_usage: the gene's rows of that table; a site without a row has a usage of 0. floor: as in `complete_usage`."""
        wide = tissue_usage.pivot(index="tissue", columns="site_id", values="usage")
        self.names: list[str] = wide.index.to_list()
        usage = np.maximum(wide.reindex(columns=gene.site_ids).fillna(0).to_numpy(dtype=np.float64), floor)
        self.usage_ref = usage / usage.sum(axis=1, keepdims=True)

    def usage_alt(self, delta_logodds_narrow: np.ndarray) -> np.ndarray:
        """Usages (n, T, k) when the sites' narrow log odds change by (n, k)."""
        return shifted_usage(self.usage_ref, delta_logodds_narrow[:, None, :])


def genes_of(sites: pd.DataFrame) -> Iterator[tuple[str, GeneSites]]:
    """(gene_id, its sites) of every gene in table `sites`."""
    # pandas copies every existing column for each gene.
    for gene_id, rows in sites[["gene_id", *_GENE_SITES]].groupby("gene_id", sort=False):
        yield gene_id, GeneSites(rows)
