"""The network against the authors' own Keras one, element by element."""

import numpy as np
import pytest
import torch

from pasvar.model.logits import both_log_odds
from pasvar.model.modeling import Aparent2ForSequencePrediction, Aparent2Model
from pasvar.sequence import encode


def _codes(sequences) -> torch.Tensor:
    return torch.from_numpy(np.stack([encode(str(sequence)) for sequence in sequences]))


@pytest.fixture(scope="module", params=[torch.float32, torch.float64], ids=["float32", "float64"])
def model(request, released):
    return Aparent2ForSequencePrediction.from_checkpoint(released).to(request.param)


@torch.no_grad()
def test_every_logit(model, keras_parity):
    logits = model(_codes(keras_parity["sequences"])).logits
    assert logits.shape == (64, 206)
    np.testing.assert_allclose(logits, keras_parity["logits"], rtol=0, atol=5e-5)


@torch.no_grad()
def test_residual_stream_after_every_group(model, keras_parity):
    streams = model(_codes(keras_parity["group_sequences"]), output_hidden_states=True).hidden_states
    assert len(streams) == 8
    for group in range(7):
        expected = keras_parity[f"residual_stream_after_group_{group}"]
        np.testing.assert_allclose(streams[group + 1], expected, rtol=0, atol=1e-4, err_msg=f"group {group}")


@torch.no_grad()
def test_golden_variants(model, golden_variants):
    assert len(golden_variants) == 5
    for variant in golden_variants:
        scores = both_log_odds(model(_codes([variant["ref"], variant["alt"]])).logits)
        narrow, wide = (scores[1] - scores[0]).tolist()
        assert narrow == pytest.approx(variant["delta_logodds_narrow"], abs=variant["tolerance"]), variant["name"]
        assert wide == pytest.approx(variant["delta_logodds"], abs=variant["tolerance"]), variant["name"]


@torch.no_grad()
def test_unknown_base_is_a_quarter_of_each(released):
    model = Aparent2Model.from_checkpoint(released)
    codes = torch.zeros(1, 205, dtype=torch.long)
    codes[0, 100] = 4
    quarter = torch.nn.functional.one_hot(codes, 5).float()
    quarter[0, 100] = torch.tensor([0.25, 0.25, 0.25, 0.25, 0.0])
    torch.testing.assert_close(model(codes).logits, model(inputs_embeds=quarter).logits, rtol=0, atol=1e-5)


@pytest.mark.parametrize(("precision", "tolerance"), [(torch.float16, 0.15), (torch.bfloat16, 1.0)])
@torch.no_grad()
def test_half_precision_stays_close(released, keras_parity, precision, tolerance):
    logits = Aparent2Model.from_checkpoint(released).to(precision)(_codes(keras_parity["sequences"])).logits
    assert logits.dtype == precision
    np.testing.assert_allclose(logits.float(), keras_parity["logits"], rtol=0, atol=tolerance)
