"""Logits of single-base substitutions on a CPU: only what the changed base can reach is computed again.

A base reaches 8 positions to either side in the first group of the released network, 24 after the second, 56 after the third,
then everything. The early groups run on a slice around the base, as wide as what changes there and once more the reach of the
group to either side: that outer rim comes out wrong, for it lacks its neighbours, and is left out. (A slice that would stand out
over the window's end is moved inward, where the end's own padding is right.) The rest comes from the reference window.
The same logits as `Engine.logits` on the alternate windows to float32 rounding, for 0.77 of the work.
"""

from dataclasses import dataclass

import numpy as np
import torch

from pasvar.constants import WINDOW_LENGTH
from pasvar.engine import Engine

_KERNEL_REACH = 1  # a 3-tap convolution, in units of its dilation


@dataclass(frozen=True)
class _Stage:
    """A group on slices: what is changed in its input and output, and how wide the slice is. All in positions."""

    changed_before: int
    changed_after: int
    width: int


class Substitutions:
    """Scores references and their substitutions with the weights of an engine on the CPU."""

    def __init__(self, engine: Engine):
        if engine.device.type != "cpu":
            raise ValueError(f"substitutions are computed in part on a CPU, the engine is on {engine.device}")
        self._engine = engine
        self._stages = []
        reached = 0
        for group in engine._groups:
            reach = sum(2 * block.dilation * _KERNEL_REACH for block in group.blocks)
            width = 2 * (reached + 2 * reach) + 1
            if width >= WINDOW_LENGTH:
                break
            self._stages.append(_Stage(2 * reached + 1, 2 * (reached + reach) + 1, width))
            reached += reach

    @torch.inference_mode()
    def logits(
        self, references: np.ndarray, which: np.ndarray, index: np.ndarray, code: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """(r, 205) uint8 codes, and for each of n substitutions its row there, its index in the window and its new code
        -> logits of the references (r, 206) and of the alternate windows (n, 206), float32."""
        size = self._engine.batch_size
        of_references = np.empty((len(references), WINDOW_LENGTH + 1), dtype=np.float32)
        of_alternates = np.empty((len(which), WINDOW_LENGTH + 1), dtype=np.float32)
        order = np.argsort(which, kind="stable")
        for first in range(0, len(references), size):
            chunk = references[first : first + size]
            streams, rows = self._references(_filled(chunk, size))
            of_references[first : first + size] = rows[: len(chunk)]
            bounds = np.searchsorted(which, [first, first + size], sorter=order)
            mine = order[slice(*bounds)]
            for start in range(0, len(mine), size):
                batch = mine[start : start + size]
                row, position, base = (
                    torch.from_numpy(_filled(values[batch], size).astype(np.int64)) for values in (which, index, code)
                )
                of_alternates[batch] = self._alternates(streams, row - first, position, base).numpy()[: len(batch)]
        return of_references, of_alternates

    def _references(self, codes: np.ndarray) -> tuple[list[torch.Tensor], np.ndarray]:
        """The streams (r, 205, 32) that enter the staged groups and the one after them, and the logits."""
        engine = self._engine
        streams = [engine._table[torch.from_numpy(codes).int()]]
        for group in engine._groups[: len(self._stages)]:
            streams.append(_positions(engine._through(group, _image(streams[-1]))))
        sums = self._start(len(codes))
        for stream, group in zip(streams[:-1], engine._groups, strict=False):
            sums += stream @ group.skip
        return streams, self._finish(streams[-1], sums).numpy()

    def _alternates(
        self, streams: list[torch.Tensor], row: torch.Tensor, position: torch.Tensor, base: torch.Tensor
    ) -> torch.Tensor:
        engine = self._engine
        sums = self._start(len(row))
        each = torch.arange(len(row))[:, None]
        patch = engine._table[base][:, None]  # what differs from the reference's stream, (n, changed, 32), and where
        patch_rows = position[:, None]
        for stage, group, stream in zip(self._stages, engine._groups, streams, strict=False):
            sums += (stream @ group.skip)[row].scatter_(1, patch_rows, patch @ group.skip)
            slice_rows = _around(position, stage.width)
            piece = stream[row[:, None], slice_rows]
            piece[each, patch_rows - slice_rows[:, :1]] = patch
            piece = _positions(engine._through(group, _image(piece)))
            patch_rows = _around(position, stage.changed_after)
            patch = piece[each, patch_rows - slice_rows[:, :1]]
        whole = streams[-1][row]
        whole[each, patch_rows] = patch
        return self._finish(whole, sums)

    def _start(self, count: int) -> torch.Tensor:
        """(count, 205): what the contributions are added to, one by one and in the engine's order, for the same rounding."""
        return self._engine._position_bias[:WINDOW_LENGTH].repeat(count, 1)

    def _finish(self, stream: torch.Tensor, sums: torch.Tensor) -> torch.Tensor:
        """The groups after the staged ones, on whole windows; `sums` (n, 205) is what stands to the logits' account so far."""
        engine = self._engine
        logits = engine._position_bias.repeat(len(stream), 1)
        inside = logits[:, :WINDOW_LENGTH]
        inside.copy_(sums)
        image = _image(stream)
        for group in engine._groups[len(self._stages) :]:
            inside += engine._contribution(image, group.skip)
            image = engine._through(group, image)
        inside += engine._contribution(image, engine._last_skip)
        return logits


def _filled(values: np.ndarray, size: int) -> np.ndarray:
    """Copies of the last one up to a whole batch: the rounding of a window may not hang on how many others there are."""
    return np.concatenate([values, np.repeat(values[-1:], size - len(values), axis=0)])


def _around(position: torch.Tensor, width: int) -> torch.Tensor:
    """(n, width) positions around each of n, moved into the window at its ends."""
    start = (position - width // 2).clamp(0, WINDOW_LENGTH - width)
    return start[:, None] + torch.arange(width)


def _image(stream: torch.Tensor) -> torch.Tensor:
    """(n, positions, 32) -> (n, 32, 1, positions), the same memory."""
    return stream.permute(0, 2, 1).unsqueeze(2)


def _positions(image: torch.Tensor) -> torch.Tensor:
    return image.squeeze(2).permute(0, 2, 1)
