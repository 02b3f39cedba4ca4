"""Tab-separated text, read as columns of text by line number. The file may also have comments, browser and track lines,
blank lines, a header or none, and it may be plain or gzipped."""

import gzip
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from pasvar.contigs import shorten
from pasvar.errors import InputError, explain
from pasvar.files import require_file

Column = int | str
"""A column: its number from 1, or its name in the header."""

_GZIP_MAGIC = b"\x1f\x8b"
_NO_DELIMITER = "\x01"
_NOT_DATA = r"^(#|\s*$|track(\s|$)|browser(\s|$))"
_EMPTY = ["", ".", "NA", "NaN", "nan", "na"]
"""The spellings of a missing value in the atlases."""

_NO_PLACE = 2.0**40
"""A position past the end of any contig."""

_SITE_NAMES = (
    r"^(?P<chrom>.+):(?P<position>\d+):(?P<strand>[+-])$",
    r"^(?P<chrom>.+):(?P<strand>[+-]):(?P<position>\d+)$",
)
"""The name of a site: contig, position of the cut from 1, strand (PolyASite, PolyA_DB 3), or the strand before the position
(PolyA_DB 4)."""


@dataclass(frozen=True)
class TextTable:
    """The rows of a file.

    lines: (n,) line numbers from 1. fields: (n,) lists of text. comment: fields of the last comment before the first row.
    header: names of the columns, None where the rows have none.
    """

    path: Path
    lines: np.ndarray
    fields: pa.ListArray
    comment: list[str]
    header: list[str] | None = None

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def first(self) -> list[str]:
        """The fields of the first row; none where the table is empty."""
        return self.fields[0].as_py() if len(self) else []

    @property
    def names(self) -> list[str]:
        """The names of the columns if the table has a header: the last comment if it has several fields, otherwise the
        first row."""
        return self.header or (self.comment if len(self.comment) > 1 else self.first)

    def with_header(self) -> "TextTable":
        """The table with `names` as its header; the header is then not one of the rows."""
        if self.header is not None:
            return self
        body = 0 if len(self.comment) > 1 else 1
        return replace(self, lines=self.lines[body:], fields=self.fields[body:], header=self.names)

    def take(self, rows: np.ndarray) -> "TextTable":
        """Some of the rows. rows: (n,) booleans."""
        return replace(self, lines=self.lines[rows], fields=self.fields.filter(pa.array(rows)))

    def column(self, column: Column, key: str) -> pd.Series:
        """A column as text, by line number. Raises InputError, naming the line, if a row has no such column."""
        number = self._number(column, key)
        width = pc.list_value_length(self.fields).to_numpy(zero_copy_only=False)
        if len(width) and (width < number).any():
            line, found = self.lines[width < number][0], width[width < number][0]
            raise InputError(
                f"{self.path}: line {line}: no column {column} for {key}; it has {found} columns, separated by tabs"
            )
        text = pc.list_element(self.fields, number - 1) if len(self) else pa.array([], pa.string())
        return pd.Series(text.to_pandas().array, index=self.lines, dtype="str")

    def columns(self, wanted: Mapping[str, Column]) -> pd.DataFrame:
        """Columns as text by line number, called by the keys of `wanted`."""
        return pd.DataFrame({key: self.column(column, key) for key, column in wanted.items()}, index=self.lines)

    def _number(self, column: Column, key: str) -> int:
        if not isinstance(column, str):
            return column
        names = self.header or []
        if column not in names:
            raise InputError(f"{self.path}: no column {column!r} for {key}; its columns are {shorten(names, 20)}")
        return names.index(column) + 1


def read_text_table(path: Path) -> TextTable:
    """The rows of a tab-separated file. A file without any tab is separated by blanks, as BED allows.

    Raises InputError if it cannot be read.
    """
    lines = _read_lines(path)
    is_row = np.asarray(pc.invert(pc.match_substring_regex(lines, _NOT_DATA)))
    rows = lines.filter(pa.array(is_row))
    if not len(rows):
        raise InputError(f"{path}: holds no line of data")
    number = np.flatnonzero(is_row)
    before = lines[: number[0]].to_pylist()
    comments = [line.lstrip("#").strip() for line in before if line.startswith("#")]
    fields = pc.split_pattern(rows, "\t") if "\t" in rows[0].as_py() else pc.utf8_split_whitespace(rows)
    return TextTable(path, number + 1, fields, comments[-1].split("\t") if comments else [])


