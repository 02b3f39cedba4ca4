"""The published native-APA regression: how the authors predict the share of a gene's most distal site from its sites'
log odds.

pasvar no longer uses it for prediction; `pasvar.validate.usage` compares it with the rule that pasvar uses
(docs/accuracy.md). For genes with 2 to 10 sites the authors fit

    s_k = clip(narrow log odds of site k, -8, 8)
    L_k = ln(distance from the first site to site k, + 1)             sites ordered proximal -> distal
    prox = sum over k != last of exp(wp s_k + wpl L_k) + exp(bp)
    dist = exp(wd s_d + wdl L_d) + exp(bd)
    P(distal) = dist / (dist + prox)

Here each term of `prox` is the weight of its own site. exp(bp) belongs to no site; it is divided equally among the
proximal sites. So the usages sum to 1, and the last one is the authors' P(distal). The authors do not publish how they
construct L_k; "distance" is inferred. Source: johli/aparent-resnet, native APA analysis.
"""

from dataclasses import dataclass

import numpy as np

SCORE_LIMIT = 8.0


@dataclass(frozen=True)
class PublishedFit:
    """Coefficients of the regression, by the names of the formula above, and which of a window's scores it reads."""

    name: str
    wp: float
    wpl: float
    bp: float
    wd: float
    wdl: float
    bd: float
    score: str = "logodds_narrow"


PUBLISHED_FITS = (
    PublishedFit("polyadb_v3", wp=0.50669, wpl=-0.05175, bp=-10.005, wd=0.50506, wdl=-0.08946, bd=-18.276),
    PublishedFit("apadb", wp=0.80275, wpl=-0.04522, bp=-5.127, wd=0.85995, wdl=-0.09040, bd=-4.753),
    PublishedFit("leslie", wp=0.80045, wpl=-0.04938, bp=-4.855, wd=0.94933, wdl=-0.07230, bd=-4.292),
    PublishedFit(
        "derti", wp=0.57309, wpl=-0.04991, bp=-5.034, wd=0.66144, wdl=-0.04659, bd=-4.479, score="logodds_core"
    ),
)
"""PolyA_DB v3 (Spearman 0.677 on 7,764 genes), APADB pooled (0.708, 5,640), Leslie pooled (0.658, 5,891), Derti pooled
(0.601, 5,442), each fold 0 of 20."""

POLYADB_V3 = PUBLISHED_FITS[0]


def published_usage(logodds: np.ndarray, cut_pos: np.ndarray, fit: PublishedFit = POLYADB_V3) -> np.ndarray:
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
