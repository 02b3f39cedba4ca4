"""Positions of transcripts: a coding one on each strand, with an intron in its 3' UTR, and one without a CDS."""

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pasvar.errors import InputError
from pasvar.genome import Transcript, TranscriptPosition

COLUMNS = ["transcript_id", "gene_id", "gene_name", "chrom", "strand", "start", "end", "coding_start", "coding_end"]


def transcript(name: str, strand: str, spans: list[tuple[int, int]], coding: tuple[int, int] | None) -> Transcript:
    rows = [(name, "G1", "GENE", "1", strand, *span, *(coding or (None, None))) for span in spans]
    return Transcript(pd.DataFrame(rows, columns=COLUMNS))


# Exons of 100, 50 and 50 nt; the CDS is [120, 310): 80 + 10 nt.
PLUS = transcript("TP", "+", [(100, 200), (300, 350), (400, 450)], (120, 310))
# The mirror image around 1000.
MINUS = transcript("TM", "-", [(800, 900), (650, 700), (550, 600)], (690, 880))
NONCODING = transcript("TN", "+", [(100, 200), (300, 350)], None)

POSITIONS = [
    ("c.1", 120),
    ("c.80", 199),
    ("c.81", 300),
    ("c.90", 309),
    ("c.-1", 119),
    ("c.-20", 100),
    ("c.*1", 310),
    ("c.*40", 349),
    ("c.*41", 400),
    ("c.*90", 449),
    ("c.80+1", 200),
    ("c.81-2", 298),
    ("c.*40+3", 352),
    ("c.*100", 459),  # 10 nt beyond the transcript
]


def parse(text: str) -> TranscriptPosition:
    star, number = "*" in text, text[2:].replace("*", "")
    sign = next((i for i, letter in enumerate(number) if letter in "+-" and i), None)
    offset = int(number[sign:]) if sign else 0
    return TranscriptPosition(int(number[:sign]), star, offset)


@pytest.mark.parametrize(("text", "forward"), POSITIONS)
def test_a_coding_transcript_on_either_strand(text, forward):
    position = parse(text)
    assert str(position) == text
    assert PLUS.genomic(position) == forward
    assert PLUS.position(forward) == position
    assert MINUS.genomic(position) == 999 - forward
    assert MINUS.position(999 - forward) == position


def test_a_transcript_without_a_cds_is_counted_from_its_first_base():
    assert NONCODING.genomic(TranscriptPosition(101, is_coding=False)) == 300
    assert str(NONCODING.position(205)) == "n.100+6"
    with pytest.raises(InputError, match=r"TN \(GENE\) has no coding sequence; count its bases as n\."):
        NONCODING.genomic(TranscriptPosition(1))


@pytest.mark.parametrize("text", ["c.91", "c.-21"])
def test_positions_that_are_not_there(text):
    with pytest.raises(InputError, match=r"has no position .*its coding sequence has 90 nt, and 20 nt lie before it"):
        PLUS.genomic(parse(text))


@pytest.mark.parametrize("text", ["c.79+1", "c.82-1", "c.*90+1", "c.-20-1"])
def test_an_offset_must_lead_into_an_intron(text):
    with pytest.raises(InputError, match="names an intron, but the base before the sign is not the"):
        PLUS.genomic(parse(text))


@given(st.integers(100, 470))
def test_positions_lead_back(forward):
    assert PLUS.genomic(PLUS.position(forward)) == forward
    assert MINUS.genomic(MINUS.position(999 - forward)) == 999 - forward
