"""How much an allele matters to a gene, which way its 3' ends move, and what the transcripts that move lose."""

import numpy as np

from pasvar.constants import MERGE_DISTANCE
from pasvar.effects.competition import GeneSites


def driving_site(delta: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """(n,) the site through which each allele acts: of those that it changes the one whose usage moves most, then the one whose
    log odds do. delta, shift: (n, k) changes of narrow log odds and of usage."""
    # A usage that does not move at all, as of a gene's only site, leaves the choice to the log odds.
    order = np.lexsort((-np.abs(delta), -np.abs(shift), delta == 0))
    return order[:, 0]


def impacts(shift: np.ndarray, cleavage_change: np.ndarray) -> np.ndarray:
    """(n,) share of the gene's 3' ends that moves: total variation of the usages; where one site makes all ends, how much of the
    cleavage there is lost or gained, as a share of the larger of before and after.

    shift: (n, k). cleavage_change: (n,) as of `GeneSites.cleavage_change`.
    """
    moved = np.abs(shift).sum(axis=1) / 2
    gain = np.maximum(cleavage_change, 0)
    changed = np.where(cleavage_change < 0, -cleavage_change, gain / (1 + gain))
    return np.where(np.isnan(cleavage_change), moved, changed)


def directions(
    gene: GeneSites, usage_alt: np.ndarray, cleavage_change: np.ndarray, is_sure: np.ndarray, min_usage_shift: float
) -> np.ndarray:
    """(n,) which way the 3' ends move, see `tables.DIRECTIONS`.

    usage_alt: (n, k). is_sure: (n,) whether the sign of the effect is. min_usage_shift: share of the 3' ends that must move for a
    direction to be named: of those before a stop codon; else of all, and the expected 3' UTR length must change by what that
    share would change between sites at the distance from which sites are distinguished; where no site has a 3' UTR, of the
    most distal ones. Of a gene's only site it is the share of the cleavage.
    """
    has_utr = bool((np.isfinite(gene.lengths) & (gene.usage_ref > 0)).any())
    change = gene.delta_utr_length(usage_alt) if has_utr else gene.delta_pdui(usage_alt)
    limit = min_usage_shift * (MERGE_DISTANCE if has_utr else 1)
    moved = np.abs(usage_alt - gene.usage_ref).sum(axis=1) / 2 >= min_usage_shift
    truncated = gene.delta_truncated(usage_alt)
    with np.errstate(invalid="ignore"):  # a comparison with NaN is false, as it should be
        cases = {
            "less_cleavage": cleavage_change <= -min_usage_shift,
            "more_cleavage": cleavage_change >= min_usage_shift,
            "more_truncation": truncated >= min_usage_shift,
            "less_truncation": truncated <= -min_usage_shift,
            "shortening": moved & (change <= -limit),
            "lengthening": moved & (change >= limit),
        }
    named = np.select(list(cases.values()), list(cases), "none")
    return np.where(is_sure, named, "none")


def lost_parts(gene: GeneSites, shift: np.ndarray) -> dict[str, np.ndarray]:
    """utr_lost and coding_lost, (n,) nt: what the transcripts lack that end at the site that gains most instead of the one that
    loses most; NaN where nothing moves or it is not known. shift: (n, k)."""
    losing, gaining = shift.argmin(axis=1), shift.argmax(axis=1)
    moves = np.abs(shift).any(axis=1)
    return {
        name: np.where(moves, np.maximum(of_site[losing] - of_site[gaining], 0), np.nan)
        for name, of_site in (("utr_lost", gene.lengths), ("coding_lost", gene.coding))
    }
