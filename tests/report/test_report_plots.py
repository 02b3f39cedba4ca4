"""The plots of the pages, and the words for numbers."""

import math
import re
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from pasvar.report import content, gene_plots, plots, svg, words
from pasvar.report.figures import PAGE, PAPER, embed, save
from report_tables import SITES, hit, plain, site, substitutions


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (math.log(2), "2.0-fold higher"),
        (-math.log(1.25), "1.25-fold lower"),
        (-math.log(40), "40-fold lower"),
        (0.001, "unchanged"),
        (None, "-"),
        (math.nan, "-"),
    ],
)
def test_fold_says_which_way(delta, text):
    assert plain(words.fold(delta)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (0.0994, "9.9 %"), (0.001, "0.10 %"), (1e-6, "< 0.01 %"), (None, "-")],
)
def test_percent(share, text):
    assert plain(words.percent(share)) == text


def test_signed_has_a_true_minus_and_none_at_zero():
    assert [plain(words.signed(value)) for value in (-0.5, 1234.5, -0.001, pd.NA)] == [
        "-0.50",
        "+1,234.50",
        "0.00",
        "-",
    ]


def test_code_marks_names_and_escapes_the_rest():
    assert words.code("`max` <DEL>") == "<code>max</code> &lt;DEL&gt;"


def test_labels_keep_their_distance():
    assert svg.spread([10, 11, 12], 5, 0, 100) == [10, 15, 20]
    assert svg.spread([90, 98, 99], 5, 0, 100) == [90, 95, 100]
    assert svg.spread([1, 2, 3, 4], 50, 0, 100) == pytest.approx([0, 100 / 3, 200 / 3, 100], abs=2)


@pytest.mark.parametrize(("span", "n", "step"), [(10, 5, 2), (0.5, 3, 0.2), (1, 1, 1), (7_000, 5, 2_000)])
def test_steps_are_round(span, n, step):
    assert svg.round_step(span, n) == pytest.approx(step)


@pytest.mark.parametrize(("strand", "rows"), [("+", [1, 2, 3]), ("-", [2, 1, 0])])
def test_the_grid_of_substitutions_has_the_bases_of_the_transcript(strand, rows):
    row = site("ABC", 1, 1_000, strand)
    known = substitutions(row, (70, "C", -3.0), (70, "G", -2.0), (70, "T", -0.5))
    grid = content.substitution_grid(pd.concat([known, known.assign(site_id="another")]), row)
    assert grid.shape == (4, 205)
    assert grid[rows, 70].tolist() == [-3.0, -2.0, -0.5]
    assert np.isfinite(grid).sum() == 3


def test_a_place_without_a_signal_shows_no_hexamer(tmp_path):
    row = site("ABC", 1, 1_000, hexamer="GGGGGG", hexamer_tier=-1)
    drawn = gene_plots.window_plot(row, [], span=2.0)
    assert "hexamer" not in [rect.get("class") for rect in ElementTree.fromstring(drawn).iter("rect")]
    assert "hexamer" in gene_plots.window_plot(site("ABC", 1, 1_000), [], span=2.0)
    assert [words.hexamer(letters) for letters in ("AATAAA", "AAGAAA", "GGGGGG", None)] == [
        "AATAAA",
        "AAGAAA",
        "none",
        "none",
    ]


def test_the_map_shades_by_fold_change_and_merges_neighbours():
    grid = np.zeros((4, 205))
    grid[0] = np.nan
    grid[1, 10:13], grid[2, 10], grid[3, 204] = math.log(2.5), -math.log(1.05), -math.log(20)
    root = ElementTree.fromstring(gene_plots.substitution_map(site("ABC", 1, 1_000), grid))
    paths = {path.get("class"): path.get("d") for path in root.iter("path")}
    assert paths.pop("cell reference").count("M") == 205
    assert {css_class: d for css_class, d in paths.items() if d} == {
        "cell gain step3": "M10 1h3v1h-3z",
        "cell loss step5": "M204 3h1v1h-1z",
    }
    titles = [title.text for title in root.iter("title")]
    assert len(titles) == 205
    assert plain(titles[10]) == "-60 nt\nA>C +0.92\nA>G -0.05\nA>T 0.00"


def test_cut_lies_after_the_hexamer_on_both_strands():
    assert [gene_plots.cut_offset(row) for row in SITES.to_dict("records")] == [20, 20, 20, 20]


def test_lollipops_stand_at_their_base_and_effect():
    row = SITES.loc[0].to_dict()
    root = ElementTree.fromstring(gene_plots.window_plot(row, [{**hit(row, 980, -1.0), "offset": 0}], span=2.0))
    head = root.find("circle")
    hexamer = next(rect for rect in root.iter("rect") if rect.get("class") == "hexamer")
    per_base = float(hexamer.get("width")) / 6
    assert float(head.get("cx")) == pytest.approx(float(hexamer.get("x")) + per_base / 2, abs=0.02)
    top, height = float(hexamer.get("y")), float(hexamer.get("height"))
    assert float(head.get("cy")) == pytest.approx(top + height * 0.75, abs=0.02)


def test_plots_take_their_colours_from_the_page():
    drawn = embed(plots.effect_by_position(np.arange(-70, 135), np.sin(np.arange(205.0)), PAGE), "position", "effects")
    assert "var(--gain)" in drawn
    assert "var(--loss)" in drawn
    assert not re.search(r"#0\d0b0c", drawn)
    assert ElementTree.fromstring(drawn).get("viewBox")


@pytest.mark.parametrize("n", [1, 2])
def test_plots_of_few_variants(n, tmp_path):
    delta = np.zeros(n)
    figures = (
        plots.effect_histogram(delta, 0.2231, PAPER),
        plots.effect_by_position(np.zeros(n, dtype=int), delta, PAPER),
        plots.shift_histogram(delta, 5.0, PAPER),
        plots.effect_by_frequency([("rare", delta), ("common", delta[:0])], 0.2231, PAPER),
        plots.counts([("AATAAA", n)], "sites", PAPER),
        plots.site_confidence([("annotation", (n, 0, 0, 0))], PAPER),
    )
    for suffix in ("svg", "png", "pdf"):
        for figure in figures:
            save(figure, tmp_path / f"figure.{suffix}", "A title")
            assert (tmp_path / f"figure.{suffix}").stat().st_size > 1_000


def test_ticks_of_an_axis_have_equally_many_digits():
    signed = plots._Signed()
    assert signed.format_ticks([-0.4, 0.0, 0.2 + 0.4]) == [f"{words.MINUS}0.4", "0.0", "+0.6"]
    assert signed.format_ticks([-2.0, 0.0, 2.0]) == [f"{words.MINUS}2", "0", "+2"]
    assert signed.format_ticks([-0.25, 0.0, 0.5]) == [f"{words.MINUS}0.25", "0.00", "+0.50"]
