"""The whole network in one GPU kernel, for `pasvar.scoring.engine`. Needs Triton, which is part of torch's CUDA wheels.

With one kernel per layer, a GPU spends its time on moving activations to its memory and back. Here one program (thread
block) takes a window through all convolutions:

* The residual stream, 205 positions (in 256 rows) x 32 channels of float32, stays in registers from first layer to
last.
* A 3-tap convolution is three matrix products on tensor cores. The middle tap uses the activations as they are. The
outer
  taps need them shifted along the positions, which registers cannot do: the program writes them to its own scratch
  area, 13 or 26 kB that fit into the caches, and reads them back shifted. The rows around the area stay zero: they are
  the padding.
* Two areas are used in turns, so that one barrier per convolution, between writing and reading, is enough.
* The input is codes, one byte per base (the projection is a look-up), the output is logits. Nothing else passes through
memory.

Precision "exact" stores each weight and activation as the sum of two float16 numbers (22 bits) and leaves out only the
product of the two small parts. "fast" keeps only the large part. Sums and the residual stream are float32 in both.
"""

from collections.abc import Callable, Sequence
from typing import Any
from warnings import warn

import numpy as np
import torch
import triton
import triton.language as tl

from pasvar.constants import TOLERANCE, WINDOW_LENGTH
from pasvar.model import both_log_odds

CHECK_WINDOWS = 1024
"""Number of random windows for which the kernel must agree before it is used: several for every program of a large
GPU."""

_WARPS = 8
_PROGRAMS_PER_PROCESSOR = 2  # 256 threads with 128 registers each: two programs fill the registers of a multiprocessor


@triton.jit
def _convolve(hidden, area, part, inside, dilation, weights, bias, CHANNELS: tl.constexpr, TAPS: tl.constexpr, PARTS: tl.constexpr):  # fmt: skip  # noqa: E501
    """Same-padded convolution of (rows, channels) float32. `area`: pointers to the scratch position of each element;
    `part`: offset from there to the position of its small part."""
    inputs, outputs = tl.arange(0, CHANNELS)[:, None], tl.arange(0, CHANNELS)[None, :]
    kernel = weights + inputs * CHANNELS + outputs
    step: tl.constexpr = CHANNELS * CHANNELS
    middle: tl.constexpr = TAPS // 2

    large = hidden.to(tl.float16)
    tl.store(area, large, mask=inside)
    summed = tl.zeros_like(hidden) + tl.load(bias + outputs)
    large_weight = tl.load(kernel + middle * PARTS * step)
    summed = tl.dot(large, large_weight, summed)
    if PARTS == 2:
        small = (hidden - large.to(tl.float32)).to(tl.float16)
        tl.store(area + part, small, mask=inside)
        summed = tl.dot(small, large_weight, summed)
        summed = tl.dot(large, tl.load(kernel + (middle * PARTS + 1) * step), summed)
    tl.debug_barrier()
    for tap in tl.static_range(TAPS):
        if tap != middle:
            shifted = area + (tap - middle) * dilation * CHANNELS
            large = tl.load(shifted, mask=inside, other=0.0)
            large_weight = tl.load(kernel + tap * PARTS * step)
            summed = tl.dot(large, large_weight, summed)
            if PARTS == 2:
                small = tl.load(shifted + part, mask=inside, other=0.0)
                summed = tl.dot(small, large_weight, summed)
                summed = tl.dot(large, tl.load(kernel + (tap * PARTS + 1) * step), summed)
    return summed


@triton.jit
def _network(
    codes,  # (windows, LENGTH) uint8
    logits,  # (windows, LENGTH + 1) float32
    scratch,  # (programs, 2 areas, PARTS, HALO + LENGTH + HALO, CHANNELS) float16, zero
    table,  # (5, CHANNELS) float32: the projection of each code
    affine,  # (groups, blocks, 2, CHANNELS) float32: scale and shift of the first batch norm
    weights,  # (groups, blocks, 2, TAPS, PARTS, CHANNELS in, CHANNELS out) float16
    biases,  # (groups, blocks, 2, CHANNELS) float32
    skips,  # (groups + 1, CHANNELS) float32
    dilations,  # (groups,) int32
    position_bias,  # (LENGTH + 1,) float32
    windows,
    groups,
    blocks,
    LENGTH: tl.constexpr,
    ROWS: tl.constexpr,
    CHANNELS: tl.constexpr,
    TAPS: tl.constexpr,
    PARTS: tl.constexpr,
    HALO: tl.constexpr,
):
    """Logits of windows; every program takes each programs-th of them."""
    positions, channels = tl.arange(0, ROWS), tl.arange(0, CHANNELS)[None, :]
    inside = positions[:, None] < LENGTH
    part: tl.constexpr = (LENGTH + 2 * HALO) * CHANNELS
    first_area = scratch + tl.program_id(0) * 2 * PARTS * part + (HALO + positions[:, None]) * CHANNELS + channels
    second_area = first_area + PARTS * part
    for window in range(tl.program_id(0), windows, tl.num_programs(0)):
        code = tl.load(codes + window * LENGTH + positions, mask=positions < LENGTH, other=0).to(tl.int32)
        stream = tl.load(table + code[:, None] * CHANNELS + channels)
        total = tl.zeros((ROWS,), tl.float32)
        for group in range(groups):
            total += tl.sum(stream * tl.load(skips + group * CHANNELS + channels), axis=1)
            dilation = tl.load(dilations + group)
            for block in range(group * blocks, (group + 1) * blocks):
                norm = affine + block * 2 * CHANNELS + channels
                bias = biases + block * 2 * CHANNELS
                weight = weights + block * 2 * TAPS * PARTS * CHANNELS * CHANNELS
                hidden = tl.maximum(stream * tl.load(norm) + tl.load(norm + CHANNELS), 0.0)
                hidden = _convolve(hidden, first_area, part, inside, dilation, weight, bias, CHANNELS, TAPS, PARTS)
                hidden = tl.maximum(hidden, 0.0)
                weight += TAPS * PARTS * CHANNELS * CHANNELS
                bias += CHANNELS
                stream += _convolve(hidden, second_area, part, inside, dilation, weight, bias, CHANNELS, TAPS, PARTS)
        total += tl.sum(stream * tl.load(skips + groups * CHANNELS + channels), axis=1)
        total = tl.where(positions < LENGTH, total, 0.0)  # the last logit, "no cleavage", has only its bias
        total += tl.load(position_bias + positions, mask=positions <= LENGTH, other=0.0)
        tl.store(logits + window * (LENGTH + 1) + positions, total, mask=positions <= LENGTH)


