"""Model files that are not what they say, or would take a machine along."""

import json
import os

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from pasvar.errors import InputError
from pasvar.model import load_checkpoint
from pasvar.model.checkpoint import (
    NETWORKS,
    RELEASED_SHA256,
    Checkpoint,
    network_digest,
    require_own_name,
    save_checkpoint,
)
from pasvar.paths import BUNDLED_MODELS
from pasvar.scoring.engine import choose_device


@pytest.fixture(scope="module")
def mini() -> Checkpoint:
    return load_checkpoint(BUNDLED_MODELS / "aparent2-mini")


def with_bias(checkpoint: Checkpoint, by: float, **named: str) -> Checkpoint:
    """Another network: the last bias is another one."""
    tensors = checkpoint.tensors | {
        "model.prediction.bias": checkpoint.tensors["model.prediction.bias"] + np.float32(by)
    }
    kept = {"name": "mine", "sha256": "", "source": ""} | named
    return Checkpoint(config=checkpoint.config, tensors=tensors, **kept)


def test_the_bundled_model_is_the_one_of_that_name(mini):
    assert network_digest(mini) == NETWORKS["aparent2-mini"]


@pytest.mark.parametrize(
    "claim", [{"name": "aparent2"}, {"name": "aparent2-mini"}, {"name": "mine", "sha256": RELEASED_SHA256}]
)
def test_a_released_name_is_for_the_released_weights(tmp_path, mini, claim):
    save_checkpoint(with_bias(mini, 1, **claim), tmp_path / "model")
    with pytest.raises(InputError, match=r"has the name or the sha256 of aparent2.*give it another name"):
        load_checkpoint(tmp_path / "model")


def test_another_network_has_its_own_name(tmp_path, mini):
    save_checkpoint(with_bias(mini, 1), tmp_path / "model")
    assert load_checkpoint(tmp_path / "model").name == "mine"


def test_a_name_is_one_line(tmp_path, mini):
    save_checkpoint(with_bias(mini, 1, name="a\n##INFO=<ID=X>", source="b\x1b[2J"), tmp_path / "model")
    loaded = load_checkpoint(tmp_path / "model")
    assert (loaded.name, loaded.source) == ("a\\n##INFO=<ID=X>", "b\\x1b[2J")


@pytest.mark.parametrize("name", ["aparent2", "aparent2-mini", "", "a\nb", "x" * 2000])
def test_names_that_a_trained_network_cannot_have(name):
    with pytest.raises(InputError):
        require_own_name(name)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("num_blocks", value) for value in (10**9, 0, 1.0, True, "4", None)),
        *(("dilations", value) for value in (7, "1234567", [1, 2], [1, 4, 8, -4], [1, 4, 8, 10**9])),
        *(("batch_norm_eps", value) for value in ("x", 0, float("nan"), float("inf"))),
        *(("hidden_size", 10**6), ("library_index", 13), ("library_index", "x"), ("batch_norm_momentum", None)),
    ],
)
def test_a_configuration_out_of_bounds_is_refused_before_anything_is_made(tmp_path, mini, field, value):
    save_checkpoint(with_bias(mini, 1), tmp_path / "model")
    path = tmp_path / "model" / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(InputError, match=rf"model\.safetensors: {field}"):
        load_checkpoint(tmp_path / "model")


@pytest.mark.parametrize(
    "text", ["[]", "null", "[" * 100_000, '{"num_blocks": ' + "9" * 5000 + "}", "\x80", " " * (1 << 21)]
)
def test_a_configuration_that_is_none(tmp_path, mini, text):
    save_checkpoint(with_bias(mini, 1), tmp_path / "model")
    (tmp_path / "model" / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=r"config\.json: "):
        load_checkpoint(tmp_path / "model")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_no_file_of_a_model_is_a_pipe(tmp_path, mini, name):
    save_checkpoint(with_bias(mini, 1), tmp_path / "model")
    (tmp_path / "model" / name).unlink()
    os.mkfifo(tmp_path / "model" / name)
    with pytest.raises(InputError, match=r"a pipe or a device|is missing"):
        load_checkpoint(tmp_path / "model")


def test_a_variance_is_not_negative(tmp_path, mini):
    save_checkpoint(with_bias(mini, 1), tmp_path / "model")
    path = tmp_path / "model" / "model.safetensors"
    tensors = load_file(path)
    name = next(name for name in tensors if name.endswith("running_var"))
    tensors[name][0] = -1
    save_file(tensors, path)
    with pytest.raises(InputError, match=f"{name} holds negative values"):
        load_checkpoint(tmp_path / "model")


@pytest.mark.parametrize("device", ["tpu", "mps", "meta", "cuda:99", "cuda:", "cpu:1", "", "cpu\n", "cuda:99999"])
def test_devices_that_are_none(device):
    with pytest.raises(InputError, match="config key `device`"):
        choose_device(device)
