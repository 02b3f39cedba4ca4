"""The windows of alleles at rival hexamers of sites. A rival is another hexamer within reach of the cut; its own window
is 205 nt with another start. An allele that breaks or makes a rival is also scored in that window."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, HEXAMER_SEARCH_LENGTH, WINDOW_LENGTH
from pasvar.genome import SequenceChunks
from pasvar.sequence import decode, reverse_complement
from pasvar.sites import USUAL_HEXAMER_DISTANCE, tier_of
from pasvar.variants.alleles import Edit, alternate_window
from pasvar.variants.classify import Alleles
from pasvar.variants.hexamer_scan import touched_bases

_SCHEMA = {
    "rival_hexamer_start": pa.int64(),
    "rival_window_index": pa.int16(),
    "rival_window_last": pa.int16(),
    "rival_anchor": pa.string(),
    "rival_window_ref": pa.string(),
    "rival_window_alt": pa.string(),
}

_CANONICAL_TIER = 1
"""AATAAA and ATTAAA are rivals wherever they are within reach; other hexamers only if they are the site's
`rival_hexamer`."""

_AFTER_CUT = 5
"""A hexamer may begin at most this many nt after the cut base: it cuts some 20 nt further downstream, within the
distance at which two cuts are one site."""


class _Site(NamedTuple):
    """The values that are read from a row of table `windows`, all on the forward strand. rival: start of its rival
    hexamer, -1 without one."""

    cut: int
    own: int
    rival: int
    minus: bool

    def offset(self, first: int) -> int:
        """Position of a hexamer that starts at `first`, relative to the cut base, along the strand."""
        return self.cut - (first + HEXAMER_LENGTH - 1) if self.minus else first - self.cut


def rival_windows(
    alleles: Alleles, pairs: pd.DataFrame, windows: pd.DataFrame, stretch: SequenceChunks
) -> dict[str, pa.Array]:
    """The columns `rival_*` of table `alleles` for pairs of (allele, window); null if the allele hits no rival.

    A rival does not overlap the site's own hexamer. It begins where a site's signal is searched, or up to `_AFTER_CUT`
    nt after the cut. If the allele hits several, the one with the best tier in either allele counts, then the one
    nearest to the usual distance from the cut. windows: rows of the table `windows`. stretch: as for
    `alleles.alternate_window`.
    """
    columns: dict[str, list] = {name: [None] * len(pairs) for name in _SCHEMA}
    rows, of_site = pairs.allele.to_numpy(), pairs.window.to_numpy()
    minus = (windows.strand == "-").to_numpy()
    start, end = windows.window_start.to_numpy(), windows.window_end.to_numpy()
    cut = np.where(minus, end - 1 - windows.cut_index.to_numpy(), start + windows.cut_index.to_numpy())
    own = np.where(minus, end - HEXAMER_INDEX - HEXAMER_LENGTH, start + HEXAMER_INDEX)
    rival = windows.rival_start.astype("float64").fillna(-1).astype(np.int64).to_numpy()
    reach = HEXAMER_SEARCH_LENGTH + HEXAMER_LENGTH
    near = (alleles.start[rows] <= cut[of_site] + reach) & (alleles.end[rows] >= cut[of_site] - reach)
    for i in np.flatnonzero(near).tolist():
        here = of_site[i]
        site = _Site(int(cut[here]), int(own[here]), int(rival[here]), bool(minus[here]))
        edit = alleles.edit(int(rows[i]))
        first = _rival_hit(edit, int(alleles.last_start[rows[i]]), site, stretch)
        if first is not None:
            values = first, *_in_window(edit, first, site.minus, stretch)
            for name, value in zip(_SCHEMA, values, strict=True):
                columns[name][i] = value
    return {name: pa.array(values, _SCHEMA[name]) for name, values in columns.items()}


def _rival_hit(edit: Edit, last_start: int, site: _Site, stretch: SequenceChunks) -> int | None:
    """Start of the rival hexamer that an edit breaks or makes; None if it hits none.

    Only an edit that keeps the length can make a rival here: a hexamer that an indel makes is a new site, or is in the
    window of the site's own hexamer. last_start: of the last of an indel's equivalent positions.
    """
    low, high = edit.start - HEXAMER_LENGTH + 1, max(edit.end, edit.start + 1) + HEXAMER_LENGTH - 1
    codes = stretch.between(low, high)
    keeps_length = edit.length_change == 0
    changed = np.concatenate([codes[: edit.start - low], edit.alt, codes[edit.end - low :]]) if keeps_length else codes
    found = []
    for first in range(low, high - HEXAMER_LENGTH + 1):
        offset = site.offset(first)
        apart = abs(first - site.own) >= HEXAMER_LENGTH
        if not (apart and -HEXAMER_SEARCH_LENGTH <= offset <= _AFTER_CUT and _hits(edit, last_start, first)):
            continue
        tier = min(_tier(codes, first - low, site.minus), _tier(changed, first - low, site.minus))
        if tier <= _CANONICAL_TIER or first == site.rival:
            # The offset comes before the position, so that both strands choose the same hexamer.
            found.append((tier, abs(offset + USUAL_HEXAMER_DISTANCE), offset, first))
    return min(found)[-1] if found else None


def _tier(codes: np.ndarray, index: int, minus: bool) -> int:
    hexamer = codes[index : index + HEXAMER_LENGTH]
    return tier_of(decode(reverse_complement(hexamer) if minus else hexamer))


def _hits(edit: Edit, last_start: int, first: int) -> bool:
    """Whether an edit, at all of its equivalent positions, replaces a base of the hexamer that starts at `first`, or
    inserts between two of its bases; see `touched_bases`."""
    least, most = touched_bases(*map(np.asarray, (edit.start, edit.end, last_start)))
    return bool(least < first + HEXAMER_LENGTH and most >= first)


def _in_window(edit: Edit, first: int, minus: bool, stretch: SequenceChunks) -> tuple[int, int, str, str, str]:
    """The values of `_SCHEMA`. first: start of the rival hexamer on the forward strand."""
    start = first + HEXAMER_LENGTH + HEXAMER_INDEX - WINDOW_LENGTH if minus else first - HEXAMER_INDEX
    reference = stretch.between(start, start + WINDOW_LENGTH)
    found = alternate_window(stretch, edit, start, "-" if minus else "+")
    on_strand = decode(reverse_complement(reference) if minus else reference)
    return found.index, found.last_index, found.anchor, on_strand, decode(found.codes)