Network = Callable[[torch.Tensor], torch.Tensor]
"""(n, 205) uint8 codes -> (n, 206) float32 logits, both on one device."""


class FusedNetwork:
    """The network on a GPU (or on a CPU in Triton's interpreter); call it with codes.

    table, groups, last_skip, position_bias: the folded weights of `pasvar.scoring.engine.Engine`, all on the device
    that runs the network. precision: "exact" or "fast". Raises ValueError if the kernel does not fit the network.
    """

    def __init__(
        self,
        table: torch.Tensor,
        groups: Sequence,
        last_skip: torch.Tensor,
        position_bias: torch.Tensor,
        precision: str = "exact",
    ):
        blocks = [block for group in groups for block in group.blocks]
        channels, taps = table.shape[1], blocks[0].weight_1.shape[-1]
        if channels < 16 or channels & (channels - 1):
            raise ValueError(f"hidden_size {channels}: the fused kernel needs a power of two, at least 16")
        self.device = table.device
        self._parts = 2 if precision == "exact" else 1
        self._length, self._channels, self._taps = len(position_bias) - 1, channels, taps
        self._groups, self._blocks = len(groups), len(groups[0].blocks)
        dilations = [group.blocks[0].dilation for group in groups]
        self._halo = max(dilations) * (taps // 2)
        kernels = torch.stack([torch.stack([block.weight_1, block.weight_2]) for block in blocks])
        self._arguments = (
            table.contiguous(),
            torch.stack([torch.stack([block.scale.flatten(), block.shift.flatten()]) for block in blocks]),
            # (blocks, 2, out, in, 1, taps) -> (blocks, 2, taps, part, in, out)
            torch.stack(halves(kernels.squeeze(4).permute(0, 1, 4, 3, 2))[: self._parts], dim=3).contiguous(),
            torch.stack([torch.stack([block.bias_1, block.bias_2]) for block in blocks]),
            torch.stack([group.skip for group in groups] + [last_skip]),
            torch.tensor(dilations, dtype=torch.int32, device=self.device),
            position_bias.contiguous(),
        )
        processors = torch.cuda.get_device_properties(self.device).multi_processor_count if table.is_cuda else 1
        self._programs = processors * _PROGRAMS_PER_PROCESSOR
        rows = self._length + 2 * self._halo
        self._scratch = torch.zeros(
            (self._programs, 2, self._parts, rows, channels), dtype=torch.float16, device=self.device
        )

    def __call__(self, codes: torch.Tensor) -> torch.Tensor:
        """(n, 205) uint8 codes on the device -> (n, 206) float32 logits on the device, without waiting for them."""
        codes = codes.contiguous()
        logits = torch.empty((len(codes), self._length + 1), dtype=torch.float32, device=self.device)
        if len(codes):
            _network[(min(self._programs, len(codes)),)](
                codes,
                logits,
                self._scratch,
                *self._arguments,
                len(codes),
                self._groups,
                self._blocks,
                LENGTH=self._length,
                ROWS=triton.next_power_of_2(self._length + 1),
                CHANNELS=self._channels,
                TAPS=self._taps,
                PARTS=self._parts,
                HALO=self._halo,
                num_warps=_WARPS,
            )
        return logits


def fused_or(plain: Network, weights: tuple[Any, Any, Any, Any], precision: str) -> Network:
    """The fused network, or, with a warning, `plain` if the kernel does not run on this machine or disagrees with it.

    weights: the first four arguments of `FusedNetwork`.
    """
    try:
        network = FusedNetwork(*weights, precision)
        difference = disagreement(network, plain, network.device)
    # Triton needs a C compiler and a GPU that it supports, and its errors are of many kinds; the plain network needs
    # neither
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    else:
        if difference <= TOLERANCE[precision]:
            return network
        reason = f"its log odds are off by {difference:.2g}, {TOLERANCE[precision]:g} is allowed"
    warn(f"the fused GPU kernel is not used, scoring takes longer: {reason}", RuntimeWarning, stacklevel=2)
    return plain


def disagreement(network: Network, reference: Network, device: torch.device) -> float:
    """Largest difference of a log odds between two networks, over `CHECK_WINDOWS` random windows; infinity if there are
    NaNs."""
    codes = torch.from_numpy(
        np.random.default_rng(0).integers(0, 4, (CHECK_WINDOWS, WINDOW_LENGTH), dtype=np.uint8)
    ).to(device)
    difference = (both_log_odds(network(codes).double()) - both_log_odds(reference(codes).double())).abs().max().item()
    return difference if np.isfinite(difference) else np.inf


def halves(values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(large, small) float16 parts of float32 values, whose sum has 22 bits of the original."""
    large = values.half()
    return large, (values - large.float()).half()
