"""The table that training reads: one row per sequence of a massively parallel reporter assay.

==============  =============================================================================================
column          meaning
==============  =============================================================================================
``sequence``    205 letters A C G T/U N, the core hexamer at index 70
``library``     sub-library of the assay, 0 to 12 (`num_libraries` of the network)
``read_count``  reads of this sequence, a whole number above 0
``proportion``  share of its reads that are the proximal isoform, 0 to 1; cleaved in [80, 110)
``cuts``        206 numbers, not negative: reads, or their share, per cleavage position, the last one for reads not
                cleaved in the window. A list in parquet; numbers separated by spaces in CSV
==============  =============================================================================================
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import pandas as pd

from pasvar.constants import WINDOW_LENGTH
from pasvar.errors import InputError, explain
from pasvar.files import require_file
from pasvar.model import RELEASED_CONFIG
from pasvar.sequence import encode

COLUMNS = ("sequence", "library", "read_count", "proportion", "cuts")
N_CUTS = RELEASED_CONFIG["num_labels"]
_MOST_NAMED = 5


@dataclass(frozen=True)
class TrainingTable:
    """The table's columns as arrays over its n rows."""

    codes: np.ndarray
    """(n, 205) uint8."""
    library: np.ndarray
    """(n,) int64."""
    read_count: np.ndarray
    """(n,) float32."""
    proportion: np.ndarray
    """(n,) float32."""
    cuts: np.ndarray
    """(n, 206) float32, each row summing to 1."""

    def __len__(self) -> int:
        return len(self.codes)

    def digest(self) -> str:
        """SHA-256 of the content."""
        digest = hashlib.sha256()
        for field in fields(self):
            digest.update(np.ascontiguousarray(getattr(self, field.name)).tobytes())
        return digest.hexdigest()

    def __getitem__(self, rows: np.ndarray | slice) -> "TrainingTable":
        return TrainingTable(*(getattr(self, field.name)[rows] for field in fields(self)))


def read_table(path: str | Path) -> TrainingTable:
    """Read and check a parquet or CSV file. Raises InputError naming the first bad rows (counted from 1) and why."""
    path = Path(path)
    require_file(path, "training table")
    try:
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except Exception as error:  # pandas lets errors of many kinds through
        raise InputError(f"{path}: neither parquet nor CSV: {explain(error)}") from error
    return check_table(frame, str(path))


def check_table(frame: pd.DataFrame, where: str) -> TrainingTable:
    """`frame` with the columns of this module's table; `where` it is from, for messages. Raises InputError."""
    if missing := [column for column in COLUMNS if column not in frame.columns]:
        raise InputError(f"{where}: column {missing[0]!r} is missing; a training table has {', '.join(COLUMNS)}")
    if frame.empty:
        raise InputError(f"{where}: holds no rows")
    bad: list[str] = []
    columns = {column: _convert(frame[column], convert, bad) for column, convert in _CONVERT.items()}
    if bad:
        more = f" (and {len(bad) - _MOST_NAMED} more)" if len(bad) > _MOST_NAMED else ""
        raise InputError(f"{where}: {'; '.join(bad[:_MOST_NAMED])}{more}")
    return TrainingTable(
        np.stack(columns["sequence"]),
        np.array(columns["library"], dtype=np.int64),
        np.array(columns["read_count"], dtype=np.float32),
        np.array(columns["proportion"], dtype=np.float32),
        np.stack(columns["cuts"]),
    )


def _convert(column: pd.Series, convert: Callable, bad: list[str]) -> list:
    """Each value converted; the rows that cannot be are added to `bad`."""
    values = []
    for row, value in enumerate(column, start=1):
        try:
            values.append(convert(value))
        except (ValueError, TypeError) as error:
            bad.append(f"row {row}: {column.name}: {error}")
    return values


def _sequence(value: str) -> np.ndarray:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no text")
    if len(value) != WINDOW_LENGTH:
        raise ValueError(f"{len(value)} letters, expected {WINDOW_LENGTH}")
    return encode(value)


def _library(value: float) -> int:
    if value not in range(RELEASED_CONFIG["num_libraries"]):
        raise ValueError(f"{value!r} is not one of 0 to {RELEASED_CONFIG['num_libraries'] - 1}")
    return int(value)


def _read_count(value: float) -> float:
    if not (float(value) > 0 and float(value).is_integer()):
        raise ValueError(f"{value!r} is not a whole number above 0")
    return float(value)


def _proportion(value: float) -> float:
    if not 0 <= float(value) <= 1:
        raise ValueError(f"{value!r} is not between 0 and 1")
    return float(value)


def _cuts(value: str | np.ndarray) -> np.ndarray:
    cuts = np.array(value.split() if isinstance(value, str) else value, dtype=np.float64)
    if cuts.shape != (N_CUTS,):
        raise ValueError(f"{cuts.size} numbers, expected {N_CUTS}")
    if not (np.isfinite(cuts).all() and (cuts >= 0).all() and cuts.sum() > 0):
        raise ValueError("numbers must be finite, not negative, and not all 0")
    return (cuts / cuts.sum()).astype(np.float32)


_CONVERT: dict[str, Callable] = {
    "sequence": _sequence,
    "library": _library,
    "read_count": _read_count,
    "proportion": _proportion,
    "cuts": _cuts,
}
