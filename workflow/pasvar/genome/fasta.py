"""The reference genome: an indexed FASTA, plain or bgzipped, read with pyfaidx."""

import gzip
import struct
import warnings
import zlib
from bisect import bisect
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyfaidx

from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.files import require_file, whole
from pasvar.genome.fasta_index import index_fault
from pasvar.sequence import N_CODE, encode

_NO_CODES = encode("")
_CHEAP_GAP = 10_000
"""nt that take as long to read as to begin again."""


@dataclass(frozen=True)
class SequenceSlice:
    """Codes of the forward strand from `start` on (0-based), N past the ends of the contig."""

    codes: np.ndarray
    start: int
    contig_length: int

    @property
    def end(self) -> int:
        return self.start + len(self.codes)

    def between(self, start: int, end: int) -> np.ndarray:
        """Codes of [start, end), which must lie within the stretch. Raises IndexError else."""
        if not self.start <= start <= end <= self.end:
            raise IndexError(f"[{start}, {end}) is not within the stretch [{self.start}, {self.end})")
        return self.codes[start - self.start : end - self.start]


class SequenceChunks:
    """Several stretches of one contig, by position and disjoint, as one."""

    def __init__(self, stretches: Sequence[SequenceSlice], contig_length: int):
        self.contig_length = contig_length
        self.start = stretches[0].start if stretches else 0
        self._stretches = stretches
        self._starts = np.array([stretch.start for stretch in stretches], dtype=np.int64)
        self._codes = np.concatenate([_NO_CODES, *(stretch.codes for stretch in stretches)])
        self._index = np.cumsum([0, *(len(stretch.codes) for stretch in stretches)])

    def between(self, start: int, end: int) -> np.ndarray:
        """Codes of [start, end), which must lie within one of the stretches. Raises IndexError else."""
        which = bisect(self._starts, start) - 1
        if which < 0:
            raise IndexError(f"[{start}, {end}) is before all stretches")
        return self._stretches[which].between(start, end)

    def at(self, places: np.ndarray) -> np.ndarray:
        """Codes at single places, each of which must lie within a stretch."""
        which = np.searchsorted(self._starts, places, side="right") - 1
        return self._codes[places - self._starts[which] + self._index[which]]


class Genome:
    """Random access to a FASTA.

    The index next to the FASTA is read if it belongs to it; else it is made in `index_dir`, because the
    folder of a shared genome is seldom ours to write to; `notes` says so. Raises InputError where the FASTA is missing, empty
    or no FASTA, and without `index_dir` where the index next to it is of another file.
    """

    def __init__(self, fasta: str | Path, index_dir: str | Path | None = None):
        self.path = Path(fasta)
        _require_fasta(self.path)
        with _indexing_errors(self.path), warnings.catch_warnings():
            indexes, self.notes = _choose_indexes(self.path, None if index_dir is None else Path(index_dir))
            _make_indexes(self.path, indexes)
            # pyfaidx compares times, which say nothing.
            warnings.simplefilter("ignore")
            self._fasta = pyfaidx.Fasta(str(self.path), as_raw=True, rebuild=False, **_arguments(indexes))
        self.lengths = {name: record.rlen for name, record in self._fasta.faidx.index.items()}
        if not self.lengths:
            raise InputError(f"{self.path}: holds no sequence; a FASTA file is expected")
        self.names = ContigNames(self.lengths)

    def __enter__(self) -> "Genome":
        return self

    def __exit__(self, *exc: object) -> None:
        self._fasta.close()

    def slice(self, chrom: str, start: int, end: int) -> SequenceSlice:
        """[start, end) of `chrom` (the FASTA's name), which may reach past the contig's ends: N there."""
        length = self.lengths[chrom]
        inner_start, inner_end = min(max(start, 0), length), max(min(end, length), 0)
        inner = ""
        if inner_start < inner_end:
            inner = self._fetch(chrom, inner_start, inner_end)
        codes = np.full(end - start, N_CODE, dtype=np.uint8)
        try:
            codes[inner_start - start : inner_start - start + len(inner)] = encode(inner)
        except ValueError as error:
            raise InputError(f"{self.path}: {chrom}:{inner_start + 1}-{inner_end}: {error}") from error
        return SequenceSlice(codes, start, length)

    def _fetch(self, chrom: str, start: int, end: int) -> str:
        """The letters of [start, end), which must lie within the contig."""
        place = f"{self.path}: {chrom}:{start + 1}-{end}"
        try:
            letters = self._fasta.faidx.fetch(chrom, start + 1, end)
        except (zlib.error, struct.error, OSError, EOFError, RuntimeError, ValueError) as error:
            raise InputError(f"{place} cannot be read ({error}): the file is damaged; fetch it again") from error
        if len(letters) != end - start:
            raise InputError(f"{place} gave {len(letters)} letters: the file has changed while it was read; run again")
        return letters

    def chunks(self, chrom: str, starts: np.ndarray, ends: np.ndarray) -> "SequenceChunks":
        """The bases of intervals, given by start, and what is cheaper to read than to leave out between them."""
        if not len(starts):
            return SequenceChunks([], self.lengths[chrom])
        reached = np.maximum.accumulate(ends)
        first = np.flatnonzero(np.append(True, starts[1:] > reached[:-1] + _CHEAP_GAP))
        last = np.append(first[1:], len(starts)) - 1
        borders = zip(starts[first].tolist(), reached[last].tolist(), strict=True)
        return SequenceChunks([self.slice(chrom, low, high) for low, high in borders], self.lengths[chrom])


