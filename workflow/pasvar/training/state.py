"""The file that a broken-off run goes on from: tensors and plain values, read without running anything pickled."""

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch

from pasvar.errors import DamagedFile, InputError
from pasvar.files import whole

STATE = "state.pt"


def write_state(path: Path, settings: Mapping, state: Mapping) -> None:
    """`settings`: all that must be the same when the run goes on, as plain values."""
    with whole(path) as temporary:
        torch.save(dict(state) | {"settings": dict(settings)}, temporary)


def read_state(path: Path, settings: Mapping, device: torch.device) -> dict:
    """The state, on a device. Raises InputError where the file is damaged or its run had other settings."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (
        RuntimeError,
        EOFError,
        OSError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        pickle.UnpicklingError,
    ) as error:
        raise DamagedFile(path, "not a complete state of a training run") from error
    if not isinstance(state, dict) or not isinstance(state.get("settings", {}), dict):
        raise DamagedFile(path, "not a state of a training run")
    other = state.get("settings", {})
    if changed := [key for key in settings if settings[key] != other.get(key)]:
        raise InputError(
            f"the state to continue from has {changed[0]} = {other.get(changed[0])}, now it is {settings[changed[0]]}; "
            f"remove {path} to start again"
        )
    return state
