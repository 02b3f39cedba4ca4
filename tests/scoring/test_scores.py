import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pasvar.scoring.scores import WINDOW_SCORES, delta_usage, require_finite, score_windows
from pasvar.sequence import encode


@pytest.mark.parametrize("column", WINDOW_SCORES)
def test_a_window_without_scores_is_named(column):
    scores = pd.DataFrame(0.0, index=range(3), columns=list(WINDOW_SCORES))
    codes = np.stack([encode(letter * 205) for letter in "ACG"])
    require_finite(scores, codes)
    scores.loc[1, column] = np.nan
    with pytest.raises(FloatingPointError, match=r"NaN or infinity for 1 windows, first: C{205}$"):
        require_finite(scores, codes)


class Counting:
    """A network whose first score is the first code of the window; remembers what it was asked."""

    def __init__(self, value=0.0):
        self.asked, self.value = [], value

    def scores(self, windows, done):
        self.asked.append(windows.copy())
        done(len(windows))
        scores = np.full((len(windows), len(WINDOW_SCORES)), self.value, dtype=np.float32)
        scores[:, 0] += windows[:, 0]
        return scores


def test_equal_windows_are_scored_once_and_all_get_their_score():
    network = Counting()
    windows = pd.Series(["C" + "A" * 204, "A" * 205, "C" + "A" * 204, "T" + "A" * 204], index=[7, 3, 3, 0])
    scores = score_windows(network, windows)
    assert scores.columns.tolist() == list(WINDOW_SCORES)
    assert scores.index.tolist() == [7, 3, 3, 0]
    assert set(scores.dtypes) == {np.dtype("float32")}
    assert len(network.asked[0]) == 3
    assert scores.logodds_narrow.tolist() == [1, 0, 1, 3]


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
