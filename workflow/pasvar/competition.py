"""The sites of a gene compete for its 3' ends: what becomes of all their usages when an allele changes some of them."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pasvar.usage import FITS, complete_usage, expected_length, predict_usage, shifted_usage

MEASURED = "measured:"
"""How the `usage_source` of a gene begins whose usages an atlas has measured."""


def reference_usage(sites: pd.DataFrame, floor: float) -> pd.DataFrame:
    """usage_ref, usage_source, usage_low and usage_high of the sites of all genes, on their index.

    sites: of table `catalogue`, with reference log odds. floor: as in `usage.complete_usage`. Low and high are the extremes of
    the four published fits, NaN where the usages are measured.
    """
    # Plain arrays: a frame for each of twenty thousand genes takes fifty times as long.
    ordered = sites.sort_values(["gene_id", "rank"])
    cut_pos, measured = ordered.cut_pos.to_numpy(), ordered.usage_measured.to_numpy(dtype=np.float64)
    logodds = [ordered[fit.score].to_numpy(dtype=np.float64) for fit in FITS]
    source = ordered.usage_source.to_numpy(dtype=object, copy=True)
    usage, low, high = (np.full(len(ordered), value) for value in (1.0, 1.0, 1.0))
    borders = np.flatnonzero(np.r_[True, ordered.gene_id.to_numpy()[1:] != ordered.gene_id.to_numpy()[:-1], True])
    for gene in map(slice, borders[:-1], borders[1:]):
        by_fit = np.stack(
            [predict_usage(score[gene], cut_pos[gene], fit) for score, fit in zip(logodds, FITS, strict=True)]
        )
        seen = np.isfinite(measured[gene])
        if seen.any():
            usage[gene] = complete_usage(measured[gene], by_fit[0], floor)
            source[gene] = source[gene][seen][0]
            low[gene] = high[gene] = np.nan
        else:
            usage[gene], low[gene], high[gene] = by_fit[0], by_fit.min(axis=0), by_fit.max(axis=0)
            source[gene] = f"predicted:{FITS[0].name}"
    columns = {"usage_ref": usage, "usage_source": source, "usage_low": low, "usage_high": high}
    return pd.DataFrame(columns, index=ordered.index)


_GENE_SITES = [
    *("site_id", "rank", "strand", "cut_pos", "utr_length", "truncating", "usage_ref", "usage_source"),
    *sorted({fit.score for fit in FITS}),
]
"""What `GeneSites` reads."""


class GeneSites:
    """The sites of one gene, proximal to distal, and how they share its 3' ends.

    site_ids: k texts. usage_ref: (k,) float64, sums to 1. is_measured: whether it comes from an atlas. lengths: (k,) nt of
    3' UTR, NaN where a site has none.
    """

    def __init__(self, sites: pd.DataFrame):
        """sites: the rows of table `sites` of one gene, in any order."""
        sites = sites.sort_values("rank")
        self.site_ids: list[str] = sites.site_id.to_list()
        self.is_measured = sites.usage_source.iloc[0].startswith(MEASURED)
        self._logodds = {fit.score: sites[fit.score].to_numpy(dtype=np.float64) for fit in FITS}
        self._cut_pos = sites.cut_pos.to_numpy()
        self._downstream = 1 if sites.strand.iloc[0] == "+" else -1
        self.lengths = sites.utr_length.to_numpy(dtype=np.float64, na_value=np.nan)
        self._truncating = sites.truncating.to_numpy(dtype=bool)
        if self.is_measured:
            usage = sites.usage_ref.to_numpy(dtype=np.float64)
            self.usage_ref = usage / usage.sum()
        else:
            self.usage_ref = predict_usage(self._logodds[FITS[0].score], self._cut_pos)

    def usage_alt(self, delta_logodds_narrow: np.ndarray) -> np.ndarray:
        """Usages, (..., k), when the sites' narrow log odds change by (..., k), 0 where a site is not touched."""
        if self.is_measured:
            return shifted_usage(self.usage_ref, delta_logodds_narrow)
        return predict_usage(self._logodds[FITS[0].score] + delta_logodds_narrow, self._cut_pos)

    def with_new_site(self, cut_pos: int, logodds_ref: float, logodds_alt: float) -> tuple[np.ndarray, np.ndarray, int]:
        """Usages (k + 1,) before and after, and the index of the new site, when a place where the catalogue has none gets from
        one narrow log odds to another.

        Both are predicted: how weak the place is in the reference the catalogue does not say. Where the gene's usages are
        measured, they share in their proportions what the new site leaves.
        """
        place = int(np.searchsorted(self._cut_pos * self._downstream, cut_pos * self._downstream))
        cuts = np.insert(self._cut_pos, place, cut_pos)
        own = self._logodds[FITS[0].score]
        usages = []
        for logodds in (logodds_ref, logodds_alt):
            usage = predict_usage(np.insert(own, place, logodds), cuts)
            if self.is_measured:
                usage = np.insert((1 - usage[place]) * self.usage_ref, place, usage[place])
            usages.append(usage)
        return usages[0], usages[1], place

    def by_fit(self, delta: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Usages before, (fits, 1, k), and after, (fits, n, k), by each published fit.

        delta: change (n, k) of each kind of score that a fit reads (`Fit.score`).
        """
        before = [predict_usage(self._logodds[fit.score], self._cut_pos, fit)[None] for fit in FITS]
        after = [predict_usage(self._logodds[fit.score] + delta[fit.score], self._cut_pos, fit) for fit in FITS]
        return np.stack(before), np.stack(after)

    def delta_pdui(self, usage_alt: np.ndarray, usage_ref: np.ndarray | None = None) -> np.ndarray:
        """Change (...,) of the most distal site's usage, from `usage_ref` (default: the gene's own)."""
        return (usage_alt - self._reference(usage_ref))[..., -1]

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
    # Of each gene pandas cuts out every column that there is.
    for gene_id, rows in sites[["gene_id", *_GENE_SITES]].groupby("gene_id", sort=False):
        yield gene_id, GeneSites(rows)
