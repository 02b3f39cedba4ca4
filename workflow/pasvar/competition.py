"""The sites of a gene compete for its 3' ends: what becomes of all their usages when an allele changes some of them."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from pasvar.usage import expected_length, predict_usage


class GeneSites:
    """The sites of one gene, proximal to distal, and how they share its 3' ends.

    site_ids: k texts. usage_ref: (k,) float64, sums to 1.
    """

    def __init__(self, sites: pd.DataFrame):
        """sites: the rows of table `sites` of one gene, in any order."""
        sites = sites.sort_values("rank")
        self.site_ids: list[str] = sites.site_id.to_list()
        self._logodds = sites.logodds_narrow.to_numpy(dtype=np.float64)
        self._cut_pos = sites.cut_pos.to_numpy()
        self._lengths = sites.utr_length.to_numpy(dtype=np.float64, na_value=np.nan)
        self.usage_ref = predict_usage(self._logodds, self._cut_pos)

    def usage_alt(self, delta_logodds_narrow: np.ndarray) -> np.ndarray:
        """Usages, (..., k), when the sites' narrow log odds change by (..., k), 0 where a site is not touched."""
        return predict_usage(self._logodds + delta_logodds_narrow, self._cut_pos)

    def delta_pdui(self, usage_alt: np.ndarray) -> np.ndarray:
        """Change (...,) of the most distal site's usage."""
        return usage_alt[..., -1] - self.usage_ref[-1]

    def delta_utr_length(self, usage_alt: np.ndarray) -> np.ndarray:
        """Change (...,) of the expected 3' UTR length in nt; NaN where no site has one."""
        return expected_length(usage_alt, self._lengths) - expected_length(self.usage_ref, self._lengths)


def genes_of(sites: pd.DataFrame) -> Iterator[tuple[str, GeneSites]]:
    """(gene_id, its sites) of every gene in table `sites`."""
    for gene_id, rows in sites.groupby("gene_id", sort=False):
        yield gene_id, GeneSites(rows)
