"""What an allele does to a sequence: its normal form, and the window that results from a site's window.

Everything here is a function of a sequence and an edit: "replace [start, end) by the codes `alt`", 0-based, on the
strand of the given sequence.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, WINDOW_LENGTH
from pasvar.genome import SequenceChunks, SequenceSlice
from pasvar.sequence import decode, encode, reverse_complement
from pasvar.sites import WORST_TIER, tier_of

MAX_SHIFT = 1000
"""How far an indel is shifted along a repeat, in nt. Longer repeats exist, but no window is longer than 205."""


class Edit(NamedTuple):
    """Replace [start, end) by `alt` (codes). An insertion has start == end, a deletion an empty alt."""

    start: int
    end: int
    alt: np.ndarray

    @property
    def is_indel(self) -> bool:
        """Whether the edit is a pure insertion or deletion, so that it may have several equivalent positions."""
        return (self.start == self.end) != (len(self.alt) == 0)

    @property
    def length_change(self) -> int:
        return len(self.alt) - (self.end - self.start)


class AlternateWindow(NamedTuple):
    """The window of an allele at a site, all indices on the transcribed strand.

    codes: (205,) uint8. index, last_index: first and last base changed. anchor: the part of the window that keeps its
    position, see `place_edits`. other: (205,) uint8, the window that results if an indel is assigned to the other side
    of the hexamer, when neither side is preferable (`other_side`); otherwise None.
    """

    codes: np.ndarray
    index: int  # type: ignore[assignment]  # a tuple has a method of this name, which nobody calls
    last_index: int
    anchor: str
    other: np.ndarray | None = None


@lru_cache(maxsize=1024)
def _encoded(alt: str) -> np.ndarray:
    """`encode` with a cache: nearly all alleles of a cohort are one of four letters."""
    codes = encode(alt)
    codes.flags.writeable = False
    return codes


def trim(start: int, ref: str, alt: str) -> Edit:
    """The edit of a VCF allele (start = POS - 1) without the bases that REF and ALT share at their ends.

    If ALT equals REF, the edit replaces the first base by itself.
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
    # One step left is possible if the base that leaves on the right equals the base that enters on the left.
    while shift < min(edit.start, MAX_SHIFT) and codes[edit.start - shift - 1] == unit[-1 - shift % len(unit)]:
        shift += 1
    return shift


def room_right(codes: np.ndarray, edit: Edit) -> int:
    """How many nt an indel can move right within `codes` and still make the same sequence."""
    mirrored = Edit(len(codes) - edit.end, len(codes) - edit.start, edit.alt[::-1])
    return room_left(codes[::-1], mirrored)


def shift(edit: Edit, by: int) -> Edit:
    """The same indel, `by` nt further left (negative) or right. `by` must be within the distance that the indel can
    move."""
    if by == 0:
        return edit
    if len(edit.alt) == 0:
        return Edit(edit.start + by, edit.end + by, edit.alt)
    turn = by % len(edit.alt)
    return Edit(edit.start + by, edit.end + by, np.concatenate([edit.alt[turn:], edit.alt[:turn]]))


def left_align(stretch: SequenceSlice | SequenceChunks, edit: Edit) -> Edit:
    """The edit, in coordinates of the contig, at the leftmost of its equivalent positions."""
    if not edit.is_indel:
        return edit
    # N matches nothing: outside the contig and in gaps an indel stays where it is.
    low = max(0, stretch.start, edit.start - MAX_SHIFT)
    codes = stretch.between(low, edit.end)
    local = Edit(edit.start - low, edit.end - low, edit.alt)
    room = room_left(codes, local)
    if not room:
        return edit
    moved = shift(local, -room)
    return Edit(moved.start + low, moved.end + low, moved.alt)


def room_after(stretch: SequenceSlice | SequenceChunks, edit: Edit) -> int:
    """How many nt an edit, in coordinates of the contig, can move right and still make the same sequence."""
    if not edit.is_indel:
        return 0
    codes = stretch.between(edit.start, max(edit.end, min(edit.end + MAX_SHIFT, stretch.contig_length)))
    return room_right(codes, Edit(0, edit.end - edit.start, edit.alt))


