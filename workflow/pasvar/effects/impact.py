"""How much an allele affects a gene, in which direction its 3' ends move, and what the transcripts that move lose."""

import numpy as np

from pasvar.constants import MERGE_DISTANCE
from pasvar.effects.competition import GeneSites


def driving_site(delta: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """(n,) the site through which each allele acts: of the sites that it changes, the one whose usage changes most,
    then the one whose log odds change most. delta, shift: (n, k) changes of narrow log odds and of usage."""
    # If no usage changes at all, for example if a gene has only one site, the log odds decide.
    order = np.lexsort((-np.abs(delta), -np.abs(shift), delta == 0))
    return order[:, 0]


def impacts(shift: np.ndarray, cleavage_change: np.ndarray) -> np.ndarray:
    """(n,) share of the gene's 3' ends that move: the total variation of the usages. If one site makes all ends, the
    cleavage there that is lost or gained, as a share of the larger of before and after.

    shift: (n, k). cleavage_change: (n,) as of `GeneSites.cleavage_change`.
    """
    moved = np.abs(shift).sum(axis=1) / 2
    gain = np.maximum(cleavage_change, 0)
    changed = np.where(cleavage_change < 0, -cleavage_change, gain / (1 + gain))
    return np.where(np.isnan(cleavage_change), moved, changed)


def directions(
    gene: GeneSites, usage_alt: np.ndarray, cleavage_change: np.ndarray, is_sure: np.ndarray, min_usage_shift: float
) -> np.ndarray:
    """(n,) the direction in which the 3' ends move, see `tables.DIRECTIONS`.

    usage_alt: (n, k). is_sure: (n,) whether the sign of the effect is certain enough. min_usage_shift: share of the 3'
    ends that must move before a direction is named. It applies first to the ends before a stop codon. Otherwise it
    applies to all ends, and the expected 3' UTR length must also change by at least the change that this share would
    cause between two sites at the smallest distance at which sites are distinguished. If no site has a 3' UTR, it
    applies to the most distal ends. For a gene with one site it is the share of the cleavage.
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
    """utr_lost and coding_lost, (n,) nt: what the transcripts lack that end at the site that gains most, compared with
    the site that loses most; NaN if nothing moves or it is not known. shift: (n, k)."""
    losing, gaining = shift.argmin(axis=1), shift.argmax(axis=1)
    moves = np.abs(shift).any(axis=1)
    return {
        name: np.where(moves, np.maximum(of_site[losing] - of_site[gaining], 0), np.nan)
        for name, of_site in (("utr_lost", gene.lengths), ("coding_lost", gene.coding))
    }
