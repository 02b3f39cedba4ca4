"""Fast inference of APARENT2: from codes of windows to logits, directly from the weights. No file is read.

The network is the one of `pasvar.model`, rewritten so that it needs fewer computations for the same result:

* A 1x1 convolution of a one-hot sequence is a row of a table: the projection is a look-up by code.
* A batch norm in inference mode is a scale and a shift per channel. The second one of a block follows a convolution and
is
  merged into its weights. The first one follows the residual stream and stays, as one fused multiply-add.
* The skip path of a group (32 -> 32) is summed with the others and then goes through the final 32 -> 1 convolution.
Both
  are linear, so a skip path is one vector of 32, and the sum over groups one matrix-vector product each.
* The activations are stored channels-last. A 3-tap convolution is then a matrix product over contiguous memory.
"""

import ctypes
import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import thread_time

import numpy as np
import torch
from torch.nn import functional

from pasvar.allocation import gpus
from pasvar.constants import TOLERANCE, WINDOW_LENGTH
from pasvar.errors import InputError
from pasvar.model import summarise_logits
from pasvar.scoring.scores import WINDOW_SCORES

log = logging.getLogger(__name__)

CPU_BATCH_SIZES = (64, 16, 32, 128)
"""On a CPU the activations of a batch should stay in cache: 64 windows are 1.7 MB per tensor. The first size is used
unless a call has enough windows to measure the sizes."""

MEASURE_FROM, MEASURED = 16_384, 256
"""Minimum number of windows in a call for which the batch size is measured, and number of windows with which it is
measured: 1.2 s of 16 at least."""

GPU_BATCH_SIZE = 4096

GPU_BATCHES_UNDER_WAY = 2
"""Number of threads of the host. Each prepares its own batch and waits for its scores while the GPU works on the
other's."""

PRECISIONS = tuple(TOLERANCE)


@dataclass(frozen=True)
class Block:
    """One residual block: scale and shift of the first batch norm, and the two convolutions (the second batch norm is
    merged into the first of them)."""

    scale: torch.Tensor
    shift: torch.Tensor
    weight_1: torch.Tensor
    bias_1: torch.Tensor
    weight_2: torch.Tensor
    bias_2: torch.Tensor
    dilation: int


@dataclass(frozen=True)
class Group:
    """Four blocks of one dilation, and the vector through which their input contributes to the logits."""

    skip: torch.Tensor
    blocks: tuple[Block, ...]


