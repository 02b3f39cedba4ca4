"""Known sequence elements around a cut, and which of them an allele removes or adds.

Zones are counted from the last base before the cut, along the transcript: -1 is the base before it, +1 the first one
after the cut. They lie relative to the cut of the reference, also for the alternate window, because its hexamer has the
same position.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np

from pasvar.constants import HEXAMER_INDEX, WINDOW_LENGTH
from pasvar.sequence import BASES, encode
from pasvar.sites import WORST_TIER, tier_of

_ROWS_AT_ONCE = 20_000
"""Number of windows that are counted together: a few arrays of 8 MB are needed."""


@dataclass(frozen=True)
class Motif:
    """An element: words of one length, each of which is an occurrence, and the zone [first, last] relative to the cut
    in which it must lie completely.

    An upstream zone ends at the latest before the hexamer.
    """

    name: str
    words: frozenset[str]
    first: int
    last: int

    @property
    def length(self) -> int:
        return len(next(iter(self.words)))

    @property
    def is_upstream(self) -> bool:
        return self.last < 0


_U_RICH = frozenset(word for word in map("".join, product("ACGT", repeat=5)) if word.count("T") >= 4)

MOTIFS: tuple[Motif, ...] = (
    # Bound by CFIm (Brown & Gilmartin 2003, Mol Cell 12:1467; Yang et al. 2010, PNAS 107:10062), more frequent at strong sites
    # 100 to 40 nt upstream of the cut (Hu et al. 2005, RNA 11:1485). PolyA_DB v4 lists it too.
    Motif("UGUA", frozenset({"TGTA"}), -100, -30),
    # U-rich upstream elements: Hu et al. 2005; bound by Fip1 (Kaufmann et al. 2004, EMBO J 23:616).
    Motif("U-rich_upstream", _U_RICH, -100, -1),
    # Bound by CstF64 (Takagaki & Manley 1997, Mol Cell Biol 17:3907); PolyA_DB v4's words for it. Both downstream elements lie
    # within 40 nt of the cut (the core downstream region of Hu et al. 2005).
    Motif("GU-rich", frozenset({"TGTG", "GTGT"}), 1, 40),
    # Five bases of which at least four are U: Chen, MacDonald & Wilusz 1995, NAR 23:2614. Upstream the same rule is used.
    Motif("U-rich_downstream", _U_RICH, 1, 40),
)
"""PolyA_DB v4 also lists UAUA/AUAU and GGGG. They are left out: in the released network, over all substitutions at 120 strong
sites of chromosome 20, losing one changes the log odds by -0.03 on average, losing one of these four by -0.08 to -0.23."""


def count_motifs(codes: np.ndarray, cut_index: np.ndarray) -> np.ndarray:
    """Occurrences of each of the `MOTIFS` in its zone, (n, 4) int16. Overlapping occurrences are all counted; a word
    with an N is not.

    codes: (n, 205) uint8, windows of the transcribed strand. cut_index: (n,) index of the last base before the cut.
    """
    counts = np.empty((len(codes), len(MOTIFS)), dtype=np.int16)
    for start in range(0, len(codes), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        offset = np.arange(WINDOW_LENGTH, dtype=np.int16) - np.asarray(cut_index[rows], dtype=np.int16)[:, None]
        numbers = {length: _word_numbers(codes[rows], length) for length in {motif.length for motif in MOTIFS}}
        for column, (motif, is_word) in enumerate(zip(MOTIFS, _IS_WORD, strict=True)):
            found = is_word[numbers[motif.length]]
            begins = offset[:, : found.shape[1]]
            found &= (begins >= motif.first) & (begins <= motif.last + 1 - motif.length)
            if motif.is_upstream:
                found[:, HEXAMER_INDEX + 1 - motif.length :] = False
            counts[rows, column] = np.count_nonzero(found, axis=1)
    return counts


def locate_motifs(window: str, cut_index: int) -> list[tuple[str, int, int]]:
    """Positions of a window's elements, sorted: (name, first index, index past the last). Occurrences that overlap or
    touch are joined.

    window: 205 nt of the transcribed strand. cut_index: as for `count_motifs`.
    """
    found: list[tuple[str, int, int]] = []
    for motif in MOTIFS:
        low, high = cut_index + motif.first, cut_index + motif.last + 1
        if motif.is_upstream:
            high = min(high, HEXAMER_INDEX)
        stretches: list[tuple[int, int]] = []
        for start in range(max(low, 0), min(high, WINDOW_LENGTH) - motif.length + 1):
            if window[start : start + motif.length] in motif.words:
                first = stretches.pop()[0] if stretches and start <= stretches[-1][1] else start
                stretches.append((first, start + motif.length))
        found += [(motif.name, *stretch) for stretch in stretches]
    return sorted(found, key=lambda each: each[1:])


def hexamer_change(ref: str, alt: str) -> tuple[str | None, str | None]:
    """(lost, gained): `AATAAA>AGTAAA` if an allele changes the six bases at the hexamer's position, else None.

    Lost if the new hexamer is of a worse tier, gained if it is of a better tier, both if the tier stays the same. Six
    bases without a tier are not a hexamer: from none to none is no change.
    """
    before, after = tier_of(ref), tier_of(alt)
    if ref == alt or min(before, after) > WORST_TIER:
        return None, None
    change = f"{ref}>{alt}"
    return change if after >= before else None, change if after <= before else None


def _word_numbers(codes: np.ndarray, length: int) -> np.ndarray:
    """(n, k) codes -> (n, k + 1 - length) uint16: the words that begin at each position, read as numbers of base 5."""
    width = codes.shape[1] + 1 - length
    numbers = np.zeros((len(codes), width), dtype=np.uint16)
    for i in range(length):
        numbers *= len(BASES)
        numbers += codes[:, i : i + width]
    return numbers


def _word_table(motif: Motif) -> np.ndarray:
    """For the number of every word of a motif's length, whether it is a word of the motif."""
    is_word = np.zeros(len(BASES) ** motif.length, dtype=bool)
    for word in motif.words:
        is_word[_word_numbers(encode(word)[None], motif.length)] = True
    return is_word


_IS_WORD = [_word_table(motif) for motif in MOTIFS]
