import pandas as pd
import pytest

from builders import CONTIG_20, CONTIG_21, make_sites, records, reverse_complement
from pasvar.scoring.windows import find_rivals, reference_windows

PLUS = ("20", "+", 150, "P")
MINUS = ("20", "-", 450, "M")


def test_a_window_of_each_strand_has_its_hexamer_at_70(genome):
    windows = reference_windows(make_sites(PLUS, MINUS), genome)
    assert records(windows, "site_id", "chrom", "strand", "window_start", "window_end", "cut_index") == [
        ("20:171:+", "20", "+", 80, 285, 90),
        ("20:436:-", "20", "-", 321, 526, 90),
    ]
    plus, minus = windows.window
    assert plus == CONTIG_20[80:285]
    assert minus == reverse_complement(CONTIG_20[321:526])
    assert (plus[70:76], minus[70:76]) == ("AATAAA", "AATAAA")
    assert (CONTIG_20[170], CONTIG_20[435]) == (plus[90], reverse_complement(minus[90]))


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        # 50 nt before the contig's start, 5 nt past its end
        (("21", "+", 20, "P"), "N" * 50 + CONTIG_21 + "N" * 5),
        # on the minus strand what the contig lacks at its end is missing at the window's beginning
        (("21", "-", 100, "M"), "N" * 26 + reverse_complement(CONTIG_21) + "N" * 29),
        (("21", "+", 120, "P"), CONTIG_21[50:] + "N" * 105),
        (("21", "-", 0, "M"), reverse_complement(CONTIG_21[:76]) + "N" * 129),
    ],
)
def test_a_window_past_a_contigs_end_holds_n_on_that_side(genome, place, expected):
    windows = reference_windows(make_sites(place), genome)
    assert len(expected) == 205
    assert windows.window.to_list() == [expected]


def test_a_site_of_two_genes_has_one_window(genome):
    sites = make_sites(PLUS, ("20", "+", 150, "Q"), MINUS)
    assert reference_windows(sites, genome).site_id.to_list() == ["20:171:+", "20:436:-"]


def test_two_sites_with_one_hexamer_have_equal_windows_but_their_own_cuts(genome):
    sites = make_sites(PLUS).merge(make_sites(PLUS, to_cut=31), how="outer")
    windows = reference_windows(sites, genome)
    assert records(windows, "site_id", "cut_index") == [("20:171:+", 90), ("20:182:+", 101)]
    assert windows.window.nunique() == 1


def test_windows_of_several_contigs_keep_the_order_of_the_catalogue(genome):
    sites = make_sites(MINUS, ("21", "+", 20, "P"), PLUS)
    windows = reference_windows(sites, genome)
    assert windows.site_id.to_list() == ["20:436:-", "21:41:+", "20:171:+"]
    assert windows.window.str[70:76].to_list() == ["AATAAA"] * 3


# --- rivals -------------------------------------------------------------------------------------------------------------


def with_hexamers(*starts: int) -> str:
    """A window of C with AATAAT at these places, and AATAAA at 70."""
    window = "C" * 205
    for start, letters in [*((start, "AATAAT") for start in starts), (70, "AATAAA")]:
        window = window[:start] + letters + window[start + 6 :]
    return window


@pytest.mark.parametrize(
    ("cut_index", "starts", "rival"),
    [
        (111, [89], 89),
        (111, [], None),
        # of two the one nearer to 22 nt before the cut
        (111, [84, 93], 93),
        (111, [84, 98], 84),
        # searched are 45 nt before the cut, up to the last before it
        (100, [99], 99),
        (100, [100], None),
        (100, [55], 55),
        (100, [54], None),
        # the window has to hold all of them
        (45, [20], 20),
        (44, [20], None),
        # not one that shares a base with the site's own
        (100, [76], 76),
    ],
)
def test_the_rival_is_named_by_its_place_on_the_forward_strand(cut_index, starts, rival):
    windows = pd.DataFrame(
        {"window": with_hexamers(*starts), "cut_index": cut_index, "window_start": 1000, "strand": ["+", "-"]},
        index=[4, 2],
    )
    found = find_rivals(windows)
    assert found.index.tolist() == [4, 2]
    assert found.rival_start.dtype == "Int64"
    expected = [("AATAAT", 1000 + rival), ("AATAAT", 1000 + 205 - 6 - rival)] if rival else [(None, None)] * 2
    assert records(found, "rival_hexamer", "rival_start") == expected
