"""Progress of long work: what, how far, how fast, how long still."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 10

no_progress = partial(tqdm, disable=True)
"""The default wherever a function takes `progress`: called with `total` and `unit`, it gives a bar with `update(n)`."""


def within(bar: tqdm) -> Callable[..., AbstractContextManager[tqdm]]:
    """A `progress` for parts of a work that `bar` shows as a whole."""
    return lambda total, unit: nullcontext(bar)


class _Lines:
    """Turns the line that tqdm overwrites into lines of a log file."""

    def write(self, text: str) -> None:
        text = text.strip("\r\n ")
        if text:
            print(text, file=sys.stderr)

    def flush(self) -> None:
        sys.stderr.flush()


def log_progress(total: int, unit: str) -> tqdm:
    """A bar for log files, a line every ten seconds."""
    return tqdm(
        total=total,
        unit=f" {unit}",
        unit_scale=True,
        mininterval=SECONDS_BETWEEN_LINES,
        ascii=True,
        ncols=100,
        file=_Lines(),
    )
