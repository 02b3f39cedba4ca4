"""What rounding costs: log odds of the GPU kernel's arithmetic, of other formats, and of the CPU's fast mode, against float32.

The formats are imitated on the CPU: operands rounded, products and sums float32. A tensor core does the same but for the order
of its sums.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from pasvar.constants import WINDOW_LENGTH
from pasvar.model import Checkpoint, both_log_odds
from pasvar.scoring import Engine
from pasvar.sequence import encode_rows

Split = Callable[[torch.Tensor], list[torch.Tensor]]


def in_parts(dtype: torch.dtype, parts: int) -> Split:
    """A tensor as the sum of `parts` float32 tensors that hold values of `dtype`."""

    def split(values: torch.Tensor) -> list[torch.Tensor]:
        found = []
        for _ in range(parts):
            found.append(values.to(dtype).float())
            values = values - found[-1]
        return found

    return split


def tensor_float(values: torch.Tensor) -> list[torch.Tensor]:
    """TF32: float32 with 10 bits after the leading one, rounded to nearest."""
    bits = values.contiguous().view(torch.int32)
    return [((bits + 0x1000) & ~0x1FFF).view(torch.float32)]


FORMATS: dict[str, Split] = {
    'GPU "exact": float16 in two parts': in_parts(torch.float16, 2),
    "bfloat16 in two parts": in_parts(torch.bfloat16, 2),
    "bfloat16 in three parts": in_parts(torch.bfloat16, 3),
    'GPU "fast": float16': in_parts(torch.float16, 1),
    "TF32": tensor_float,
    "bfloat16": in_parts(torch.bfloat16, 1),
}


@torch.inference_mode()
def imitated(engine: Engine, windows: np.ndarray, split: Split) -> np.ndarray:
    """Logits of (n, 205) codes with each convolution's operands split, and products of two small parts left out."""

    def convolve(hidden: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, dilation: int) -> torch.Tensor:
        left, right = split(hidden), split(weight)
        geometry = {"padding": (0, dilation), "dilation": (1, dilation)}
        pairs = [(i, j) for i in range(len(left)) for j in range(len(right)) if i + j < len(left)]
        summed = sum(functional.conv2d(left[i], right[j], **geometry) for i, j in reversed(pairs))
        return summed + bias.view(1, -1, 1, 1)

    rows = []
    for codes in torch.from_numpy(windows).split(64):
        stream = engine._table[codes.int()].permute(0, 2, 1).unsqueeze(2)
        total = engine._position_bias.repeat(len(codes), 1)
        for group in engine._groups:
            total[:, :WINDOW_LENGTH] += engine._contribution(stream, group.skip)
            for block in group.blocks:
                hidden = torch.addcmul(block.shift, stream, block.scale).relu()
                hidden = convolve(hidden, block.weight_1, block.bias_1, block.dilation).relu()
                stream = stream + convolve(hidden, block.weight_2, block.bias_2, block.dilation)
        total[:, :WINDOW_LENGTH] += engine._contribution(stream, engine._last_skip)
        rows.append(total)
    return torch.cat(rows).numpy()


def table(checkpoint: Checkpoint, references: np.ndarray, per_reference: int = 32) -> pd.DataFrame:
    """Root mean square and largest error of both effects, per format, over random SNVs of (n, 205) reference codes."""
    rng = np.random.default_rng(0)
    alternates = np.repeat(references, per_reference, axis=0)
    rows, index = np.arange(len(alternates)), rng.integers(0, WINDOW_LENGTH, len(alternates))
    alternates[rows, index] = (alternates[rows, index] % 4 + rng.integers(1, 4, len(rows))) % 4

    def effects(logits: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        before, after = (
            both_log_odds(torch.from_numpy(logits(windows)).double()).numpy() for windows in (references, alternates)
        )
        return after - np.repeat(before, per_reference, axis=0)

    engine = Engine(checkpoint.config, checkpoint.tensors, "cpu")
    expected = effects(engine.logits)
    ways = {name: lambda windows, split=split: imitated(engine, windows, split) for name, split in FORMATS.items()}
    ways['CPU "fast": bfloat16 of oneDNN'] = Engine(
        checkpoint.config, checkpoint.tensors, "cpu", precision="fast"
    ).logits
    found = []
    for name, logits in ways.items():
        error = effects(logits) - expected
        rms, largest = np.sqrt((error**2).mean(axis=0)), np.abs(error).max(axis=0)
        found.append((name, rms[0], largest[0], rms[1], largest[1]))
    columns = ["arithmetic", "narrow rms", "narrow max", "wide rms", "wide max"]
    return pd.DataFrame(found, columns=columns).set_index("arithmetic")


def real_windows(shared: Path) -> np.ndarray | None:
    """The 64 windows of chromosome 20 next to a developer's clone, (64, 205) codes."""
    path = shared / "golden" / "keras_parity_chr20.npz"
    if not path.exists():
        return None
    with np.load(path) as arrays:
        return encode_rows(arrays["sequences"].tolist(), WINDOW_LENGTH)
