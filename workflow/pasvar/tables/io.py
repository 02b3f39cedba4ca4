"""Reading and writing tables. No other code does this. The same rows give the same bytes.

The row groups have a fixed size, and additions of pyarrow (a pandas index) are left out.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pasvar import __version__
from pasvar.errors import DamagedFile, InputError, explain
from pasvar.files import require_file, whole
from pasvar.tables import bundle
from pasvar.tables.cells import plain_cells
from pasvar.tables.schema import TABLES

ROW_GROUP_SIZE = 100_000

_MADE_BY, _CHECKSUM = "pasvar", "pasvar_sha256"
"""Keys of a file's metadata: the description of what made it, as JSON, and the sha256 of that text. The pages have
their own checksums."""


def empty_frame(name: str) -> pd.DataFrame:
    """A frame of table `name` without rows."""
    return TABLES[name].schema.empty_table().to_pandas()


def to_arrow(frame: pd.DataFrame, name: str) -> pa.Table:
    """The columns of table `name` in order, cast to its schema. Raises KeyError if one is missing."""
    schema = TABLES[name].schema
    missing = [column for column in schema.names if column not in frame.columns]
    if missing:
        raise KeyError(f"table {name}: no column {', '.join(missing)}")
    return pa.Table.from_pandas(frame[schema.names], schema=schema, preserve_index=False).replace_schema_metadata(None)


def content_sha256(frame: pd.DataFrame, name: str) -> str:
    """sha256 of the rows of table `name`, independent of the file, compression and metadata."""
    stream = pa.BufferOutputStream()
    with pa.ipc.new_stream(stream, TABLES[name].schema.remove_metadata()) as writer:
        writer.write_table(to_arrow(frame, name).combine_chunks())
    return hashlib.sha256(stream.getvalue()).hexdigest()


def write_table(path: str | Path, frame: pd.DataFrame, name: str, made_by: dict[str, str] | None = None) -> None:
    """Write `frame` as table `name`; the file appears complete or not at all."""
    write_batches(path, [to_arrow(frame, name)], name, made_by)


def write_batches(
    path: str | Path, tables: Iterable[pa.Table], name: str, made_by: dict[str, str] | None = None
) -> None:
    """Write arrow tables one after the other into one file, as `table_writer` does."""
    with table_writer(path, name, made_by) as write:
        for table in tables:
            write(table)


@contextmanager
def table_writer(
    path: str | Path, name: str, made_by: dict[str, str] | None = None
) -> Iterator[Callable[[pa.Table], None]]:
    """A function that appends rows to table `name`. The file appears, complete, when the block ends, or not at all.

    One row group is held in memory. The limits of the row groups depend only on the rows, so that the bytes are the
    same however the rows were split. `made_by` goes into the file's metadata, in addition to pasvar's version (for
    example the model's name and digest).
    """
    about = json.dumps({"pasvar_version": __version__, **(made_by or {})}, sort_keys=True)
    schema = TABLES[name].schema.with_metadata({_MADE_BY: about, _CHECKSUM: _checksum(about.encode())})
    waiting = schema.empty_table()
    options = {"write_page_checksum": True, **TABLES[name].options}
    with whole(path) as temporary, pq.ParquetWriter(temporary, schema, compression="zstd", **options) as writer:

        def write(table: pa.Table) -> None:
            nonlocal waiting
            waiting = pa.concat_tables([waiting, table.cast(schema)])
            while waiting.num_rows > ROW_GROUP_SIZE:
                writer.write_table(waiting.slice(0, ROW_GROUP_SIZE).combine_chunks(), row_group_size=ROW_GROUP_SIZE)
                waiting = waiting.slice(ROW_GROUP_SIZE)

        yield write
        # Also if there is no row, so that the schema is written.
        writer.write_table(waiting.combine_chunks(), row_group_size=ROW_GROUP_SIZE)


@contextmanager
def open_table(path: str | Path, names: str | Sequence[str]) -> Iterator[pq.ParquetFile]:
    """A file with the table of this name, or of one of these names; for a bundle, the table in it. Raises DamagedFile
    if the file, or the part of it that is read, is damaged; InputError if it is another table."""
    with _parquet(path, names) as file:
        require_schema(file, path, names)
        yield file


def require_schema(file: pq.ParquetFile, path: str | Path, names: str | Sequence[str]) -> None:
    """Raise InputError if an open file is not the table of this name, or of one of these names."""
    names = [names] if isinstance(names, str) else names
    if not any(file.schema_arrow.equals(TABLES[name].schema) for name in names):
        wanted = " or ".join(map(repr, names))
        raise InputError(f"{path}: is not the table {wanted} of pasvar {__version__}; remove it and run again")


@contextmanager
def _parquet(path: str | Path, names: str | Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
    """names: of the requested tables; without names, the first table of a bundle."""
    require_file(path, "table")
    names = [names] if isinstance(names, str) else names
    try:
        with (
            _bytes_of(path, names) as source,
            pq.ParquetFile(source, page_checksum_verification=True) as file,
        ):
            _read_about(file, path)
            yield file
    except (OSError, EOFError, MemoryError, UnicodeError, pa.ArrowException) as error:
        raise DamagedFile(path, f"cannot be read as a parquet file ({explain(error)})") from error


@contextmanager
def _bytes_of(path: str | Path, names: Sequence[str]) -> Iterator[str | Path | BinaryIO]:
    if Path(path).suffix != bundle.SUFFIX:
        yield path
        return
    there = bundle.tables_in(path)
    wanted = [name for name in names if name in there] or list(names) or there
    if not wanted:
        raise DamagedFile(path, "has no table")
    with bundle.table_in(path, wanted[0]) as file:
        yield file


def _read_about(file: pq.ParquetFile, path: str | Path) -> dict[str, str]:
    """The file's description of what made it. Raises DamagedFile if that is not what was written."""
    metadata = file.schema_arrow.metadata or {}
    about, checksum = metadata.get(_MADE_BY.encode()), metadata.get(_CHECKSUM.encode())
    if about is None and checksum is None:
        return {}
    if about is None or checksum != _checksum(about).encode():
        raise DamagedFile(path, "what it says of what made it was changed or is not of this version of pasvar")
    return json.loads(about)


def _checksum(about: bytes) -> str:
    return hashlib.sha256(about).hexdigest()


def read_arrow(path: str | Path, name: str, columns: list[str] | None = None) -> pa.Table:
    """Table `name` from a file. Raises as `open_table`."""
    with open_table(path, name) as file:
        return file.read(columns=columns)


def read_table(path: str | Path, name: str, columns: list[str] | None = None) -> pd.DataFrame:
    """As `read_arrow`, as a frame; integer columns with nulls come as Int64 and the like, never as floats."""
    return _to_frame(read_arrow(path, name, columns))


def as_read(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of table `name` as `read_table` would return them after they were written, with the table's types and
    rounding."""
    return _to_frame(to_arrow(frame, name))


def _to_frame(table: pa.Table) -> pd.DataFrame:
    nullable = {
        field.name: field.type
        for field in table.schema
        if pa.types.is_integer(field.type) and table[field.name].null_count
    }
    frame = table.to_pandas()
    for column, dtype in nullable.items():
        frame[column] = pd.array(table[column].to_pylist(), dtype=str(dtype).replace("int", "Int"))
    return frame


def read_pieces(
    path: str | Path, names: str | Sequence[str], columns: Sequence[str] | None = None
) -> Iterator[pd.DataFrame]:
    """As `read_table`, but one row group at a time, for a table of one of these names; its integers must have no
    nulls."""
    with open_table(path, names) as file:
        for group in range(file.num_row_groups):
            yield file.read_row_group(group, columns=columns).to_pandas()


def read_made_by(path: str | Path | pq.ParquetFile, table: str = "") -> dict[str, str]:
    """The `made_by` that was given to `write_batches`, plus `pasvar_version`; for a bundle, that of `table`."""
    if isinstance(path, pq.ParquetFile):
        return _read_about(path, "a table")
    with _parquet(path, [table] if table else ()) as file:
        return read_made_by(file)


def gather(
    paths: Iterable[str | Path],
    name: str,
    out: str | Path,
    made_by: dict[str, str] | None = None,
    change: Callable[[pa.Table, int], pa.Table] | None = None,
) -> int:
    """Join the tables of consecutive shards, in the given order, without holding them in memory; returns the number of
    rows.

    change: a function that changes each table, given the table and its index in the order.
    """
    n_rows = 0

    def each() -> Iterator[pa.Table]:
        nonlocal n_rows
        for number, path in enumerate(paths):
            table = read_arrow(path, name)
            table = change(table, number) if change else table
            n_rows += table.num_rows
            yield table

    write_batches(out, each(), name, made_by)
    return n_rows


def write_text(path: str | Path, frame: pd.DataFrame, name: str) -> None:
    """As `write_table`, tab-separated, with nulls as empty fields; texts as `plain_cells` has them."""
    with whole(path) as temporary:
        plain_cells(to_arrow(frame, name).to_pandas()).to_csv(
            temporary, sep="\t", index=False, float_format="%.6g", lineterminator="\n"
        )
