"""A detailed look at a window: where in it the transcript is cut, and the effect of each possible substitution."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from tqdm import tqdm

from pasvar.constants import WINDOW_LENGTH
from pasvar.progress import no_progress
from pasvar.scoring.scores import WINDOW_SCORES
from pasvar.sequence import N_CODE, encode, encode_rows


class Reader(Protocol):
    """The methods of a network that are needed, see `lazy_engine.LazyEngine`."""

    def logits(self, windows: np.ndarray) -> np.ndarray: ...

    def scores(self, windows: np.ndarray, done: Callable[[int], object] = ...) -> np.ndarray: ...


class CloseLook(NamedTuple):
    """profile_ref, profile_alt: (205,) as of `cleavage_profiles`, of the reference window and the alternate window.
    effects: (4, 205) as of `substitution_effects`, of the reference window."""

    profile_ref: np.ndarray
    profile_alt: np.ndarray
    effects: np.ndarray


def look_closely(
    engine: Reader, pairs: Sequence[tuple[str, str]], progress: Callable[..., tqdm] = no_progress
) -> Iterator[CloseLook]:
    """The result for each pair of a reference and an alternate window, in their order. 617 windows are scored for a
    pair, and two for a further pair with the same reference."""
    effects: dict[str, np.ndarray] = {}
    with progress(total=len(pairs), unit="variants") as bar:
        for pair in pairs:
            if pair[0] not in effects:
                effects[pair[0]] = substitution_effects(engine, pair[0])
            before, after = cleavage_profiles(engine, pair)
            yield CloseLook(before, after, effects[pair[0]])
            bar.update()


def cleavage_profiles(engine: Reader, windows: Sequence[str]) -> np.ndarray:
    """Probability of a cut after each base, (n, 205) float64, of windows of the transcribed strand.

    The sum of a row is the share of transcripts that are cut in the window; the rest is the probability of no cut in
    it.
    """
    logits = engine.logits(encode_rows(list(windows), WINDOW_LENGTH)).astype(np.float64)
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return (odds / odds.sum(axis=1, keepdims=True))[:, :WINDOW_LENGTH]


def substitution_effects(engine: Reader, window: str) -> np.ndarray:
    """Change of the narrow log odds (ln) that each base A, C, G, T (rows) causes at each position of a window, (4, 205)
    float64.

    NaN for the base that is in the window, and at positions with an N.
    """
    codes = encode(window)
    base, place = np.nonzero((np.arange(4)[:, None] != codes) & (codes != N_CODE))
    every = np.repeat(codes[None], len(place) + 1, axis=0)
    every[np.arange(len(place)), place] = base
    narrow = engine.scores(every)[:, WINDOW_SCORES.index("logodds_narrow")].astype(np.float64)
    effects = np.full((4, WINDOW_LENGTH), np.nan)
    effects[base, place] = narrow[:-1] - narrow[-1]
    return effects
