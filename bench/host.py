"""The host's share of scoring on a GPU: how many windows per second each step before and after the network can take."""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch

from pasvar.model import summarise_logits
from pasvar.sequence import decode_rows, encode_rows


def rates(windows: int = 20_000) -> pd.Series:
    """Windows per second of each step, best of three, on one core."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (windows, 205), dtype=np.uint8)
    texts = np.array(decode_rows(codes))
    index = rng.integers(0, 205, windows)
    logits = torch.from_numpy(rng.normal(size=(windows, 206)).astype(np.float32))
    steps: dict[str, Callable[[], object]] = {
        "distinct windows of text (numpy.unique)": lambda: np.unique(texts, return_inverse=True),
        "text to codes (encode_rows)": lambda: encode_rows(texts.tolist(), 205),
        "alternates of substitutions (as saturation makes them)": lambda: substituted(codes, index),
        "logits to scores, were it not the device's (summarise_logits)": lambda: summarise_logits(logits),
    }
    return pd.Series({name: windows / min(_seconds(step) for _ in range(3)) for name, step in steps.items()})


def substituted(codes: np.ndarray, index: np.ndarray) -> np.ndarray:
    """(n, 205) windows of which the base at `index` (n,) is another."""
    alternates = codes[np.arange(len(codes))]
    alternates[np.arange(len(codes)), index] ^= 1
    return alternates


def _seconds(step: Callable[[], object]) -> float:
    begin = time.process_time()
    step()
    return time.process_time() - begin


if __name__ == "__main__":
    print(rates())
