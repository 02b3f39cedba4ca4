"""How the sites of a gene share its 3' ends. The shares are predicted if nothing was measured, completed if an atlas
measured some of them, and changed by the effect of an allele on the sites.

The share of site k of a gene is predicted by a multinomial logit,

    share_k = exp(v_k) / sum over j of exp(v_j)
    v_k = strength    * clip(narrow log odds, -8, 8)
        + transcripts * ln(1 + annotated transcripts that end there)
        + coding      * share of the gene's longest CDS that what ends there keeps
        + confidence  * ln(probability that the site is real)

`pasvar.validate.usage` fits the four numbers to PolyASite 2.0 and compares the result with published rules;
docs/accuracy.md has the figures. Which site is used and what an allele does to a site are separate questions. The log
odds of a site in its gene change by the whole of its change in narrow log odds (measured slope 0.99, docs/accuracy.md),
whether its usage was measured or predicted.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pasvar.constants import PROBABILITY_FLOOR

SCORE_LIMIT = 8.0
"""Log odds are clipped to [-8, 8], as in the published regression (`native_apa`)."""

CONFIDENCE_FLOOR = 0.01
"""The lowest value that is used for the probability that a site is real."""

INTRONIC_SHARE = 0.03
"""Share of a gene's 3' ends that its sites in introns and coding exons have together if they were not measured. Of 460
predominant sites of chromosome 20 in PolyASite 2.0, 13 lie there. The logit was not fitted on such sites."""

_NOT_FITTED = ("intron", "exon", "intergenic")

USAGE_TERMS = ("strength", "transcripts", "coding", "confidence")


@dataclass(frozen=True)
class UsageFit:
    """Coefficients of the logit, by the names of the module's formula.

    networks: sha256 of the weights with whose log odds they were fit.
    """

    name: str
    networks: tuple[str, ...]
    strength: float
    transcripts: float
    coding: float
    confidence: float

    @property
    def coefficients(self) -> np.ndarray:
        """(4,) in the order of `USAGE_TERMS`."""
        return np.array([getattr(self, term) for term in USAGE_TERMS])


USAGE_FITS = (
    UsageFit(
        "polyasite_chr20",
        (
            "540147b1f239c27cec6594931a7305a3a5ded6d3c8fbc43661761bad94ed637e",
            "0435e4a3388941cf5e1e80ee99855f55d98ff0f8a7d071f289eb26750401ccf3",
        ),
        strength=0.257,
        transcripts=0.841,
        coding=2.576,
        confidence=2.510,
    ),
    UsageFit(
        "polyasite_chr20_mini",
        ("ccbe72d6b2a3eb443a04fcf46a390a27a9d09c22e9f4f86f25f4360bd027f6f6",),
        strength=0.246,
        transcripts=0.781,
        coding=2.474,
        confidence=2.895,
    ),
)
"""For APARENT2 (either of the authors' files) and for `aparent2-mini`. Fitted to 353 genes of chromosome 20 above 1 TPM
in PolyASite 2.0; the loss is half cross-entropy and half absolute error of the predominant site's share."""


def fit_for(network_sha256: str) -> tuple[UsageFit, bool]:
    """The coefficients for a network, and whether they were fitted with it. If there are none for it, the coefficients
    of APARENT2."""
    for fit in USAGE_FITS:
        if network_sha256 in fit.networks:
            return fit, True
    return USAGE_FITS[0], False


def usage_terms(sites: pd.DataFrame) -> np.ndarray:
    """(n, 4) float64: the values by which the coefficients of `UsageFit` are multiplied.

    sites: n_transcripts, logodds_narrow, coding_share and confidence. A gene without a CDS has coding share 1 at every
    site. A site with unknown confidence counts as certain.
    """
    terms = {
        "strength": sites.logodds_narrow.clip(-SCORE_LIMIT, SCORE_LIMIT),
        "transcripts": np.log1p(sites.n_transcripts.astype(np.float64)),
        "coding": sites.coding_share.fillna(1.0),
        "confidence": np.log(sites.confidence.fillna(1.0).clip(lower=CONFIDENCE_FLOOR)),
    }
    return np.column_stack([np.asarray(terms[term], dtype=np.float64) for term in USAGE_TERMS])


def predict_usage(sites: pd.DataFrame, fit: UsageFit) -> np.ndarray:
    """Shares (n,) of the sites of whole genes, summing to 1 in each.

    sites: gene_id, site_class, in_usage and the columns that `usage_terms` reads. Sites with in_usage false have 0.
    Sites in introns, coding exons or no gene that are not annotated ends have together `INTRONIC_SHARE` of a gene.
    """
    return share_out(usage_terms(sites) @ fit.coefficients, sites)


def share_out(value: np.ndarray, sites: pd.DataFrame) -> np.ndarray:
    """Shares (n,) of sites within their genes in proportion to exp(value), with the rules of `predict_usage`."""
    gene = pd.factorize(sites.gene_id)[0]
    takes_part, aside = sites.in_usage.to_numpy(dtype=bool), is_outside_fit(sites)
    shares = [_softmax(value, gene, takes_part & group) for group in (~aside, aside)]
    has = [np.bincount(gene, share)[gene] > 0 for share in shares]
    part = np.where(has[0], INTRONIC_SHARE, 1.0) * has[1]
    return shares[0] * (1 - part) + shares[1] * part


def _softmax(value: np.ndarray, group: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Shares (n,) in proportion to exp(value) among the chosen of each group, 0 for the others."""
    most = np.full(group.max(initial=-1) + 1, -np.inf)
    np.maximum.at(most, group[chosen], value[chosen])
    weight = np.zeros(len(value))
    weight[chosen] = np.exp(value[chosen] - most[group[chosen]])
    total = np.bincount(group, weight)
    return weight / np.where(total > 0, total, 1.0)[group]


def is_outside_fit(sites: pd.DataFrame) -> np.ndarray:
    """Which sites (n,) the logit was not fitted on: sites in introns, coding exons or no gene that are not annotated
    ends."""
    return (sites.site_class.isin(_NOT_FITTED) & (sites.n_transcripts == 0)).to_numpy(dtype=bool)


def complete_usage(measured: np.ndarray, predicted: np.ndarray, floor: float) -> np.ndarray:
    """Shares (k,) of all sites of a gene, summing to 1, if an atlas has measured some of them.

    measured: (k,), NaN for a site that the atlas has not seen. The rest, 1 minus the measured shares, goes to the sites
    that were not seen, in proportion to `predicted`. Each site that takes part, which is one with `predicted` above 0
    or a measured share, gets at least `floor` before the shares are scaled to a sum of 1, so that a site that was never
    seen can still gain.
    """
    unseen = np.isnan(measured)
    usage = np.where(unseen, 0.0, measured)
    rest, expected = max(1 - usage.sum(), 0.0), np.where(unseen, predicted, 0.0)
    if expected.any():
        usage += rest * expected / expected.sum()
    usage = np.where(unseen & (predicted == 0), 0.0, np.maximum(usage, floor))
    return usage / usage.sum()


def shifted_usage(usage: np.ndarray, delta_logodds: np.ndarray) -> np.ndarray:
    """Shares (..., k) when the log odds of the sites change by (..., k): each share is multiplied by exp(delta), and
    then the shares are scaled to a sum of 1.

    If only one site changes, its log odds against all others change by exactly its delta, as in the authors' formula
    for a single site (`scores.delta_usage`). The others share its gain or loss in proportion to their shares. A share
    of 0 counts as 1e-7, the authors' floor.
    """
    log_weight = np.log(np.maximum(usage, PROBABILITY_FLOOR)) + delta_logodds
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    return weight / weight.sum(axis=-1, keepdims=True)


def expected_length(usage: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Expected 3' UTR length in nt over the sites that have one (NaN elsewhere); NaN if none of the used sites has one.

    usage: (..., k). lengths: (k,) nt.
    """
    known = np.isfinite(lengths)
    if not known.any():
        return np.full(usage.shape[:-1], np.nan)
    share = usage[..., known]
    total = share.sum(axis=-1)
    return (share * lengths[known]).sum(axis=-1) / np.where(total > 0, total, np.nan)
