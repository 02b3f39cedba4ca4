"""Where variants may make a polyadenylation site: positions with a new or better hexamer, and their windows.

The sequence of both alleles around a variant is scanned, on the strand of the gene. A position with a new or better
hexamer gets its own pair of windows, of the alternate and of the reference at the same position, with that hexamer at
index 70.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, HEXAMER_SEARCH_LENGTH, WINDOW_LENGTH
from pasvar.genome import SequenceChunks, SequenceSlice, scan_regions
from pasvar.sequence import decode, reverse_complement
from pasvar.sites import TIERS, tier_of
from pasvar.tables import TABLES
from pasvar.variants.alleles import Edit, room_after, room_left, room_right, shift

BEST_TIERS = 3
"""The worst tier that makes a site: one mismatch of AATAAA. Two mismatches are found by chance about once in 30 nt."""

STRIDE = 10
"""Distance in nt of the windows of a scan in strides."""


class Place(NamedTuple):
    """A position to examine: start of the hexamer in the alternate and in the reference sequence (the same except for
    indels)."""

    alternate: int
    reference: int


class Scan(NamedTuple):
    """Where to look for new sites, and whether every `STRIDE` nt or only at hexamers. regions: of `scan_regions`."""

    regions: pd.DataFrame
    strides: bool = False

    def on(self, chrom: str) -> "Scan":
        """The scan of one contig."""
        return self._replace(regions=self.regions[self.regions.chrom == chrom])

    def intervals(self) -> list[tuple[int, int]]:
        """Start and end of each region."""
        return list(zip(self.regions.start.tolist(), self.regions.end.tolist(), strict=True))

    def touched(self, start: np.ndarray, end: np.ndarray, last_start: np.ndarray | None = None) -> np.ndarray:
        """Which of the edits [start, end) touch a region, on either strand, at every equivalent position of an indel.

        The first position is `start`, the last `last_start`. An insertion touches regions that contain the bases on
        both its sides.
        """
        least, most = touched_bases(start, end, start if last_start is None else last_start)
        touched = np.zeros(len(start), dtype=bool)
        for _, regions in self.regions.groupby("strand"):
            starts, ends = (np.sort(regions[name].to_numpy(dtype=np.int64)) for name in ("start", "end"))
            i = np.searchsorted(ends, least, side="right")
            inside = i < len(ends)
            touched[inside] |= starts[i[inside]] <= most[inside]
        return touched

    def candidates(
        self, chrom: str, edits: Iterable[Edit], catalogue: pd.DataFrame, stretch: SequenceSlice | SequenceChunks
    ) -> pd.DataFrame:
        """The candidates of edits (left-aligned) of one contig: table `candidates`. Column `edit`, the number of the
        edit, replaces the columns of its allele. catalogue: of that contig."""
        strands = [_Strand(strand, self.regions, catalogue[catalogue.chrom == chrom]) for strand in "+-"]
        rows = [
            (number, *found)
            for number, edit in enumerate(edits)
            for strand in strands
            if strand.holds(edit, edit.start + room_after(stretch, edit))
            for found in strand.candidates(edit, stretch, self.strides)
        ]
        return pd.DataFrame(rows, columns=["edit", "strand", *TABLES["candidates"].schema.names[7:]])


NOWHERE: Scan = Scan(pd.DataFrame(columns=["chrom", "strand", "start", "end"]))


def make_scan(exons: pd.DataFrame, extension: int, mode: str, introns: bool) -> Scan:
    """The scan that config key `new_sites` (`mode`, `introns`) asks for. exons: table `exons`."""
    return NOWHERE if mode == "off" else Scan(scan_regions(exons, extension, introns), mode == "strides")


class _Strand:
    """One strand of a contig: the regions that are scanned, and its sites."""

    def __init__(self, strand: str, regions: pd.DataFrame, catalogue: pd.DataFrame):
        self.strand = strand
        regions = regions[regions.strand == strand].sort_values("start")
        self.starts, self.ends = regions.start.to_numpy(), regions.end.to_numpy()
        cuts = np.unique(catalogue.cut_pos[catalogue.strand == strand].to_numpy()) - 1
        self.cuts = cuts if strand == "+" else np.sort(-cuts)

    def holds(self, edit: Edit, last_start: int) -> bool:
        """Whether the edit touches a scanned region, as in `Scan.touched`."""
        least, most = touched_bases(*np.array([[edit.start], [edit.end], [last_start]]))
        i = int(np.searchsorted(self.ends, least[0], side="right"))
        return bool(i < len(self.starts) and self.starts[i] <= most[0])

    def has_site(self, after: int, last: int) -> bool:
        """Whether the cut of a site lies in (after, last], both along the strand."""
        i = np.searchsorted(self.cuts, after, side="right")
        return bool(i < len(self.cuts) and self.cuts[i] <= last)

    def candidates(self, edit: Edit, stretch: SequenceSlice | SequenceChunks, strides: bool) -> Iterator[tuple]:
        """(strand, hexamer_pos, hexamer_ref, hexamer_alt, change_index, change_pos, n_replaced, n_inserted, window_ref,
        window_alt) of each position to examine."""
        margin = 2 * WINDOW_LENGTH + len(edit.alt) + edit.end - edit.start
        low, high = edit.start - margin, edit.end + margin
        codes = stretch.between(low, high)
        local = Edit(edit.start - low, edit.end - low, edit.alt)
        if self.strand == "-":
            codes = reverse_complement(codes)
            local = Edit(high - edit.end, high - edit.start, reverse_complement(edit.alt))
        # At the first of its equivalent positions along the strand, so that a gene and its mirror image have the same
        # candidates.
        local = shift(local, -room_left(codes, local))
        reference = decode(codes)
        alternate = decode(np.concatenate([codes[: local.start], local.alt, codes[local.end :]]))
        places = dict.fromkeys(hexamer_places(reference, alternate, local, room_right(codes, local)))
        if strides:
            places |= dict.fromkeys(stride_places(local))
        sizes = local.end - local.start, len(local.alt)
        forward = (lambda index: low + index) if self.strand == "+" else (lambda index: high - 1 - index)
        for place in places:
            # The part of the alternate sequence in which a site's own signal is searched.
            ends = np.array([place.alternate, place.alternate + HEXAMER_SEARCH_LENGTH])
            borders = (
                local.start + reference_offset(ends - local.start, *sizes) + (low if self.strand == "+" else 1 - high)
            )
            if not self.has_site(*borders.tolist()):
                window_ref = _window(reference, place.reference)
                window_alt = _window(alternate, place.alternate)
                hexamers = forward(place.reference) + 1, _hexamer(window_ref), _hexamer(window_alt)
                change = local.start - place.alternate + HEXAMER_INDEX, forward(local.start) + 1, *sizes
                yield self.strand, *hexamers, *change, window_ref, window_alt


def touched_bases(start: np.ndarray, end: np.ndarray, last_start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(least, most): an interval is touched by the edit [start, end) if it ends after `least` and begins at `most` or
    before.

    The first equivalent position of an indel in a repeat is `start`, the last `last_start`. The indel changes an
    interval only if it touches the interval at all of these positions; otherwise there is a position at which it lies
    outside. An insertion changes intervals that contain the bases on both its sides.
    """
    return last_start, np.where(start == end, start - 1, end - 1)


