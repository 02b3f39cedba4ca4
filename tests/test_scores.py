import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pasvar.scores import (
    WINDOW_SCORES,
    delta_usage,
    log_odds,
    require_finite,
    score_windows,
    site_log_odds,
    summarise_logits,
)
from pasvar.sequence import encode


def softmax_logit(logits: np.ndarray, start: int, end: int) -> np.ndarray:
    """The authors' way, in float64: softmax, sum, clip, logit."""
    weights = np.exp(logits.astype(np.float64))
    inside = (weights / weights.sum(axis=1, keepdims=True))[:, start:end].sum(axis=1)
    inside = np.clip(inside, 1e-7, 1 - 1e-7)
    return np.log(inside / (1 - inside))


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 1))
def test_log_odds_are_the_logit_of_the_summed_softmax(seed, scale):
    logits = np.random.default_rng(seed).normal(0, scale, (5, 206)).astype(np.float32)
    narrow, wide = site_log_odds(logits)
    np.testing.assert_allclose(narrow, softmax_logit(logits, 77, 127), rtol=0, atol=1e-8)
    np.testing.assert_allclose(wide, softmax_logit(logits, 0, 205), rtol=0, atol=1e-8)
    np.testing.assert_allclose(log_odds(logits, 10, 20), softmax_logit(logits, 10, 20), rtol=0, atol=1e-8)


def test_log_odds_by_hand():
    """Equal logits: 50 of 206 against 156, and 205 against 1."""
    narrow, wide = site_log_odds(np.zeros((1, 206), dtype=np.float32))
    assert narrow == pytest.approx([math.log(50 / 156)])
    assert wide == pytest.approx([math.log(205)])


def test_log_odds_do_not_saturate_or_overflow():
    logits = np.zeros((2, 206), dtype=np.float32)
    logits[0, 100], logits[1, 205] = 500, 500
    narrow, wide = site_log_odds(logits)
    np.testing.assert_allclose(narrow, [500 - math.log(156), math.log(50) - 500], rtol=1e-9)
    np.testing.assert_allclose(wide, [500, math.log(205) - 500], rtol=1e-9)


def test_where_the_cut_lies_by_hand():
    """No preference; one place beyond doubt; two places of equal weight, one outside the narrow window."""
    logits = np.zeros((3, 206), dtype=np.float32)
    logits[1, 100] = 300
    logits[2, [60, 110]] = 300
    logits[2, 110] -= 1e-4
    scores = summarise_logits(logits)
    assert scores.cut_mean.tolist() == pytest.approx([102, 100, 85], rel=1e-4)
    assert scores.cut_entropy.tolist() == pytest.approx([math.log2(205), 0, 1], abs=1e-6)
    assert scores.cut_mode.tolist() == [77, 100, 110]
    assert scores.logodds_core[0] == pytest.approx(math.log(20 / 186))


@given(st.integers(0, 2**32 - 1))
def test_where_the_cut_lies_by_a_plain_softmax(seed):
    logits = np.random.default_rng(seed).normal(0, 3, (1, 206)).astype(np.float32)
    share = np.exp(logits[0, :205].astype(np.float64))
    share /= share.sum()
    scores = summarise_logits(logits).iloc[0]
    assert scores.cut_mean == pytest.approx(sum(i * p for i, p in enumerate(share)), rel=1e-6)
    assert scores.cut_entropy == pytest.approx(-sum(p * math.log2(p) for p in share), rel=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_not_finite_logits_name_the_window(bad):
    logits = np.zeros((3, 206), dtype=np.float32)
    codes = np.stack([encode(letter * 205) for letter in "ACG"])
    require_finite(logits, codes)
    logits[1, 3] = bad
    with pytest.raises(FloatingPointError, match=r"NaN or infinity for 1 windows, first: C{205}$"):
        require_finite(logits, codes)


class Counting:
    """A network whose logits are a function of the window; remembers what it was asked."""

    def __init__(self, value=0.0):
        self.asked, self.value = [], value

    def logits(self, windows, done):
        self.asked.append(windows.copy())
        done(len(windows))
        logits = np.full((len(windows), 206), self.value, dtype=np.float32)
        logits[:, 100] += windows[:, 0]
        return logits


def test_equal_windows_are_scored_once_and_all_get_their_score():
    network = Counting()
    windows = pd.Series(["C" + "A" * 204, "A" * 205, "C" + "A" * 204, "T" + "A" * 204], index=[7, 3, 3, 0])
    scores = score_windows(network, windows)
    assert scores.columns.tolist() == list(WINDOW_SCORES)
    assert scores.index.tolist() == [7, 3, 3, 0]
    assert set(scores.dtypes) == {np.dtype("float32")}
    assert len(network.asked[0]) == 3
    expected = [math.log((49 + math.exp(code)) / 156) for code in (1, 0, 1, 3)]
    np.testing.assert_allclose(scores.logodds_narrow, expected, rtol=1e-6)


def test_no_windows():
    assert score_windows(Counting(), pd.Series([], dtype=str)).empty


def test_score_windows_refuses_nan():
    with pytest.raises(FloatingPointError, match=r"first: A{205}"):
        score_windows(Counting(value=np.nan), pd.Series(["A" * 205]))


def test_windows_of_another_length_are_refused():
    with pytest.raises(ValueError, match="205 nt are expected"):
        score_windows(Counting(), pd.Series(["A" * 204]))


@pytest.mark.parametrize(
    ("usage", "delta", "expected"),
    [
        (0.5, 0.0, 0.0),
        (0.5, math.log(3), 0.25),
        (0.5, -math.log(3), -0.25),
        (0.2, math.log(4), 0.3),
        (0.0, math.log(1e7), 0.5),
        (1.0, -math.log(1e7), -0.5),
        (0.0, 0.0, 0.0),
        (1.0, 50.0, 0.0),
    ],
)
def test_delta_usage_by_hand(usage, delta, expected):
    assert delta_usage(np.array([usage]), np.array([delta])) == pytest.approx([expected], abs=2e-7)


@given(st.floats(0, 1), st.floats(-30, 30))
def test_delta_usage_stays_a_share_and_has_the_sign_of_the_effect(usage, delta):
    change = delta_usage(np.array([usage]), np.array([delta]))[0]
    assert -1e-6 <= usage + change <= 1 + 1e-6
    assert change == 0 or np.sign(change) == np.sign(delta) or abs(change) < 1e-12


def test_windows_go_to_the_network_as_codes():
    network = Counting()
    score_windows(network, pd.Series(["ACGTN" * 41]))
    assert network.asked[0].tolist() == [encode("ACGTN" * 41).tolist()]
