"""How the sites of a gene share its 3' ends: the published native-APA regression, written for any number of sites.

The authors fit, for genes with 2 to 10 sites, the share of the most distal one:

    s_k = clip(narrow log odds of site k, -8, 8)
    L_k = ln(distance from the first site to site k, + 1)             sites ordered proximal -> distal
    prox = sum over k != last of exp(wp s_k + wpl L_k) + exp(bp)
    dist = exp(wd s_d + wdl L_d) + exp(bd)
    P(distal) = dist / (dist + prox)

Here every term of `prox` is the weight of its own site, and exp(bp), which belongs to no site, is shared among the proximal
ones, so that the usages sum to 1 and the last one is the authors' P(distal). How the authors construct L_k is not printed;
"distance" is inferred. Source: johli/aparent-resnet, native APA analysis, PolyA_DB v3 fit, fold 0 of 20.
"""

from dataclasses import dataclass

import numpy as np

SCORE_LIMIT = 8.0


@dataclass(frozen=True)
class Fit:
    """Coefficients of the regression, by the names of the formula above."""

    name: str
    wp: float
    wpl: float
    bp: float
    wd: float
    wdl: float
    bd: float


POLYADB_V3 = Fit("polyadb_v3", wp=0.50669, wpl=-0.05175, bp=-10.005, wd=0.50506, wdl=-0.08946, bd=-18.276)
"""Spearman 0.677 on 7,764 genes, score window 77:127."""


def predict_usage(logodds_narrow: np.ndarray, cut_pos: np.ndarray, fit: Fit = POLYADB_V3) -> np.ndarray:
    """Shares of the sites of one gene, summing to 1; float64 (..., k).

    logodds_narrow: (..., k), sites ordered proximal -> distal. cut_pos: (k,) positions in the same order, either strand.
    """
    score = np.clip(np.asarray(logodds_narrow, dtype=np.float64), -SCORE_LIMIT, SCORE_LIMIT)
    cut_pos = np.asarray(cut_pos, dtype=np.float64)
    if score.shape[-1] == 1:
        return np.ones_like(score)
    length = np.log(np.abs(cut_pos - cut_pos[0]) + 1)
    weight = np.exp(fit.wp * score + fit.wpl * length) + np.exp(fit.bp) / (len(cut_pos) - 1)
    weight[..., -1] = np.exp(fit.wd * score[..., -1] + fit.wdl * length[-1]) + np.exp(fit.bd)
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
