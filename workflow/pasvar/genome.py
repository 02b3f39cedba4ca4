"""The reference genome: an indexed FASTA, plain or bgzipped, read with pyfaidx."""

from bisect import bisect
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyfaidx

from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.files import whole
from pasvar.sequence import N_CODE, encode

_NO_CODES = encode("")
_CHEAP_GAP = 10_000
"""nt that take as long to read as to begin anew."""


@dataclass(frozen=True)
class Stretch:
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


class Patches:
    """Several stretches of one contig, by position and disjoint, as one."""

    def __init__(self, stretches: Sequence[Stretch], contig_length: int):
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

    The index is read from beside the FASTA where there is one; else it is made in `index_dir`, because the folder
    of a shared genome is seldom ours to write to. Raises InputError where the FASTA is missing, empty or no FASTA.
    """

    def __init__(self, fasta: str | Path, index_dir: str | Path | None = None):
        self.path = Path(fasta)
        if not self.path.is_file():
            raise InputError(f"{self.path}: no such FASTA file (config key `fasta`)")
        indexes = _index_names(self.path, None if index_dir is None else Path(index_dir))
        try:
            _make_indexes(self.path, indexes)
            # Only an index of our own is ever made anew; the user's is taken as it is.
            self._fasta = pyfaidx.Fasta(str(self.path), as_raw=True, rebuild=bool(indexes), **indexes)
        except pyfaidx.UnsupportedCompressionFormat as error:
            raise InputError(
                f"{self.path}: gzipped, not bgzipped; make it readable with: gunzip, then bgzip"
            ) from error
        except (pyfaidx.FastaIndexingError, pyfaidx.IndexNotFoundError, OSError, ValueError, IndexError) as error:
            raise InputError(f"{self.path}: cannot be read as an indexed FASTA ({error})") from error
        self.lengths = {name: record.rlen for name, record in self._fasta.faidx.index.items()}
        if not self.lengths:
            raise InputError(f"{self.path}: holds no sequence; a FASTA file is expected")
        self.names = ContigNames(self.lengths)

    def __enter__(self) -> "Genome":
        return self

    def __exit__(self, *exc: object) -> None:
        self._fasta.close()

    def stretch(self, chrom: str, start: int, end: int) -> Stretch:
        """[start, end) of `chrom` (the FASTA's name), which may reach past the contig's ends: N there."""
        length = self.lengths[chrom]
        inner_start, inner_end = min(max(start, 0), length), max(min(end, length), 0)
        inner = b""
        if inner_start < inner_end:
            inner = self._fasta.faidx.fetch(chrom, inner_start + 1, inner_end)
        codes = np.full(end - start, N_CODE, dtype=np.uint8)
        try:
            codes[inner_start - start : inner_start - start + len(inner)] = encode(inner)
        except ValueError as error:
            raise InputError(f"{self.path}: {chrom}:{inner_start + 1}-{inner_end}: {error}") from error
        if len(inner) != max(inner_end - inner_start, 0):
            raise InputError(
                f"{self.path}: {chrom}:{inner_start + 1}-{inner_end} gave {len(inner)} bases; is the .fai of this file?"
            )
        return Stretch(codes, start, length)

    def patches(self, chrom: str, starts: np.ndarray, ends: np.ndarray) -> "Patches":
        """The bases of intervals, given by start, and what is cheaper to read than to leave out between them."""
        if not len(starts):
            return Patches([], self.lengths[chrom])
        reached = np.maximum.accumulate(ends)
        first = np.flatnonzero(np.append(True, starts[1:] > reached[:-1] + _CHEAP_GAP))
        last = np.append(first[1:], len(starts)) - 1
        borders = zip(starts[first].tolist(), reached[last].tolist(), strict=True)
        return Patches([self.stretch(chrom, low, high) for low, high in borders], self.lengths[chrom])


def _index_names(fasta: Path, index_dir: Path | None) -> dict[str, str]:
    """pyfaidx's arguments for index files outside the FASTA's own folder; none where they are beside it."""
    needed = [".fai", ".gzi"] if fasta.suffix in (".gz", ".bgz") else [".fai"]
    if index_dir is None or all(Path(f"{fasta}{suffix}").is_file() for suffix in needed):
        return {}
    arguments = {".fai": "indexname", ".gzi": "gzi_indexname"}
    return {arguments[suffix]: str(index_dir / f"{fasta.name}{suffix}") for suffix in needed}


def _make_indexes(fasta: Path, indexes: dict[str, str]) -> None:
    """Make index files that are not there or are older than the FASTA; they appear whole or not at all, which pyfaidx does
    not promise."""
    changed = fasta.stat().st_mtime
    if all(Path(path).exists() and Path(path).stat().st_mtime >= changed for path in indexes.values()):
        return
    with ExitStack() as stack:
        besides = {argument: str(stack.enter_context(whole(path))) for argument, path in indexes.items()}
        pyfaidx.Fasta(str(fasta), **besides).close()


def contig_table(genome: Genome) -> pd.DataFrame:
    """Table `contigs`, in the FASTA's order."""
    return pd.DataFrame({"chrom": list(genome.lengths), "length": list(genome.lengths.values())})
