"""The shape of the network, without torch: configuration values, what makes them consistent, and every tensor's shape.

Source of the numbers: Linder et al. 2022, Genome Biology 23:232, and the released network of johli/aparent-resnet.
Tensor names are those of the Hugging Face checkpoint format for this network.
"""

import math
from collections.abc import Mapping
from typing import Any

from pasvar.constants import WINDOW_LENGTH

RELEASED_CONFIG: dict[str, Any] = {
    "vocab_size": 5,  # A C G T N; the N channel is no input of the authors' network, see checkpoint.py
    "sequence_length": WINDOW_LENGTH,
    "hidden_size": 32,
    "num_groups": 7,
    "num_blocks": 4,
    "kernel_size": 3,
    "dilations": [1, 2, 4, 8, 4, 2, 1],
    "num_libraries": 13,
    "library_index": 11,  # the sub-library whose bias the authors use for every variant
    "hidden_act": "relu",
    "batch_norm_eps": 1e-3,
    "batch_norm_momentum": 0.99,  # as Keras counts it; torch calls the same thing 0.01
    "num_labels": WINDOW_LENGTH + 1,  # the last one is "no cleavage in this window"
}
"""The configuration of the authors' released network."""

BATCH_NORM_TENSORS = ("weight", "bias", "running_mean", "running_var")


_LARGEST = {
    "vocab_size": 5,
    "sequence_length": 10_000,
    "hidden_size": 4096,
    "num_groups": 100,
    "num_blocks": 100,
    "kernel_size": WINDOW_LENGTH,
    "num_libraries": 1000,
}
"""Far above what makes sense, so that a damaged number takes neither the memory nor the time of a machine."""


def _is_whole(value: object, least: int, largest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= largest


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def check_config(config: Mapping) -> None:
    """Raise ValueError, naming the field, where the values of a configuration contradict each other or are out of all bounds."""
    for field, largest in _LARGEST.items():
        if not _is_whole(config[field], 1, largest):
            raise ValueError(f"{field} must be a whole number from 1 to {largest}, not {config[field]!r}")
    if config["vocab_size"] != RELEASED_CONFIG["vocab_size"]:
        raise ValueError(f"vocab_size must be 5 (A C G T N), not {config['vocab_size']}")
    if config["kernel_size"] % 2 == 0:
        raise ValueError(
            f"kernel_size must be odd, so that the output is as long as the input, not {config['kernel_size']}"
        )
    dilations = config["dilations"]
    if not isinstance(dilations, (list, tuple)):
        raise ValueError(f"dilations must be a list of whole numbers, not {dilations!r}")
    if len(dilations) != config["num_groups"]:
        raise ValueError(f"dilations has {len(dilations)} values for num_groups = {config['num_groups']}")
    if any(not _is_whole(value, 1, config["sequence_length"]) for value in dilations):
        raise ValueError(f"dilations must be positive whole numbers, not {list(dilations)}")
    if not _is_whole(config["library_index"], 0, config["num_libraries"] - 1):
        raise ValueError(
            f"library_index {config['library_index']} is not one of the {config['num_libraries']} libraries"
        )
    if config["num_labels"] != config["sequence_length"] + 1:
        raise ValueError(
            f"num_labels must be sequence_length + 1 = {config['sequence_length'] + 1} (one per position, and no cleavage), "
            f"not {config['num_labels']}"
        )
    if config["hidden_act"] != "relu":
        raise ValueError(f"hidden_act must be relu, not {config['hidden_act']!r}")
    if not (_is_number(config["batch_norm_eps"]) and config["batch_norm_eps"] > 0):
        raise ValueError(f"batch_norm_eps must be above 0, not {config['batch_norm_eps']}")
    if not (_is_number(config["batch_norm_momentum"]) and 0 <= config["batch_norm_momentum"] <= 1):
        raise ValueError(f"batch_norm_momentum must lie in [0, 1], not {config['batch_norm_momentum']}")


def tensor_shapes(config: Mapping) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor of a network of this configuration."""
    hidden, kernel = config["hidden_size"], config["kernel_size"]
    shapes: dict[str, tuple[int, ...]] = {}

    def convolution(name: str, inputs: int, outputs: int, width: int = 1) -> None:
        shapes[f"{name}.weight"] = (outputs, inputs, width)
        shapes[f"{name}.bias"] = (outputs,)

    convolution("model.encoder.projection", config["vocab_size"], hidden)
    for group in range(config["num_groups"]):
        convolution(f"model.encoder.groups.{group}.skip", hidden, hidden)
        for block in range(config["num_blocks"]):
            name = f"model.encoder.groups.{group}.blocks.{block}"
            for half in (1, 2):
                shapes |= {f"{name}.norm{half}.{tensor}": (hidden,) for tensor in BATCH_NORM_TENSORS}
                convolution(f"{name}.conv{half}", hidden, hidden, kernel)
    convolution("model.encoder.conv", hidden, hidden)
    convolution("model.prediction", hidden, 1)
    shapes["model.library_bias.weight"] = (config["num_labels"], config["num_libraries"])
    shapes["model.library_bias.bias"] = (config["num_labels"],)
    return shapes
