"""Scores as functions of logits: log odds of cleavage, and what a change of them does to the usage of a site."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import pandas as pd
from tqdm import tqdm

from pasvar.constants import NARROW_END, NARROW_START, PROBABILITY_FLOOR, WINDOW_LENGTH
from pasvar.progress import silent
from pasvar.sequence import encode_rows


class Network(Protocol):
    """What scoring needs of a network: (n, 205) uint8 codes -> (n, 206) float32 logits."""

    def logits(self, windows: np.ndarray, done: Callable[[int], object]) -> np.ndarray: ...


def log_odds(logits: np.ndarray, start: int, end: int) -> np.ndarray:
    """ln(sum p[start:end) / the rest), float64 (n,), of (n, 206) logits before the softmax.

    logsumexp(inside) - logsumexp(outside) is the logit of the summed probability without its rounding at 0 and 1
    (authors: clip to [1e-7, 1 - 1e-7], which differs only beyond |16.1|).
    """
    logits = logits.astype(np.float64)
    inside = np.zeros(logits.shape[1], dtype=bool)
    inside[start:end] = True
    return _log_sum_exp(logits[:, inside]) - _log_sum_exp(logits[:, ~inside])


def site_log_odds(logits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(narrow, wide) log odds: cleavage 7 to 57 nt after the hexamer's start, and anywhere in the window."""
    return log_odds(logits, NARROW_START, NARROW_END), log_odds(logits, 0, WINDOW_LENGTH)


def require_finite(logits: np.ndarray, windows: list[str]) -> None:
    """Raise FloatingPointError naming the first window whose logits have a NaN or an infinity."""
    bad = ~np.isfinite(logits).all(axis=1)
    if bad.any():
        raise FloatingPointError(
            f"the network gave NaN or infinity for {bad.sum()} windows, first: {windows[int(np.argmax(bad))]}"
        )


def score_windows(
    engine: Network, windows: pd.Series, progress: Callable[..., tqdm] = silent
) -> tuple[np.ndarray, np.ndarray]:
    """(narrow, wide) log odds of each window (205-nt text), float32; equal windows are scored once.

    engine: a `pasvar.engine.Engine`, or whatever has its `logits`. progress: makes the bar, see `pasvar.progress`.
    Raises FloatingPointError where the network gives NaN or infinity.
    """
    distinct, which = np.unique(windows.to_numpy(dtype=str), return_inverse=True)
    with progress(total=len(distinct), unit="windows") as bar:
        logits = engine.logits(encode_rows(distinct.tolist(), WINDOW_LENGTH), bar.update)
    require_finite(logits, distinct)
    narrow, wide = site_log_odds(logits)
    return narrow[which].astype(np.float32), wide[which].astype(np.float32)


def delta_usage(usage: np.ndarray, delta_logodds: np.ndarray) -> np.ndarray:
    """Change of a site's usage when its log odds change and no other site responds (authors' formula):
    expit(logit(u) + delta) - u, with u clipped to [1e-7, 1 - 1e-7]."""
    usage = np.clip(np.asarray(usage, dtype=np.float64), PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    odds = np.log(usage) - np.log1p(-usage) + delta_logodds
    return 1 / (1 + np.exp(-odds)) - usage


def _log_sum_exp(values: np.ndarray) -> np.ndarray:
    highest = values.max(axis=1, keepdims=True)
    return (highest + np.log(np.exp(values - highest).sum(axis=1, keepdims=True)))[:, 0]
