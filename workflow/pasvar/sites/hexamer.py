"""The core hexamer of a site: found by the tiers of the authors' PolyA_DB processing."""

from itertools import combinations, product
from typing import NamedTuple

import numpy as np

from pasvar.constants import FALLBACK_HEXAMER_OFFSET, HEXAMER_LENGTH, HEXAMER_SEARCH_LENGTH, USUAL_HEXAMER_DISTANCE

CANONICAL = "AATAAA"
NO_TIER = -1
WORST_TIER = 4
WORST_RIVAL_TIER = 3


def _mutants(n_mismatches: int) -> set[str]:
    """All hexamers with exactly `n_mismatches` of AATAAA changed."""
    found = set()
    for places in combinations(range(HEXAMER_LENGTH), n_mismatches):
        for letters in product("ACGT", repeat=n_mismatches):
            if all(CANONICAL[place] != letter for place, letter in zip(places, letters, strict=True)):
                mutant = list(CANONICAL)
                for place, letter in zip(places, letters, strict=True):
                    mutant[place] = letter
                found.add("".join(mutant))
    return found


def _tiers() -> dict[str, int]:
    tiers: dict[str, int] = {}
    for tier, hexamers in enumerate(
        ({CANONICAL}, {"ATTAAA"}, {"AGTAAA", "TATAAA", "CATAAA", "GATAAA"}, _mutants(1), _mutants(2))
    ):
        for hexamer in hexamers:
            tiers.setdefault(hexamer, tier)
    return tiers


TIERS = _tiers()
"""Tier of each hexamer that has one: 0 AATAAA, 1 ATTAAA, 2 four others, 3 one mismatch, 4 two mismatches (the authors' processing
of PolyA_DB)."""

_OLIGO_A = ("A" * 13, "A" * 6 + "G" + "A" * 6, "A" * 6 + "C" + "A" * 6)


class Hexamer(NamedTuple):
    """Where the signal starts relative to the cut base (negative: upstream, nt), its letters and its tier."""

    offset: int
    letters: str
    tier: int


def tier_of(hexamer: str) -> int:
    """Tier of a hexamer; the worst tier plus one if it has none."""
    return TIERS.get(hexamer, WORST_TIER + 1)


def find_hexamer(upstream: str) -> Hexamer:
    """The signal of a cut.

    upstream: transcribed strand from 45 nt before the cut base to 5 nt after it (HEXAMER_SEARCH_LENGTH + 5 letters), so
    that a hexamer may start at any of the 45 positions before the cut.
    The lowest tier is chosen, and within it the hexamer closest to the cut. If no hexamer has a tier, the anchor is 25
    nt upstream of the cut, with tier -1.
    """
    if len(upstream) != HEXAMER_SEARCH_LENGTH + HEXAMER_LENGTH - 1:
        raise ValueError(f"upstream: {len(upstream)} letters, expected {HEXAMER_SEARCH_LENGTH + HEXAMER_LENGTH - 1}")
    hits = [(tier_of(upstream[i : i + HEXAMER_LENGTH]), -i) for i in range(HEXAMER_SEARCH_LENGTH)]
    tier, negative_index = min(hits)
    if tier > WORST_TIER:
        tier, negative_index = NO_TIER, FALLBACK_HEXAMER_OFFSET - HEXAMER_SEARCH_LENGTH
    index = -negative_index
    return Hexamer(index - HEXAMER_SEARCH_LENGTH, upstream[index : index + HEXAMER_LENGTH], tier)


def find_rival(upstream: str, chosen: int) -> Hexamer | None:
    """Another hexamer that may be the signal of the same cut. It is of tier 0 to 3 and does not overlap the chosen one.
    Of several, it is the one nearest to the usual distance from the cut; of two at the same distance, the one with the
    lower tier.

    upstream: as for `find_hexamer`. chosen: offset of the hexamer that it found.
    """
    found = []
    for index in range(HEXAMER_SEARCH_LENGTH):
        offset, letters = index - HEXAMER_SEARCH_LENGTH, upstream[index : index + HEXAMER_LENGTH]
        if tier_of(letters) <= WORST_RIVAL_TIER and abs(offset - chosen) >= HEXAMER_LENGTH:
            found.append((abs(offset + USUAL_HEXAMER_DISTANCE), tier_of(letters), offset, letters))
    if not found:
        return None
    _, tier, offset, letters = min(found)
    return Hexamer(offset, letters, tier)


def is_a_rich(sequence: str) -> bool:
    """Whether the sequence has oligo-A to which an oligo-dT primer could bind (the authors' three patterns)."""
    return any(pattern in sequence for pattern in _OLIGO_A)


def canonical_share(tiers: np.ndarray) -> float:
    """Share of sites with tier 0 or 1: about 0.8 for real ends of mammalian genes, below 0.1 at random positions."""
    return float(np.isin(tiers, (0, 1)).mean()) if len(tiers) else 0.0
