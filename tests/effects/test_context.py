"""What is said about an effect: differences, mechanism, motifs, flags."""

import numpy as np
import pandas as pd
import pytest

from builders import records
from pasvar.effects import effect_calibration_of
from pasvar.effects.context import References, joined
from pasvar.model.checkpoint import RELEASED_SHA256
from pasvar.scoring import WINDOW_SCORES
from pasvar.sequence import encode_rows
from pasvar.tables import FLAGS
from pasvar.tables.schema import MECHANISMS

# UGUA at 30, hexamer at 70, cut after 90, GU at 100 and UUAUU at 110.
WINDOW = "C" * 30 + "TGTA" + "C" * 36 + "AATAAA" + "C" * 24 + "TGTG" + "C" * 6 + "TTATT" + "C" * 90
BARE = "C" * 70 + "GGGGGG" + "C" * 129
CALIBRATION = effect_calibration_of({"model_sha256": RELEASED_SHA256})
NAMES = ["logodds_narrow", "logodds", "logodds_core", "cut_mean", "cut_entropy", "cut_mode"]


@pytest.fixture(scope="module")
def references():
    """A strong site, one that is very weak by a hair, and one that is not by a hair and has no hexamer."""
    windows = pd.DataFrame({"site_id": ["S", "W", "B"], "cut_index": [90, 90, 90], "window": [WINDOW, WINDOW, BARE]})
    scores = [(1.0, 2.0, 0.5, 100.0, 5.0, 95.0), (-4.596, 0, 0, 0, 0, 0), (-4.595, 0, 0, 0, 0, 0)]
    sites = pd.DataFrame([("S", *scores[0]), ("S", *scores[0]), ("B", *scores[2]), ("W", *scores[1])])
    sites = sites.set_axis(["site_id", *NAMES], axis=1).astype(dict.fromkeys(NAMES, "float32"))
    return References(
        windows, sites.assign(source="gtf", a_rich=sites.site_id == "B", confidence=[0.5, 0.5, None, 0.4]), CALIBRATION
    )


def compare(
    references, site: str, index: int, ref: str, alt: str, region: str, anchor="hexamer", scores=(1, 2, 1, 101, 4, 96)
):
    """The row of an allele that replaces `ref` at `index` of the site's window by `alt` of the same length."""
    before = BARE if site == "B" else WINDOW
    assert before[index : index + len(ref)] == ref
    window = before[:index] + alt + before[index + len(ref) :]
    last = index + len(ref) - 1
    allele = {"site_id": site, "window_index": index, "window_last": last, "region": region, "anchor": anchor}
    scores = {f"{name}_alt": np.float32(score) for name, score in zip(NAMES, scores, strict=True)}
    return references.compare(pd.DataFrame([allele | scores]), encode_rows([window], 205))


def test_names_of_the_scores():
    assert list(WINDOW_SCORES) == NAMES


def test_differences_are_alternate_minus_reference(references):
    row = compare(references, "S", 10, "C", "A", "upstream", scores=(-1.5, 2.25, 0.75, 98.5, 5.5, 95))
    columns = ["logodds_narrow", "logodds", "logodds_core", "cut_mean", "cut_entropy", "cut_mode"]
    assert records(row, *(f"{name}_ref" for name in columns)) == [(1.0, 2.0, 0.5, 100.0, 5.0, 95.0)]
    assert records(row, *(f"delta_{name}" for name in columns)) == [(-2.5, 0.25, 0.25, -1.5, 0.5, 0.0)]
    assert {row[f"delta_{name}"].dtype for name in columns} == {np.dtype("float32")}


@pytest.mark.parametrize(
    ("index", "ref", "alt", "region", "mechanism", "lost", "gained"),
    [
        (71, "A", "G", "hexamer", "hexamer", "AATAAA>AGTAAA", None),
        (70, "AAT", "CCC", "hexamer", "hexamer", "AATAAA>CCCAAA", None),
        (31, "G", "C", "upstream", "upstream_element", "UGUA", None),
        (40, "CCCC", "TGTA", "upstream", "upstream_element", None, "UGUA"),
        (34, "CCCCC", "TTTTT", "upstream", "upstream_element", None, "U-rich_upstream"),
        (50, "C", "A", "upstream", "other", None, None),
        (80, "C", "A", "hexamer_to_cut", "other", None, None),
        (87, "C", "A", "hexamer_to_cut", "cleavage_site", None, None),
        (86, "C", "A", "hexamer_to_cut", "other", None, None),
        (90, "C", "A", "hexamer_to_cut", "cleavage_site", None, None),
        (93, "C", "A", "downstream", "cleavage_site", None, None),
        (94, "C", "A", "downstream", "other", None, None),
        (101, "G", "C", "downstream", "downstream_element", "GU-rich", None),
        (110, "T", "C", "downstream", "downstream_element", "U-rich_downstream", None),
        (91, "CCCC", "TTTT", "downstream", "downstream_element", None, "U-rich_downstream"),
        (150, "CCCC", "TGTG", "downstream", "other", None, None),
        (100, "TGTG", "TTTT", "downstream", "downstream_element", "GU-rich", "U-rich_downstream"),
        (104, "C", "T", "downstream", "downstream_element", None, "GU-rich"),
        # over the cut and into the GU-rich element: not the first base alone decides
        (88, "CC" + "C" * 6 + "CCCCTG", "A" * 14, "hexamer_to_cut", "downstream_element", "GU-rich", None),
        (84, "C" * 4, "A" * 4, "hexamer_to_cut", "cleavage_site", None, None),
        # from the upstream element into the space before the hexamer
        (33, "A" + "C" * 36 + "A", "C" * 38, "hexamer", "hexamer", "AATAAA>CATAAA&UGUA", None),
    ],
)
def test_mechanisms_and_motifs(references, index, ref, alt, region, mechanism, lost, gained):
    row = compare(references, "S", index, ref, alt, region)
    assert records(row, "mechanism", "motif_lost", "motif_gained") == [(mechanism, lost, gained)]
    assert mechanism in MECHANISMS


