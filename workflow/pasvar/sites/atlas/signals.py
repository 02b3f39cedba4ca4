"""Checks whether the cuts of an atlas have polyadenylation signals where real cuts have them. An atlas of another
assembly has no signals there. An atlas that is read at the wrong base has them at another distance."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_LENGTH, HEXAMER_SEARCH_LENGTH, USUAL_HEXAMER_DISTANCE
from pasvar.genome import Genome
from pasvar.sequence import decode, reverse_complement

_CANONICAL = re.compile("(?=AATAAA|ATTAAA)")
_REACH = 100
_PEAK_WIDTH = 13
_MOST_CUTS = 5000
_ENOUGH_CUTS = 100
_CLEAR_PEAK = 4
"""Height of a clear peak, as a multiple of the mean over `_REACH` nt on both sides: real cuts have 6 and more, random
positions 1.5."""
_CLEAR_SHIFT = 4


class Signals(NamedTuple):
    """n_cuts: number of cuts that were examined. share: share of these that have AATAAA or ATTAAA in the 45 nt before
    them. distance: mean distance in nt from this hexamer to the cut where the hexamer is most frequent, negative
    downstream of the cut; NaN if there is no clear peak."""

    n_cuts: int
    share: float
    distance: float

    @property
    def shift(self) -> int:
        """nt by which the cuts lie too far downstream (negative: upstream); 0 if this cannot be determined."""
        shift = self.distance - USUAL_HEXAMER_DISTANCE
        return round(shift) if self.n_cuts >= _ENOUGH_CUTS and abs(shift) >= _CLEAR_SHIFT else 0

    def __str__(self) -> str:
        text = f"AATAAA or ATTAAA stands before {self.share:.0%} of {self.n_cuts} cuts"
        if np.isnan(self.distance):
            return text
        side = "before" if self.distance >= 0 else "after"
        text += f", most often {abs(self.distance):.0f} nt {side} the cut"
        if not self.shift:
            return text
        way = "downstream" if self.shift > 0 else "upstream"
        usual = f"where {USUAL_HEXAMER_DISTANCE} nt before is usual"
        return f"{text} {usual}: the cuts seem to lie {abs(self.shift)} nt too far {way}"


def find_signals(sites: pd.DataFrame, genome: Genome) -> Signals:
    """The signals around the distinct cuts of an atlas, for at most `_MOST_CUTS` of them. Cuts that follow unknown
    bases are not counted.

    sites: chrom, strand, cut.
    """
    cuts = sites[["chrom", "strand", "cut"]].drop_duplicates()
    cuts = cuts.iloc[:: -(-len(cuts) // _MOST_CUTS)]
    counts = np.zeros(2 * _REACH + 1)
    n_cuts = n_canonical = 0
    for chrom, strand, cut in cuts.itertuples(index=False, name=None):
        text = _around(genome, chrom, strand, cut)
        if "N" in text[_REACH - HEXAMER_SEARCH_LENGTH : _REACH]:
            continue
        found = [match.start() for match in _CANONICAL.finditer(text)]
        counts[found] += 1
        n_cuts += 1
        n_canonical += any(_REACH - HEXAMER_SEARCH_LENGTH <= place < _REACH for place in found)
    return Signals(n_cuts, n_canonical / max(n_cuts, 1), _peak_distance(counts))


def _around(genome: Genome, chrom: str, strand: str, cut: int) -> str:
    """The sequence of the cut's strand, so long that a hexamer can begin at each of the `_REACH` bases before and after
    the cut. The cut is at index `_REACH`."""
    more = HEXAMER_LENGTH - 1
    before, after = (_REACH, _REACH + more) if strand == "+" else (_REACH + more, _REACH)
    codes = genome.slice(chrom, cut - before, cut + after + 1).codes
    return decode(codes if strand == "+" else reverse_complement(codes))


def _peak_distance(counts: np.ndarray) -> float:
    """Mean distance in nt from the hexamers to the cut, over the `_PEAK_WIDTH` nt that have most hexamers; NaN if that
    is no clear peak."""
    sums = np.convolve(counts, np.ones(_PEAK_WIDTH), "valid")
    if not sums.max() >= _CLEAR_PEAK * counts.mean() * _PEAK_WIDTH or not counts.any():
        return float("nan")
    highest = np.flatnonzero(sums == sums.max())
    first = int(highest[len(highest) // 2])
    places = np.arange(first, first + _PEAK_WIDTH)
    return float(_REACH - np.average(places, weights=counts[places]))
