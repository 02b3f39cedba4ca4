"""Logistic regression with a small ridge, fit by Newton's method, and how well its probabilities hold on data left out."""

from collections.abc import Mapping

import numpy as np

_RIDGE = 0.1
"""Keeps the coefficient of a term that is seldom set finite."""

_FOLDS = 10


def fit_logistic(terms: Mapping[str, np.ndarray], outcome: np.ndarray) -> dict[str, float]:
    """Coefficients by name, with `intercept`. terms: (n,) each. outcome: (n,) booleans."""
    design = _design(terms)
    weights = np.zeros(design.shape[1])
    ridge = _RIDGE * np.eye(len(weights))
    ridge[0, 0] = 0.0
    for _ in range(100):
        p = 1 / (1 + np.exp(-design @ weights))
        hessian = (design * (p * (1 - p))[:, None]).T @ design + ridge
        step = np.linalg.solve(hessian, design.T @ (outcome - p) - ridge @ weights)
        weights += step
        if np.abs(step).max() < 1e-10:
            break
    return dict(zip(["intercept", *terms], weights.tolist(), strict=True))


def cross_validated(terms: Mapping[str, np.ndarray], outcome: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """(n,) probabilities, each from a fit without the row's fold; the rows of a group are in one fold."""
    _, number = np.unique(groups, return_inverse=True)
    fold = number % _FOLDS
    out = np.empty(len(outcome))
    for i in range(_FOLDS):
        inside = fold == i
        weights = fit_logistic({name: term[~inside] for name, term in terms.items()}, outcome[~inside])
        logit = _design({name: term[inside] for name, term in terms.items()}) @ np.array(list(weights.values()))
        out[inside] = 1 / (1 + np.exp(-logit))
    return out


def log_loss(probability: np.ndarray, outcome: np.ndarray) -> float:
    """Mean negative log likelihood of (n,) outcomes, in nats."""
    return float(-np.log(np.where(outcome, probability, 1 - probability)).mean())


def auc(probability: np.ndarray, outcome: np.ndarray) -> float:
    """Probability that a true row has a larger value than a false one; ties count half."""
    true, false = probability[outcome], probability[~outcome]
    return float(((true[:, None] > false).mean() + (true[:, None] >= false).mean()) / 2)


def _design(terms: Mapping[str, np.ndarray]) -> np.ndarray:
    columns = [np.asarray(term, dtype=np.float64) for term in terms.values()]
    return np.column_stack([np.ones(len(columns[0])), *columns])
