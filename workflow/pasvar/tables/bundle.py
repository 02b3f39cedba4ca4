"""Several tables in one file: a zip without further compression, with a parquet file for each table. The same tables
give the same bytes.

A cohort in thousands of shards has fewer files this way: tables that are always written and read together share one.
"""

import io
import os
import shutil
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pasvar.errors import DamagedFile
from pasvar.files import whole

SUFFIX = ".zip"
_LOCAL_HEADER, _LENGTHS_AT = 30, 26
_TIME = (1980, 1, 1, 0, 0, 0)


@contextmanager
def write_bundle(path: str | Path) -> Iterator[Path]:
    """A folder in which to write tables, each as `<table>.parquet`. When the block ends without an error, they become
    one file at `path`."""
    with whole(path) as temporary:
        # The same name except for the process, so that `whole` removes it if a job was killed.
        folder = temporary.with_name(temporary.name.replace("+", ".tables+", 1))
        folder.mkdir()
        try:
            yield folder
            with zipfile.ZipFile(temporary, "w", zipfile.ZIP_STORED) as bundle:
                for table in sorted(folder.iterdir()):
                    about = zipfile.ZipInfo(table.name, _TIME)
                    with table.open("rb") as file, bundle.open(about, "w", force_zip64=True) as out:
                        shutil.copyfileobj(file, out, 1 << 20)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def tables_in(path: str | Path) -> list[str]:
    """The names of the tables in a bundle."""
    with _opened(path) as bundle:
        return [name.removesuffix(".parquet") for name in bundle.namelist()]


@contextmanager
def table_in(path: str | Path, table: str) -> Iterator[io.BufferedReader]:
    """The parquet file of a table in a bundle. Raises DamagedFile if it is not there or the file is not a bundle."""
    with _opened(path) as bundle:
        try:
            found = bundle.getinfo(f"{table}.parquet")
        except KeyError as error:
            raise DamagedFile(path, f"has no table {table}") from error
    with open(path, "rb") as file:
        file.seek(found.header_offset)
        header = file.read(_LOCAL_HEADER)
        if len(header) < _LOCAL_HEADER:
            raise DamagedFile(path, f"ends before its table {table}")
        start = found.header_offset + _LOCAL_HEADER + sum(struct.unpack_from("<HH", header, _LENGTHS_AT))
        yield io.BufferedReader(_Part(file, start, found.file_size))


@contextmanager
def _opened(path: str | Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as bundle:
            yield bundle
    except (zipfile.BadZipFile, UnicodeError) as error:
        raise DamagedFile(path, f"cannot be read as a zip of tables ({error})") from error


class _Part(io.RawIOBase):
    """Bytes [start, start + size) of an open file, as a separate file. An object from `ZipFile.open` reads everything
    that it skips when it seeks (before Python 3.13), and Parquet is read from its end."""

    def __init__(self, file: io.BufferedReader, start: int, size: int):
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max({os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence] + offset, 0)
        return self._at

    def readinto(self, buffer) -> int:  # any writable buffer
        wanted = memoryview(buffer)[: max(self._size - self._at, 0)]
        self._file.seek(self._start + self._at)
        n = self._file.readinto(wanted)
        self._at += n
        return n
