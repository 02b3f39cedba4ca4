"""Positions of transcripts as HGVS counts them (c. and n.), and as the genome does.

In a coding transcript c.1 is the first base of the start codon, c.-1 the base before it, c.*1 the first base after the stop
codon; n.1 is the first base of any transcript. `c.97+3` is the third base of the intron that follows c.97.
"""

from typing import NamedTuple

import pandas as pd

from pasvar.errors import InputError


class TranscriptPosition(NamedTuple):
    """number: from 1, negative before the start codon. in_utr3: counted from the stop codon (`*`). offset: nt into an intron,
    positive after an exon, negative before one. is_coding: c., else n."""

    number: int
    in_utr3: bool = False
    offset: int = 0
    is_coding: bool = True

    def __str__(self) -> str:
        kind, star = "c" if self.is_coding else "n", "*" if self.in_utr3 else ""
        return f"{kind}.{star}{self.number}" + (f"{self.offset:+d}" if self.offset else "")


class Transcript:
    """The exons of one transcript, and where its positions lie in the genome."""

    def __init__(self, exons: pd.DataFrame):
        """exons: rows of table `exons` of one transcript, in any order."""
        first = exons.iloc[0]
        self.transcript_id, self.gene_id, self.gene_name = first.transcript_id, first.gene_id, first.gene_name
        self.chrom, self.strand = first.chrom, first.strand
        self._sign = 1 if self.strand == "+" else -1
        # Bases along the strand: their forward position by the sign, so that they grow from 5' to 3'.
        spans = [(start, end - 1) for start, end in zip(exons.start.tolist(), exons.end.tolist(), strict=True)]
        self._exons = sorted(tuple(sorted((self._sign * low, self._sign * high))) for low, high in spans)
        self.is_coding = pd.notna(first.coding_start)
        self._coding: tuple[int, int] | None = None
        if self.is_coding:
            ends = self._sign * int(first.coding_start), self._sign * (int(first.coding_end) - 1)
            self._coding = self._index(min(ends)), self._index(max(ends)) + 1
        self.length = sum(last - first + 1 for first, last in self._exons)

    def _index(self, along: int) -> int:
        """Place in the transcript, from 0, of a base of an exon; beyond the last exon it goes on counting."""
        before = 0
        for first, last in self._exons:
            if along < first:
                break
            if along <= last:
                return before + along - first
            before += last - first + 1
        else:
            return before + along - self._exons[-1][1] - 1
        raise InputError(f"{self.transcript_id}: its CDS does not begin and end in exons")

    def genomic(self, position: TranscriptPosition) -> int:
        """The forward position (0-based) of a position. Beyond the transcript's end it is counted along the genome, for variants
        downstream of a gene are named so. Raises InputError where the transcript has no such position."""
        index = self._place(position)
        before = 0
        for number, (first, last) in enumerate(self._exons):
            size = last - first + 1
            is_last = number == len(self._exons) - 1
            if index < before + size or is_last:
                along = first + index - before
                if position.offset:
                    self._require_border(position, along, number)
                return self._sign * (along + position.offset)
            before += size
        raise AssertionError("a transcript has an exon")

    def _place(self, position: TranscriptPosition) -> int:
        """The place in the transcript, from 0, of a position without its offset."""
        if not position.is_coding:
            index, least, most = position.number - 1, 0, None
        elif self._coding is None:
            raise InputError(f"{self.transcript_id} ({self.gene_name}) has no coding sequence; count its bases as n.")
        elif position.in_utr3:
            index, least, most = self._coding[1] + position.number - 1, self._coding[1], None
        elif position.number > 0:
            index, least, most = self._coding[0] + position.number - 1, 0, self._coding[1]
        else:
            index, least, most = self._coding[0] + position.number, 0, self._coding[1]
        if index < least or (most is not None and index >= most):
            coding = self._coding or (0, self.length)
            raise InputError(
                f"{self.transcript_id} ({self.gene_name}) has no position {position}: its coding sequence has "
                f"{coding[1] - coding[0]} nt, and {coding[0]} nt lie before it"
            )
        return index

    def _require_border(self, position: TranscriptPosition, along: int, number: int) -> None:
        """Raise InputError unless an intron lies where a position's offset points."""
        first, last = self._exons[number]
        inside = (
            along == last and number + 1 < len(self._exons) if position.offset > 0 else along == first and number > 0
        )
        if not inside:
            side = "last" if position.offset > 0 else "first"
            raise InputError(
                f"{self.transcript_id} ({self.gene_name}): {position} names an intron, but the base before the sign is not the "
                f"{side} one of an exon next to an intron"
            )

    def position(self, forward: int) -> TranscriptPosition:
        """The position of a forward base (0-based): in an exon, an intron, or downstream of the transcript. Raises InputError
        upstream of it."""
        along = self._sign * forward
        if along < self._exons[0][0]:
            raise InputError(f"{self.transcript_id} ({self.gene_name}): the base lies upstream of the transcript")
        anchor, offset = along, 0
        for (_, end), (start, _) in zip(self._exons, self._exons[1:], strict=False):
            if end < along < start:
                anchor = end if along - end <= start - along else start
                offset = along - anchor
        index = self._index(anchor)
        if self._coding is None:
            return TranscriptPosition(index + 1, offset=offset, is_coding=False)
        if index >= self._coding[1]:
            return TranscriptPosition(index - self._coding[1] + 1, True, offset)
        number = index - self._coding[0]
        return TranscriptPosition(number + 1 if number >= 0 else number, offset=offset)
