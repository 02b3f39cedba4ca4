"""The store: scores of windows that are kept from run to run, so that a window that was scored once is not scored
again.

It is a folder with one subfolder for each kind of engine (`network.LazyEngine.kind`: everything that determines a score
to the last bit), so that two kinds never mix. Each subfolder has parquet files of (digest of the window, scores),
sorted by digest:

* A file is written once and never changed. It is written under a temporary name and renamed; its name is the digest of
  its bytes. Therefore any number of jobs on any number of machines may write at once without a lock, also on a network
  file system. (lmdb and SQLite need locks that work there, and DuckDB needs a single writer.)
* Digests are evenly spread, so each file may hold windows of any job and is searched as a whole. The limits of its row
groups
  exclude groups that cannot match; this is important for small queries to a large store.
* Each page has a checksum, and each row has a checksum of its own, which is lost if another program writes the file
again. Data
  that do not agree with the checksums are left out with a warning and scored again.
* Joining files (`Store.compact`) writes the joined file before it removes its parts. A reader whose file has gone looks
again.
"""

import hashlib
import itertools
import json
import logging
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pasvar.errors import InputError
from pasvar.files import file_sha256
from pasvar.scoring.lazy_engine import LazyEngine
from pasvar.scoring.scores import WINDOW_SCORES
from pasvar.tables import TABLES, read_made_by, require_schema, write_batches

KEY_BYTES = 16
"""128 bits: among 10^9 windows, the probability that two have the same digest is 10^-21."""

MANY_FILES = 1000
"""Each file costs a job about a millisecond. From this number of files on, the log says how to join them."""

_NAME_LENGTH = 32
"""Number of letters of a file's name: the beginning of the sha256 of its bytes, in hex."""

_PIECE = 1 << 22
"""Number of rows that `compact` holds in memory."""

_DEBRIS_AGE = 24 * 3600
"""Seconds after which an unfinished file is considered to be left by a killed job."""

_DAMAGE = (OSError, ValueError, MemoryError, pa.ArrowException)
"""The exceptions that pyarrow raises on damaged bytes."""

_FIRST, _LAST = b"\x00" * KEY_BYTES, b"\xff" * KEY_BYTES

_log = logging.getLogger(__name__)


def open_store(folder: str | Path | None, engine: LazyEngine) -> "Store | None":
    """The store of an engine's scores in `folder` (config key `store`), None if there is none."""
    return Store(folder, engine.kind) if folder else None


def stores_in(folder: str | Path) -> Iterator["Store"]:
    """The stores of all kinds in `folder`, by name. Raises InputError if there is none."""
    kinds = {}
    for path in sorted(Path(folder).glob("*/*.parquet")):
        if path.parent not in kinds:
            with suppress(*_DAMAGE):
                kinds[path.parent] = read_made_by(path)
    if not kinds:
        raise InputError(f"{folder}: no store of scores (config key `store`)")
    for kind in kinds.values():
        yield Store(folder, {key: value for key, value in kind.items() if key != "pasvar_version"})


def window_keys(codes: np.ndarray) -> np.ndarray:
    """Digests of (n, 205) uint8 codes, (n,) of 16 bytes."""
    data, length = codes.tobytes(), codes.shape[1]
    digests = [
        hashlib.blake2b(data[i : i + length], digest_size=KEY_BYTES).digest() for i in range(0, len(data), length)
    ]
    return np.frombuffer(b"".join(digests), dtype=f"S{KEY_BYTES}")


