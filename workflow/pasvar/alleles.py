"""What an allele does to a sequence: its normal form, and the window it makes of a site's window.

Everything here is a function of a sequence and an edit: "replace [start, end) by the codes `alt`", 0-based, on the
strand of the sequence given.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, WINDOW_LENGTH
from pasvar.genome import Stretch
from pasvar.hexamer import tier_of
from pasvar.sequence import decode, encode, reverse_complement

MAX_SHIFT = 1000
"""How far an indel is followed along a repeat, in nt. Longer repeats exist, but no window is longer than 205."""


class Edit(NamedTuple):
    """Replace [start, end) by `alt` (codes). An insertion has start == end, a deletion an empty alt."""

    start: int
    end: int
    alt: np.ndarray

    @property
    def is_indel(self) -> bool:
        """Whether something was only inserted or only deleted, so that the edit may have several places."""
        return (self.start == self.end) != (len(self.alt) == 0)

    @property
    def length_change(self) -> int:
        return len(self.alt) - (self.end - self.start)


class AlternateWindow(NamedTuple):
    """The window of an allele at a site, all indices on the transcribed strand.

    codes: (205,) uint8. index, last_index: first and last base changed. anchor: what keeps its place, see `place_edit`.
    """

    codes: np.ndarray
    index: int
    last_index: int
    anchor: str


@lru_cache(maxsize=1024)
def _encoded(alt: str) -> np.ndarray:
    """`encode`, remembered: nearly all alleles of a cohort are one of four letters."""
    codes = encode(alt)
    codes.flags.writeable = False
    return codes


def trim(start: int, ref: str, alt: str) -> Edit:
    """The edit of a VCF allele (start = POS - 1) without the bases that REF and ALT share at their ends.

    An ALT that is REF again replaces the first base by itself.
    """
    if ref == alt:
        return Edit(start, start + 1, encode(alt[0]))
    shared_end = 0
    while shared_end < min(len(ref), len(alt)) and ref[-1 - shared_end] == alt[-1 - shared_end]:
        shared_end += 1
    ref, alt = ref[: len(ref) - shared_end], alt[: len(alt) - shared_end]
    shared_start = 0
    while shared_start < min(len(ref), len(alt)) and ref[shared_start] == alt[shared_start]:
        shared_start += 1
    return Edit(start + shared_start, start + len(ref), _encoded(alt[shared_start:]))


def room_left(codes: np.ndarray, edit: Edit) -> int:
    """How many nt an indel can move left within `codes` and still make the same sequence."""
    if not edit.is_indel:
        return 0
    unit = edit.alt if len(edit.alt) else codes[edit.start : edit.end]
    shift = 0
    # One step left is free where the base that leaves on the right is the one that enters on the left.
    while shift < min(edit.start, MAX_SHIFT) and codes[edit.start - shift - 1] == unit[-1 - shift % len(unit)]:
        shift += 1
    return shift


def room_right(codes: np.ndarray, edit: Edit) -> int:
    """How many nt an indel can move right within `codes` and still make the same sequence."""
    mirrored = Edit(len(codes) - edit.end, len(codes) - edit.start, edit.alt[::-1])
    return room_left(codes[::-1], mirrored)


def shift(codes: np.ndarray, edit: Edit, by: int) -> Edit:
    """The same indel `by` nt further left (negative) or right; `by` must be within the room that it has."""
    if by == 0:
        return edit
    if len(edit.alt) == 0:
        return Edit(edit.start + by, edit.end + by, edit.alt)
    turn = -by % len(edit.alt)
    return Edit(
        edit.start + by, edit.end + by, np.concatenate([edit.alt[-turn:], edit.alt[:-turn]]) if turn else edit.alt
    )


def left_align(stretch: Stretch, edit: Edit) -> Edit:
    """The edit, in coordinates of the contig, at the leftmost of its equivalent places."""
    if not edit.is_indel:
        return edit
    # N matches nothing: outside the contig and in gaps an indel stays where it is.
    low = max(0, stretch.start, edit.start - MAX_SHIFT)
    codes = stretch.between(low, edit.end)
    local = Edit(edit.start - low, edit.end - low, edit.alt)
    moved = shift(codes, local, -room_left(codes, local))
    return Edit(moved.start + low, moved.end + low, moved.alt)


def to_vcf(stretch: Stretch, edit: Edit) -> tuple[int, str, str]:
    """POS (1-based), REF and ALT of an edit, as bcftools norm writes them: an indel takes along the base before it, or at
    the contig's start the base after it."""
    start, end, alt = edit.start, edit.end, decode(edit.alt)
    before = after = ""
    if edit.is_indel:
        if start > 0:
            before = decode(stretch.between(start - 1, start))
            start -= 1
        else:
            after = decode(stretch.between(end, end + 1))
            end += 1
    return start + 1, decode(stretch.between(start, end)), before + alt + after