def test_hexamer_and_motif_lost_together(references):
    row = compare(references, "S", 33, WINDOW[33:76], "C" * 43, "hexamer")
    assert records(row, "mechanism", "motif_lost", "hexamer_alt") == [("hexamer", "AATAAA>CCCCCC&UGUA", "CCCCCC")]


@pytest.mark.parametrize(
    ("alt", "mechanism", "lost", "gained"),
    [("GGGGGA", "other", None, None), ("AGTAAA", "hexamer", None, "GGGGGG>AGTAAA")],
)
def test_six_bases_that_are_no_hexamer(references, alt, mechanism, lost, gained):
    row = compare(references, "B", 70, "GGGGGG", alt, "hexamer")
    assert records(row, "mechanism", "motif_lost", "motif_gained", "hexamer_ref") == [
        (mechanism, lost, gained, "GGGGGG")
    ]


def test_a_hexamer_that_an_indel_restores_is_no_change(references):
    row = compare(references, "S", 70, "AATAAA", "AATAAA", "hexamer", anchor="downstream")
    assert records(row, "mechanism", "motif_lost", "flags") == [("other", None, "hexamer_indel")]


@pytest.mark.parametrize(
    ("site", "index", "alt", "anchor", "scores", "flags"),
    [
        ("S", 10, "A", "hexamer", (1.5, 2.5), None),
        ("S", 10, "A", "hexamer", (0.5, 2.5), "opposite_signs"),
        ("S", 10, "A", "hexamer", (1.0, 2.5), None),
        ("S", 70, "G", "hexamer", (0.5, 1.5), "hexamer_changed"),
        ("S", 70, "G", "upstream", (0.5, 2.5), "hexamer_changed&hexamer_indel&opposite_signs"),
        ("W", 10, "A", "hexamer", (-4.0, 1.0), "weak_reference&unconfirmed_site"),
        ("B", 10, "A", "hexamer", (-4.0, 1.0), "a_rich"),
    ],
)
def test_flags(references, site, index, alt, anchor, scores, flags):
    ref = (BARE if site == "B" else WINDOW)[index]
    row = compare(references, site, index, ref, alt, "upstream", anchor, (*scores, 0, 0, 0, 0))
    assert records(row, "flags") == [(flags,)]
    assert set((flags or "").split("&")) <= {*FLAGS, ""}


def test_an_indel_with_two_sides_has_both_effects(references):
    alleles = pd.DataFrame({f"{name}_alt": np.float32([2, 2]) for name in NAMES})
    alleles = alleles.assign(site_id="S", window_index=10, window_last=10, region="upstream", anchor="hexamer")
    rows = references.compare(
        alleles.assign(logodds_narrow_other=np.float32([-1.5, np.nan])), encode_rows([WINDOW] * 2, 205)
    )
    assert records(rows, "delta_logodds_narrow", "delta_logodds_narrow_other", "flags") == [
        (1.0, -2.5, "ambiguous_side"),
        (1.0, None, None),
    ]


def test_rows_do_not_mix(references):
    scores = {f"{name}_alt": np.float32([0, 0, 0]) for name in NAMES}
    alleles = {
        "site_id": ["B", "S", "W"],
        "window_index": [10, 71, 31],
        "region": ["upstream", "hexamer", "upstream"],
    }
    windows = [BARE[:10] + "A" + BARE[11:], WINDOW[:71] + "G" + WINDOW[72:], WINDOW[:31] + "C" + WINDOW[32:]]
    alleles = pd.DataFrame(alleles | scores).assign(anchor="hexamer", window_last=[10, 71, 31])
    rows = references.compare(alleles, encode_rows(windows, 205))
    assert records(rows, "mechanism", "motif_lost", "hexamer_alt", "logodds_ref") == [
        ("other", None, "GGGGGG", 0.0),
        ("hexamer", "AATAAA>AGTAAA", "AGTAAA", 2.0),
        ("upstream_element", "UGUA", "AATAAA", 0.0),
    ]
    assert references.compare(alleles.head(0), encode_rows([], 205)).empty


def test_joined():
    is_set = np.array([[0, 0, 0], [1, 0, 1], [0, 1, 0], [1, 1, 1]], dtype=bool)
    assert joined(["a", "b", "c"], is_set).tolist() == [None, "a&c", "b", "a&b&c"]
    assert joined(["a"], np.empty((0, 1), dtype=bool)).tolist() == []
