"""Windows to learn from: real neighbourhoods of cleavage signals and random ones, shifted, mutated, and in families.

A *neighbourhood* is a window with `MARGIN` nt more on both sides, as codes (uint8) of the transcribed strand; its
signal starts at `MARGIN` + 70. A *family* is a reference window and alternates of it, a few substitutions or an indel apart.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, HEXAMER_SEARCH_LENGTH, WINDOW_LENGTH
from pasvar.errors import InputError
from pasvar.sequence import N_CODE, decode, encode, reverse_complement
from pasvar.sites import find_hexamer

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
        """From ``chrom:start-end`` in bases, 0-based, half-open. Raises InputError."""
        chrom, _, span = text.rpartition(":")
        start, _, end = span.replace(",", "").partition("-")
        if not (chrom and start.isdigit() and end.isdigit() and int(start) < int(end)):
            raise InputError(f"{text!r} is not chrom:start-end (0-based, half-open, start below end)")
        return cls(chrom, int(start), int(end))

    def __str__(self) -> str:
        return f"{self.chrom}:{self.start}-{self.end}"

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share a base."""
        return self.chrom == other.chrom and self.start < other.end and other.start < self.end


def real_ends(fasta: str | Path, gtf: str | Path, within: Interval) -> np.ndarray:
    """Neighbourhoods (n, NEIGHBOURHOOD) of the distinct transcript ends of `gtf` that lie within an interval.

    Whole neighbourhoods lie in it: two intervals that do not overlap share no base. Raises InputError where there is none.
    """
    from pasvar.genome import Genome, read_annotation

    with Genome(fasta) as genome:
        transcripts, *_ = read_annotation(gtf, genome, [])
        transcripts = transcripts[transcripts.chrom == within.chrom]
        plus = transcripts.strand == "+"
        ends = sorted(set(zip((transcripts.end - 1).where(plus, transcripts.start), transcripts.strand, strict=True)))
        codes = genome.slice(within.chrom, within.start, within.end).codes
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
    if not found:
        raise InputError(
            f"{gtf}: no transcript ends in {within}; name an interval of one of its contigs that has genes"
        )
    return _usable(np.array(found, dtype=np.uint8).reshape(-1, NEIGHBOURHOOD))