def to_vcf(stretch: SequenceSlice | SequenceChunks, edit: Edit) -> tuple[int, str, str]:
    """POS (1-based), REF and ALT of an edit, as bcftools norm writes them: an indel includes the base before it, or at
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


def alternate_window(
    stretch: SequenceSlice | SequenceChunks, edit: Edit, window_start: int, strand: str
) -> AlternateWindow:
    """The window of a site with the edit applied.

    stretch: must contain the window and, on either side, as many bases as the edit is long or can be shifted. edit: in
    coordinates of the contig. window_start: of the site's window on the forward strand. strand: + or -.
    """
    codes, (turned,), window = _transcribed(stretch, [edit], window_start, strand)
    return place_edit(codes, turned, window)


def haplotype_window(
    stretch: SequenceSlice | SequenceChunks, edits: Sequence[Edit], window_start: int, strand: str
) -> tuple[np.ndarray, str] | None:
    """The window (205,) of a site with all edits of one haplotype applied, and its anchor; None if edits collide.

    Each edit is made at the position that its VCF record gives, whatever other positions an indel could have. For a
    single edit the result is that of `alternate_window`. `place_edits` describes how the hexamer keeps its position.
    stretch: must contain, on either side of window and edits, as many bases as a window and the edits together have.
    """
    if collide(edits):
        return None
    return place_edits(*_transcribed(stretch, edits, window_start, strand))


def collide(edits: Sequence[Edit]) -> bool:
    """Whether two edits of one haplotype cannot both be made, because they share a base or insert at the same position.

    An insertion next to a base that another edit replaces is no collision.
    """
    ordered = sorted(edits, key=_order)
    return any(
        after.start < before.end or before.start == before.end == after.start == after.end
        for before, after in pairwise(ordered)
    )


def _order(edit: Edit) -> tuple[int, int]:
    """Order along the sequence; an insertion comes before an edit that replaces the base after it."""
    return edit.start, edit.end


def _transcribed(
    stretch: SequenceSlice | SequenceChunks, edits: Sequence[Edit], window_start: int, strand: str
) -> tuple[np.ndarray, list[Edit], int]:
    """(codes, edits, window) of the transcribed strand, for `place_edits`; the given edits are in coordinates of the
    contig."""
    window_end = window_start + WINDOW_LENGTH
    # An edit may begin before the window. Bases that it deletes are replaced by bases from beyond the window.
    margin = sum(max(len(edit.alt), edit.end - edit.start) for edit in edits) + WINDOW_LENGTH
    low = min(window_start, *(edit.start for edit in edits)) - margin
    high = max(window_end, *(edit.end for edit in edits)) + margin
    codes = stretch.between(low, high)
    if strand == "+":
        return codes, [Edit(edit.start - low, edit.end - low, edit.alt) for edit in edits], window_start - low
    mirrored = [Edit(high - edit.end, high - edit.start, reverse_complement(edit.alt)) for edit in edits]
    return reverse_complement(codes), mirrored, high - window_end


def place_edit(codes: np.ndarray, edit: Edit, window: int) -> AlternateWindow:
    """As `alternate_window`, all on the transcribed strand: `window` is the index in `codes` at which the window
    begins.

    `place_edits` describes how the hexamer keeps its position. index and last_index are those of the edit's leftmost
    spelling on the transcribed strand, so that they do not depend on the spelling. They lie on the side of the hexamer
    to which the edit is assigned.
    """
    placed, anchor = place_edits(codes, [edit], window)
    low, high = 0, WINDOW_LENGTH
    first, last = _outermost(codes, edit)
    if first.end <= window + HEXAMER_INDEX:
        high = HEXAMER_INDEX
    elif last.start >= window + HEXAMER_INDEX + HEXAMER_LENGTH:
        low = HEXAMER_INDEX + HEXAMER_LENGTH
    return AlternateWindow(placed, *_places(first, window, low, high), anchor, other_side(codes, edit, window, placed))


def other_side(codes: np.ndarray, edit: Edit, window: int, placed: np.ndarray) -> np.ndarray | None:
    """The other window (205,) that an indel at the hexamer may give, all on the transcribed strand; None if there is
    none.

    One of the two windows keeps the upstream sequence in its position, the other the downstream sequence. Neither is
    preferable if the indel touches the hexamer in some of its equivalent positions, and both windows have a hexamer of
    the same tier, 0 to 3, at index 70. placed: the window from `place_edits`.
    """
    if edit.length_change == 0:
        return None
    first, last = _outermost(codes, edit)
    hexamer = window + HEXAMER_INDEX
    if last.end < hexamer or first.start > hexamer + HEXAMER_LENGTH:
        return None
    changed = np.concatenate([codes[: edit.start], edit.alt, codes[edit.end :]])
    upstream, downstream = (changed[window + moved :][:WINDOW_LENGTH] for moved in (0, edit.length_change))
    if _tier(upstream) != _tier(downstream) or _tier(upstream) >= WORST_TIER or np.array_equal(upstream, downstream):
        return None
    return downstream if np.array_equal(placed, upstream) else upstream


def place_edits(codes: np.ndarray, edits: Sequence[Edit], window: int) -> tuple[np.ndarray, str]:
    """The window (205,) with non-colliding edits applied, and its anchor, all on the transcribed strand.

    The hexamer stays at index 70 if each edit, in any of its equivalent positions (before the next edit), lies
    completely on one side of it. Then the bases that indels before the hexamer remove or add are compensated at the
    window's upstream end, and those of indels after the hexamer at its downstream end (anchor "hexamer").
    An indel that fits on both sides (a run of A through the hexamer) counts as before it.
    If an indel hits the hexamer in every spelling, the hexamer cannot be the anchor. Then either side can keep its
    position. The side is chosen that puts the better hexamer (`hexamer.TIERS`) at index 70, and of equals the
    downstream side, so that cleavage is examined at the same bases as in the reference.
    """
    edits = sorted(edits, key=_order)
    pieces, at = [], 0
    for edit in edits:
        pieces += [codes[at : edit.start], edit.alt]
        at = edit.end
    changed = np.concatenate([*pieces, codes[at:]])
    hexamer = window + HEXAMER_INDEX
    before = hit = 0  # nt by which the edits before the hexamer, and those in it, move the sequence after them
    lowest = [0, *(edit.end for edit in edits[:-1])]
    highest = [*(edit.start for edit in edits[1:]), len(codes)]
    for edit, *borders in zip(edits, lowest, highest, strict=True):
        first, last = _outermost(codes, edit, *borders)
        if first.end <= hexamer:
            before += edit.length_change
        elif last.start < hexamer + HEXAMER_LENGTH:
            hit += edit.length_change
    keep_upstream = changed[window + before :][:WINDOW_LENGTH]
    if hit == 0:
        return keep_upstream, "hexamer"
    keep_downstream = changed[window + before + hit :][:WINDOW_LENGTH]
    if _tier(keep_upstream) < _tier(keep_downstream):
        return keep_upstream, "upstream"
    return keep_downstream, "downstream"


def _outermost(codes: np.ndarray, edit: Edit, lowest: int = 0, highest: int | None = None) -> tuple[Edit, Edit]:
    """The edit at the leftmost and at the rightmost of its equivalent positions within [lowest, highest) of `codes`."""
    highest = len(codes) if highest is None else highest
    left, right = min(room_left(codes, edit), edit.start - lowest), min(room_right(codes, edit), highest - edit.end)
    return shift(edit, -left), shift(edit, right)


@lru_cache(maxsize=1 << 16)
def region_of(index: int, last_index: int, cut_index: int) -> str:
    """The part of the window in which the bases [index, last_index] lie: the hexamer if they touch it, otherwise the
    part of the first base."""
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
