"""What is wrong with an allele, for all alleles of a stretch at once, and the edits that sound ones make."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pasvar.alleles import Edit, left_align, trim
from pasvar.genome import Patches
from pasvar.sequence import encode_bases
from pasvar.tables import STATUSES

CODE = {status: np.int8(i) for i, status in enumerate(STATUSES)}
SOUND = np.int8(-1)
"""Of an allele with which nothing is wrong, until it is known whether it touches a window."""


@dataclass
class Alleles:
    """Alleles of one contig, an entry of each array for every row of `table`.

    table: pos, ref and alt of the input, and more. status: `CODE` of what is wrong, or `SOUND`. start, end: of the bases that are
    replaced, which are those of REF until there is an edit. base: code of the new base of a substitution of one base by
    one, 255 for all other alleles. edits: of these others, as far as `make_edits` was asked for them.
    """

    table: pa.Table
    status: np.ndarray
    start: np.ndarray
    end: np.ndarray
    base: np.ndarray
    edits: dict[int, Edit] = field(default_factory=dict)

    def edit(self, row: int) -> Edit:
        """The edit of a sound allele."""
        return self.edits.get(row) or Edit(int(self.start[row]), int(self.end[row]), self.base[row : row + 1])

    def make_edits(self, rows: np.ndarray, stretch: Patches) -> None:
        """Trim and left-align these alleles, as far as they are sound."""
        rows = rows[(self.status[rows] == SOUND) & (self.base[rows] == 255)]
        spelled = (column.to_pylist() for column in self.table.select(["pos", "ref", "alt"]).take(rows).columns)
        for row, pos, ref, alt in zip(rows.tolist(), *spelled, strict=True):
            edit = self.edits[row] = left_align(stretch, trim(pos - 1, ref.upper(), alt.upper()))
            self.start[row], self.end[row] = edit.start, edit.end


def classify(table: pa.Table, max_length: int, stretch: Patches) -> Alleles:
    """Judge the alleles of a table with pos, ref and alt.

    stretch: must hold the bases of every REF that lies within the contig. What is wrong with an allele itself comes before what
    is wrong with its place.
    """
    ref, ref_first = encode_bases(table["ref"])
    alt, alt_first = encode_bases(table["alt"])
    n_ref, n_alt = np.diff(ref_first), np.diff(alt_first)
    start = table["pos"].to_numpy() - 1
    end = start + n_ref
    outside = (start < 0) | (end > stretch.contig_length)
    place = np.repeat(start - ref_first[:-1], n_ref) + np.arange(len(ref))
    within = np.repeat(~outside, n_ref)
    mismatch = np.zeros(len(ref), dtype=bool)
    mismatch[within] = stretch.at(place[within]) != ref[within]
    odd = np.flatnonzero(_any(alt > 3, alt_first))
    wrong = {
        "symbolic": odd[_matches(table["alt"], odd, r"^[<.]|\.$|[\[\]]")],
        "star": odd[_matches(table["alt"], odd, r"\*")],
        "non_acgt": np.flatnonzero(_any(alt > 3, alt_first) | _any(ref > 3, ref_first)),
        "chrom_end": np.flatnonzero(outside),
        "ref_mismatch": np.flatnonzero(_any(mismatch, ref_first)),
    }
    status = np.full(len(table), SOUND)
    for name, rows in reversed(wrong.items()):  # the first that fits has the last word
        status[rows] = CODE[name]
    long = np.flatnonzero((np.maximum(n_ref, n_alt) > max_length) & (status == SOUND))
    status[long[_lengths(table, long) > max_length]] = CODE["too_long"]
    base = np.full(len(table), 255, dtype=np.uint8)
    single = (n_ref == 1) & (n_alt == 1)
    base[single] = alt[alt_first[:-1][single]]
    return Alleles(table, status, start, end, base)


def _any(flags: np.ndarray, first: np.ndarray) -> np.ndarray:
    """For each text of `encode_bases` whether any of its letters has a flag; an empty one has none."""
    total = np.concatenate([[0], np.cumsum(flags)])
    return total[first[1:]] > total[first[:-1]]


def _matches(texts: pa.ChunkedArray, rows: np.ndarray, pattern: str) -> np.ndarray:
    return pc.match_substring_regex(texts.take(pa.array(rows)), pattern).to_numpy()


def _lengths(table: pa.Table, rows: np.ndarray) -> np.ndarray:
    """Length of REF or ALT, the longer one, without what they share at their ends."""
    spelled = (column.to_pylist() for column in table.select(["ref", "alt"]).take(rows).columns)
    edits = [trim(0, ref.upper(), alt.upper()) for ref, alt in zip(*spelled, strict=True)]
    return np.array([max(edit.end - edit.start, len(edit.alt)) for edit in edits], dtype=np.int64)
