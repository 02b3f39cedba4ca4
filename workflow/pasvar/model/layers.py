"""The network's layers in torch: a projection, groups of dilated residual blocks, and one skip branch per group.

Arrays are (batch, channels, 1, positions), channels last in memory: as two-dimensional convolutions of height 1 they run
up to 1.6 times as fast on CPUs as one-dimensional ones. The weights keep the shapes of the latter.
Source: Linder et al. 2022, Genome Biology 23:232; johli/aparent-resnet.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d
from torch.utils.checkpoint import checkpoint


class Convolution(nn.Conv1d):
    """A one-dimensional convolution along the last of four axes; as long an output as its input."""

    def __init__(self, inputs: int, outputs: int, width: int = 1, dilation: int = 1):
        super().__init__(inputs, outputs, width, dilation=dilation)
        self._padding = (0, dilation * (width // 2))

    def forward(self, stream: Tensor) -> Tensor:
        return conv2d(stream, self.weight.unsqueeze(2), self.bias, padding=self._padding, dilation=(1, *self.dilation))


class ResidualBlock(nn.Module):
    """x + conv(relu(norm(conv(relu(norm(x))))))."""

    def __init__(self, config: Mapping, dilation: int, dropout: float):
        super().__init__()
        hidden, kernel = config["hidden_size"], config["kernel_size"]

        def norm() -> nn.BatchNorm2d:
            # Keras keeps the share of the old value, torch the share of the new one
            return nn.BatchNorm2d(hidden, eps=config["batch_norm_eps"], momentum=1 - config["batch_norm_momentum"])

        def convolution() -> Convolution:
            return Convolution(hidden, hidden, kernel, dilation)

        self.norm1, self.conv1 = norm(), convolution()
        self.norm2, self.conv2 = norm(), convolution()
        self.dropout = nn.Dropout(dropout)

    def forward(self, stream: Tensor) -> Tensor:
        inner = self.conv1(self.norm1(stream).relu())
        return stream + self.dropout(self.conv2(self.norm2(inner).relu()))


class ResidualGroup(nn.Module):
    """Residual blocks of one dilation; `skip` reads the group's input."""

    def __init__(self, config: Mapping, dilation: int, dropout: float):
        super().__init__()
        self.skip = Convolution(config["hidden_size"], config["hidden_size"])
        self.blocks = nn.ModuleList(ResidualBlock(config, dilation, dropout) for _ in range(config["num_blocks"]))

    def forward(self, stream: Tensor) -> Tensor:
        for block in self.blocks:
            stream = block(stream)
        return stream


class Encoder(nn.Module):
    """One-hot bases to the sum of all skip branches."""

    def __init__(self, config: Mapping, dropout: float = 0.0):
        super().__init__()
        hidden = config["hidden_size"]
        self.projection = Convolution(config["vocab_size"], hidden)
        self.groups = nn.ModuleList(ResidualGroup(config, dilation, dropout) for dilation in config["dilations"])
        self.conv = Convolution(hidden, hidden)
        self.gradient_checkpointing = False

    def forward(self, bases: Tensor) -> tuple[Tensor, list[Tensor]]:
        """`bases` (batch, vocab_size, 1, positions).

        Returns the summed skips, and the residual stream before the first group and after each group: num_groups + 1
        arrays of shape (batch, hidden_size, 1, positions).
        """
        streams = [self.projection(bases.contiguous(memory_format=torch.channels_last))]
        summed = 0
        for group in cast(Iterable[ResidualGroup], self.groups):
            summed = summed + group.skip(streams[-1])
            streams.append(self._run(group, streams[-1]))
        return summed + self.conv(streams[-1]), streams

    def _run(self, group: ResidualGroup, stream: Tensor) -> Tensor:
        if not (self.gradient_checkpointing and self.training and torch.is_grad_enabled()):
            return group(stream)
        return checkpoint(
            group, stream, use_reentrant=False, context_fn=lambda: (nullcontext(), frozen_statistics(group))
        )


@contextmanager
def frozen_statistics(module: nn.Module) -> Iterator[None]:
    """Within it, forward passes in training mode leave the running statistics of batch normalisation alone.

    Gradient checkpointing runs each group a second time; without this every batch would count twice.
    """
    norms = [layer for layer in module.modules() if isinstance(layer, nn.BatchNorm2d)]
    before = [(norm.momentum, norm.num_batches_tracked) for norm in norms]
    for norm in norms:
        norm.momentum, norm.num_batches_tracked = 0.0, None  # the new value counts nothing, and nobody counts batches
    try:
        yield
    finally:
        for norm, (momentum, count) in zip(norms, before, strict=True):
            norm.momentum, norm.num_batches_tracked = momentum, count
