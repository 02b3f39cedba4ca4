import itertools

import numpy as np
import pytest
from hypothesis import given, strategies as st

from pasvar.sites.hexamer import canonical_share, find_hexamer, find_rival, is_a_rich, tier_of


def upstream(**hexamers: str) -> str:
    """50 nt before and at a cut, C but for hexamers that start `at_N` nt before the cut base."""
    letters = list("C" * 50)
    for at, hexamer in hexamers.items():
        start = 45 - int(at.removeprefix("at_"))
        letters[start : start + 6] = hexamer
    return "".join(letters)


def test_tiers_of_all_4096_hexamers():
    named = {"AATAAA": 0, "ATTAAA": 1, "AGTAAA": 2, "TATAAA": 2, "CATAAA": 2, "GATAAA": 2}
    counts = dict.fromkeys(range(6), 0)
    for letters in itertools.product("ACGT", repeat=6):
        hexamer = "".join(letters)
        mismatches = sum(a != b for a, b in zip(hexamer, "AATAAA", strict=True))
        expected = named.get(hexamer, {1: 3, 2: 4}.get(mismatches, 5))
        assert tier_of(hexamer) == expected, hexamer
        counts[expected] += 1
    # 18 hexamers have one mismatch, 135 have two (15 pairs of places, 9 pairs of letters).
    assert counts == {0: 1, 1: 1, 2: 4, 3: 13, 4: 135, 5: 4096 - 154}


def test_n_has_no_tier():
    assert tier_of("AATAAN") == 5


@pytest.mark.parametrize(
    ("placed", "expected"),
    [
        ({"at_20": "AATAAA"}, (-20, "AATAAA", 0)),
        ({"at_20": "ATTAAA"}, (-20, "ATTAAA", 1)),
        ({"at_20": "CATAAA"}, (-20, "CATAAA", 2)),
        ({"at_20": "AATACA"}, (-20, "AATACA", 3)),
        ({"at_20": "GATACA"}, (-20, "GATACA", 4)),
        # the lower tier wins wherever it is
        ({"at_40": "AATAAA", "at_20": "ATTAAA"}, (-40, "AATAAA", 0)),
        ({"at_10": "AATAAA", "at_30": "ATTAAA"}, (-10, "AATAAA", 0)),
        # within a tier the hit closest to the cut wins
        ({"at_40": "AATAAA", "at_20": "AATAAA"}, (-20, "AATAAA", 0)),
        ({"at_40": "TATAAA", "at_20": "AGTAAA"}, (-20, "AGTAAA", 2)),
        # the search reaches from 45 nt before the cut to the base before it
        ({"at_45": "AATAAA"}, (-45, "AATAAA", 0)),
        ({"at_1": "AATAAA"}, (-1, "AATAAA", 0)),
        # nothing found: 25 nt before the cut, whatever stands there
        ({}, (-25, "CCCCCC", -1)),
        ({"at_20": "GGGGGG"}, (-25, "CCCCCG", -1)),
    ],
)
def test_the_signal_of_a_cut(placed, expected):
    assert find_hexamer(upstream(**placed)) == expected


def test_n_around_a_signal_is_no_hit():
    assert find_hexamer("N" * 50) == (-25, "NNNNNN", -1)
    assert find_hexamer("N" * 20 + "AATAAA" + "N" * 24) == (-25, "AATAAA", 0)


def test_overlapping_hits_of_one_tier():
    # AATAAATAAA holds AATAAA at 30 and AATAAA at 26 nt before the cut.
    assert find_hexamer(upstream(at_30="AATAAA", at_26="AATAAA")) == (-26, "AATAAA", 0)


@given(st.text("AT", min_size=50, max_size=50))
def test_against_a_search_letter_by_letter(text):
    best = None
    for start in range(45):
        tier = tier_of(text[start : start + 6])
        if tier <= 4 and (best is None or tier <= best[2]):
            best = (start - 45, text[start : start + 6], tier)
    assert find_hexamer(text) == (best or (-25, text[20:26], -1))


@pytest.mark.parametrize(
    ("placed", "expected"),
    [
        # The rule takes the stronger one far from the cut; the other stands where signals usually do.
        ({"at_41": "AATAAA", "at_22": "AATAAT"}, (-22, "AATAAT", 3)),
        ({"at_22": "AATAAA", "at_41": "AATAAT"}, (-41, "AATAAT", 3)),
        # Of several the one nearest to 22 nt before the cut, and the lower tier of two as near.
        ({"at_44": "AATAAA", "at_30": "ATTAAA", "at_18": "AATACA"}, (-18, "AATACA", 3)),
        ({"at_44": "AATAAA", "at_30": "AATACA", "at_14": "ATTAAA"}, (-14, "ATTAAA", 1)),
        # Neither two mismatches nor what shares a base with the chosen one.
        ({"at_41": "AATAAA", "at_22": "GATACA"}, None),
        ({"at_26": "AATAAA", "at_30": "AATAAATAAA"}, None),
        ({"at_20": "AATAAA"}, None),
        ({}, None),
    ],
)
def test_the_rival_of_a_signal(placed, expected):
    text = upstream(**{key: hexamer[:6] for key, hexamer in placed.items()})
    assert find_rival(text, find_hexamer(text).offset) == expected


@pytest.mark.parametrize("length", [49, 51])
def test_upstream_of_another_length_is_refused(length):
    with pytest.raises(ValueError, match=f"upstream: {length} letters, expected 50"):
        find_hexamer("A" * length)


@pytest.mark.parametrize(
    ("sequence", "rich"),
    [
        ("C" + "A" * 13 + "C", True),
        ("C" + "A" * 12 + "C", False),
        ("AAAAAAGAAAAAA", True),
        ("AAAAAACAAAAAA", True),
        ("AAAAAATAAAAAA", False),
        ("AAAAAGAAAAAAA", False),
        ("", False),
    ],
)
def test_a_rich(sequence, rich):
    assert is_a_rich(sequence) is rich


def test_canonical_share():
    assert canonical_share(np.array([0, 1, 2, 3, -1, 0, 0, 4])) == 0.5
    assert canonical_share(np.array([])) == 0.0
