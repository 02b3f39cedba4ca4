"""The loss of distillation. All arrays are torch tensors; distributions sum to 1 over the last axis."""

from torch import Tensor
from torch.nn.functional import log_softmax, smooth_l1_loss

from pasvar.model import both_log_odds

SMALL_EFFECT, SMALL_COUNTS = 0.25, 2.0
"""The weight of an effect's error in `family_loss`: `SMALL_COUNTS` for none at all, half of it for one of `SMALL_EFFECT`
natural log odds, and so on. Of the bundled model's r for substitutions outside the hexamer, 1,500 steps reached 0.91 with it
and 0.885 with weights of 1."""


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
