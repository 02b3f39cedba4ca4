"""The bases of windows, in whatever order and number they are asked for."""

import pandas as pd
import pytest

from builders import CONTIG_20, CONTIG_21, reverse_complement
from pasvar.sequence import decode_rows
from pasvar.sites import window_codes, windows as module

ROWS = [
    ("20", "+", 300, CONTIG_20[300:505]),
    ("21", "-", -50, reverse_complement("N" * 50 + CONTIG_21 + "N" * 5)),
    ("20", "-", 80, reverse_complement(CONTIG_20[80:285])),
    ("20", "+", 80, CONTIG_20[80:285]),
    ("20", "+", 600, CONTIG_20[600:] + "N" * 105),
    ("20", "+", 81, CONTIG_20[81:286]),
]


@pytest.mark.parametrize("at_once", [1, 2, 4096])
def test_windows_of_any_order(genome, monkeypatch, at_once):
    monkeypatch.setattr(module, "_WINDOWS_AT_ONCE", at_once)
    asked = pd.DataFrame(
        [row[:3] for row in ROWS], columns=["chrom", "strand", "window_start"], index=[9, 9, 3, 2, 7, 0]
    )
    codes = window_codes(asked, genome)
    assert codes.dtype == "uint8"
    assert decode_rows(codes) == [row[3] for row in ROWS]


def test_no_windows(genome):
    asked = pd.DataFrame({"chrom": [], "strand": [], "window_start": []}).astype({"window_start": int})
    assert window_codes(asked, genome).shape == (0, 205)
