"""What training minimises. All arrays are torch tensors; distributions sum to 1 over the last axis.

Source of the authors' losses: johli/aparent-resnet, trainer.
"""

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, smooth_l1_loss

from pasvar.constants import PROBABILITY_FLOOR
from pasvar.readout import both_log_odds

ISOFORM_START, ISOFORM_END = 80, 110
"""The proximal isoform of the assay is what is cleaved in [80, 110) of the window (authors' trainer)."""


SMALL_EFFECT, SMALL_COUNTS = 0.25, 2.0
"""The weight of an effect's error in `family_loss`: `SMALL_COUNTS` for none at all, half of it for one of `SMALL_EFFECT`
natural log odds, and so on. Of the bundled model's r for substitutions outside the hexamer, 1,500 steps reached 0.91 with it
and 0.885 with weights of 1."""


def isoform_share(distribution: Tensor) -> Tensor:
    """(...): share of a cleavage distribution (..., 206) that counts as the proximal isoform."""
    return distribution[..., ISOFORM_START:ISOFORM_END].sum(-1)


def sigmoid_kl(predicted: Tensor, target: Tensor) -> Tensor:
    """KL divergence of two Bernoulli distributions, target from predicted, per element; both clipped as the authors do."""
    predicted, target = (_clip(share) for share in (predicted, target))
    return target * (target / predicted).log() + (1 - target) * ((1 - target) / (1 - predicted)).log()


def distribution_kl(predicted: Tensor, target: Tensor) -> Tensor:
    """KL divergence over the last axis, target from predicted; both clipped as the authors do."""
    predicted, target = _clip(predicted), _clip(target)
    return (target * (target / predicted).log()).sum(-1)


def cleavage_loss(logits: Tensor, cuts: Tensor, proportion: Tensor, weight: Tensor | None = None) -> Tensor:
    """The authors' loss, (): half the divergence of the isoform proportion, half that of the cleavage distribution.

    `logits` and `cuts` (batch, 206), `proportion` (batch,). `weight` (batch,): see `read_weights`.
    """
    predicted = logits.softmax(-1)
    loss = 0.5 * sigmoid_kl(isoform_share(predicted), proportion) + 0.5 * distribution_kl(predicted, cuts)
    return (loss if weight is None else loss * weight).mean()


def read_weights(read_counts: Tensor) -> Tensor:
    """Weights log2(1 + reads) of samples, scaled to mean 1."""
    weights = torch.log2(1 + read_counts.double())
    return (weights / weights.mean()).float()


def family_loss(student: Tensor, teacher: Tensor) -> dict[str, Tensor]:
    """Terms of the distillation loss for logits (families, windows, 206); the first window of a family is its reference.

    ``cuts``: divergence of the cleavage distributions. ``score``: both log odds. ``effect``: both differences of log odds,
    alternate minus reference; those of the few hits of the hexamer are ten times as large as all others, and count less, see
    `SMALL_EFFECT`. ``shift``: the differences of every single logit, counted by how much is cleaved there.
    """
    log_taught, log_learnt = log_softmax(teacher, -1), log_softmax(student, -1)
    taught = log_taught.exp()
    scores_taught, scores_learnt = both_log_odds(teacher), both_log_odds(student)
    counted = 0.5 * (taught[:, 1:] + taught[:, :1]) + 0.2 / taught.shape[-1]
    learnt_effect = scores_learnt[:, 1:] - scores_learnt[:, :1]
    taught_effect = scores_taught[:, 1:] - scores_taught[:, :1]
    counted_effect = SMALL_COUNTS * SMALL_EFFECT / (SMALL_EFFECT + taught_effect.abs())
    shift = (student[:, 1:] - student[:, :1]) - (teacher[:, 1:] - teacher[:, :1])
    return {
        "cuts": (taught * (log_taught - log_learnt)).sum(-1).mean(),
        "score": smooth_l1_loss(scores_learnt, scores_taught),
        "effect": (counted_effect * smooth_l1_loss(learnt_effect, taught_effect, reduction="none")).mean(),
        "shift": (counted * shift.square()).sum(-1).mean(),
    }


def _clip(share: Tensor) -> Tensor:
    return share.clamp(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
