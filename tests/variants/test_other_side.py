"""The second window of an indel at the hexamer: which side of it keeps its place."""

import numpy as np
import pytest

from pasvar.sequence import decode, encode
from pasvar.sites.hexamer import tier_of
from pasvar.variants.alleles import Edit, other_side

BEFORE, AFTER = "GC" * 50, "CG" * 100
"""100 and 200 nt without a signal. The window starts 30 nt into the first: its hexamer is what stands between them."""

WINDOW, HEXAMER = 30, 100


def made(hexamer: str, start: int, end: int, alt: str, placed: str) -> str | None:
    """The other window, where the edit stands at [start, end) of the hexamer. placed: the side that kept its place."""
    codes = encode(BEFORE + hexamer + AFTER)
    edit = Edit(HEXAMER + start, HEXAMER + end, encode(alt))
    windows = dict(zip(("upstream", "downstream"), both(hexamer, start, end, alt), strict=True))
    found = other_side(codes, edit, WINDOW, encode(windows[placed]))
    return None if found is None else decode(found)


def both(hexamer: str, start: int, end: int, alt: str) -> tuple[str, str]:
    """The 205 nt that keep what lies upstream of the edit in place, and those that keep what lies downstream."""
    changed = BEFORE + hexamer[:start] + alt + hexamer[end:] + AFTER
    return changed[30:235], changed[30 + len(alt) - (end - start) :][:205]


TWICE = ("AATAAA", 3, 3, "AAACAAT")
"""An insertion that makes AATAAACAATAAA."""


@pytest.mark.parametrize(("placed", "other"), [("upstream", 1), ("downstream", 0)])
def test_two_hexamers_of_one_tier_give_a_window_each(placed, other):
    assert both(*TWICE)[0][70:76] == both(*TWICE)[1][70:76] == "AATAAA"
    assert made(*TWICE, placed) == both(*TWICE)[other]


def test_of_a_deletion_too():
    """AATAAACAATAAA without 7 nt: what is left is one hexamer, and both windows are the same."""
    assert made("AATAAACAATAAA", 3, 10, "", "upstream") is None


@pytest.mark.parametrize(
    ("hexamer", "start", "end", "alt"),
    [
        pytest.param("AATAAA", 3, 4, "G", id="a substitution"),
        pytest.param("AATAAA", 3, 3, "C", id="AATCAA and ATCAAA, of two tiers"),
        pytest.param("AATAAA", 2, 2, "AATAAACA", id="AAAATA and CATAAA, of two tiers"),
        pytest.param("GCGCGC", 3, 3, "GCGCGC", id="no signal on either side"),
        pytest.param("AATAAA", -30, -30, "AATAAAC", id="wholly before the hexamer"),
    ],
)
def test_else_there_is_none(hexamer, start, end, alt):
    if start < 0:
        codes, edit = encode(BEFORE + hexamer + AFTER), Edit(HEXAMER + start, HEXAMER + end, encode(alt))
        assert other_side(codes, edit, WINDOW, codes[WINDOW : WINDOW + 205]) is None
    else:
        assert made(hexamer, start, end, alt, "upstream") is None


@pytest.mark.parametrize(
    ("hexamer", "start", "alt", "tier", "other"),
    [
        pytest.param("AGTAAA", 0, "TATAAA", 2, "AGTAAA", id="right before the hexamer"),
        pytest.param("AGTAAA", -1, "GTATAAA", 2, None, id="a base earlier"),
        pytest.param("AATAAG", 6, "AATACA", 3, "AATAAG", id="right behind the hexamer"),
        pytest.param("AATAAG", 7, "AATACAT", 3, None, id="a base later"),
    ],
)
def test_an_insertion_counts_where_it_meets_the_hexamer(hexamer, start, alt, tier, other):
    """Each has one place only, and makes two hexamers of one tier."""
    codes = encode(BEFORE + hexamer + AFTER)
    changed = codes[: HEXAMER + start].tolist() + encode(alt).tolist() + codes[HEXAMER + start :].tolist()
    upstream, downstream = (np.array(changed[WINDOW + moved :][:205], dtype=np.uint8) for moved in (0, len(alt)))
    assert [tier_of(decode(window[70:76])) for window in (upstream, downstream)] == [tier, tier]
    edit = Edit(HEXAMER + start, HEXAMER + start, encode(alt))
    found = other_side(codes, edit, WINDOW, downstream if start > 0 else upstream)
    if other is None:
        assert found is None
    else:
        assert decode(found[70:76]) == other
