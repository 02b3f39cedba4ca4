"""Weights in and out of files, as plain numpy arrays. Loads neither torch nor transformers, and never unpickles anything.

Three formats come in: the authors' Keras ``.h5``; a directory with ``config.json`` and ``model.safetensors`` (ours, or a
copy of the Hugging Face checkpoint ``multimolecule/aparent2``: the tensor names are the same); a lone ``.safetensors``
file whose metadata carries its configuration. One goes out: the directory.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_safetensors

from pasvar.errors import InputError, printable, reading
from pasvar.files import file_sha256, require_file, whole
from pasvar.model.architecture import RELEASED_CONFIG, check_config, tensor_shapes

RELEASED_SHA256 = "540147b1f239c27cec6594931a7305a3a5ded6d3c8fbc43661761bad94ed637e"
"""The authors' released file, ``..._inference_mode_no_drop.h5`` at the pinned commit."""

KERAS_SHA256 = {
    RELEASED_SHA256: "aparent2",
    # the same network and weights with its dropout layers left in, ``..._inference_mode.h5``
    "0435e4a3388941cf5e1e80ee99855f55d98ff0f8a7d071f289eb26750401ccf3": "aparent2",
}
"""The .h5 files that are accepted, and the name that each goes by."""

_KERAS_BATCH_NORM = {
    "weight": "gamma:0",
    "bias": "beta:0",
    "running_mean": "moving_mean:0",
    "running_var": "moving_variance:0",
}
_HUGGING_FACE_SNAPSHOT = re.compile(r"models--(?P<owner>[^/]+)--(?P<name>[^/]+)/snapshots/(?P<commit>[^/]+)/?$")
"""How the cache of huggingface_hub names a model's directory."""

NETWORKS = {
    "aparent2": "fa4cedbfa7547c7546ea7105f5c1f861bc6bad7ec80240a515e8bb8c750b9d7f",
    "aparent2-mini": "7ef32b380c171d20349758dc24df3e25978e4fbf4a71e177874f8798a5cd4960",
}
"""The networks whose names say what they compute, and their `network_digest`: nothing else may go by these names."""

_LONGEST_CONFIG = 1 << 20
_LONGEST_NAME = 1000

_COUNTER = ".num_batches_tracked"  # torch's counter of training steps; no part of the network


BUNDLED = "aparent2-mini"

_NOTES = {
    BUNDLED: "a small approximation of APARENT2 (on held-out substitutions r = 0.97 of the narrow effect, 98 % of large effects "
    "with the right sign); for results set the model to aparent2"
}
"""What must be said wherever a model's scores are shown; the figures are of resources/models/aparent2-mini/README.md."""


@dataclass(frozen=True)
class Checkpoint:
    """A network's weights, and where they came from."""

    name: str
    """What tables and reports call it: ``aparent2``, ``aparent2-mini``, or the user's own."""
    config: dict
    """Values of the fields of `architecture.RELEASED_CONFIG`."""
    tensors: dict[str, np.ndarray] = field(repr=False)
    """float32 arrays by the names of `architecture.tensor_shapes`."""
    sha256: str = ""
    """Of the file that the weights were first read from; it survives conversion. Empty for weights never in a file."""
    source: str = ""
    """Where they came from, in words or as a path."""

    @property
    def note(self) -> str:
        """What must be said wherever the model's scores are shown; empty for most."""
        return _NOTES.get(self.name, "")

    @property
    def digest(self) -> str:
        """sha256 of the configuration and the tensors: of what the network computes, wherever it came from."""
        config = json.dumps(self.config, sort_keys=True)
        return hashlib.sha256((config + _tensors_digest(self.tensors)).encode()).hexdigest()


def load_checkpoint(path: str | os.PathLike) -> Checkpoint:
    """Read a checkpoint of any of the three formats. Raises InputError, one line, where it cannot be used."""
    path = Path(path)
    if path.is_dir():
        return _load_directory(path)
    require_file(path, "model file or directory")
    if path.suffix == ".safetensors":
        return _load_safetensors(path, config=None, name=path.stem)
    if path.suffix in {".h5", ".hdf5"}:
        return _load_keras(path)
    raise InputError(
        f"{path}: not a model that pasvar reads; expected the authors' .h5 file, a directory with config.json and "
        "model.safetensors, or a .safetensors file"
    )


