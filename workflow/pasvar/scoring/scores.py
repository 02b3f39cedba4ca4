"""From windows as text to scores (each distinct window is scored once), and the effect of a change in scores on the
usage of a site. This module does not load torch."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import numpy as np
import pandas as pd
from tqdm import tqdm

from pasvar.constants import PROBABILITY_FLOOR, WINDOW_LENGTH
from pasvar.progress import no_progress
from pasvar.sequence import decode, encode_rows

WINDOW_SCORES = ("logodds_narrow", "logodds", "logodds_core", "cut_mean", "cut_entropy", "cut_mode")
"""The scores that are kept from a window's 206 logits, see `pasvar.model.logits.summarise_logits`."""


class Network(Protocol):
    """The methods of a network that scoring needs: (n, 205) uint8 codes -> (n, 6) float32, the `WINDOW_SCORES`."""

    def scores(self, windows: np.ndarray, done: Callable[[int], object]) -> np.ndarray: ...


class ScoreStore(Protocol):
    """Scores of earlier runs, see `pasvar.scoring.store.Store`."""

    def find(self, codes: np.ndarray) -> pd.DataFrame: ...

    def find_parts(self, parts: Iterable[np.ndarray]) -> pd.DataFrame: ...

    def add(self, codes: np.ndarray, scores: pd.DataFrame) -> None: ...


def require_finite(scores: pd.DataFrame, codes: np.ndarray) -> None:
    """Raise FloatingPointError naming the first of the windows (n, 205) that has no scores, because its logits are not
    finite."""
    bad = scores.isna().any(axis=1).to_numpy()
    if bad.any():
        raise FloatingPointError(
            f"the network gave NaN or infinity for {bad.sum()} windows, first: {decode(codes[int(np.argmax(bad))])}"
        )


def score_codes(
    engine: Network,
    codes: np.ndarray,
    progress: Callable[..., tqdm] = no_progress,
    store: ScoreStore | None = None,
    found: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The `WINDOW_SCORES` of (n, 205) uint8 codes, one row each.

    engine: a `lazy_engine.LazyEngine`, or any object with its method `scores`. progress: makes the progress bar, see
    `pasvar.progress`. store: scores of the same engine are taken from it, and missing ones are added; the scores are
    the same without it. found: the scores that the store has, if it was asked already.
    Raises FloatingPointError if the network gives NaN or infinity.
    """
    if store is None:
        with progress(total=len(codes), unit="windows") as bar:
            scores = pd.DataFrame(engine.scores(codes, bar.update), columns=list(WINDOW_SCORES))
        require_finite(scores, codes)
        return scores
    scores = store.find(codes) if found is None else found.reset_index(drop=True)
    missing = scores.isna().any(axis=1).to_numpy()
    if missing.any():
        scores.loc[missing] = score_codes(engine, codes[missing], progress).to_numpy()
        store.add(codes[missing], scores.loc[missing])
    return scores


def score_windows(
    engine: Network, windows: pd.Series, progress: Callable[..., tqdm] = no_progress, store: ScoreStore | None = None
) -> pd.DataFrame:
    """The `WINDOW_SCORES` of each window (205-nt text), on the index of `windows`; equal windows are scored once.

    Otherwise as `score_codes`.
    """
    which, distinct = pd.factorize(windows)  # This does not sort; numpy would sort, as text of 4 bytes per letter.
    scores = score_codes(engine, encode_rows(distinct.to_list(), WINDOW_LENGTH), progress, store)
    return scores.iloc[which].set_index(windows.index)


def score_parts(
    engine: Network,
    parts: Sequence[pd.Series],
    progress: Callable[..., tqdm] = no_progress,
    store: ScoreStore | None = None,
) -> list[pd.DataFrame]:
    """`score_windows` of each part, all together: a window that several parts have is scored once."""
    scores = score_windows(engine, pd.concat(parts), progress, store)
    ends = np.cumsum([len(part) for part in parts])
    return [scores.iloc[end - len(part) : end] for part, end in zip(parts, ends, strict=True)]


def delta_usage(usage: np.ndarray, delta_logodds: np.ndarray) -> np.ndarray:
    """Change of a site's usage when its log odds change and no other site responds (authors' formula):
    expit(logit(u) + delta) - u, with u clipped to [1e-7, 1 - 1e-7]."""
    usage = np.clip(np.asarray(usage, dtype=np.float64), PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    odds = np.log(usage) - np.log1p(-usage) + delta_logodds
    return 1 / (1 + np.exp(-odds)) - usage