def _require_fasta(fasta: Path) -> None:
    """Raise InputError for files that no index can be made of."""
    require_file(fasta, "FASTA file (config key `fasta`)")
    with fasta.open("rb") as file:
        first = file.read(18)
    is_gzipped = first.startswith(b"\x1f\x8b")
    if is_gzipped and first[12:14] != b"BC":
        raise InputError(f"{fasta}: gzipped, not bgzipped; make it readable with: gunzip, then bgzip")
    if is_gzipped != _is_named_gz(fasta):
        has = "bgzipped but not named .gz" if is_gzipped else "named .gz but not compressed"
        raise InputError(f"{fasta}: {has}; rename it")


def _is_named_gz(fasta: Path) -> bool:
    return fasta.suffix.lower() in (".gz", ".bgz")


def _choose_indexes(fasta: Path, index_dir: Path | None) -> tuple[list[Path], list[str]]:
    """The index files (.fai, and .gzi of a bgzipped FASTA) to read or to make, and a note if those next to it are not of it."""
    suffixes = [".fai", ".gzi"] if _is_named_gz(fasta) else [".fai"]
    adjacent = [Path(f"{fasta}{suffix}") for suffix in suffixes]
    own = adjacent if index_dir is None else [index_dir / path.name for path in adjacent]
    if not all(path.is_file() for path in adjacent):
        return own, []
    fault = index_fault(fasta, *adjacent)
    if not fault:
        return adjacent, []
    if index_dir is None:
        raise InputError(f"{adjacent[0]}: not the index of this FASTA: {fault}; make it again with samtools faidx")
    return own, [f"{adjacent[0]} is not the index of the FASTA ({fault}); another was made in {index_dir}"]


def _arguments(indexes: list[Path]) -> dict[str, str]:
    """Index files as pyfaidx takes them."""
    return dict(zip(("indexname", "gzi_indexname"), map(str, indexes), strict=False))


def _make_indexes(fasta: Path, indexes: list[Path]) -> None:
    """Make index files that are not there or not of the FASTA; they appear whole or not at all, which pyfaidx does not
    promise."""
    if all(path.is_file() for path in indexes) and not index_fault(fasta, *indexes):
        return
    with ExitStack() as stack:
        temporaries = [stack.enter_context(whole(path)) for path in indexes]
        pyfaidx.Fasta(str(fasta), **_arguments(temporaries)).close()


@contextmanager
def _indexing_errors(fasta: Path) -> Iterator[None]:
    """What pyfaidx raises where a file is no FASTA, as InputError."""
    try:
        yield
    except InputError:
        raise
    except pyfaidx.FastaIndexingError as error:
        raise InputError(
            f"{fasta}: cannot be read as a FASTA ({error}); lines of one length are expected, as seqkit seq -w 60 makes them"
        ) from error
    except (struct.error, zlib.error, gzip.BadGzipFile, EOFError, RuntimeError) as error:
        if "Unhandled exception during fasta indexing" in str(error):  # so pyfaidx meets blank lines between records
            raise InputError(
                f"{fasta}: has blank lines between records; write it without, for example with grep -v '^$'"
            ) from error
        raise InputError(f"{fasta}: cut short or damaged ({error}); fetch it again") from error
    except (pyfaidx.IndexNotFoundError, OSError, ValueError, IndexError, OverflowError, KeyError, TypeError) as error:
        raise InputError(f"{fasta}: cannot be read as a FASTA ({error})") from error


def contig_table(genome: Genome) -> pd.DataFrame:
    """Table `contigs`, in the FASTA's order."""
    return pd.DataFrame({"chrom": list(genome.lengths), "length": list(genome.lengths.values())})
