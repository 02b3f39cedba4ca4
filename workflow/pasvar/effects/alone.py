"""The effect of an allele on a single site, computed from scores only, so that a rule in the network's environment can
use it too."""

import numpy as np
import pandas as pd

from pasvar.tables import ALLELE


def site_change(own_ref: pd.Series, own_alt: pd.Series, rival_ref: pd.Series, rival_alt: pd.Series) -> pd.Series:
    """Change of the narrow log odds of sites, float64: of the odds of the own and of a rival hexamer together, or, if
    there is no rival (NaN), of the own hexamer. All arguments are narrow log odds, row by row."""
    own = own_alt.astype("float64") - own_ref.astype("float64")
    # Some mathematics libraries report NaN as an invalid value here.
    with np.errstate(invalid="ignore"):
        both = np.logaddexp(own_alt.astype("float64"), rival_alt.astype("float64")) - np.logaddexp(
            own_ref.astype("float64"), rival_ref.astype("float64")
        )
    return both.where(rival_ref.notna(), own)


def large_alone(allele_scores: pd.DataFrame, window_scores: pd.DataFrame, min_effect: float) -> pd.DataFrame:
    """The distinct alleles (chrom, pos, ref, alt) of table `allele_scores` that change the narrow log odds (ln) of some
    site by at least `min_effect` in either direction: in the site's window, in that of its rival hexamer, or of both
    hexamers together.

    window_scores: the table of this name, with all of the sites.
    """
    reference = window_scores.set_index("site_id").logodds_narrow.loc[allele_scores.site_id]
    largest, more = effects_alone(reference, allele_scores)
    change = _at(allele_scores, "logodds_narrow_alt") - reference.to_numpy()
    large = np.maximum(largest, (change + more).abs()) >= min_effect
    return allele_scores.loc[large.to_numpy(), ALLELE].drop_duplicates(ignore_index=True)


def effects_alone(reference: pd.Series, allele_scores: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """For each allele and site, the largest |delta_logodds_narrow| in either window, and the part of the site's change
    that the rival adds. reference: narrow log odds of the sites, row by row."""
    own = pd.Series(reference.to_numpy()), _at(allele_scores, "logodds_narrow_alt")
    rival = [_at(allele_scores, f"rival_logodds_narrow_{allele}") for allele in ("ref", "alt")]
    change, in_rival = own[1] - own[0], (rival[1] - rival[0]).fillna(0.0)
    largest = np.maximum(change.abs(), in_rival.abs()).astype(np.float64)
    return largest, site_change(*own, *rival) - change


def _at(allele_scores: pd.DataFrame, column: str) -> pd.Series:
    return allele_scores[column].reset_index(drop=True)
