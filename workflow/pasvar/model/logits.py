"""What is read from the network's logits: log odds of cleavage, and where in the window the cut lies. In torch, on the device
that has the logits: they are 35 times as many numbers as what is kept of them.
"""

import torch
from torch import Tensor

from pasvar.constants import CORE_END, CORE_START, NARROW_END, NARROW_START, WINDOW_LENGTH


def log_odds(logits: Tensor, start: int, end: int) -> Tensor:
    """ln(P / (1 - P)) of cleavage in [start, end) of the window: (..., 206) logits before the softmax -> (...).

    logsumexp(inside) - logsumexp(outside) is the logit of the summed probability without its rounding at 0 and 1
    (authors: clip to [1e-7, 1 - 1e-7], which differs only beyond |16.1|).
    """
    outside = torch.cat([logits[..., :start], logits[..., end:]], -1)
    return torch.logsumexp(logits[..., start:end], -1) - torch.logsumexp(outside, -1)


def both_log_odds(logits: Tensor) -> Tensor:
    """(..., 2) of (..., 206) logits: cleavage 7 to 57 nt after the hexamer's start (narrow), or anywhere in the window (wide)."""
    return torch.stack([log_odds(logits, NARROW_START, NARROW_END), log_odds(logits, 0, WINDOW_LENGTH)], -1)


def summarise_logits(logits: Tensor) -> Tensor:
    """The `pasvar.scoring.scores.WINDOW_SCORES` of (n, 206) logits: (n, 6) float32, of sums in float64.

    logodds_narrow, logodds: as `both_log_odds`. logodds_core: the same over [85, 105), for a fit of `pasvar.sites.usage`.
    Of the distribution of the cut over the window, given that it lies there: cut_mean, its mean index; cut_entropy, in
    bits, 0 for a single place, log2(205) for no preference; cut_mode, the likeliest index of the narrow window. All are NaN
    where a logit is NaN or infinite.
    """
    inside = logits[:, :WINDOW_LENGTH].double()
    share = inside.softmax(1)
    # A share of 0 contributes nothing; the smallest number above 0 keeps its logarithm finite.
    bits = -(share * share.clamp_min(torch.finfo(torch.float64).tiny).log2()).sum(1)
    columns = (
        *both_log_odds(logits.double()).unbind(1),
        log_odds(logits.double(), CORE_START, CORE_END),
        # Not a matrix product: each row is to be summed the same way, whatever the number of rows.
        (share * torch.arange(WINDOW_LENGTH, device=logits.device)).sum(1),
        bits,
        NARROW_START + inside[:, NARROW_START:NARROW_END].argmax(1),
    )
    scores = torch.stack([column.float() for column in columns], 1)
    return scores.where(logits.isfinite().all(1, keepdim=True), torch.nan)