def checkpoint_files(directory: str | os.PathLike) -> list[Path]:
    """What `save_checkpoint` writes, and the folder."""
    return [Path(directory), Path(directory, "config.json"), Path(directory, "model.safetensors")]


def save_checkpoint(checkpoint: Checkpoint, directory: str | os.PathLike) -> None:
    """Write ``config.json`` and ``model.safetensors``; the same checkpoint gives the same bytes.

    The files load in pasvar, and in transformers with either pasvar's or multimolecule's classes.
    Raises InputError where tensors and configuration do not belong together.
    """
    directory = Path(directory)
    config, tensors = _checked(checkpoint.config, checkpoint.tensors, str(directory))
    provenance = {
        "name": checkpoint.name,
        "config": config,
        "sha256": checkpoint.sha256,
        "source": checkpoint.source,
        "tensors_sha256": _tensors_digest(tensors),
    }
    metadata = {"format": "pt", "pasvar": json.dumps(provenance, sort_keys=True)}
    directory.mkdir(parents=True, exist_ok=True)
    hugging_face = {"architectures": ["Aparent2ForSequencePrediction"], "model_type": "aparent2", "dtype": "float32"}
    with whole(directory / "config.json") as temporary:
        temporary.write_text(json.dumps(hugging_face | config, indent=2, sort_keys=True) + "\n")
    with whole(directory / "model.safetensors") as temporary:
        temporary.write_bytes(_sorted_header(to_safetensors(tensors, metadata=metadata)))


def _load_keras(path: Path) -> Checkpoint:
    sha256 = file_sha256(path)
    if sha256 not in KERAS_SHA256:
        raise InputError(
            f"{path}: wrong or damaged weights file: its sha256 is {sha256}, the authors' released file has {RELEASED_SHA256}"
        )
    return Checkpoint(
        KERAS_SHA256[sha256], dict(RELEASED_CONFIG), read_keras(path), sha256, f"johli/aparent-resnet {path.name}"
    )


def read_keras(path: str | os.PathLike) -> dict[str, np.ndarray]:
    """The tensors of an APARENT2 network that Keras wrote, under our names.

    Conv2D kernel ``(1, K, in, out)`` becomes ``(out, in, K)``; the locally connected library layer's kernel
    ``(206, 13, 1)`` and bias ``(1, 206, 1)`` lose their axes of length 1. The projection gets a fifth input channel
    for N, the mean of the four: the same as feeding 0.25 in each. Raises InputError where a layer is missing or has
    another shape.
    """
    try:
        with h5py.File(path, "r") as file:
            tensors = dict(_keras_tensors(file["model_weights"]))
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: not a complete Keras file of the APARENT2 network: {_one_line(error)}") from error
    projection = tensors["model.encoder.projection.weight"]
    tensors["model.encoder.projection.weight"] = np.concatenate([projection, projection.mean(1, keepdims=True)], axis=1)
    return _checked(RELEASED_CONFIG, tensors, str(path))[1]


