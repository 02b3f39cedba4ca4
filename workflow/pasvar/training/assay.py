"""A simulated reporter assay whose rules are known, to prove training on: ``python -m pasvar.training.assay --help``.

Each sequence is random but for a hexamer at index 70. The log odds of its being cleaved in the window are a sum: the
hexamer's strength, so much per upstream element (TGT) and per downstream element (GTG), and the sub-library's bias.
Cleavage spreads around 16 nt after the hexamer's start and prefers to follow CA. Reads are drawn from that.
"""

import argparse
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, WINDOW_LENGTH
from pasvar.model import ISOFORM_END, ISOFORM_START, RELEASED_CONFIG
from pasvar.sequence import decode, encode

NO_HEXAMER = "GCGCGC"


@dataclass(frozen=True)
class Rules:
    """What decides cleavage; strengths are natural log odds."""

    hexamers: dict[str, float] = field(
        default_factory=lambda: {"AATAAA": 2.0, "ATTAAA": 1.0, "AGTAAA": 0.0, NO_HEXAMER: -2.0}
    )
    upstream: tuple[str, int, int, float] = ("TGT", 58, 68, 2.0)
    """An element, the window indices [start, end) that it may start at, and its strength per copy."""
    downstream: tuple[str, int, int, float] = ("GTG", 90, 100, -2.0)
    libraries: tuple[float, ...] = tuple(np.linspace(-0.6, 0.6, RELEASED_CONFIG["num_libraries"]).tolist())
    cut_offset: float = 16.0
    cut_spread: float = 4.0
    after_ca: float = 4.0
    """How many times likelier a cut is right after CA."""


def true_log_odds(codes: np.ndarray, library: np.ndarray, rules: Rules) -> np.ndarray:
    """(n,): log odds of cleavage in the window, without noise, of (n, 205) codes."""
    total = np.array(rules.libraries)[library]
    hexamers = codes[:, HEXAMER_INDEX : HEXAMER_INDEX + HEXAMER_LENGTH]
    for hexamer, strength in rules.hexamers.items():
        total = total + strength * (hexamers == encode(hexamer)).all(1)
    for element, start, end, strength in (rules.upstream, rules.downstream):
        total = total + strength * _starts_with(codes, element)[:, start:end].sum(1)
    return total


def true_cuts(codes: np.ndarray, library: np.ndarray, rules: Rules) -> np.ndarray:
    """(n, 206): the cleavage distribution, without noise."""
    places = np.arange(WINDOW_LENGTH)
    profile = np.exp(-0.5 * ((places - HEXAMER_INDEX - rules.cut_offset) / rules.cut_spread) ** 2)
    follows_ca = np.zeros(codes.shape, dtype=bool)
    follows_ca[:, 2:] = _starts_with(codes, "CA")[:, : WINDOW_LENGTH - 2]
    profile = profile * np.where(follows_ca, rules.after_ca, 1.0)
    inside = 1 / (1 + np.exp(-true_log_odds(codes, library, rules)))
    return np.column_stack([inside[:, None] * profile / profile.sum(1, keepdims=True), 1 - inside])


def simulate(count: int, seed: int, rules: Rules | None = None) -> pd.DataFrame:
    """A table as `pasvar.training.table` describes, of `count` sequences with 20 to some thousand reads each."""
    rules = rules or Rules()
    rng = np.random.default_rng(seed)
    codes = random_sequences(count, rng, rules)
    library = rng.integers(0, len(rules.libraries), count)
    reads = np.maximum(20, rng.lognormal(5.5, 0.7, count)).astype(int)
    cuts = np.stack([rng.multinomial(n, p) for n, p in zip(reads, true_cuts(codes, library, rules), strict=True)])
    return pd.DataFrame(
        {
            "sequence": [decode(row) for row in codes],
            "library": library,
            "read_count": reads,
            "proportion": cuts[:, ISOFORM_START:ISOFORM_END].sum(1) / reads,
            "cuts": list(cuts / reads[:, None]),
        }
    )


def random_sequences(count: int, rng: np.random.Generator, rules: Rules) -> np.ndarray:
    """(count, 205) codes, each hexamer of the rules equally often."""
    codes = rng.integers(0, 4, (count, WINDOW_LENGTH)).astype(np.uint8)
    hexamers = np.stack([encode(hexamer) for hexamer in rules.hexamers])
    codes[:, HEXAMER_INDEX : HEXAMER_INDEX + HEXAMER_LENGTH] = hexamers[rng.integers(0, len(hexamers), count)]
    return codes


def _starts_with(codes: np.ndarray, element: str) -> np.ndarray:
    """Whether the element starts at each index; never so at the last few."""
    found = np.zeros(codes.shape, dtype=bool)
    last = codes.shape[1] - len(element) + 1
    found[:, :last] = np.all([codes[:, i : i + last] == code for i, code in enumerate(encode(element))], axis=0)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Simulates a reporter assay with known rules.")
    parser.add_argument("out", help="parquet file to write")
    parser.add_argument("--count", type=int, default=20_000, help="sequences")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    simulate(args.count, args.seed).to_parquet(args.out)
