"""The losses, against values worked out by hand."""

import pytest
import torch

from pasvar.model.logits import both_log_odds
from pasvar.model.losses import cleavage_loss, distribution_kl, isoform_share, read_weights, sigmoid_kl
from pasvar.training.losses import family_loss


def _spread(**mass: float) -> torch.Tensor:
    """A distribution over 206 places from p<place>=<mass>."""
    distribution = torch.zeros(206, dtype=torch.float64)
    for place, value in mass.items():
        distribution[int(place[1:])] = value
    return distribution


def test_sigmoid_kl_by_hand():
    # 0.75 ln(0.75 / 0.5) + 0.25 ln(0.25 / 0.5) = 0.130812
    assert sigmoid_kl(torch.tensor(0.5), torch.tensor(0.75)).item() == pytest.approx(0.130812, abs=1e-6)


def test_sigmoid_kl_is_finite_at_the_ends():
    # clipped at 1e-7: 1 ln(1 / 1e-7) = 16.118
    assert sigmoid_kl(
        torch.tensor(0.0, dtype=torch.float64), torch.tensor(1.0, dtype=torch.float64)
    ).item() == pytest.approx(16.118094, abs=1e-4)


def test_distribution_kl_by_hand():
    # 0.5 ln(0.5 / 0.25) + 0.5 ln(0.5 / 0.75) = 0.143841; places that are 0 in both add nothing
    predicted, target = _spread(p90=0.25, p205=0.75), _spread(p90=0.5, p205=0.5)
    assert distribution_kl(predicted, target).item() == pytest.approx(0.143841, abs=1e-6)


def test_isoform_share_is_80_to_110():
    assert isoform_share(_spread(p79=0.1, p80=0.2, p109=0.3, p110=0.4)).item() == pytest.approx(0.5)


def test_cleavage_loss_is_half_of_each():
    predicted, target = _spread(p90=0.25, p205=0.75), _spread(p90=0.5, p205=0.5)
    logits = predicted.clamp_min(1e-30).log()
    # proportion 0.75 against a predicted share of 0.25: 0.75 ln 3 + 0.25 ln(1/3) = 0.549306
    loss = cleavage_loss(logits[None], target[None], torch.tensor([0.75], dtype=torch.float64))
    assert loss.item() == pytest.approx(0.5 * 0.549306 + 0.5 * 0.143841, abs=1e-6)


def test_weights_count_samples():
    predicted, target = _spread(p90=0.25, p205=0.75), _spread(p90=0.5, p205=0.5)
    logits = torch.stack([predicted, target]).clamp_min(1e-30).log()
    cuts, proportion = torch.stack([target, target]), torch.tensor([0.5, 0.5], dtype=torch.float64)
    first_only = cleavage_loss(logits, cuts, proportion, torch.tensor([2.0, 0.0]))
    assert first_only.item() == pytest.approx(cleavage_loss(logits[:1], cuts[:1], proportion[:1]).item())
    assert cleavage_loss(logits[1:], cuts[1:], proportion[1:]).item() == pytest.approx(0, abs=1e-9)


def test_read_weights_are_log2_and_average_1():
    # log2(1 + 1) = 1, log2(1 + 7) = 3, mean 2
    assert read_weights(torch.tensor([1.0, 7.0])).tolist() == [0.5, 1.5]


@pytest.mark.parametrize(("taught", "weight"), [(0.0, 2.0), (0.25, 1.0), (-1.75, 0.25)])
def test_the_errors_of_small_effects_count_more(taught, weight):
    """An alternate with more, or less, cleavage in the narrow window, and a student that errs in how much is not cleaved."""
    logits = torch.zeros(2, 206, dtype=torch.float64)
    logits[1, 77:127] += taught
    student = logits.clone()
    student[1, 205] -= 0.1
    effect = both_log_odds(logits)[1] - both_log_odds(logits)[0]
    error = both_log_odds(student)[1] - both_log_odds(logits)[1]
    assert effect[0] == pytest.approx(taught)
    wide = 2 * 0.25 / (0.25 + effect[1].abs())
    expected = (weight * error[0] ** 2 + wide * error[1] ** 2) / 2 / 2
    assert family_loss(student[None], logits[None])["effect"].item() == pytest.approx(expected.item())


def test_family_loss_vanishes_only_for_equal_logits():
    teacher = torch.randn(2, 3, 206, generator=torch.Generator().manual_seed(0))
    assert all(term.item() == pytest.approx(0, abs=1e-6) for term in family_loss(teacher, teacher).values())
    constant = family_loss(teacher + 1, teacher)  # the same distribution: softmax does not see it
    assert all(term.item() == pytest.approx(0, abs=1e-5) for term in constant.values())
    other = teacher.clone()
    other[0, 1, 100] += 1
    assert all(term.item() > 1e-7 for term in family_loss(other, teacher).values())
