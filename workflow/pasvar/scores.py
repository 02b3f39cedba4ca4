"""Scores as functions of logits: log odds of cleavage, and what a change of them does to the usage of a site."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import pandas as pd
from tqdm import tqdm

from pasvar.constants import CORE_END, CORE_START, NARROW_END, NARROW_START, PROBABILITY_FLOOR, WINDOW_LENGTH
from pasvar.progress import silent
from pasvar.sequence import decode, encode_rows

WINDOW_SCORES = ("logodds_narrow", "logodds", "logodds_core", "cut_mean", "cut_entropy", "cut_mode")
"""What is kept of a window's 206 logits, see `summarise_logits`."""


class Network(Protocol):
    """What scoring needs of a network: (n, 205) uint8 codes -> (n, 206) float32 logits."""

    def logits(self, windows: np.ndarray, done: Callable[[int], object]) -> np.ndarray: ...


class Kept(Protocol):
    """Scores of earlier runs, see `pasvar.store.Store`."""

    def find(self, codes: np.ndarray) -> pd.DataFrame: ...

    def add(self, codes: np.ndarray, scores: pd.DataFrame) -> None: ...


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


def summarise_logits(logits: np.ndarray) -> pd.DataFrame:
    """The `WINDOW_SCORES` of (n, 206) logits, float32, a row per window.

    logodds_narrow, logodds: as `site_log_odds`. logodds_core: the same over [85, 105), for one of the fits of `pasvar.usage`.
    Of the distribution of the cut over the window, given that it lies there: cut_mean, its mean index; cut_entropy, in
    bits, 0 for a single place, log2(205) for no preference; cut_mode, the likeliest index of the narrow window.
    """
    narrow, wide = site_log_odds(logits)
    inside = logits[:, :WINDOW_LENGTH].astype(np.float64)
    weight = np.exp(inside - inside.max(axis=1, keepdims=True))
    share = weight / weight.sum(axis=1, keepdims=True)
    columns = (
        narrow,
        wide,
        log_odds(logits, CORE_START, CORE_END),
        (share * np.arange(WINDOW_LENGTH)).sum(axis=1),
        # A share of 0 contributes nothing; the smallest number above 0 keeps its logarithm finite.
        -(share * np.log2(np.maximum(share, np.finfo(np.float64).tiny))).sum(axis=1),
        NARROW_START + inside[:, NARROW_START:NARROW_END].argmax(axis=1),
    )
    return pd.DataFrame(dict(zip(WINDOW_SCORES, columns, strict=True))).astype(np.float32)


def require_finite(logits: np.ndarray, codes: np.ndarray) -> None:
    """Raise FloatingPointError naming the first of the windows (n, 205) whose logits have a NaN or an infinity."""
    bad = ~np.isfinite(logits).all(axis=1)
    if bad.any():
        raise FloatingPointError(
            f"the network gave NaN or infinity for {bad.sum()} windows, first: {decode(codes[int(np.argmax(bad))])}"
        )


def score_codes(
    engine: Network, codes: np.ndarray, progress: Callable[..., tqdm] = silent, store: Kept | None = None
) -> pd.DataFrame:
    """The `WINDOW_SCORES` of (n, 205) uint8 codes, a row each.

    engine: a `pasvar.network.LazyEngine`, or whatever has its `logits`. progress: makes the bar, see `pasvar.progress`.
    store: what it has of the same engine is taken from it, and what it lacks is added; the scores are the same without it.
    Raises FloatingPointError where the network gives NaN or infinity.
    """
    if store is None:
        with progress(total=len(codes), unit="windows") as bar:
            logits = engine.logits(codes, bar.update)
        require_finite(logits, codes)
        return summarise_logits(logits)
    scores = store.find(codes)
    missing = scores.isna().any(axis=1).to_numpy()
    if missing.any():
        scores.loc[missing] = score_codes(engine, codes[missing], progress).to_numpy()
        store.add(codes[missing], scores.loc[missing])
    return scores


def score_windows(
    engine: Network, windows: pd.Series, progress: Callable[..., tqdm] = silent, store: Kept | None = None
) -> pd.DataFrame:
    """The `WINDOW_SCORES` of each window (205-nt text), on the index of `windows`; equal windows are scored once.

    As `score_codes` else.
    """
    distinct, which = np.unique(windows.to_numpy(dtype=str), return_inverse=True)
    scores = score_codes(engine, encode_rows(distinct.tolist(), WINDOW_LENGTH), progress, store)
    return scores.iloc[which].set_index(windows.index)


def delta_usage(usage: np.ndarray, delta_logodds: np.ndarray) -> np.ndarray:
    """Change of a site's usage when its log odds change and no other site responds (authors' formula):
    expit(logit(u) + delta) - u, with u clipped to [1e-7, 1 - 1e-7]."""
    usage = np.clip(np.asarray(usage, dtype=np.float64), PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    odds = np.log(usage) - np.log1p(-usage) + delta_logodds
    return 1 / (1 + np.exp(-odds)) - usage


def _log_sum_exp(values: np.ndarray) -> np.ndarray:
    highest = values.max(axis=1, keepdims=True)
    return (highest + np.log(np.exp(values - highest).sum(axis=1, keepdims=True)))[:, 0]
