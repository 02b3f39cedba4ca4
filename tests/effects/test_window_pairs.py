"""The windows that scores are of: the site's own, and those of its rival hexamer where the rival's effect counts."""

import pandas as pd
import pytest

from builders import records
from pasvar.effects import scored_windows

ALLELES = pd.DataFrame(
    [
        ("20", 5, "A", "C", "plus", "alt1", None, None, pd.NA),
        ("20", 5, "A", "C", "minus", "alt2", "rival ref", "rival alt", 40),
    ],
    columns=[
        *("chrom", "pos", "ref", "alt", "site_id", "window_alt"),
        *("rival_window_ref", "rival_window_alt", "rival_hexamer_start"),
    ],
).astype({"rival_hexamer_start": "Int64"})
WINDOWS = pd.DataFrame(
    [("plus", "+", 100, 305, "ref1"), ("minus", "-", 100, 305, "ref2")],
    columns=["site_id", "strand", "window_start", "window_end", "window"],
)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ("a_rich&rival_hexamer", ("minus", "rival ref", "rival alt", 40)),
        ("a_rich", ("minus", "ref2", "alt2", 229)),
        (None, ("minus", "ref2", "alt2", 229)),
    ],
)
def test_each_allele_and_site_has_its_pair_once(flags, expected):
    scores = ALLELES[["chrom", "pos", "ref", "alt", "site_id"]].iloc[[1, 0, 0]].assign(flags=[flags, None, None])
    found = scored_windows(ALLELES, WINDOWS, scores)
    assert records(found, "site_id", "window_ref", "window_alt", "hexamer_start") == [
        expected,
        ("plus", "ref1", "alt1", 170),
    ]