def reach(max_allele_length: int) -> int:
    """How far around a POS a stretch must reach for `left_align` and `alternate_window` to work on any of its alleles."""
    return MAX_SHIFT + 2 * WINDOW_LENGTH + max_allele_length + 1


def alternate_window(stretch: Stretch, edit: Edit, window_start: int, strand: str) -> AlternateWindow:
    """The window of a site with the edit in place.

    stretch: must hold the window and, on either side, as many bases as the edit is long or can be shifted.
    edit: in coordinates of the contig. window_start: of the site's window on the forward strand. strand: + or -.
    """
    window_end = window_start + WINDOW_LENGTH
    # An edit may begin before the window, and what it deletes is made up for from beyond it.
    margin = max(len(edit.alt), edit.end - edit.start) + WINDOW_LENGTH
    low, high = min(edit.start, window_start) - margin, max(edit.end, window_end) + margin
    codes = stretch.between(low, high)
    if strand == "+":
        return place_edit(codes, Edit(edit.start - low, edit.end - low, edit.alt), window_start - low)
    mirrored = Edit(high - edit.end, high - edit.start, reverse_complement(edit.alt))
    return place_edit(reverse_complement(codes), mirrored, high - window_end)


def place_edit(codes: np.ndarray, edit: Edit, window: int) -> AlternateWindow:
    """As `alternate_window`, all on the transcribed strand: `window` is where the window begins in `codes`.

    The hexamer keeps its place at index 70 wherever the edit, in any of its equivalent places, lies wholly on one side
    of it: what an indel before the hexamer removes or adds is made up for at the window's upstream end, after the
    hexamer at its downstream end (anchor "hexamer").
    An indel that fits on both sides (a run of A through the hexamer) counts as before it.
    An indel that hits the hexamer under every spelling leaves none to hold on to. Then either side can keep its place;
    the side is taken that puts the better hexamer (`hexamer.TIERS`) at index 70, and of equals the downstream one, so that
    cleavage is looked for at the same bases as in the reference.
    """
    hexamer = window + HEXAMER_INDEX
    changed = np.concatenate([codes[: edit.start], edit.alt, codes[edit.end :]])
    keep_upstream = changed[window : window + WINDOW_LENGTH]
    if edit.length_change == 0:
        return AlternateWindow(keep_upstream, *_places(edit, window, 0, WINDOW_LENGTH), "hexamer")
    keep_downstream = changed[window + edit.length_change :][:WINDOW_LENGTH]
    first = shift(codes, edit, -room_left(codes, edit))
    last = shift(codes, edit, room_right(codes, edit))
    # The leftmost place on the transcribed strand is named, so that the index does not hang on the spelling; it is within
    # the side of the hexamer on which the edit counts as lying.
    if first.end <= hexamer:
        return AlternateWindow(keep_downstream, *_places(first, window, 0, HEXAMER_INDEX), "hexamer")
    if last.start >= hexamer + HEXAMER_LENGTH:
        places = _places(first, window, HEXAMER_INDEX + HEXAMER_LENGTH, WINDOW_LENGTH)
        return AlternateWindow(keep_upstream, *places, "hexamer")
    places = _places(first, window, 0, WINDOW_LENGTH)
    if _tier(keep_upstream) < _tier(keep_downstream):
        return AlternateWindow(keep_upstream, *places, "upstream")
    return AlternateWindow(keep_downstream, *places, "downstream")


def region_of(index: int, last_index: int, cut_index: int) -> str:
    """Where in the window the bases [index, last_index] lie: the hexamer if they touch it, else by the first of them."""
    if index < HEXAMER_INDEX + HEXAMER_LENGTH and last_index >= HEXAMER_INDEX:
        return "hexamer"
    if index < HEXAMER_INDEX:
        return "upstream"
    return "hexamer_to_cut" if index <= cut_index else "downstream"


def _places(edit: Edit, window: int, low: int, high: int) -> tuple[int, int]:
    """First and last base that an edit changes, as indices of the window within [low, high); an insertion is named by
    the base after it."""
    first, last = edit.start - window, max(edit.end - 1, edit.start) - window
    return min(max(first, low), high - 1), min(max(last, low), high - 1)


def _tier(window: np.ndarray) -> int:
    return tier_of(decode(window[HEXAMER_INDEX : HEXAMER_INDEX + HEXAMER_LENGTH]))