def _keras_tensors(weights: h5py.Group):
    """Pairs of our name and array, for every layer of the authors' network."""

    def layer(name: str, tensor: str) -> np.ndarray:
        return weights[name][name][tensor][()]

    def convolution(ours: str, keras: str):
        kernel = layer(keras, "kernel:0")
        if kernel.ndim != 4 or kernel.shape[0] != 1:
            raise KeyError(f"layer {keras} has a kernel of shape {kernel.shape}, expected (1, width, in, out)")
        yield f"{ours}.weight", kernel[0].transpose(2, 1, 0)
        yield f"{ours}.bias", layer(keras, "bias:0")

    encoder = "model.encoder"
    yield from convolution(f"{encoder}.projection", "aparent_conv_0")
    for group in range(RELEASED_CONFIG["num_groups"]):
        yield from convolution(f"{encoder}.groups.{group}.skip", f"aparent_skip_conv_{group}")
        for block in range(RELEASED_CONFIG["num_blocks"]):
            for half in (0, 1):
                ours, keras = f"{encoder}.groups.{group}.blocks.{block}", f"aparent_resblock_{group}_{block}"
                yield from convolution(f"{ours}.conv{half + 1}", f"{keras}_conv_{half}")
                for tensor, name in _KERAS_BATCH_NORM.items():
                    yield f"{ours}.norm{half + 1}.{tensor}", layer(f"{keras}_batch_norm_{half}", name)
    yield from convolution(f"{encoder}.conv", "aparent_last_block_conv")
    yield from convolution("model.prediction", "aparent_final_conv")
    yield "model.library_bias.weight", layer("aparent_lib_conv", "kernel:0")[..., 0]
    yield "model.library_bias.bias", layer("aparent_lib_conv", "bias:0")[0, :, 0]


def _load_directory(path: Path) -> Checkpoint:
    described = path / "config.json"
    if not described.exists():
        raise InputError(f"{path}: a model directory needs config.json and model.safetensors; config.json is missing")
    require_file(described, "file of JSON")
    if described.stat().st_size > _LONGEST_CONFIG:
        raise InputError(
            f"{described}: is not the configuration of a network, because it has more than {_LONGEST_CONFIG} bytes"
        )
    try:
        with reading(described, "JSON"):
            config = json.loads(described.read_bytes())
    except ValueError as error:  # as of a number with thousands of digits
        raise InputError(f"{described}: not JSON: {_one_line(error)}") from error
    if not isinstance(config, dict):
        raise InputError(f"{described}: expected a JSON object with the fields of the network, not {config!r}")
    if config.get("model_type", "aparent2") != "aparent2":
        raise InputError(f"{path / 'config.json'}: model_type is {config['model_type']!r}, expected 'aparent2'")
    weights = path / "model.safetensors"
    if not weights.is_file():
        raise InputError(
            f"{path}: a model directory needs config.json and model.safetensors; model.safetensors is missing"
        )
    if snapshot := _HUGGING_FACE_SNAPSHOT.search(str(path.absolute())):
        name = "{owner}/{name}@{commit}".format(
            **snapshot.groupdict()
        )  # what config key `model` takes for these very weights
        return _load_safetensors(weights, config, name, f"Hugging Face {name}")
    return _load_safetensors(weights, config, name=path.resolve().name)


def _load_safetensors(path: Path, config: Mapping | None, name: str, source: str = "") -> Checkpoint:
    """`config` None: the metadata must carry it. `name` and `source`: for a file whose metadata carries none."""
    sha256 = file_sha256(path)
    require_file(path, "model file")
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118  (not a mapping)
        if not any(key.startswith("model.") for key in tensors):  # transformers saves the network without its loss so
            tensors = {f"model.{key}": tensor for key, tensor in tensors.items()}
        provenance = _provenance(metadata.get("pasvar", "{}"))
    except (SafetensorError, ValueError, TypeError, OSError, MemoryError, RecursionError) as error:
        raise InputError(f"{path}: damaged or no safetensors file (sha256 {sha256}): {_one_line(error)}") from error
    config = config if config is not None else provenance.get("config")
    if not isinstance(config, Mapping):
        raise InputError(
            f"{path}: has no configuration; put it in one directory with its config.json and give that directory"
        )
    config, tensors = _checked(
        {key: config.get(key, value) for key, value in RELEASED_CONFIG.items()}, tensors, str(path)
    )
    expected = provenance.get("tensors_sha256")
    if expected and expected != (digest := _tensors_digest(tensors)):
        raise InputError(f"{path}: damaged: the sha256 of its tensors is {digest}, it says {expected}")
    return _as_claimed(
        Checkpoint(
            printable(provenance.get("name", name)),
            config,
            tensors,
            printable(provenance.get("sha256") or sha256),
            printable(provenance.get("source") or source or str(path)),
        ),
        path,
    )


