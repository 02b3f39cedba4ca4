"""Windows to learn from: real neighbourhoods of cleavage signals and random ones, shifted, mutated, and in families.

A *neighbourhood* is a window with `MARGIN` nt more on both sides, as codes (uint8) of the transcribed strand; its
signal starts at `MARGIN` + 70. A *family* is a reference window and alternates of it, a few substitutions or an indel apart.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, HEXAMER_SEARCH_LENGTH, WINDOW_LENGTH
from pasvar.hexamer import find_hexamer
from pasvar.sequence import N_CODE, decode, encode, reverse_complement

MARGIN = 80
NEIGHBOURHOOD = WINDOW_LENGTH + 2 * MARGIN
_ANCHOR = MARGIN + HEXAMER_INDEX
_MOST_UNKNOWN = 0.3  # a neighbourhood with a larger share of N teaches nothing

STRONG = tuple(encode(hexamer) for hexamer in ("AATAAA", "ATTAAA"))
WEAK = tuple(
    encode(hexamer) for hexamer in ("AGTAAA", "TATAAA", "CATAAA", "GATAAA", "AATATA", "AATACA", "AAGAAA", "AATGAA")
)


@dataclass(frozen=True)
class Interval:
    """`start` and `end` on `chrom`, 0-based, half-open."""

    chrom: str
    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "Interval":
        """From ``chrom:start-end`` in bases, 0-based, half-open. Raises ValueError."""
        chrom, _, span = text.rpartition(":")
        start, _, end = span.replace(",", "").partition("-")
        if not (chrom and start.isdigit() and end.isdigit() and int(start) < int(end)):
            raise ValueError(f"{text!r} is not chrom:start-end")
        return cls(chrom, int(start), int(end))


def real_ends(fasta: str | Path, gtf: str | Path, within: Interval) -> np.ndarray:
    """Neighbourhoods (n, NEIGHBOURHOOD) of the distinct transcript ends of `gtf` that lie within an interval.

    Whole neighbourhoods lie in it: two intervals that do not overlap share no base.
    """
    from pasvar.annotation import read_annotation
    from pasvar.genome import Genome

    with Genome(fasta) as genome:
        transcripts, *_ = read_annotation(gtf, genome, [])
        transcripts = transcripts[transcripts.chrom == within.chrom]
        plus = transcripts.strand == "+"
        ends = sorted(set(zip((transcripts.end - 1).where(plus, transcripts.start), transcripts.strand, strict=True)))
        codes = genome.stretch(within.chrom, within.start, within.end).codes
    found = []
    for cut, strand in ends:
        # the strand's own coordinates, in which downstream is upwards
        along = cut - within.start if strand == "+" else within.end - 1 - cut
        if not HEXAMER_SEARCH_LENGTH <= along < len(codes) - HEXAMER_LENGTH:
            continue
        oriented = codes if strand == "+" else _Reversed(codes)
        upstream = decode(oriented[along - HEXAMER_SEARCH_LENGTH : along + HEXAMER_LENGTH - 1])
        start = along + find_hexamer(upstream).offset - _ANCHOR
        if start >= 0 and start + NEIGHBOURHOOD <= len(codes):
            found.append(oriented[start : start + NEIGHBOURHOOD])
    return _usable(np.array(found, dtype=np.uint8).reshape(-1, NEIGHBOURHOOD))


def genome_hits(fasta: str | Path, within: Interval, count: int, rng: np.random.Generator) -> np.ndarray:
    """Neighbourhoods of `count` random places in an interval, either strand, that read AATAAA or ATTAAA."""
    from pasvar.genome import Genome

    with Genome(fasta) as genome:
        codes = genome.stretch(within.chrom, within.start, within.end).codes
    found = []
    for oriented in (codes, reverse_complement(codes)):
        views = np.lib.stride_tricks.sliding_window_view(oriented, NEIGHBOURHOOD)
        signal = [np.flatnonzero(_reads(oriented, hexamer)) - _ANCHOR for hexamer in STRONG]
        starts = np.concatenate(signal)
        starts = starts[(starts >= 0) & (starts < len(views))]
        found.append(views[rng.choice(starts, min(count // 2, len(starts)), replace=False)])
    return _usable(np.concatenate(found))


class _Reversed:
    """Slices of the reverse complement, without making all of it."""

    def __init__(self, codes: np.ndarray):
        self._codes = codes

    def __getitem__(self, part: slice) -> np.ndarray:
        length = len(self._codes)
        return reverse_complement(self._codes[length - part.stop : length - part.start])


def _reads(codes: np.ndarray, hexamer: np.ndarray) -> np.ndarray:
    """Whether each position but the last five starts with the hexamer."""
    last = len(codes) - HEXAMER_LENGTH + 1
    hit = np.ones(last, dtype=bool)
    for i, code in enumerate(hexamer):
        hit &= codes[i : i + last] == code
    return hit


def _usable(neighbourhoods: np.ndarray) -> np.ndarray:
    kept = neighbourhoods[(neighbourhoods == N_CODE).mean(1) < _MOST_UNKNOWN]
    return np.unique(kept, axis=0)


@dataclass(frozen=True)
class Mixture:
    """Shares of what families are made of; each tuple of shares is over the names beside it."""

    backgrounds: tuple[float, float, float] = (0.45, 0.4, 0.15)
    """real ends, genome hits, random sequences."""
    mutation_rates: tuple[float, ...] = (0.0, 0.0, 0.0, 0.01, 0.05, 0.2)
    """One of these is drawn for a family's background."""
    shifted: float = 0.1
    """Families whose signal is moved away from index 70, by up to `MARGIN` nt."""
    with_unknown: float = 0.03
    """Families of which one end is N."""
    changes: tuple[float, float, float, float] = (0.62, 0.12, 0.16, 0.10)
    """one substitution, two or three, an indel, a substitution in the hexamer."""