def genome_hits(fasta: str | Path, within: Interval, count: int, rng: np.random.Generator) -> np.ndarray:
    """Neighbourhoods of `count` random places in an interval, either strand, that read AATAAA or ATTAAA."""
    from pasvar.genome import Genome

    with Genome(fasta) as genome:
        codes = genome.slice(within.chrom, within.start, within.end).codes
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
    """Shares of what families are made of; each tuple of shares is over the names next to it."""

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
    """Endless families of windows, in numbered batches that can be drawn in any order."""

    def __init__(self, ends: np.ndarray, hits: np.ndarray, seed: int, mixture: Mixture | None = None):
        self._ends, self._hits = ends, hits
        self._seed = seed
        self._mixture = mixture or Mixture()

    @property
    def digest(self) -> str:
        """sha256 of what the families are drawn from."""
        return hashlib.sha256(self._ends.tobytes() + b"," + self._hits.tobytes()).hexdigest()

    def draw(self, batch: int, families: int, alternates: int) -> np.ndarray:
        """(families, 1 + alternates, 205) codes; the first of each family is its reference. The seed and the batch's number
        decide them."""
        rng = np.random.default_rng([self._seed, batch])
        backgrounds, starts = self._backgrounds(families, rng)
        kinds = rng.choice(4, families * alternates, p=self._mixture.changes)
        changed = changes(np.repeat(backgrounds, alternates, axis=0), np.repeat(starts, alternates), kinds, rng)
        references = _windows(backgrounds, starts)[:, None]
        return np.concatenate([references, changed.reshape(families, alternates, WINDOW_LENGTH)], axis=1)

    def _backgrounds(self, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Neighbourhoods (count, NEIGHBOURHOOD), and where the families' windows start in them (count,)."""
        mixture = self._mixture
        kind = rng.choice(3, count, p=mixture.backgrounds)
        codes = random_neighbourhoods(count, rng)
        for chosen, pool in ((kind == 0, self._ends), (kind == 1, self._hits)):
            codes[chosen] = pool[rng.integers(len(pool), size=chosen.sum())]
        rates = rng.choice(mixture.mutation_rates, count)
        mutated = rng.random(codes.shape, dtype=np.float32) < rates[:, None]
        codes[mutated] = rng.integers(0, 4, mutated.sum())
        unknown = rng.integers(MARGIN, MARGIN + 60, count) * (rng.random(count) < mixture.with_unknown)
        along = np.arange(NEIGHBOURHOOD)
        from_the_end = np.where(rng.random(count) < 0.5, 1, 0)[:, None]
        codes[np.where(from_the_end, NEIGHBOURHOOD - 1 - along, along) < unknown[:, None]] = N_CODE
        shifts = rng.integers(-MARGIN, MARGIN + 1, count) * (rng.random(count) < mixture.shifted)
        return codes, MARGIN + shifts


def random_neighbourhoods(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, NEIGHBOURHOOD): random bases of random compositions, with a strong, a weak or no hexamer at the anchor."""
    below = rng.dirichlet((6, 4, 4, 6), count).cumsum(1)[:, :3, None]
    codes = (rng.random((count, 1, NEIGHBOURHOOD), dtype=np.float32) > below).sum(1, dtype=np.uint8)
    kind = rng.random(count)
    for chosen, hexamers in ((kind < 0.5, STRONG), ((kind >= 0.5) & (kind < 0.8), WEAK)):
        signals = np.stack(hexamers)[rng.integers(len(hexamers), size=chosen.sum())]
        codes[chosen, _ANCHOR : _ANCHOR + HEXAMER_LENGTH] = signals
    return codes


def changes(backgrounds: np.ndarray, starts: np.ndarray, kinds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(n, 205): an alternate of the window that starts at `starts` (n,) in each of `backgrounds` (n, NEIGHBOURHOOD);
    `kinds` (n,) of the constants above."""
    windows = _windows(backgrounds, starts)
    substituted, moved = np.flatnonzero(kinds != INDEL), np.flatnonzero(kinds == INDEL)
    windows[substituted] = _substitutions(windows[substituted], kinds[substituted], rng)
    windows[moved] = _indels(backgrounds[moved], starts[moved], rng)
    return windows


def _windows(backgrounds: np.ndarray, starts: np.ndarray) -> np.ndarray:
    return np.take_along_axis(backgrounds, starts[:, None] + np.arange(WINDOW_LENGTH), axis=1)


def _substitutions(windows: np.ndarray, kinds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The windows with one base changed, or two or three; an N stays."""
    count, rows = len(windows), np.arange(len(windows))
    # a third of the places around the signal, where most large effects are
    near = (rng.random(count) < 0.33)[:, None]
    places = np.where(near, rng.integers(55, 135, (count, 3)), rng.integers(0, WINDOW_LENGTH, (count, 3)))
    hexamer = HEXAMER_INDEX + rng.integers(0, HEXAMER_LENGTH, count)
    places[:, 0] = np.where(kinds == HEXAMER_HIT, hexamer, places[:, 0])
    many = np.where(kinds == SUBSTITUTIONS, rng.integers(2, 4, count), 1)
    changed = windows.copy()
    for i in range(3):
        old = windows[rows, places[:, i]]
        hit = (i < many) & (old != N_CODE)
        changed[rows[hit], places[hit, i]] = (old[hit] + rng.integers(1, 4, hit.sum())) % 4
    return changed


def _indels(backgrounds: np.ndarray, starts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Insertions or deletions of 1 to 20 nt. The windows stay anchored at their signal: what is lost or gained at the far
    end lies on the side of the indel."""
    count = len(backgrounds)
    lengths = np.minimum(rng.geometric(0.3, count), 20)
    places = starts + rng.integers(0, WINDOW_LENGTH - lengths)
    gained = np.where(rng.random(count) < 0.5, -lengths, lengths)
    return apply_indels(backgrounds, starts, places, gained, rng)


def apply_indels(
    backgrounds: np.ndarray, starts: np.ndarray, places: np.ndarray, gained: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """(n, 205): the windows after `gained` (n,) random bases came in before `places` (n,) of `backgrounds`, or, where it is
    negative, that many went from there on. A window moves along with its signal where the indel is upstream of that."""
    inserted = np.maximum(gained, 0)
    upstream = places + np.maximum(-gained, 0) <= starts + HEXAMER_INDEX
    moved = np.clip(starts + gained * upstream, 0, NEIGHBOURHOOD + gained - WINDOW_LENGTH)
    along = moved[:, None] + np.arange(WINDOW_LENGTH)
    after, new = along >= (places + inserted)[:, None], along >= places[:, None]
    windows = np.take_along_axis(backgrounds, np.where(after, along - gained[:, None], along), axis=1)
    new &= ~after
    windows[new] = rng.integers(0, 4, new.sum())
    return windows