def _provenance(text: str) -> dict[str, Any]:
    """What a file says of itself. Raises ValueError where it is not what `save_checkpoint` writes."""
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("its metadata `pasvar` is no object")
    for key in ("name", "sha256", "source", "tensors_sha256"):
        if not isinstance(value := found.get(key, ""), str) or len(value) > _LONGEST_NAME:
            raise ValueError(f"its metadata has a `{key}` that is no text of at most {_LONGEST_NAME} characters")
    return found


def _as_claimed(checkpoint: Checkpoint, path: Path) -> Checkpoint:
    """The checkpoint. Raises InputError where it goes by the name, or the sha256, of a network that it is not."""
    name = KERAS_SHA256.get(checkpoint.sha256, checkpoint.name)
    if name in NETWORKS and network_digest(checkpoint) != NETWORKS[name]:
        raise InputError(
            f"{path}: has the name or the sha256 of {name}, but different weights; give it another name: rename the "
            "folder, or save it again under another name"
        )
    return checkpoint


def require_own_name(name: str) -> None:
    """Raise InputError where a name cannot be given to a network of the user's: it stands in tables, headers and reports."""
    if name in NETWORKS:
        raise InputError(f"{name} is the name of another network; give yours another name")
    if not name or len(name) > _LONGEST_NAME or printable(name) != name:
        raise InputError(f"a network cannot be called {name!r}; give it a name of some letters")


def network_digest(checkpoint: Checkpoint) -> str:
    """sha256 of the configuration and the tensors, without the input channel of N: it is a mean of the others, which machines may
    round otherwise."""
    projection = "model.encoder.projection.weight"
    four = checkpoint.tensors | {projection: checkpoint.tensors[projection][:, :4]}
    config = json.dumps(checkpoint.config, sort_keys=True)
    return hashlib.sha256((config + _tensors_digest(four)).encode()).hexdigest()


def _checked(config: Mapping, tensors: Mapping[str, np.ndarray], where: str) -> tuple[dict, dict[str, np.ndarray]]:
    """The configuration's known fields and the tensors as contiguous float32, or InputError naming what is off."""
    config = {key: config[key] for key in RELEASED_CONFIG}
    try:
        check_config(config)
    except (ValueError, TypeError) as error:
        raise InputError(f"{where}: {error}") from error
    config["dilations"] = list(config["dilations"])
    shapes = tensor_shapes(config)
    tensors = {name: tensor for name, tensor in tensors.items() if not name.endswith(_COUNTER)}
    if missing := sorted(shapes.keys() - tensors.keys()):
        raise InputError(f"{where}: {len(missing)} tensors are missing, the first is {missing[0]}")
    if unknown := sorted(tensors.keys() - shapes.keys()):
        raise InputError(f"{where}: {len(unknown)} tensors do not belong to this network, the first is {unknown[0]}")
    for name, shape in shapes.items():
        if tensors[name].shape != shape:
            raise InputError(f"{where}: tensor {name} has shape {tensors[name].shape}, expected {shape}")
        if tensors[name].dtype.kind not in "fiu":
            raise InputError(f"{where}: tensor {name} is of type {tensors[name].dtype}, expected numbers")
        with np.errstate(over="ignore"):
            tensors[name] = np.ascontiguousarray(tensors[name], dtype=np.float32)
        if not np.isfinite(tensors[name]).all():
            raise InputError(f"{where}: tensor {name} holds values that are not finite numbers")
        if name.endswith(".running_var") and (tensors[name] < 0).any():
            raise InputError(f"{where}: tensor {name} holds negative values, but is a variance")
    return config, {name: tensors[name] for name in shapes}


def _tensors_digest(tensors: Mapping[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode() + tensors[name].astype("<f4").tobytes())
    return digest.hexdigest()


def _sorted_header(data: bytes) -> bytes:
    """The same safetensors file with the keys of its JSON header sorted: the library writes metadata in random order."""
    length = int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8 : 8 + length]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