def _read_lines(path: Path) -> pa.StringArray:
    """Every line of a file, plain or gzipped, whatever its name."""
    require_file(path, "file of tab-separated text")
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == _GZIP_MAGIC
        with gzip.open(path) if zipped else path.open("rb") as file:
            table = csv.read_csv(
                file,
                csv.ReadOptions(column_names=["line"]),
                csv.ParseOptions(delimiter=_NO_DELIMITER, quote_char=False, ignore_empty_lines=False),
                csv.ConvertOptions(column_types={"line": pa.string()}),
            )
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: the gzipped file is damaged or cut short ({error}); fetch it again") from error
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{path}: cannot be read as tab-separated text ({explain(error)})") from error
    return table["line"].combine_chunks()


def numbers(text: pd.Series, path: Path, key: str, needed: bool = False) -> pd.Series:
    """Text as float64; NaN if there is no value, unless a value is `needed`. Raises InputError naming the line."""
    try:
        values = pd.Series(pc.cast(pa.array(text, pa.string()), pa.float64()).to_numpy(), index=text.index)
    except pa.ArrowInvalid:  # slower, and finds out which are none
        values = pd.to_numeric(text, errors="coerce").astype(np.float64)
    missing = text.isin(_EMPTY) & (not needed)
    require(np.isfinite(values) | missing, text, path, key, "a number")
    return values.where(~missing)


def positions(text: pd.Series, path: Path, key: str) -> pd.Series:
    """Text as int64. Raises InputError naming the line."""
    values = numbers(text, path, key, needed=True)
    require((values == np.floor(values)) & (values.abs() < _NO_PLACE), text, path, key, "a whole number")
    return values.astype(np.int64)


def joined_names(columns: Sequence[pd.Series]) -> pd.Series:
    """The names in several columns of text, joined by `;`, without the spellings of a missing name."""
    names = pd.DataFrame(dict(enumerate(columns))).replace(_EMPTY, "")
    text = names[0].str.cat([names[i] for i in range(1, len(columns))], sep=";") if len(columns) > 1 else names[0]
    return text.str.strip(";")


def site_names(names: pd.Series) -> pd.DataFrame:
    """Columns chrom, position (from 1, a float) and strand of the names of sites; missing values for other text."""
    found = extract(names, *_SITE_NAMES)
    return found.assign(
        position=pc.cast(pa.array(found.position, pa.string()), pa.float64()).to_numpy(zero_copy_only=False)
    )


def is_site_name(text: str) -> bool:
    """Whether a text is the name of a site."""
    return any(re.match(pattern, text) for pattern in _SITE_NAMES)


def extract(text: pd.Series, *patterns: str) -> pd.DataFrame:
    """The named groups of the first pattern that matches any of the texts, one column each; missing if a text does not
    match.

    Like `Series.str.extract`, but with pyarrow's regular expressions, which are ten times as fast.
    """
    for pattern in patterns:
        found = pc.extract_regex(pa.array(text, pa.string()), pattern)
        if found.null_count < len(found) or pattern == patterns[-1]:
            groups = {field.name: pc.struct_field(found, field.name) for field in found.type}
            return pd.DataFrame({name: column.to_pandas() for name, column in groups.items()}).set_axis(text.index)
    raise ValueError("no pattern")


def require(good: pd.Series, values: pd.Series, path: Path, key: str, expected: str) -> None:
    """Raise InputError naming the first line that is not good."""
    if not good.all():
        line = good.index[~good.to_numpy(dtype=bool)][0]
        value = values.loc[line]
        shown = repr(value) if isinstance(value, str) else value
        raise InputError(f"{path}: line {line}: {key} is {shown}, expected {expected}")
