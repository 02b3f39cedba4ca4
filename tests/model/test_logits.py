import math

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from pasvar.model.logits import both_log_odds, log_odds, summarise_logits
from pasvar.scoring import WINDOW_SCORES


def softmax_logit(logits: np.ndarray, start: int, end: int) -> np.ndarray:
    """The authors' way, in float64: softmax, sum, clip, logit."""
    weights = np.exp(logits.astype(np.float64))
    inside = (weights / weights.sum(axis=1, keepdims=True))[:, start:end].sum(axis=1)
    inside = np.clip(inside, 1e-7, 1 - 1e-7)
    return np.log(inside / (1 - inside))


def summary(logits: np.ndarray) -> dict[str, list[float]]:
    """Each score by its name."""
    scores = summarise_logits(torch.from_numpy(logits))
    assert scores.dtype == torch.float32
    return dict(zip(WINDOW_SCORES, scores.T.tolist(), strict=True))


@given(st.integers(0, 2**32 - 1), st.floats(0.1, 1))
def test_log_odds_are_the_logit_of_the_summed_softmax(seed, scale):
    logits = np.random.default_rng(seed).normal(0, scale, (5, 206))
    narrow, wide = both_log_odds(torch.from_numpy(logits)).T.numpy()
    np.testing.assert_allclose(narrow, softmax_logit(logits, 77, 127), rtol=0, atol=1e-8)
    np.testing.assert_allclose(wide, softmax_logit(logits, 0, 205), rtol=0, atol=1e-8)
    part = log_odds(torch.from_numpy(logits), 10, 20).numpy()
    np.testing.assert_allclose(part, softmax_logit(logits, 10, 20), rtol=0, atol=1e-8)


def test_log_odds_by_hand():
    """Equal logits: 50 of 206 against 156, and 205 against 1."""
    assert both_log_odds(torch.zeros(206)).tolist() == pytest.approx([math.log(50 / 156), math.log(205)])


def test_log_odds_of_four_places_by_hand():
    shares = torch.full((206,), 1e-30)
    shares[77], shares[126], shares[127], shares[205] = 0.1, 0.2, 0.3, 0.4
    narrow, wide = both_log_odds(shares.log()).tolist()
    assert narrow == pytest.approx(math.log(0.3 / 0.7))
    assert wide == pytest.approx(math.log(0.6 / 0.4))
    assert log_odds(shares.log(), 205, 206).item() == pytest.approx(math.log(0.4 / 0.6))


def test_log_odds_of_next_to_nothing_are_exact():
    logits = torch.full((206,), -100.0, dtype=torch.float64)
    logits[205] = 0.0
    assert log_odds(logits, 77, 127).item() == pytest.approx(math.log(50) - 100)


def test_log_odds_do_not_saturate_or_overflow():
    logits = np.zeros((2, 206), dtype=np.float32)
    logits[0, 100], logits[1, 205] = 500, 500
    found = summary(logits)
    assert found["logodds_narrow"] == pytest.approx([500 - math.log(156), math.log(50) - 500], rel=1e-7)
    assert found["logodds"] == pytest.approx([500, math.log(205) - 500], rel=1e-7)


def test_where_the_cut_lies_by_hand():
    """No preference; one place beyond doubt; two places of equal weight, one outside the narrow window."""
    logits = np.zeros((3, 206), dtype=np.float32)
    logits[1, 100] = 300
    logits[2, [60, 110]] = 300
    logits[2, 110] -= 1e-4
    found = summary(logits)
    assert found["cut_mean"] == pytest.approx([102, 100, 85], rel=1e-4)
    assert found["cut_entropy"] == pytest.approx([math.log2(205), 0, 1], abs=1e-6)
    assert found["cut_mode"] == [77, 100, 110]
    assert found["logodds_core"][0] == pytest.approx(math.log(20 / 186))


@given(st.integers(0, 2**32 - 1))
def test_where_the_cut_lies_by_a_plain_softmax(seed):
    logits = np.random.default_rng(seed).normal(0, 3, (1, 206)).astype(np.float32)
    share = np.exp(logits[0, :205].astype(np.float64))
    share /= share.sum()
    found = summary(logits)
    assert found["cut_mean"] == pytest.approx([sum(i * p for i, p in enumerate(share))], rel=1e-6)
    assert found["cut_entropy"] == pytest.approx([-sum(p * math.log2(p) for p in share)], rel=1e-6)
    assert found["cut_mode"] == [77 + np.argmax(logits[0, 77:127])]


@pytest.mark.parametrize("place", [3, 100, 205])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_logit_that_is_not_finite_leaves_no_score(bad, place):
    logits = np.zeros((3, 206), dtype=np.float32)
    logits[1, place] = bad
    scores = summarise_logits(torch.from_numpy(logits))
    assert scores.isnan().tolist() == [[False] * 6, [True] * 6, [False] * 6]