class Store:
    """Scores by one kind of engine. The folder need not exist; it is made when something is added."""

    def __init__(self, folder: str | Path, kind: Mapping[str, str]):
        self.kind = dict(kind)
        name = hashlib.sha256(json.dumps(self.kind, sort_keys=True).encode()).hexdigest()
        self.folder = Path(folder) / name[:16]
        self._checksum = _Checksum(name)

    def files(self) -> list[Path]:
        """The existing files, by name."""
        return sorted(self.folder.glob("[0-9a-f]" * _NAME_LENGTH + ".parquet"))

    def describe(self) -> str:
        """A line that says how much is in the store and whose scores it keeps."""
        files = self.files()
        n_windows = sum(pq.read_metadata(path).num_rows for path in files)
        n_bytes = sum(path.stat().st_size for path in files)
        named = ", ".join(self.kind[name] for name in ("model", "precision", "device"))
        whose = f"{named}, torch {self.kind['torch']}, {self.kind['processor'].split()[0]}"
        return f"{self.folder}: {n_windows} windows in {len(files)} files, {n_bytes / 1e6:.1f} MB ({whose})"

    def find(self, codes: np.ndarray) -> pd.DataFrame:
        """`scores.WINDOW_SCORES` of (n, 205) uint8 codes, one row each; NaN if the store has none."""
        return self.find_parts([codes])

    def find_parts(self, parts: Iterable[np.ndarray]) -> pd.DataFrame:
        """As `find`, for all parts in order. One part is held in memory at a time, and every file is read once for all
        of them."""
        begin = time.perf_counter()
        keys, which = np.unique(np.concatenate([window_keys(codes) for codes in parts]), return_inverse=True)
        lookup = _Lookup(keys, self._checksum)
        # A file that has gone since it was listed is part of a joined file by now; therefore the files are listed
        # again.
        while lookup.wanted.any() and (files := [path for path in self.files() if path not in lookup.read]):
            for path in files:
                lookup.through(path, self.kind)
        n_found = len(keys) - int(lookup.wanted.sum())
        _log.info(
            "store %s: %d of %d windows found (%.1f %%) in %d files, %.2f s",
            *(
                self.folder,
                n_found,
                len(keys),
                100 * n_found / max(len(keys), 1),
                len(lookup.read),
                time.perf_counter() - begin,
            ),
        )
        if len(lookup.read) > MANY_FILES:
            _log.info("store %s: lookups are faster after: pasvar store --compact %s", self.folder, self.folder.parent)
        return pd.DataFrame(lookup.scores[which], columns=WINDOW_SCORES)

    def add(self, codes: np.ndarray, scores: pd.DataFrame) -> None:
        """Keep the scores of (n, 205) codes. If the store cannot be written, a warning is given; the scores exist
        without it."""
        keys = window_keys(codes)
        order = np.argsort(keys)
        try:
            found = scores[list(WINDOW_SCORES)].to_numpy(dtype=np.float32)[order]
            self._write([_to_arrow(keys[order], found, self._checksum(keys[order], found))])
        except OSError as error:
            _log.warning("store %s: %d scores are not kept: %s", self.folder, len(keys), error)

    def compact(self) -> int:
        """Join all files into one and remove files that cannot be read; returns how many files there were.

        Jobs may read and add at the same time. Raises InputError if another process joins the same files; nothing is
        lost then.
        """
        try:
            return self._compact()
        except FileNotFoundError as error:
            raise InputError(f"{self.folder}: another process is joining these files; nothing is lost") from error

    def _compact(self) -> int:
        files = self.files()
        whole = [path for path in files if _digest_of(path) == path.stem]
        for path in set(files) - set(whole):
            _log.warning("%s: damaged, removed", path)
            path.unlink()
        if len(whole) > 1:
            joint = self._write(_joined(whole))
            for path in whole:
                if path != joint:
                    path.unlink(missing_ok=True)
        for path in self.folder.glob(".*"):
            with suppress(FileNotFoundError):  # what a running job has finished meanwhile
                if path.stat().st_mtime < time.time() - _DEBRIS_AGE:
                    path.unlink()
        return len(files)

    def _write(self, pieces: Iterator[pa.Table] | list[pa.Table]) -> Path:
        """A new file from sorted pieces that are in order."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # Unlike a process id, unique on all machines that share the folder; the dot hides it from `files`.
        temporary = self.folder / f".{uuid.uuid4().hex}.parquet"
        write_batches(temporary, pieces, "store", self.kind)
        path = self.folder / f"{_digest_of(temporary)}.parquet"
        temporary.replace(path)
        return path


def _digest_of(path: Path) -> str:
    return file_sha256(path)[:_NAME_LENGTH]


class _Checksum:
    """Checksums of rows: digests (n,) and scores (n, 6) -> (n,) uint32.

    The upper half of the sum of the row's ten 32-bit words, each multiplied by a different odd number. A changed row
    agrees by chance with a probability of 2^-32.
    """

    def __init__(self, kind: str):
        """kind: everything that determines the numbers, so that rows of another kind of engine do not agree."""
        n_words = KEY_BYTES // 4 + len(WINDOW_SCORES)
        numbers = b"".join(hashlib.blake2b(f"{kind} {i}".encode(), digest_size=8).digest() for i in range(n_words))
        self._factors = np.frombuffer(numbers, dtype=np.uint64) | np.uint64(1)

    def __call__(self, keys: np.ndarray, scores: np.ndarray) -> np.ndarray:
        words = [
            np.ascontiguousarray(part).view(np.uint32).reshape(len(keys), n)
            for part, n in ((keys, KEY_BYTES // 4), (scores, len(WINDOW_SCORES)))
        ]
        sums = np.zeros(len(keys), dtype=np.uint64)
        for factor, word in zip(self._factors, np.concatenate(words, axis=1).T, strict=True):
            sums += word * factor  # without the bits above 64
        return (sums >> np.uint64(32)).astype(np.uint32)


class _Lookup:
    """Digests that are searched, sorted and distinct, and the scores found so far."""

    def __init__(self, keys: np.ndarray, checksum: _Checksum):
        self.keys, self._checksum = keys, checksum
        self.scores = np.full((len(keys), len(WINDOW_SCORES)), np.nan, dtype=np.float32)
        self.wanted = np.ones(len(keys), dtype=bool)
        self.read: set[Path] = set()

    def through(self, path: Path, kind: Mapping[str, str]) -> None:
        """Take the scores that one file has. A damaged file is named and left out."""
        self.read.add(path)
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                require_schema(file, path, "store")
                if not kind.items() <= read_made_by(file).items():
                    raise ValueError("scores by another kind of engine")
                for group, (low, high) in enumerate(_limits(file)):
                    first, last = np.searchsorted(self.keys, low), np.searchsorted(self.keys, high, side="right")
                    wanted = first + np.flatnonzero(self.wanted[first:last])
                    if len(wanted):
                        self._take(file, group, wanted)
        except _DAMAGE as error:
            if path.exists():
                _log.warning(
                    "%s: damaged (%s), its scores are made again; pasvar store --compact removes it", path, error
                )

    def _take(self, file: pq.ParquetFile, group: int, wanted: np.ndarray) -> None:
        stored = _keys(file.read_row_group(group, columns=["window"], use_threads=False))
        here, there = _shared(self.keys[wanted], stored)
        if len(here):
            table = file.read_row_group(group, columns=[*WINDOW_SCORES, "check"], use_threads=False)
            scores = _scores(table)[there]
            wrong = self._checksum(self.keys[wanted[here]], scores) != table["check"].to_numpy()[there]
            if wrong.any():
                raise ValueError(f"{wrong.sum()} of {len(here)} scores are not those that were written")
            self.scores[wanted[here]] = scores
            self.wanted[wanted[here]] = False


def _shared(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices, in two sorted arrays of distinct digests, of the digests that both have."""
    if len(one) > len(other):
        return _shared(other, one)[::-1]
    place = np.minimum(np.searchsorted(other, one), len(other) - 1)
    both = other[place] == one
    return np.flatnonzero(both), place[both]


