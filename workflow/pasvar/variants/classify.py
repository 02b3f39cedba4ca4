"""What is wrong with an allele, for all alleles of a stretch at once, and the edits of the valid alleles."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pasvar.genome import SequenceChunks
from pasvar.sequence import decode, encode_bases
from pasvar.tables import STATUSES
from pasvar.variants.alleles import Edit, left_align, room_after, trim

CODE = {status: np.int8(i) for i, status in enumerate(STATUSES)}
VALID = np.int8(-1)
"""Status of a valid allele until it is known whether it touches a window."""

WITH_EDIT = [VALID, *(CODE[status] for status in ("scored", "no_site_in_range", "filtered", "duplicate"))]
"""Statuses of alleles that have an edit, if `make_edits` was called for them."""
_PADDED = [CODE[status] for status in ("too_long", "ref_mismatch", "chrom_end")]
"""Statuses of alleles that have two sequences, but no edit that could be made."""


@dataclass
class Alleles:
    """Alleles of one contig; each array has one entry for every row of `table`.

    table: pos, ref and alt of the input, and more. status: `CODE` of what is wrong, or `VALID`. start, end: of the
    bases that are replaced; before an edit is made, those of REF. base: code of the new base if one base is substituted
    by one base, 255 for all other alleles. last_start: `start` at the last of an indel's equivalent positions, when
    `start` is that at the first. edits: the edits of these other alleles, if `make_edits` was called for them.
    """

    table: pa.Table
    status: np.ndarray
    start: np.ndarray
    end: np.ndarray
    base: np.ndarray
    last_start: np.ndarray
    edits: dict[int, Edit] = field(default_factory=dict)

    def edit(self, row: int) -> Edit:
        """The edit of a valid allele."""
        return self.edits.get(row) or Edit(int(self.start[row]), int(self.end[row]), self.base[row : row + 1])

    @property
    def reach(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(start, end, last_start), from which `hexamer_scan.touched_bases` computes what an allele touches."""
        return self.start, self.end, self.last_start

    def make_edits(self, rows: np.ndarray, stretch: SequenceChunks) -> None:
        """Trim and left-align these alleles if they are valid or too long."""
        rows = rows[np.isin(self.status[rows], [VALID, CODE["too_long"]]) & (self.base[rows] == 255)]
        spelled = (column.to_pylist() for column in self.table.select(["pos", "ref", "alt"]).take(rows).columns)
        for row, pos, ref, alt in zip(rows.tolist(), *spelled, strict=True):
            edit = self.edits[row] = left_align(stretch, trim(pos - 1, ref.upper(), alt.upper()))
            self.start[row], self.end[row] = edit.start, edit.end
            self.last_start[row] = edit.start + room_after(stretch, edit)

    def changes(self, rows: np.ndarray) -> np.ndarray:
        """(n,) numbers of the changes that these alleles make. Different spellings of one change have the same number,
        after `make_edits` was called for them."""
        table = self.table.select(["ref", "alt"]).take(pa.array(rows))
        texts = pc.binary_join_element_wise(table["ref"], table["alt"], ">").to_numpy(zero_copy_only=False).copy()
        sound = np.flatnonzero(np.isin(self.status[rows], WITH_EDIT))
        # A structural allele may be filtered or a duplicate, too.
        is_edit = (self.base[rows[sound]] != 255) | np.isin(rows[sound], list(self.edits))
        sound = sound[is_edit]
        texts[sound] = [decode(self.edit(row).alt) for row in rows[sound].tolist()]
        frame = pd.DataFrame({"start": self.start[rows], "end": self.end[rows], "text": texts})
        return frame.groupby(["start", "end", "text"], sort=False).ngroup().to_numpy()


def classify(table: pa.Table, max_length: int, stretch: SequenceChunks) -> Alleles:
    """Judge the alleles of a table with pos, ref and alt.

    stretch: must contain the bases of every REF that lies within the contig. If both an allele itself and its position
    are wrong, its status says what is wrong with the allele.
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
    status = np.full(len(table), VALID)
    for name, rows in reversed(wrong.items()):  # the first that fits has the last word
        status[rows] = CODE[name]
    long = np.flatnonzero((np.maximum(n_ref, n_alt) > max_length) & (status == VALID))
    status[long[_lengths(table, long) > max_length]] = CODE["too_long"]
    base = np.full(len(table), 255, dtype=np.uint8)
    single = (n_ref == 1) & (n_alt == 1)
    padded = np.flatnonzero(np.isin(status, _PADDED) & ~single)
    for row, edit in zip(padded.tolist(), _trimmed(table, padded), strict=True):
        start[row], end[row] = edit.start, edit.end
    base[single] = alt[alt_first[:-1][single]]
    return Alleles(table, status, start, end, base, start.copy())


def _any(flags: np.ndarray, first: np.ndarray) -> np.ndarray:
    """For each text of `encode_bases` whether any of its letters has a flag; an empty one has none."""
    total = np.concatenate([[0], np.cumsum(flags)])
    return total[first[1:]] > total[first[:-1]]


def _matches(texts: pa.ChunkedArray, rows: np.ndarray, pattern: str) -> np.ndarray:
    return pc.match_substring_regex(texts.take(pa.array(rows)), pattern).to_numpy()


def _lengths(table: pa.Table, rows: np.ndarray) -> np.ndarray:
    """Length of REF or ALT, the longer one, without what they share at their ends."""
    return np.array([max(edit.end - edit.start, len(edit.alt)) for edit in _trimmed(table, rows)], dtype=np.int64)


def _trimmed(table: pa.Table, rows: np.ndarray) -> list[Edit]:
    """The edits of these alleles where they are spelled."""
    spelled = (column.to_pylist() for column in table.select(["pos", "ref", "alt"]).take(pa.array(rows)).columns)
    return [trim(pos - 1, ref.upper(), alt.upper()) for pos, ref, alt in zip(*spelled, strict=True)]
