"""The windows with alleles and haplotypes, scored together."""

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
from tqdm import tqdm

from pasvar.progress import no_progress
from pasvar.scoring.scores import Network, ScoreStore, score_parts


class AlternateScores(NamedTuple):
    """Rows of the tables of these names, each with the columns that identify it."""

    allele_scores: pd.DataFrame
    haplotype_scores: pd.DataFrame
    candidate_scores: pd.DataFrame


def joint_windows(site_haplotypes: pd.DataFrame) -> pd.DataFrame:
    """The rows of table `site_haplotypes` that have a window of their own to score; a single variant uses the window of
    its allele."""
    return site_haplotypes[site_haplotypes.window_alt.notna()].reset_index(drop=True)


def score_alternates(
    engine: Network,
    alleles: pd.DataFrame,
    haplotypes: pd.DataFrame,
    candidates: pd.DataFrame,
    progress: Callable[..., tqdm] = no_progress,
    store: ScoreStore | None = None,
) -> AlternateScores:
    """The scores of every window in tables `alleles` and `candidates`, and of haplotypes with a window of their own
    (column `window_alt`). A window that occurs several times is scored once. progress, store, errors: as for
    `scores.score_codes`."""
    windows = (
        *(alleles.window_alt, haplotypes.window_alt, candidates.window_alt, candidates.window_ref),
        *(alleles[name].dropna() for name in ("window_other", "rival_window_ref", "rival_window_alt")),
    )
    scores = score_parts(engine, windows, progress, store)
    of_alleles, of_haplotypes, of_candidates = (part.add_suffix("_alt") for part in scores[:3])
    of_alleles["logodds_narrow_other"] = scores[4].logodds_narrow.reindex(alleles.index)
    of_rivals = [
        part.add_prefix("rival_").add_suffix(suffix) for part, suffix in zip(scores[5:], ("_ref", "_alt"), strict=True)
    ]
    return AlternateScores(
        alleles.join([of_alleles, *of_rivals]),
        haplotypes.join(of_haplotypes),
        candidates.join(of_candidates).join(scores[3].add_suffix("_ref")),
    )
