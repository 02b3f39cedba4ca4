"""Weights in and out of files, and what is refused."""

import dataclasses
import json
import subprocess
import sys

import h5py
import numpy as np
import pytest

from pasvar.errors import InputError
from pasvar.model.architecture import RELEASED_CONFIG, check_config, tensor_shapes
from pasvar.model.checkpoint import (
    RELEASED_SHA256,
    Checkpoint,
    file_sha256,
    load_checkpoint,
    read_keras,
    save_checkpoint,
)

TINY = RELEASED_CONFIG | {"hidden_size": 4, "num_groups": 2, "num_blocks": 1, "dilations": [1, 2]}


@pytest.fixture
def tiny() -> Checkpoint:
    rng = np.random.default_rng(0)
    tensors = {name: rng.normal(size=shape).astype(np.float32) for name, shape in tensor_shapes(TINY).items()}
    tensors = {name: np.abs(tensor) if name.endswith("running_var") else tensor for name, tensor in tensors.items()}
    return Checkpoint("tiny", dict(TINY), tensors, sha256="ab" * 32, source="a test")


def test_released_file(released):
    assert released.name == "aparent2"
    assert released.sha256 == RELEASED_SHA256
    assert released.config == RELEASED_CONFIG
    assert {name: tensor.shape for name, tensor in released.tensors.items()} == tensor_shapes(RELEASED_CONFIG)
    projection = released.tensors["model.encoder.projection.weight"]
    np.testing.assert_allclose(projection[:, 4], projection[:, :4].mean(1), rtol=1e-6)


def test_number_of_parameters(released):
    learnt = [tensor for name, tensor in released.tensors.items() if "running" not in name]
    assert round(sum(tensor.size for tensor in learnt) / 1e6, 2) == 0.19


def test_what_is_saved_loads_the_same_and_keeps_its_origin(tiny, tmp_path):
    save_checkpoint(tiny, tmp_path / "model")
    for path in (tmp_path / "model", tmp_path / "model" / "model.safetensors"):
        loaded = load_checkpoint(path)
        assert (loaded.name, loaded.config, loaded.sha256, loaded.source) == ("tiny", TINY, "ab" * 32, "a test")
        assert loaded.tensors.keys() == tiny.tensors.keys()
        assert all(np.array_equal(loaded.tensors[name], tensor) for name, tensor in tiny.tensors.items())


def test_the_same_checkpoint_gives_the_same_bytes(tiny, tmp_path):
    for name in ("a", "b"):
        save_checkpoint(tiny, tmp_path / name)
    for file in ("config.json", "model.safetensors"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_a_file_without_provenance_is_known_by_its_own_sha256(tiny, tmp_path):
    save_checkpoint(dataclasses.replace(tiny, sha256="", source=""), tmp_path)
    loaded = load_checkpoint(tmp_path)
    assert loaded.sha256 == file_sha256(tmp_path / "model.safetensors")
    assert loaded.source == str(tmp_path / "model.safetensors")


def test_half_a_keras_file_is_refused_with_both_checksums(released_file, tmp_path):
    half = tmp_path / "half.h5"
    content = released_file.read_bytes()
    half.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError) as refusal:
        load_checkpoint(half)
    message = str(refusal.value)
    assert "\n" not in message
    for part in (str(half), "damaged", file_sha256(half), RELEASED_SHA256):
        assert part in message


def test_one_changed_byte_is_refused(released_file, tmp_path):
    content = bytearray(released_file.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "changed.h5").write_bytes(content)
    with pytest.raises(InputError, match=RELEASED_SHA256):
        load_checkpoint(tmp_path / "changed.h5")


def test_keras_file_with_another_shape_is_refused_by_name(released_file, tmp_path):
    path = tmp_path / "wide.h5"
    path.write_bytes(released_file.read_bytes())
    with h5py.File(path, "r+") as file:
        layer = file["model_weights/aparent_conv_0/aparent_conv_0"]
        del layer["bias:0"]
        layer["bias:0"] = np.zeros(33, np.float32)
    with pytest.raises(InputError, match=r"projection.bias has shape \(33,\), expected \(32,\)"):
        read_keras(path)


def test_keras_file_of_another_network_is_refused(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["model_weights/dense/kernel:0"] = np.zeros(3)
    with pytest.raises(InputError, match="not a complete Keras file of the APARENT2 network"):
        read_keras(tmp_path / "other.h5")


def test_half_a_safetensors_file_is_refused(tiny, tmp_path):
    save_checkpoint(tiny, tmp_path)
    file = tmp_path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(InputError, match=f"damaged.*sha256 {file_sha256(file)}"):
        load_checkpoint(tmp_path)


def test_one_changed_weight_is_refused(tiny, tmp_path):
    save_checkpoint(tiny, tmp_path)
    file = tmp_path / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-4] ^= 1
    file.write_bytes(content)
    with pytest.raises(InputError, match="damaged: the sha256 of its tensors"):
        load_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.pop("model.prediction.bias"), "1 tensors are missing, the first is model.prediction.bias"),
        (lambda t: t.update({"x": np.zeros(1)}), "1 tensors do not belong to this network, the first is x"),
        (lambda t: t.update({"model.prediction.bias": np.zeros(2)}), r"has shape \(2,\), expected \(1,\)"),
        (lambda t: t.update({"model.prediction.bias": np.array([np.nan])}), "not finite numbers"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(tiny, tmp_path, change, message):
    change(tiny.tensors)
    with pytest.raises(InputError, match=message):
        save_checkpoint(tiny, tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("weights.bin", b"?", "not a model that pasvar reads"),
        ("nothing.safetensors", b"?", "damaged or no safetensors file"),
        ("nothing.h5", b"?", "wrong or damaged weights file"),
    ],
)
def test_files_of_other_kinds_are_refused(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_checkpoint(tmp_path / name)


def test_directories_that_are_no_model_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"config\.json is missing"):
        load_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match=r"model\.safetensors is missing"):
        load_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(InputError, match="model_type is 'bert', expected 'aparent2'"):
        load_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InputError, match="not JSON"):
        load_checkpoint(tmp_path)
    with pytest.raises(InputError, match="no such model"):
        load_checkpoint(tmp_path / "absent")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_groups": 6}, "dilations has 7 values for num_groups = 6"),
        ({"num_labels": 205}, "num_labels must be sequence_length \\+ 1 = 206"),
        ({"library_index": 13}, "library_index 13 is not one of the 13"),
        ({"kernel_size": 4}, "kernel_size must be odd"),
        ({"hidden_size": 0}, "hidden_size must be a whole number from 1 to 4096"),
        ({"hidden_size": "32"}, "hidden_size must be a whole number from 1 to 4096"),
        ({"vocab_size": 4}, "vocab_size must be 5"),
        ({"dilations": [1, 2, 4, 8, 4, 2, 0]}, "dilations must be positive"),
        ({"hidden_act": "gelu"}, "hidden_act must be relu"),
        ({"batch_norm_eps": 0.0}, "batch_norm_eps must be above 0"),
        ({"batch_norm_momentum": 1.5}, "batch_norm_momentum must lie in"),
    ],
)
def test_inconsistent_configurations(values, message):
    with pytest.raises(ValueError, match=message):
        check_config(RELEASED_CONFIG | values)


def test_reading_weights_loads_neither_torch_nor_transformers():
    code = "import sys, pasvar.model.checkpoint, pasvar.model.fetch; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