class Engine:
    """The network for one device; call `scores`, or `logits`.

    config, tensors: of a `pasvar.model.checkpoint.Checkpoint`.
    device: "cpu", "cuda", "cuda:1", or "auto" for a GPU if there is one.
    batch_size: windows per pass. Every pass has this size (the last is filled up), so that the result of a window does
    not depend on the windows that are scored with it. By default, on a CPU, one of `CPU_BATCH_SIZES`: see
    `choose_batch_size`.
    precision: "exact" is float32; "fast" multiplies numbers of 16 bits (bfloat16 on a CPU, float16 on a GPU).
    docs/benchmarks.md gives its error.
    fused: on a GPU, all layers in one kernel (`engine_gpu`). It is not the default, and has no config key, until it has
    been measured on a GPU.
    threads: of a CPU, each with a batch of its own. For more than one, tell torch to use one thread for each
    (`torch.set_num_threads(1)`). torch's own threads share every layer and wait for each other at its end; if other
    work runs on their cores, they are ten times as slow.
    Raises ValueError if the precision is unknown, InputError if the device does not exist or does not support the
    precision.
    """

    def __init__(
        self,
        config: Mapping,
        tensors: Mapping[str, np.ndarray],
        device: str = "auto",
        batch_size: int | None = None,
        precision: str = "exact",
        fused: bool = False,
        threads: int = 1,
    ):
        if precision not in PRECISIONS:
            raise ValueError(f"precision {precision!r}, expected one of {', '.join(PRECISIONS)}")
        self.device = choose_device(device)
        self._threads = threads if self.device.type == "cpu" else GPU_BATCHES_UNDER_WAY
        self.batch_size = batch_size or (CPU_BATCH_SIZES[0] if self.device.type == "cpu" else GPU_BATCH_SIZE)
        self._may_choose = self.device.type == "cpu" and batch_size is None
        if self.device.type == "cuda":
            # TF32 keeps 10 bits of a number, float32 24: a GPU must give the same results as a CPU.
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.allow_tf32 = False
        else:
            keep_freed_memory()
        # The kernel does its own rounding.
        by_layer = torch.float32 if fused else convolution_dtype(precision, self.device)
        weights = _Folded(config, tensors, self.device, by_layer)
        self._table, self._groups = weights.table(), weights.groups()
        self._last_skip, self._position_bias = weights.last_skip(), weights.position_bias()
        self._network = self._fused(precision) if fused and self.device.type == "cuda" else self._forward

    def logits(self, windows: np.ndarray, done: Callable[[int], object] = lambda n: None) -> np.ndarray:
        """Logits of windows: (n, 205) uint8 codes (A C G T N are 0 to 4) -> (n, 206) float32.

        Index 205 of the output is "no cleavage in the window". done: called after each batch with its number of
        windows.
        Raises ValueError if the codes have another shape or range.
        """
        return self._read(windows, WINDOW_LENGTH + 1, lambda logits: logits, done)

    def scores(self, windows: np.ndarray, done: Callable[[int], object] = lambda n: None) -> np.ndarray:
        """The `scores.WINDOW_SCORES` of windows, (n, 6) float32, computed from the logits on the device; otherwise as
        `logits`.

        A window whose logits have a NaN or an infinity has NaN for all scores.
        """
        return self._read(windows, len(WINDOW_SCORES), summarise_logits, done)

    def _read(
        self,
        windows: np.ndarray,
        width: int,
        readout: Callable[[torch.Tensor], torch.Tensor],
        done: Callable[[int], object],
    ) -> np.ndarray:
        """(n, width) float32: the output of `readout` for the logits of each batch."""
        if windows.ndim != 2 or windows.shape[1] != WINDOW_LENGTH or windows.dtype != np.uint8:
            raise ValueError(f"windows: {windows.dtype} {windows.shape}, expected uint8 (n, {WINDOW_LENGTH})")
        if windows.size and windows.max() >= len(self._table):
            raise ValueError(f"windows: code {windows.max()}, expected 0 to {len(self._table) - 1}")
        if self._may_choose and len(windows) >= MEASURE_FROM:
            self.choose_batch_size(windows[:MEASURED])
        out = np.empty((len(windows), width), dtype=np.float32)

        @torch.inference_mode()
        def run(start: int) -> int:
            batch = torch.from_numpy(_batch(windows, start, self.batch_size))
            if self.device.type == "cuda":  # from pinned memory the copy need not wait for the previous batch
                batch = batch.pin_memory().to(self.device, non_blocking=True)
            part = out[start : start + self.batch_size]
            part[:] = readout(self._network(batch))[: len(part)].cpu().numpy()
            return len(part)

        starts = range(0, len(windows), self.batch_size)
        with ThreadPoolExecutor(self._threads) as pool:
            for n in (pool.map if self._threads > 1 else map)(run, starts):
                done(n)
        return out

    @torch.inference_mode()
    def choose_batch_size(self, windows: np.ndarray) -> None:
        """From now on, use the batch size that is fastest with these windows, on this machine, with one thread.

        Only sizes that give the same bits as the usual one are used, because no score may depend on a measurement.
        """
        self._may_choose = False
        usual, *others = CPU_BATCH_SIZES
        expected, shortest = self._timed(windows, usual)
        for size in others:
            found, seconds = self._timed(windows, size)
            if seconds < shortest and torch.equal(found, expected):
                self.batch_size, shortest = size, seconds
        log.info("batches of %d windows, the fastest here", self.batch_size)

    def _timed(self, windows: np.ndarray, size: int) -> tuple[torch.Tensor, float]:
        """Logits and scores of CPU windows in batches of a size, (n, 206 + 6), and the CPU seconds of this thread."""
        batches = [torch.from_numpy(_batch(windows, start, size)) for start in range(0, len(windows), size)]
        self._network(batches[0])  # the first of its size takes longer
        begin = thread_time()
        logits = [self._network(batch) for batch in batches]
        found = [torch.cat([part, summarise_logits(part)], 1) for part in logits]
        seconds = thread_time() - begin
        return torch.cat(found)[: len(windows)], seconds

    @torch.inference_mode()
    def _fused(self, precision: str) -> Callable[[torch.Tensor], torch.Tensor]:
        """All layers in one kernel, if Triton is installed to compile it."""
        try:
            from pasvar.scoring.engine_gpu import fused_or
        except ImportError:
            return self._forward
        weights = (self._table, self._groups, self._last_skip, self._position_bias)
        return fused_or(self._forward, weights, precision)

    def _forward(self, codes: torch.Tensor) -> torch.Tensor:
        """Layer by layer: (b, 205) uint8 -> (b, 206) float32."""
        # As an image of one row: (b, channels, 1, 205), channels last in memory.
        stream = self._table[codes.int()].permute(0, 2, 1).unsqueeze(2)
        summed = self._position_bias.expand(len(codes), -1).clone()
        inside = summed[:, :WINDOW_LENGTH]
        for group in self._groups:
            inside += self._contribution(stream, group.skip)
            stream = self._through(group, stream)
        inside += self._contribution(stream, self._last_skip)
        return summed

    @staticmethod
    def _through(group: Group, stream: torch.Tensor) -> torch.Tensor:
        """The blocks of a group: (b, 32, 1, any) float32 -> the same."""
        for block in group.blocks:
            padding, dilation = (0, block.dilation), (1, block.dilation)
            hidden = torch.addcmul(block.shift, stream, block.scale).relu_().to(block.weight_1.dtype)
            hidden = functional.conv2d(hidden, block.weight_1, block.bias_1, padding=padding, dilation=dilation).relu_()
            hidden = functional.conv2d(hidden, block.weight_2, block.bias_2, padding=padding, dilation=dilation)
            stream = hidden + stream  # float32, whatever the convolution's type
        return stream

    @staticmethod
    def _contribution(stream: torch.Tensor, vector: torch.Tensor) -> torch.Tensor:
        """(b, 32, 1, 205) and (32,) -> (b, 205)."""
        return stream.squeeze(2).permute(0, 2, 1) @ vector


