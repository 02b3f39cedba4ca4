"""Whether an index is of the FASTA next to it: judged by what the file has where the index says, for a time is no proof."""

import gzip
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

_MOST_LOOKED_AT = 10_000
_MOST_UNPACKED = 100
"""Records whose headers are compared, spread over the file, of a plain and of a bgzipped FASTA, where each costs the unpacking
of a block. What was changed in between moves those that follow."""

_LONGEST_HEADER = 1 << 20
_LONGEST_LINE = 1 << 32
_NO_PLACE = 1 << 48
_BLOCK = b"\x1f\x8b\x08\x04"
"""How a block of BGZF begins."""
_NEWLINE = re.compile(rb"\r?\n")

_Read = Callable[[int, int], bytes]
"""Start and number of bytes -> bytes of the FASTA's text."""


class _Record(NamedTuple):
    """A line of a .fai: the contig's length, where it begins in the text, and bases and bytes of each of its lines."""

    name: str
    length: int
    offset: int
    line_bases: int
    line_width: int

    @property
    def end(self) -> int:
        """Byte after the last base, or after its line end where that line is full."""
        if not self.line_bases:
            return self.offset
        lines, rest = divmod(self.length, self.line_bases)
        return self.offset + lines * self.line_width + rest


def index_fault(fasta: Path, fai: Path, gzi: Path | None = None) -> str | None:
    """Why these are not the indexes of `fasta`, or None where they are: records have their header just before them and their
    line ends where the index says, and nothing is left between the records or after them. gzi: of a bgzipped FASTA. Raises
    zlib.error, EOFError and gzip.BadGzipFile where a block of the FASTA itself is damaged."""
    try:
        records = sorted(_read_fai(fai), key=lambda record: record.offset)
        with _open(fasta, gzi) as read:
            ends = [0, *(record.end for record in records)]
            n_looked_at = min(len(records), _MOST_LOOKED_AT if gzi is None else _MOST_UNPACKED)
            for i in np.linspace(0, len(records) - 1, n_looked_at).astype(int):
                if not _is_there(records[i], ends[i], read):
                    return f"contig {records[i].name} is not where {fai.name} says"
            if read(ends[-1], _LONGEST_HEADER).strip():
                return f"{fai.name} ends before the FASTA"
    except ValueError:
        names = " or ".join(path.name for path in (fai, gzi) if path)
        return f"{names} does not say where its records are"
    return None


def _is_there(record: _Record, last_end: int, read: _Read) -> bool:
    """Whether a header with the record's name fills the bytes between the record before and this one, and whether the first
    line is as long as all are said to be."""
    if not 0 < record.offset - last_end < _LONGEST_HEADER:
        return False
    before = read(last_end, record.offset - last_end)
    header = before.strip()
    if not before.endswith(b"\n") or not header.startswith(b">") or b"\n" in header:
        return False
    if header[1:].split()[:1] != [record.name.encode()]:
        return False
    if record.line_width > _LONGEST_LINE:
        return False
    line = read(record.offset, min(record.line_width, record.end - record.offset))
    bases, line_end = line[: record.line_bases], line[record.line_bases :]
    is_whole = len(bases) == min(record.line_bases, record.length) and not _NEWLINE.search(bases)
    return is_whole and (not line_end or _NEWLINE.fullmatch(line_end) is not None)


def _read_fai(path: Path) -> list[_Record]:
    """Raises ValueError where a line has not the columns of a .fai."""
    lines = [line.split("\t") for line in path.read_text().splitlines()]
    records = [
        _Record(name, int(length), int(offset), int(bases), int(width)) for name, length, offset, bases, width in lines
    ]
    if any(not 0 <= number < _NO_PLACE for record in records for number in record[1:]):
        raise ValueError("a number that is no place in a file")
    return records


@contextmanager
def _open(fasta: Path, gzi: Path | None) -> Iterator[_Read]:
    with fasta.open("rb") as file:
        if gzi is None:

            def read(start: int, n: int) -> bytes:
                file.seek(start)
                return file.read(n)
        else:
            # A count, then for each block but the first its place in the file and in the text.
            numbers = np.frombuffer(gzi.read_bytes(), dtype="<u8")[1:].reshape(-1, 2).astype(np.int64)
            blocks = np.vstack([np.zeros((1, 2), dtype=np.int64), numbers])

            def read(start: int, n: int) -> bytes:
                packed, unpacked = blocks[np.searchsorted(blocks[:, 1], start, side="right") - 1].tolist()
                file.seek(packed)
                if file.read(len(_BLOCK)) != _BLOCK:
                    raise ValueError(f"no block begins at byte {packed}")
                file.seek(packed)
                with gzip.GzipFile(fileobj=file) as text:
                    text.read(start - unpacked)
                    return text.read(n)

        yield read
