"""What an allele does to a sequence: its normal form, and the window it makes of a site's window.

Everything here is a function of a sequence and an edit: "replace [start, end) by the codes `alt`", 0-based, on the
strand of the sequence given.
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

    codes: (205,) uint8. index, last_index: first and last base changed. anchor: what keeps its place, see `place_edits`.
    other: (205,) uint8, the window as it would be if an indel counted as lying on the other side of the hexamer, where
    nothing speaks for either side (`other_side`); None else.
    """

    codes: np.ndarray
    index: int  # type: ignore[assignment]  # a tuple has a method of this name, which nobody calls
    last_index: int
    anchor: str
    other: np.ndarray | None = None


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


def shift(edit: Edit, by: int) -> Edit:
    """The same indel `by` nt further left (negative) or right; `by` must be within the room that it has."""
    if by == 0:
        return edit
    if len(edit.alt) == 0:
        return Edit(edit.start + by, edit.end + by, edit.alt)
    turn = by % len(edit.alt)
    return Edit(edit.start + by, edit.end + by, np.concatenate([edit.alt[turn:], edit.alt[:turn]]))


def left_align(stretch: SequenceSlice | SequenceChunks, edit: Edit) -> Edit:
    """The edit, in coordinates of the contig, at the leftmost of its equivalent places."""
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


def alternate_window(
    stretch: SequenceSlice | SequenceChunks, edit: Edit, window_start: int, strand: str
) -> AlternateWindow:
    """The window of a site with the edit in place.

    stretch: must hold the window and, on either side, as many bases as the edit is long or can be shifted.
    edit: in coordinates of the contig. window_start: of the site's window on the forward strand. strand: + or -.
    """
    codes, (turned,), window = _transcribed(stretch, [edit], window_start, strand)
    return place_edit(codes, turned, window)


def haplotype_window(
    stretch: SequenceSlice | SequenceChunks, edits: Sequence[Edit], window_start: int, strand: str
) -> tuple[np.ndarray, str] | None:
    """The window (205,) of a site with all edits of one haplotype in place, and its anchor; None where edits collide.

    Each edit is made where it stands, as its VCF record spells it, whatever other places an indel could have. For a single edit
    it is `alternate_window`; how the hexamer keeps its place: `place_edits`.
    stretch: must hold, on either side of window and edits, as many bases as a window and the edits together have.
    """
    if collide(edits):
        return None
    return place_edits(*_transcribed(stretch, edits, window_start, strand))


def collide(edits: Sequence[Edit]) -> bool:
    """Whether two edits of one haplotype cannot both be made: they share a base, or insert at the same place.

    An insertion next to a base that another edit replaces is no collision.
    """
    ordered = sorted(edits, key=_order)
    return any(
        after.start < before.end or before.start == before.end == after.start == after.end
        for before, after in pairwise(ordered)
    )


def _order(edit: Edit) -> tuple[int, int]:
    """Along the sequence; an insertion comes before what is replaced after it."""
    return edit.start, edit.end


def _transcribed(
    stretch: SequenceSlice | SequenceChunks, edits: Sequence[Edit], window_start: int, strand: str
) -> tuple[np.ndarray, list[Edit], int]:
    """(codes, edits, window) of the transcribed strand, for `place_edits`, of edits in coordinates of the contig."""
    window_end = window_start + WINDOW_LENGTH
    # An edit may begin before the window, and what it deletes is made up for from beyond it.
    margin = sum(max(len(edit.alt), edit.end - edit.start) for edit in edits) + WINDOW_LENGTH
    low = min(window_start, *(edit.start for edit in edits)) - margin
    high = max(window_end, *(edit.end for edit in edits)) + margin
    codes = stretch.between(low, high)
    if strand == "+":
        return codes, [Edit(edit.start - low, edit.end - low, edit.alt) for edit in edits], window_start - low
    mirrored = [Edit(high - edit.end, high - edit.start, reverse_complement(edit.alt)) for edit in edits]
    return reverse_complement(codes), mirrored, high - window_end


def place_edit(codes: np.ndarray, edit: Edit, window: int) -> AlternateWindow:
    """As `alternate_window`, all on the transcribed strand: `window` is where the window begins in `codes`.

    How the hexamer keeps its place: `place_edits`. The places are those of the edit's leftmost spelling on the transcribed
    strand, so that they do not depend on the spelling; they are within the side of the hexamer on which the edit counts as
    lying.
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
    """The other window (205,) that an indel at the hexamer may make, all on the transcribed strand; None where there is none.

    One keeps what lies upstream in place, the other what lies downstream. Both are as good where in some of its places the
    indel touches the hexamer, and both have a hexamer of the same tier, 0 to 3, at index 70. placed: the one of `place_edits`.
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
    """The window (205,) with edits that do not collide in place, and its anchor, all on the transcribed strand.

    The hexamer keeps its place at index 70 wherever each edit, in any of its equivalent places (short of the next edit),
    lies wholly on one side of it: what indels before the hexamer remove or add is made up for at the window's upstream end,
    after the hexamer at its downstream end (anchor "hexamer").
    An indel that fits on both sides (a run of A through the hexamer) counts as before it.
    An indel that hits the hexamer under every spelling leaves none to hold on to. Then either side can keep its place;
    the side is taken that puts the better hexamer (`hexamer.TIERS`) at index 70, and of equals the downstream one, so that
    cleavage is looked for at the same bases as in the reference.
    """
    edits = sorted(edits, key=_order)
    pieces, at = [], 0
    for edit in edits:
        pieces += [codes[at : edit.start], edit.alt]
        at = edit.end
    changed = np.concatenate([*pieces, codes[at:]])
    hexamer = window + HEXAMER_INDEX
    before = hit = 0  # by how many nt the edits before the hexamer, and those in it, move what follows
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
    """The edit at the leftmost and at the rightmost of its equivalent places within [lowest, highest) of `codes`."""
    highest = len(codes) if highest is None else highest
    left, right = min(room_left(codes, edit), edit.start - lowest), min(room_right(codes, edit), highest - edit.end)
    return shift(edit, -left), shift(edit, right)


@lru_cache(maxsize=1 << 16)
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
