"""The published regression, by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, strategies as st

from pasvar.sites.native_apa import POLYADB_V3, PUBLISHED_FITS, published_usage


def test_the_published_coefficients():
    fit = POLYADB_V3
    assert (fit.wp, fit.wpl, fit.bp, fit.wd, fit.wdl, fit.bd) == (
        0.50669,
        -0.05175,
        -10.005,
        0.50506,
        -0.08946,
        -18.276,
    )


def test_two_sites_by_hand():
    """Scores 0 and 2 at a distance of 999 nt: prox = e^0 + e^-10.005, dist = e^(0.50506*2 - 0.08946*ln 1000) + e^-18.276."""
    prox = 1 + 4.5173e-05
    dist = math.exp(1.01012 - 0.6179678) + 1.1556e-08
    for cut_pos in ([1000, 1999], [5000, 4001]):
        usage = published_usage(np.array([0.0, 2.0]), np.array(cut_pos))
        assert usage == pytest.approx([prox / (prox + dist), dist / (prox + dist)], rel=1e-5)
        assert usage[1] == pytest.approx(0.59679, abs=1e-6)


def test_three_sites_by_hand():
    weights = [
        math.exp(0.50669 * 1.0) + math.exp(-10.005) / 2,
        math.exp(0.50669 * -1.0 - 0.05175 * math.log(101)) + math.exp(-10.005) / 2,
        math.exp(0.50506 * 0.5 - 0.08946 * math.log(1001)) + math.exp(-18.276),
    ]
    usage = published_usage(np.array([1.0, -1.0, 0.5]), np.array([1, 101, 1001]))
    np.testing.assert_allclose(usage, np.array(weights) / sum(weights), rtol=1e-12)


def test_a_single_site_has_all_of_the_usage():
    assert published_usage(np.array([-3.0]), np.array([10])).tolist() == [1.0]
    assert published_usage(np.array([[-3.0], [99.0]]), np.array([10])).tolist() == [[1.0], [1.0]]


def test_scores_are_clipped_at_8():
    cut_pos = np.array([1, 50])
    assert (published_usage(np.array([8.0, -8.0]), cut_pos) == published_usage(np.array([30.0, -12.0]), cut_pos)).all()
    assert (published_usage(np.array([8.0, -8.0]), cut_pos) != published_usage(np.array([7.9, -8.0]), cut_pos)).all()


sites = st.integers(1, 10).flatmap(
    lambda k: st.tuples(
        st.lists(st.floats(-30, 30), min_size=k, max_size=k),
        st.lists(st.integers(1, 10**6), min_size=k, max_size=k, unique=True),
    )
)


@given(sites)
def test_usages_are_shares_that_sum_to_one_on_either_strand(one):
    scores, cut_pos = np.array(one[0]), np.sort(np.array(one[1]))
    usage = published_usage(scores, cut_pos)
    assert usage.shape == scores.shape
    assert (usage > 0).all()
    assert usage.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(published_usage(scores, -cut_pos), usage, rtol=1e-12)
    # many alleles at once, as one by one
    np.testing.assert_array_equal(published_usage(np.stack([scores, scores - 1]), cut_pos)[0], usage)


@given(sites, st.data())
def test_a_stronger_site_gains_and_the_others_lose(one, data):
    scores, cut_pos = np.clip(one[0], -7, 6), np.sort(np.array(one[1]))
    if len(scores) == 1:
        return
    k = data.draw(st.integers(0, len(scores) - 1))
    change = published_usage(scores + np.eye(len(scores))[k], cut_pos) - published_usage(scores, cut_pos)
    assert change[k] > 0
    assert (np.delete(change, k) < 0).all()


def test_the_four_published_fits():
    assert [(f.name, f.wp, f.wpl, f.bp, f.wd, f.wdl, f.bd, f.score) for f in PUBLISHED_FITS[1:]] == [
        ("apadb", 0.80275, -0.04522, -5.127, 0.85995, -0.09040, -4.753, "logodds_narrow"),
        ("leslie", 0.80045, -0.04938, -4.855, 0.94933, -0.07230, -4.292, "logodds_narrow"),
        ("derti", 0.57309, -0.04991, -5.034, 0.66144, -0.04659, -4.479, "logodds_core"),
    ]
