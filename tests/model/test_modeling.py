"""The transformers interface, on a small network with random weights."""

import copy

import numpy as np
import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModel

from pasvar.model.architecture import RELEASED_CONFIG
from pasvar.model.checkpoint import load_checkpoint, save_checkpoint
from pasvar.model.configuration import Aparent2Config
from pasvar.model.modeling import Aparent2ForSequencePrediction, Aparent2Model

BATCH, LENGTH = 3, 205


@pytest.fixture
def config() -> Aparent2Config:
    return Aparent2Config(hidden_size=4, num_groups=2, num_blocks=2, dilations=[1, 3])


@pytest.fixture
def model(config) -> Aparent2ForSequencePrediction:
    torch.manual_seed(0)
    model = Aparent2ForSequencePrediction(config)
    for name, value in model.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(value, std=0.1)
    return model.eval()


@pytest.fixture
def codes() -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).integers(0, 5, (BATCH, LENGTH)))


def test_defaults_are_the_released_network():
    assert Aparent2Config().architecture() == RELEASED_CONFIG
    assert Aparent2Config().num_labels == 206
    assert Aparent2Config().head["problem_type"] == "regression"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_groups": 3}, "dilations has 7 values for num_groups = 3"),
        ({"sequence_length": 300}, "num_labels must be sequence_length \\+ 1 = 301"),
        ({"dropout": 1.0}, "dropout must lie in"),
    ],
)
def test_inconsistent_values_are_refused_at_construction(values, message):
    with pytest.raises(ValueError, match=message):
        Aparent2Config(**values)


def test_shapes_of_all_outputs(model, codes):
    output = model(codes, output_hidden_states=True)
    assert output.logits.shape == (BATCH, 206)
    assert output.pooler_output.shape == (BATCH, 4)
    assert output.last_hidden_state.shape == (BATCH, LENGTH, 4)
    assert [state.shape for state in output.hidden_states] == [(BATCH, LENGTH, 4)] * 3
    assert output.loss is None
    assert model(codes).hidden_states is None


def test_logits_are_read_from_the_last_hidden_state(model, codes):
    output = model.model(codes)
    positions = model.model.prediction(output.last_hidden_state.transpose(1, 2).unsqueeze(2))[:, 0, 0]
    bias = model.model.library_bias.weight[:, 11] + model.model.library_bias.bias
    torch.testing.assert_close(output.logits[:, :205], positions + bias[:205])
    torch.testing.assert_close(output.logits[:, 205], bias[205].expand(BATCH))


def test_tuples_on_request(model, codes):
    logits, pooled, last = model(codes, return_dict=False)
    torch.testing.assert_close(logits, model(codes).logits)
    assert pooled.shape == (BATCH, 4)
    assert last.shape == (BATCH, LENGTH, 4)


def test_embeddings_instead_of_codes(model, codes):
    embedded = nn.functional.one_hot(codes, 5).float()
    torch.testing.assert_close(model(inputs_embeds=embedded).logits, model(codes).logits)


def test_masked_positions_are_read_as_unknown(model, codes):
    mask = torch.ones_like(codes)
    mask[:, 150:] = 0
    unknown = codes.clone()
    unknown[:, 150:] = 4
    torch.testing.assert_close(model(codes, attention_mask=mask).logits, model(unknown).logits)


def test_library_as_index_and_as_weights(model, codes):
    by_index = model(codes, library=torch.tensor([2, 2, 2])).logits
    by_weight = model(codes, library=nn.functional.one_hot(torch.tensor([2, 2, 2]), 13)).logits
    torch.testing.assert_close(by_index, by_weight)
    assert not torch.allclose(by_index, model(codes).logits)
    torch.testing.assert_close(model(codes, library=torch.tensor([11])).logits, model(codes).logits)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "give either input_ids or inputs_embeds"),
        ({"input_ids": torch.zeros(1, 204, dtype=torch.long)}, r"shape \(1, 204\), expected \(batch, 205\)"),
        ({"inputs_embeds": torch.zeros(1, 205, 4)}, r"shape \(1, 205, 4\), expected \(batch, 205, 5\)"),
        (
            {"input_ids": torch.zeros(1, 205, dtype=torch.long), "attention_mask": torch.ones(1, 3)},
            r"attention_mask has shape \(1, 3\), expected \(1, 205\)",
        ),
        (
            {"input_ids": torch.zeros(1, 205, dtype=torch.long), "labels": torch.ones(1, 205)},
            r"labels have shape \(1, 205\), expected \(1, 206\)",
        ),
    ],
)
def test_wrong_shapes_are_named(model, arguments, message):
    with pytest.raises(ValueError, match=message):
        model(**arguments)


def test_loss_follows_the_head(model, codes):
    labels = torch.rand(BATCH, 206).softmax(-1)
    regression = model(codes, labels=labels)
    torch.testing.assert_close(regression.loss, (regression.logits - labels).square().mean())
    model.config.head["problem_type"] = "distribution"
    exact = model(codes, labels=model(codes).logits.softmax(-1)).loss
    assert exact.item() == pytest.approx(0, abs=1e-6)
    model.config.head["problem_type"] = "ranking"
    with pytest.raises(ValueError, match="regression or distribution, not 'ranking'"):
        model(codes, labels=labels)


def test_gradient_checkpointing_changes_neither_gradients_nor_statistics(model, codes):
    plain, saving = model, copy.deepcopy(model)
    saving.activation_checkpointing_enable()
    assert saving.is_activation_checkpointing
    for network in (plain, saving):
        network.train()
        network(codes).logits.square().mean().backward()
    for (name, one), other in zip(plain.named_parameters(), saving.parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, msg=name)
    for (name, one), other in zip(plain.named_buffers(), saving.buffers(), strict=True):
        torch.testing.assert_close(one, other, msg=name)
    assert saving.model.encoder.groups[0].blocks[0].norm1.num_batches_tracked == 1


def test_save_and_load_with_transformers(model, codes, tmp_path):
    model.save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}
    again = Aparent2ForSequencePrediction.from_pretrained(tmp_path)
    torch.testing.assert_close(again(codes).logits, model(codes).logits)
    assert AutoConfig.from_pretrained(tmp_path).architecture() == model.config.architecture()
    assert isinstance(AutoModel.from_pretrained(tmp_path), Aparent2Model)


def test_both_directory_formats_are_one(model, codes, tmp_path):
    save_checkpoint(model.to_checkpoint("mine"), tmp_path / "ours")
    torch.testing.assert_close(Aparent2Model.from_pretrained(tmp_path / "ours")(codes).logits, model(codes).logits)
    for network in (model, model.model):  # with the loss, and without
        network.save_pretrained(tmp_path / type(network).__name__)
        loaded = Aparent2Model.from_checkpoint(load_checkpoint(tmp_path / type(network).__name__))
        torch.testing.assert_close(loaded(codes).logits, model(codes).logits)


def test_a_checkpoint_of_another_shape_is_refused(model):
    checkpoint = model.to_checkpoint("mine")
    checkpoint.config.update(num_blocks=1)
    with pytest.raises(ValueError, match=r"does not fit the model: .*unexpected \["):
        Aparent2Model.from_checkpoint(checkpoint)
