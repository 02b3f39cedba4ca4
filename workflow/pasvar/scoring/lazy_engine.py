"""A checkpoint as a network that scores. It is only prepared when its first window comes: importing torch takes
seconds, and a job that finds all its windows in the store does not need it. Importing this module does not load
torch."""

import ctypes
import logging
import platform
import re
from collections.abc import Callable
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pasvar.allocation import cpus
from pasvar.digest import code_digest
from pasvar.model import load_checkpoint
from pasvar.scoring.scores import WINDOW_SCORES

if TYPE_CHECKING:
    from pasvar.scoring.engine import Engine

_log = logging.getLogger(__name__)

_CPUINFO = Path("/proc/cpuinfo")
_INSTRUCTION_SETS = re.compile(r"(sse|avx|fma|amx|asimd|sve)\w*$")
"""Names of the processor flags by which the libraries below torch and numpy choose their kernels."""


class LazyEngine:
    """An `engine.Engine` that is made when scores are first requested.

    model: path of a checkpoint. device, precision: as for `engine.Engine`. threads: CPU threads to use, at most those
    that the job was given; by default torch would use all cores of the machine.
    """

    def __init__(self, model: str | Path, device: str = "auto", threads: int | None = None, precision: str = "exact"):
        self._checkpoint = load_checkpoint(model)
        self._asked = device
        self._device = "cpu" if device == "auto" and _has_no_gpu() else device
        self._threads = threads
        self._precision = precision

    @property
    def made_by(self) -> dict[str, str]:
        """What tables record about the network: the model's name, the sha256 of its weights, a note if one must be
        shown, the precision."""
        made_by = {
            "model": self._checkpoint.name,
            "model_sha256": self._checkpoint.sha256,
            "precision": self._precision,
        }
        return made_by | ({"model_note": self._checkpoint.note} if self._checkpoint.note else {})

    @property
    def network(self) -> str:
        """Digest of the function that the network computes, independent of the source of its weights."""
        return self._checkpoint.digest

    @cached_property
    def kind(self) -> dict[str, str]:
        """Everything that determines the scores of a window to the last bit: the network, the code, libraries and
        processors.

        On a CPU the batch and the number of threads have no influence. Another instruction set, and any GPU, may add in
        another order. torch is loaded only if there may be a GPU.
        """
        return {
            "model": self._checkpoint.name,
            "network": self.network,
            "precision": self._precision,
            "scores": " ".join(WINDOW_SCORES),
            "code": code_digest(__file__),
            "torch": version("torch"),
            "numpy": version("numpy"),
            "processor": _processor(),
            "device": "cpu" if self._device == "cpu" else _describe(self._device),
        }

    def scores(self, windows: np.ndarray, done: Callable[[int], object] = lambda n: None) -> np.ndarray:
        """As `engine.Engine.scores`."""
        return self._engine.scores(windows, done)

    def logits(self, windows: np.ndarray) -> np.ndarray:
        """As `engine.Engine.logits`."""
        return self._engine.logits(windows)

    @cached_property
    def _engine(self) -> "Engine":
        import torch

        from pasvar.scoring.engine import Engine

        threads = min(self._threads or cpus(), cpus())
        torch.set_num_threads(1)  # each of the engine's threads has its own batch
        # The requested device, so that the engine reports a GPU that is allocated but that torch does not see.
        engine = Engine(
            *(self._checkpoint.config, self._checkpoint.tensors, self._asked),
            precision=self._precision,
            threads=threads,
        )
        _log.info("%s on %s", self.made_by, engine.device)
        return engine


def _has_no_gpu() -> bool:
    """Whether torch cannot find a GPU, as far as this can be checked without torch: it is a build for CPUs, or there is
    no driver."""
    build = version("torch").partition("+")[2]
    if build.startswith("rocm"):
        return False
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return True
    return build == "cpu"


def _processor() -> str:
    """Vendor and instruction sets of the CPU."""
    if not _CPUINFO.is_file():
        return f"{platform.machine()} {platform.processor()}"
    facts = dict(
        re.findall(r"^(vendor_id|CPU implementer|flags|Features)\s*: (.*)$", _CPUINFO.read_text(), re.MULTILINE)
    )
    flags = (facts.get("flags") or facts.get("Features") or "").split()
    maker = facts.get("vendor_id") or facts.get("CPU implementer") or platform.machine()
    return " ".join([maker, *sorted(flag for flag in flags if _INSTRUCTION_SETS.match(flag))])


def _describe(device: str) -> str:
    """A device of torch, with the versions of all software that computes on it."""
    import torch

    from pasvar.scoring.engine import choose_device

    chosen = choose_device(device)
    if chosen.type == "cpu":
        return "cpu"
    software = f"CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"
    return f"{torch.cuda.get_device_name(chosen)}, {software}"