def _limits(file: pq.ParquetFile) -> list[tuple[bytes, bytes]]:
    """Smallest and largest digest of each row group."""
    columns = (file.metadata.row_group(i).column(0).statistics for i in range(file.num_row_groups))
    return [(c.min, c.max) if c is not None and c.has_min_max else (_FIRST, _LAST) for c in columns]


def _keys(table: pa.Table) -> np.ndarray:
    column = table["window"].combine_chunks()
    return np.frombuffer(
        column.buffers()[1], dtype=f"S{KEY_BYTES}", count=len(column), offset=column.offset * KEY_BYTES
    )


def _scores(table: pa.Table) -> np.ndarray:
    return np.stack([table[name].to_numpy() for name in WINDOW_SCORES], axis=1)


def _to_arrow(keys: np.ndarray, scores: np.ndarray, checks: np.ndarray) -> pa.Table:
    schema = TABLES["store"].schema
    digests = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(KEY_BYTES), len(keys), [None, pa.py_buffer(keys.tobytes())]
    )
    return pa.Table.from_arrays([digests, *(pa.array(column) for column in scores.T), pa.array(checks)], schema=schema)


def _joined(files: list[Path]) -> Iterator[pa.Table]:
    """The rows of all files by digest, each digest once. Because digests are evenly spread, they are divided by their
    first bytes."""
    n_pieces = -(-sum(pq.read_metadata(path).num_rows for path in files) // _PIECE)
    borders = [(i * 2**32 // n_pieces).to_bytes(4) for i in range(1, n_pieces)]
    for low, high in itertools.pairwise([_FIRST, *borders, None]):
        parts = [part for path in files for part in _between(path, low, high)]
        keys, first = np.unique(np.concatenate([_keys(part) for part in parts]), return_index=True)
        scores, checks = (
            np.concatenate([read(part) for part in parts])[first]
            for read in (_scores, lambda part: part["check"].to_numpy())
        )
        yield _to_arrow(keys, scores, checks)


def _between(path: Path, low: bytes, high: bytes | None) -> Iterator[pa.Table]:
    """The rows of a file with digests in [low, high); None for no end."""
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        for group, (least, greatest) in enumerate(_limits(file)):
            if greatest >= low and (high is None or least < high):
                table = file.read_row_group(group, use_threads=False)
                first, last = np.searchsorted(_keys(table), [low, high or _LAST])
                yield table.slice(first, None if high is None else last - first)
