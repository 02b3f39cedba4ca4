"""How the sites of a gene share its 3' ends: the published native-APA regression, written for any number of sites.

The authors fit, for genes with 2 to 10 sites, the share of the most distal one:

    s_k = clip(narrow log odds of site k, -8, 8)
    L_k = ln(distance from the first site to site k, + 1)             sites ordered proximal -> distal
    prox = sum over k != last of exp(wp s_k + wpl L_k) + exp(bp)
    dist = exp(wd s_d + wdl L_d) + exp(bd)
    P(distal) = dist / (dist + prox)

Here every term of `prox` is the weight of its own site, and exp(bp), which belongs to no site, is shared among the proximal
ones, so that the usages sum to 1 and the last one is the authors' P(distal). How the authors construct L_k is not printed;
"distance" is inferred. Source: johli/aparent-resnet, native APA analysis.

Where an atlas has measured the usages they are taken, and shifted by what an allele does to the sites.
"""

from dataclasses import dataclass

import numpy as np

from pasvar.constants import PROBABILITY_FLOOR

SCORE_LIMIT = 8.0


@dataclass(frozen=True)
class Fit:
    """Coefficients of the regression, by the names of the formula above, and which of a window's scores it reads."""

    name: str
    wp: float
    wpl: float
    bp: float
    wd: float
    wdl: float
    bd: float
    score: str = "logodds_narrow"


FITS = (
    Fit("polyadb_v3", wp=0.50669, wpl=-0.05175, bp=-10.005, wd=0.50506, wdl=-0.08946, bd=-18.276),
    Fit("apadb", wp=0.80275, wpl=-0.04522, bp=-5.127, wd=0.85995, wdl=-0.09040, bd=-4.753),
    Fit("leslie", wp=0.80045, wpl=-0.04938, bp=-4.855, wd=0.94933, wdl=-0.07230, bd=-4.292),
    Fit("derti", wp=0.57309, wpl=-0.04991, bp=-5.034, wd=0.66144, wdl=-0.04659, bd=-4.479, score="logodds_core"),
)
"""PolyA_DB v3 (Spearman 0.677 on 7,764 genes), APADB pooled (0.708, 5,640), Leslie pooled (0.658, 5,891), Derti pooled
(0.601, 5,442), each fold 0 of 20. The first one predicts; how far the others are from it says how sure that is."""

POLYADB_V3 = FITS[0]


def predict_usage(logodds: np.ndarray, cut_pos: np.ndarray, fit: Fit = POLYADB_V3) -> np.ndarray:
    """Shares of the sites of one gene, summing to 1; float64 (..., k).

    logodds: (..., k) of the kind `fit.score`, sites ordered proximal -> distal. cut_pos: (k,) positions in the same order,
    either strand.
    """
    score = np.clip(np.asarray(logodds, dtype=np.float64), -SCORE_LIMIT, SCORE_LIMIT)
    cut_pos = np.asarray(cut_pos, dtype=np.float64)
    if score.shape[-1] == 1:
        return np.ones_like(score)
    length = np.log(np.abs(cut_pos - cut_pos[0]) + 1)
    weight = np.exp(fit.wp * score + fit.wpl * length) + np.exp(fit.bp) / (len(cut_pos) - 1)
    weight[..., -1] = np.exp(fit.wd * score[..., -1] + fit.wdl * length[-1]) + np.exp(fit.bd)
    return weight / weight.sum(axis=-1, keepdims=True)


def complete_usage(measured: np.ndarray, predicted: np.ndarray, floor: float) -> np.ndarray:
    """Shares (k,) of all sites of a gene, summing to 1, where an atlas has measured some.

    measured: (k,), NaN for a site that the atlas has not seen. What its shares leave of 1 goes to those sites in proportion to
    `predicted`; each site has at least `floor` before the shares are brought to 1, so that one never seen can still gain.
    """
    unseen = np.isnan(measured)
    usage = np.where(unseen, 0.0, measured)
    rest = max(1 - usage.sum(), 0.0)
    if unseen.any():
        usage[unseen] = rest * predicted[unseen] / predicted[unseen].sum()
    usage = np.maximum(usage, floor)
    return usage / usage.sum()


def shifted_usage(usage: np.ndarray, delta_logodds: np.ndarray) -> np.ndarray:
    """Shares (..., k) when the log odds of the sites change by (..., k): each share is multiplied by exp(delta), and the
    shares are brought to 1 again.

    Where one site changes alone, its log odds against all others shift by exactly its delta, as in the authors' formula for a
    single site (`scores.delta_usage`); the others share what it gains or loses in proportion. A share of 0 counts
    as 1e-7, the authors' floor.
    """
    log_weight = np.log(np.maximum(usage, PROBABILITY_FLOOR)) + delta_logodds
    weight = np.exp(log_weight - log_weight.max(axis=-1, keepdims=True))
    return weight / weight.sum(axis=-1, keepdims=True)


def expected_length(usage: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Expected 3' UTR length in nt over the sites that have one (NaN elsewhere); NaN where none has.

    usage: (..., k). lengths: (k,) nt.
    """
    known = np.isfinite(lengths)
    if not known.any():
        return np.full(usage.shape[:-1], np.nan)
    share = usage[..., known]
    return (share * lengths[known]).sum(axis=-1) / share.sum(axis=-1)