SUBSTITUTION, SUBSTITUTIONS, INDEL, HEXAMER_HIT = range(4)
"""The kinds of change, in the order of `Mixture.changes`."""


class FamilySampler:
    """Endless families of windows."""

    def __init__(self, ends: np.ndarray, hits: np.ndarray, seed: int, mixture: Mixture | None = None):
        self._ends, self._hits = ends, hits
        self.seed = seed
        self._rng = np.random.default_rng(seed)
        self._mixture = mixture or Mixture()

    @property
    def state(self) -> dict:
        """The random generator's state, with its large integers as text; set it to go on from there."""
        state = self._rng.bit_generator.state
        return {
            "values": {key: str(value) for key, value in state["state"].items()},
            "has_uint32": state["has_uint32"],
            "uinteger": state["uinteger"],
        }

    @state.setter
    def state(self, state: dict) -> None:
        values = {key: int(value) for key, value in state["values"].items()}
        self._rng.bit_generator.state = {"bit_generator": "PCG64", **state, "state": values}

    def draw(self, families: int, alternates: int) -> np.ndarray:
        """(families, 1 + alternates, 205) codes; the first of each family is its reference."""
        windows = np.empty((families, 1 + alternates, WINDOW_LENGTH), dtype=np.uint8)
        for family in windows:
            background, start = self._background()
            family[0] = background[start : start + WINDOW_LENGTH]
            for alternate in family[1:]:
                kind = self._rng.choice(4, p=self._mixture.changes)
                alternate[:] = change(background, start, kind, self._rng)
        return windows

    def _background(self) -> tuple[np.ndarray, int]:
        """A neighbourhood, and where the family's windows start in it."""
        rng, mixture = self._rng, self._mixture
        kind = rng.choice(3, p=mixture.backgrounds)
        if kind == 2:
            codes = random_neighbourhood(rng)
        else:
            pool = self._ends if kind == 0 else self._hits
            codes = pool[rng.integers(len(pool))].copy()
        rate = rng.choice(mixture.mutation_rates)
        if rate:
            places = np.flatnonzero(rng.random(NEIGHBOURHOOD) < rate)
            codes[places] = rng.integers(0, 4, len(places))
        if rng.random() < mixture.with_unknown:
            length = rng.integers(MARGIN, MARGIN + 60)
            codes[slice(None, length) if rng.random() < 0.5 else slice(-length, None)] = N_CODE
        start = MARGIN + (rng.integers(-MARGIN, MARGIN + 1) if rng.random() < mixture.shifted else 0)
        return codes, start


def random_neighbourhood(rng: np.random.Generator) -> np.ndarray:
    """Random bases of a random composition, with a strong, a weak or no hexamer at the anchor."""
    codes = rng.choice(4, NEIGHBOURHOOD, p=rng.dirichlet((6, 4, 4, 6))).astype(np.uint8)
    kind = rng.random()
    if kind < 0.8:
        choice = STRONG if kind < 0.5 else WEAK
        codes[_ANCHOR : _ANCHOR + HEXAMER_LENGTH] = choice[rng.integers(len(choice))]
    return codes


def change(background: np.ndarray, start: int, kind: int, rng: np.random.Generator) -> np.ndarray:
    """An alternate of the window at `start`; `kind` is one of the constants above."""
    if kind == INDEL:
        return _indel(background, start, rng)
    window = background[start : start + WINDOW_LENGTH].copy()
    if kind == HEXAMER_HIT:
        places = HEXAMER_INDEX + rng.integers(0, HEXAMER_LENGTH, 1)
    else:
        # a third of the places around the signal, where most large effects are
        places = rng.integers(55, 135, 3) if rng.random() < 0.33 else rng.integers(0, WINDOW_LENGTH, 3)
        places = places[: 1 if kind == SUBSTITUTION else rng.integers(2, 4)]
    known = places[window[places] != N_CODE]
    window[known] = (window[known] + rng.integers(1, 4, len(known))) % 4
    return window


def _indel(background: np.ndarray, start: int, rng: np.random.Generator) -> np.ndarray:
    """An insertion or deletion of 1 to 20 nt. The window stays anchored at its signal: what is lost or gained at the
    far end lies on the side of the indel."""
    length = min(int(rng.geometric(0.3)), 20)
    place = start + int(rng.integers(0, WINDOW_LENGTH - length))
    if rng.random() < 0.5:
        edited = np.concatenate([background[:place], background[place + length :]])
        gained = -length
    else:
        inserted = rng.integers(0, 4, length).astype(np.uint8)
        edited = np.concatenate([background[:place], inserted, background[place:]])
        gained = length
    upstream = place + (length if gained < 0 else 0) <= start + HEXAMER_INDEX
    shifted = start + gained if upstream else start
    shifted = int(np.clip(shifted, 0, len(edited) - WINDOW_LENGTH))
    return edited[shifted : shifted + WINDOW_LENGTH]