def reference_offset(offset: np.ndarray, n_replaced: np.ndarray | int, n_inserted: np.ndarray | int) -> np.ndarray:
    """Positions in the reference of bases of an alternate; both are counted along the strand from the first base of the
    change.

    The change replaces `n_replaced` bases by `n_inserted`. A base that the reference lacks gets the position of the
    last base before it that the reference has.
    """
    inside = np.minimum(offset, np.asarray(n_replaced) - 1)
    after = offset - n_inserted + n_replaced
    return np.where(offset < 0, offset, np.where(offset < n_inserted, inside, after))


def hexamer_places(reference: str, alternate: str, edit: Edit, room_right: int) -> Iterator[Place]:
    """Positions at which the alternate has a hexamer of tier 0 to 3, and the reference has none or only a worse one.

    reference, alternate: the transcribed strand around the edit, with at least a window's length on either side. edit:
    at the first of its equivalent positions. room_right: how far an indel can move (`alleles.room_right`), because it
    may make a hexamer at any of these positions.
    For an indel, the reference is compared both at the same distance from the upstream sequence and at the same
    distance from the downstream sequence. The better of the two hexamers counts, and of equals the downstream one, as
    in `alleles.place_edit`.
    """
    first = edit.start - HEXAMER_LENGTH + 1
    last = edit.start + room_right + max(len(edit.alt), 1) - 1
    for start in range(max(first, HEXAMER_INDEX), min(last, len(alternate) - WINDOW_LENGTH + HEXAMER_INDEX) + 1):
        tier = TIERS.get(alternate[start : start + HEXAMER_LENGTH], BEST_TIERS + 1)
        if tier > BEST_TIERS:
            continue
        there = [start - edit.length_change, start]
        tiers = [tier_of(reference[i : i + HEXAMER_LENGTH]) for i in there]
        if tier < min(tiers):
            yield Place(start, there[int(np.argmin(tiers))])


def stride_places(edit: Edit) -> Iterator[Place]:
    """Windows every `STRIDE` nt in which the edit lies between index 30 and 150, where a change has most effect."""
    middle = edit.start
    for start in range(middle - 80, middle + 41, STRIDE):
        yield Place(start, start - edit.length_change if start + HEXAMER_LENGTH > edit.start else start)


def _window(text: str, hexamer: int) -> str:
    return text[hexamer - HEXAMER_INDEX :][:WINDOW_LENGTH]


def _hexamer(window: str) -> str:
    return window[HEXAMER_INDEX : HEXAMER_INDEX + HEXAMER_LENGTH]
