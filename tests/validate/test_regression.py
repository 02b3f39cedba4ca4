"""Logistic regression on literal and random data whose answer is known."""

import numpy as np
import pytest

from pasvar.validate.regression import auc, cross_validated, fit_logistic, log_loss


def test_a_share_alone_is_the_intercept():
    outcome = np.array([True] * 3 + [False])
    assert fit_logistic({"nothing": np.zeros(4)}, outcome) == pytest.approx({"intercept": np.log(3), "nothing": 0})


def test_known_coefficients_are_found():
    rng = np.random.default_rng(0)
    x, z = rng.normal(size=(2, 50_000))
    outcome = rng.random(50_000) < 1 / (1 + np.exp(-(0.5 - 1.5 * x + 0.8 * z)))
    found = fit_logistic({"x": x, "z": z}, outcome)
    assert found == pytest.approx({"intercept": 0.5, "x": -1.5, "z": 0.8}, abs=0.05)
    left_out = cross_validated({"x": x, "z": z}, outcome, np.arange(50_000) // 7)
    assert left_out.mean() == pytest.approx(outcome.mean(), abs=0.005)
    assert log_loss(left_out, outcome) < log_loss(np.full(50_000, outcome.mean()), outcome)


def test_a_group_is_never_its_own_judge():
    # Each group has one outcome, which its own number gives away.
    groups = np.repeat(np.arange(40), 5)
    outcome = np.random.default_rng(1).random(40)[groups] < 0.5
    terms = {f"is_{group}": groups == group for group in range(40)}
    left_out = cross_validated(terms, outcome, groups)
    assert auc(left_out, outcome) < 0.7


def test_auc_counts_ties_half():
    assert auc(np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])) == 0.875
