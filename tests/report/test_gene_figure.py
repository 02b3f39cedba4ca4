"""The end of a gene to scale: what is drawn, where, and in which colour."""

import pandas as pd
import pytest

from pasvar.report.figures import PAPER
from pasvar.report.gene_figure import FoldedAxis, end_figure, gene_words, head_size


def site(rank: int, cut_pos: int, usage: float, strand: str = "+", confidence: float | None = 0.9) -> dict:
    start = cut_pos - 91 if strand == "+" else cut_pos - 114
    places = {"chrom": "20", "strand": strand, "cut_pos": cut_pos, "window_start": start, "window_end": start + 205}
    return {"rank": rank, "usage_ref": usage, "confidence": confidence, **places}


def variant(pos: int, impact: float, direction: str = "none", n_carriers: int | None = None) -> dict:
    return {"pos": pos, "expected_impact": impact, "direction": direction, "n_carriers": n_carriers}


def exons(*rows: tuple[int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["start", "end"])
    return frame.assign(coding_start=100.0, coding_end=1_000.0)


def bars(axes) -> list[tuple[float, float]]:
    """Middle and height of upright bars."""
    return [(round(bar.get_x() + bar.get_width() / 2, 2), round(bar.get_height(), 2)) for bar in axes.patches]


@pytest.mark.parametrize(("minus", "places"), [(False, [0, 100, 110.5, 310.5]), (True, [310.5, 210.5, 200, 0])])
def test_what_is_far_from_everything_is_folded(minus, places):
    axis = FoldedAxis([(10_000, 10_200), (0, 60), (50, 100)], minus)
    assert [axis(border) for border in (0, 100, 10_000, 10_200)] == pytest.approx(places)
    assert len(axis.folds) == 1


def test_what_is_near_is_to_scale():
    axis = FoldedAxis([(0, 100), (300, 400)], minus=False)
    assert axis.folds == []
    assert axis.length == 400


def test_each_site_has_a_bar_as_high_as_its_usage_at_its_cut():
    figure = end_figure([site(1, 1_200, 0.25), site(2, 1_600, 0.75)], exons((950, 1_600)), [], PAPER)
    # The exon begins at 950.
    assert bars(figure.axes[0]) == [(249.5, 25.0), (649.5, 75.0)]
    assert [text.get_text() for text in figure.axes[0].texts] == ["1", "2"]
    assert len(figure.axes) == 2


def test_transcription_runs_left_to_right_on_either_strand():
    figure = end_figure([site(1, 5_000, 0.5, "-"), site(2, 4_600, 0.5, "-")], exons(), [], PAPER)
    first, second = (middle for middle, _ in bars(figure.axes[0]))
    assert first < second


def test_less_sure_sites_are_paler():
    sites = [site(1, 1_200, 0.5, confidence=None), site(2, 1_600, 0.25, confidence=0.6), site(3, 2_000, 0.25)]
    figure = end_figure(sites, exons(), [], PAPER)
    assert [bar.get_alpha() for bar in figure.axes[0].patches] == [0.35, 0.65, 1.0]


def test_lollipops_say_impact_direction_and_carriers():
    variants = [variant(1_150, 0.3, "shortening", 1_000), variant(1_160, 0.1, "lengthening", 1), variant(1_170, 0.02)]
    figure = end_figure([site(1, 1_200, 1.0)], exons(), variants, PAPER)
    heads = [line for line in figure.axes[2].lines if line.get_marker() == "o"]
    found = [(round(float(head.get_ydata()[0]), 3), head.get_color(), head.get_markersize()) for head in heads]
    assert found == [(2.0, PAPER.soft, 4.0), (10.0, PAPER.gain, 4.0), (30.0, PAPER.loss, 13.0)]


def test_sizes_of_heads():
    assert [head_size(n) for n in (None, 0, 1, 10, 100, 10**6)] == [4, 4, 4, 7, 10, 13]


def test_a_screen_reader_hears_usage_and_impact():
    words = gene_words([site(1, 1_200, 0.25), site(2, 1_600, 0.75)], [variant(1_150, 0.3)])
    assert words == (
        "The gene's end with 2 polyadenylation sites; usage: site 1 25 %, site 2 75 %; 1 variant, the highest expected "
        "impact 30 %"
    )
