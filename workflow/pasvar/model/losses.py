"""The loss of the authors' trainer (johli/aparent-resnet).

All arrays are torch tensors; distributions sum to 1 over the last axis.
"""

import torch
from torch import Tensor

from pasvar.constants import PROBABILITY_FLOOR

ISOFORM_START, ISOFORM_END = 80, 110
"""The proximal isoform of the assay is what is cleaved in [80, 110) of the window (authors' trainer)."""


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


def _clip(share: Tensor) -> Tensor:
    return share.clamp(PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
