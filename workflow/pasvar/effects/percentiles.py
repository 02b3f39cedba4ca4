"""The rank of an effect among the effects of all possible substitutions of its site."""

from collections.abc import Iterable

import numpy as np
import pandas as pd


class EffectSizes:
    """|delta_logodds_narrow| of all possible substitutions of each site."""

    COLUMNS = ("site_id", "logodds_narrow_alt")
    """The columns of tables `saturation_scores` and `allele_scores` that are needed."""

    def __init__(self, references: pd.DataFrame, substitutions: Iterable[pd.DataFrame]):
        """references: site_id and logodds_narrow of every site. substitutions: table `saturation_scores` in pieces, in
        which a site has either all its SNVs or none."""
        self._sites = pd.Index(references.site_id)
        self._reference = references.logodds_narrow.to_numpy(dtype=np.float32)
        keys = [self._keys(piece) for piece in substitutions]
        self._sorted = np.sort(np.concatenate([np.empty(0, dtype=np.uint64), *keys]))
        self._start = np.searchsorted(self._sorted, np.arange(len(self._sites) + 1, dtype=np.uint64) << np.uint64(32))

    @property
    def n_substitutions(self) -> int:
        """Number of substitutions over all sites."""
        return len(self._sorted)

    def percentile(self, alleles: pd.DataFrame) -> np.ndarray:
        """Share of the site's substitutions with a smaller |effect| than an allele, float32 (n,); NaN if the site has
        no substitutions.

        alleles: with the `COLUMNS`. Equal effects are not smaller, so equal effects have equal percentiles. The
        strongest of 615 substitutions has 614 / 615, an indel that is stronger than all of them has 1, and no effect at
        all has 0.
        """
        site = self._sites.get_indexer(alleles.site_id)
        n_smaller = np.searchsorted(self._sorted, self._keys(alleles)) - self._start[site]
        n = np.diff(self._start)[site]
        return np.where(n > 0, n_smaller / np.maximum(n, 1), np.nan).astype(np.float32)

    def _keys(self, alleles: pd.DataFrame) -> np.ndarray:
        """Numbers (uint64) that sort by site, then by |effect|: the bits of positive floats sort in the same order as
        the floats."""
        site = self._sites.get_indexer(alleles.site_id)
        # In float32, like the effects of table `scores`.
        size = np.abs(alleles.logodds_narrow_alt.to_numpy(dtype=np.float32) - self._reference[site])
        return site.astype(np.uint64) << np.uint64(32) | size.view(np.uint32)
