"""Elements around the cut: what counts as one, and where."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from pasvar.effects.motifs import MOTIFS, count_motifs, hexamer_change, locate_motifs
from pasvar.sequence import encode

NAMES = [motif.name for motif in MOTIFS]
CUT = 90


def window(*elements: tuple[int, str], rest: str = "C") -> str:
    """205 letters, all `rest` but for elements (nt from the cut base, letters)."""
    letters = [rest] * 205
    for offset, text in elements:
        letters[CUT + offset : CUT + offset + len(text)] = text
    return "".join(letters)


def counts(text: str, cut: int = CUT) -> dict[str, int]:
    """Motifs of a window that occur in it."""
    found = count_motifs(encode(text)[None], np.array([cut]))[0]
    return {name: int(n) for name, n in zip(NAMES, found, strict=True) if n}


def test_the_elements():
    assert NAMES == ["UGUA", "U-rich_upstream", "GU-rich", "U-rich_downstream"]
    assert counts(window()) == {}


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (-90, 1),
        (-33, 1),
        (-32, 0),
        (-25, 0),
        (5, 0),
    ],  # its last base may lie 30 nt before the cut, its first one at the window's
)
def test_ugua_lies_30_to_100_nt_before_the_cut(offset, expected):
    assert counts(window((offset, "TGTA"))) == ({"UGUA": 1} if expected else {})


def test_an_upstream_zone_begins_100_nt_before_the_cut():
    late = "C" * 14 + "TGTA" + "C" * 187
    assert counts(late, cut=114) == {"UGUA": 1}
    assert counts(late, cut=115) == {}


def test_upstream_zones_end_before_the_hexamer():
    """The hexamer is at 70, here 20 nt before the cut; a U-rich word may end at 69."""
    assert counts(window((-25, "TTATT"))) == {"U-rich_upstream": 1}
    assert counts(window((-24, "TTATT"))) == {}
    assert counts("C" * 66 + "TGTA" + "C" * 135, cut=115) == {"UGUA": 1}
    assert counts("C" * 67 + "TGTA" + "C" * 134, cut=115) == {}


@pytest.mark.parametrize(
    ("word", "n"), [("TTATT", 1), ("TTTT", 2), ("TTTTT", 3), ("TTGTT", 1), ("TTCCT", 0), ("TTT", 0)]
)
def test_u_rich_is_four_of_five(word, n):
    assert counts(window((10, word), rest="A")) == ({"U-rich_downstream": n} if n else {})
    assert counts(window((-60, word), rest="A")) == ({"U-rich_upstream": n} if n else {})


def test_downstream_zones_are_1_to_40_nt_after_the_cut():
    assert counts(window((0, "TGTG"))) == {}
    assert counts(window((1, "TGTG"))) == {"GU-rich": 1}
    assert counts(window((37, "TGTG"))) == {"GU-rich": 1}
    assert counts(window((38, "TGTG"))) == {}
    assert counts(window((36, "TTATT"))) == {"U-rich_downstream": 1}
    assert counts(window((37, "TTATT"))) == {}


def test_overlapping_words_count_each_and_an_n_is_none():
    assert counts(window((5, "TGTGT"), rest="A")) == {"GU-rich": 2}
    assert counts(window((5, "CTTTTTTC"))) == {"U-rich_downstream": 4}
    assert counts(window((5, "TTNTT"))) == {}
    assert counts("N" * 205) == {}


def by_text(text: str, cut: int) -> list[int]:
    """The same counts by looking at every word of the text."""
    found = [0, 0, 0, 0]
    for i in range(205):
        before_hexamer = i + 5 <= 70
        if text[i : i + 4] == "TGTA" and cut - 100 <= i and i + 3 <= cut - 30 and i + 4 <= 70:
            found[0] += 1
        if text[i : i + 4] in ("TGTG", "GTGT") and i > cut and i + 3 <= cut + 40:
            found[2] += 1
        word = text[i : i + 5]
        if len(word) == 5 and "N" not in word and word.count("T") >= 4:
            found[1] += before_hexamer and i >= cut - 100
            found[3] += i > cut and i + 4 <= cut + 40
    return found


@given(
    st.lists(st.tuples(st.text("ACGTTTN", min_size=205, max_size=205), st.integers(71, 115)), min_size=1, max_size=4)
)
def test_counts_by_a_plain_search(rows):
    codes = np.stack([encode(text) for text, _ in rows])
    found = count_motifs(codes, np.array([cut for _, cut in rows]))
    assert found.tolist() == [by_text(text, cut) for text, cut in rows]


@pytest.mark.parametrize(
    ("ref", "alt", "lost", "gained"),
    [
        ("AATAAA", "AATAAA", None, None),
        ("AATAAA", "AGTAAA", "AATAAA>AGTAAA", None),
        ("AGTAAA", "AATAAA", None, "AGTAAA>AATAAA"),
        ("AGTAAA", "TATAAA", "AGTAAA>TATAAA", "AGTAAA>TATAAA"),
        ("AACCAA", "CCCCAA", "AACCAA>CCCCAA", None),
        ("CCCCAA", "AACCAA", None, "CCCCAA>AACCAA"),
        ("CCCCCC", "CCCCCA", None, None),
    ],
)
def test_hexamer_changes_by_tier(ref, alt, lost, gained):
    assert hexamer_change(ref, alt) == (lost, gained)


def test_elements_are_located_and_what_overlaps_is_one():
    window = "C" * 20 + "TGTA" + "C" * 46 + "AATAAA" + "C" * 20 + "TTTTTT" + "C" * 4 + "TGTGTG" + "C" * 93
    assert len(window) == 205
    assert locate_motifs(window, 90) == [
        ("UGUA", 20, 24),
        ("U-rich_downstream", 95, 103),
        ("GU-rich", 106, 112),
    ]
