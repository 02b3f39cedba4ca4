"""The confidence of a site: the probability that it is real, from its source, its strength and its position.

`calibration.json` holds a logistic regression for each kind of site: logit P = intercept + the sum of coefficient times
term, over the `TERMS` that it names. The regressions were fitted where a laboratory has measured cleavage, separately
for each network whose log odds they use. The file also gives the origin of the coefficients.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.sites.hexamer import WORST_TIER
from pasvar.sites.site_evidence import GTF

CALIBRATION = Path(__file__).with_name("calibration.json")

PREDICTED = "predicted"
"""The `source` of a site that the network alone has found."""

_LOGODDS_LIMITS = (-6.0, 2.0)
"""Log odds outside these limits are too rare in the fitted data; they are clipped."""


def _is_tier(tier: int) -> Callable[[pd.DataFrame], np.ndarray]:
    return lambda sites: (sites.hexamer_tier == tier).to_numpy()


def _kb_beyond(sites: pd.DataFrame) -> np.ndarray:
    """log10 of the distance past the gene's last annotated end, in kb. 0.1 kb is added, because nothing is known on a
    finer scale."""
    beyond = sites.nt_beyond.to_numpy(dtype=np.float64)
    return np.where(beyond > 0, np.log10(0.1 + np.maximum(beyond, 0) / 1000), 0.0)


TERMS: dict[str, Callable[[pd.DataFrame], np.ndarray]] = {
    "logodds_narrow": lambda sites: sites.logodds_narrow.to_numpy(dtype=np.float64).clip(*_LOGODDS_LIMITS),
    "tier_1": _is_tier(1),
    "tier_2": _is_tier(2),
    "tier_3": _is_tier(3),
    "no_hexamer": lambda sites: ~sites.hexamer_tier.isin(range(WORST_TIER)).to_numpy(),
    "ln_transcripts": lambda sites: np.log(sites.n_transcripts.to_numpy(dtype=np.float64)),
    "beyond": lambda sites: (sites.nt_beyond > 0).to_numpy(),
    "log10_kb_beyond": _kb_beyond,
    "noncoding": lambda sites: ~sites.is_coding.to_numpy(dtype=bool),
}
"""The terms that a regression may use. They read columns of table `catalogue`, and logodds_narrow, nt_beyond (distance
of the cut past the gene's last annotated end, 0 or less within the gene) and is_coding (the gene has a CDS)."""


class Calibration(NamedTuple):
    """The regressions for the sites of one network.

    gtf, predicted: coefficients by the names of `TERMS`, and `intercept`. atlas: the probability that a site of an
    atlas is real. is_fit: whether `predicted` was fitted to this network's log odds. If not, it is the regression of
    the released network: it only ranks the positions that compete for a site, and gives no confidence.
    """

    gtf: Mapping[str, float]
    predicted: Mapping[str, float]
    atlas: float
    is_fit: bool


@cache
def site_calibration_of(network: str | None) -> Calibration:
    """The calibration for the network with this digest (`model.Checkpoint.digest`); None if no network has scored the
    sites."""
    fits = json.loads(CALIBRATION.read_text())
    own = next((fit for fit in fits["networks"].values() if network in fit["digests"]), None)
    gtf = own["gtf"] if own else fits["gtf"]
    predicted = (own or fits["networks"]["aparent2"])["predicted"]
    return Calibration(gtf["coefficients"], predicted["coefficients"], fits["atlas"]["probability"], own is not None)


def probability(sites: pd.DataFrame, coefficients: Mapping[str, float]) -> np.ndarray:
    """(n,) float64: a regression's probabilities for n sites. The sites have the columns that its terms read."""
    logit = np.full(len(sites), coefficients["intercept"], dtype=np.float64)
    for name, value in coefficients.items():
        if name != "intercept":
            logit += value * TERMS[name](sites)
    return 1 / (1 + np.exp(-logit))


def confidence_of(known: pd.DataFrame, calibration: Calibration) -> np.ndarray:
    """(n,) probabilities that n annotated and measured sites are real.

    known: rows of table `catalogue`, with the other columns that `calibration.gtf` reads. Several sources are treated
    as independent: a site is not real only if all of them are wrong.
    """
    sources = known.source.str.split("+")
    is_annotated = sources.map(lambda names: GTF in names).to_numpy(dtype=bool)
    wrong = (1 - calibration.atlas) ** (sources.map(len).to_numpy() - is_annotated)
    wrong[is_annotated] *= 1 - probability(known[is_annotated], calibration.gtf)
    return 1 - wrong


def is_coding(sites: pd.DataFrame, exons: pd.DataFrame) -> pd.Series:
    """Whether the gene of each site has a CDS. exons: table `exons`."""
    return sites.gene_id.isin(exons.gene_id[exons.coding_end.notna()].unique())