class _Folded:
    """The tensors of a checkpoint converted to those of `Engine`. All arithmetic is in float64 and is rounded once at
    the end."""

    def __init__(
        self, config: Mapping, tensors: Mapping[str, np.ndarray], device: torch.device, convolution_dtype: torch.dtype
    ):
        self._config, self._convolution_dtype = config, convolution_dtype
        self._tensors = {name: np.asarray(array, dtype=np.float64) for name, array in tensors.items()}
        self._device = device
        self._final = self._tensors["model.prediction.weight"][0, :, 0]

    def _on_device(self, array: np.ndarray) -> torch.Tensor:
        return torch.tensor(array, dtype=torch.float32, device=self._device)

    def table(self) -> torch.Tensor:
        """(5, 32): the projection of each code."""
        weight, bias = self._convolution("model.encoder.projection")
        return self._on_device(weight[:, :, 0].T + bias)

    def groups(self) -> tuple[Group, ...]:
        return tuple(
            Group(
                self._on_device(self._final @ self._convolution(f"model.encoder.groups.{g}.skip")[0][:, :, 0]),
                tuple(
                    self._block(f"model.encoder.groups.{g}.blocks.{b}", dilation)
                    for b in range(self._config["num_blocks"])
                ),
            )
            for g, dilation in enumerate(self._config["dilations"])
        )

    def last_skip(self) -> torch.Tensor:
        return self._on_device(self._final @ self._convolution("model.encoder.conv")[0][:, :, 0])

    def position_bias(self) -> torch.Tensor:
        """(206,): everything that does not depend on the sequence. Position 205 has only the sub-library's bias."""
        names = [f"model.encoder.groups.{g}.skip" for g in range(self._config["num_groups"])] + ["model.encoder.conv"]
        constant = self._tensors["model.prediction.bias"][0] + sum(
            self._final @ self._convolution(name)[1] for name in names
        )
        library = self._tensors["model.library_bias.weight"][:, self._config["library_index"]]
        bias = library + self._tensors["model.library_bias.bias"]
        return self._on_device(bias + np.append(np.full(WINDOW_LENGTH, constant), 0.0))

    def _block(self, name: str, dilation: int) -> Block:
        scale_1, shift_1 = self._batch_norm(f"{name}.norm1")
        scale_2, shift_2 = self._batch_norm(f"{name}.norm2")
        weight_1, bias_1 = self._convolution(f"{name}.conv1")
        weight_2, bias_2 = self._convolution(f"{name}.conv2")
        per_channel = (1, -1, 1, 1)
        return Block(
            self._on_device(scale_1).view(per_channel),
            self._on_device(shift_1).view(per_channel),
            self._kernel(weight_1 * scale_2[:, None, None]),
            self._on_device(bias_1 * scale_2 + shift_2).to(self._convolution_dtype),
            self._kernel(weight_2),
            self._on_device(bias_2).to(self._convolution_dtype),
            dilation,
        )

    def _kernel(self, weight: np.ndarray) -> torch.Tensor:
        """(out, in, 3) -> (out, in, 1, 3), channels last in memory."""
        kernel = self._on_device(weight[:, :, None, :]).to(self._convolution_dtype)
        return kernel.contiguous(memory_format=torch.channels_last)

    def _convolution(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        return self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]

    def _batch_norm(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Scale and shift that are equivalent to a batch norm in inference mode."""
        scale = self._tensors[f"{name}.weight"] / np.sqrt(
            self._tensors[f"{name}.running_var"] + self._config["batch_norm_eps"]
        )
        return scale, self._tensors[f"{name}.bias"] - self._tensors[f"{name}.running_mean"] * scale


def keep_freed_memory() -> None:
    """Make the C library reuse buffers instead of returning them to the system.

    By default each activation of a layer uses new pages, which the system fills with zeros one by one: in a measurement
    this took a third of the whole time. If the C library is not glibc, nothing is done.
    """
    mmap_threshold, trim_threshold = -3, -1  # names of malloc.h
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    set_option(mmap_threshold, 32 << 20)  # above every tensor of a batch
    set_option(trim_threshold, 256 << 20)  # above all of them together


def choose_device(device: str) -> torch.device:
    """The device of this name; for "auto" a GPU if there is one. Raises InputError if it does not exist."""
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,4})?", device):
        raise InputError(
            f"config key `device`: {device!r} is none of auto, cpu, cuda and cuda:N; pasvar runs only on these"
        )
    if device == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        if gpus():
            log.warning(
                "CUDA_VISIBLE_DEVICES is %s, but torch %s sees no GPU (is it a build for the CPU only, or for a newer driver?): "
                "the CPU is used",
                gpus(),
                torch.__version__,
            )
        return torch.device("cpu")
    chosen = torch.device(device)
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise InputError(
            f"config key `device`: {device} was chosen, but torch sees {torch.cuda.device_count()} CUDA devices"
        )
    return chosen


def convolution_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The number type that the convolutions multiply. Raises InputError if the device would take longer for less
    precision."""
    if precision == "exact":
        return torch.float32
    if device.type == "cuda":
        return torch.float16
    if not torch.ops.mkldnn._is_mkldnn_bf16_supported():
        raise InputError(
            "config key `precision`: fast was chosen, but this CPU does not multiply bfloat16 (avx512_bf16, amx_bf16): "
            "use exact, or a GPU"
        )
    return torch.bfloat16


def _batch(windows: np.ndarray, start: int, size: int) -> np.ndarray:
    """The batch of all windows from a given one on; the last batch is filled up with N."""
    batch = windows[start : start + size]
    if len(batch) < size:
        batch = np.concatenate([batch, np.full((size - len(batch), WINDOW_LENGTH), 4, dtype=np.uint8)])
    return np.ascontiguousarray(batch)
