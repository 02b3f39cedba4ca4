"""Whether the index of a VCF or BCF is of this very file. htslib does not ask: with the index of an earlier version it gives
fewer records, or none, and no error.

An index says where in the file the records of each part of a contig begin. So records are read where it says that some begin, and
must be where it would look for them. (Formats: SAM specification, sections 4.1 and 5.2, and the specifications of tabix and CSI.)
"""

import gzip
import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np

from pasvar.errors import InputError
from pasvar.files import require_file

SAMPLE = 300
"""Blocks that are looked at, spread over the file: some tenths of a second, and all of a small file."""

_LARGEST = 1 << 30
"""Bytes of an index; that of a human genome with 10^8 records has some 10^7."""

_TBI_SHIFT, _TBI_DEPTH = 14, 5
_DAMAGE = (struct.error, zlib.error, ValueError, IndexError, OSError, EOFError)

Chunk = tuple[int, int]
"""Virtual offsets [begin, end): offset of the block in the file times 2^16, plus offset in the block."""


class Index(NamedTuple):
    """An index as read.

    bins: by contig (name, in a BCF number) and bin its chunks. A bin holds the records within it: 2^min_shift nt at `depth`,
    eight times as much a level up. lowest: likewise, where the first record begins that reaches into a bin.
    """

    min_shift: int
    depth: int
    bins: dict[str | int, dict[int, list[Chunk]]]
    lowest: dict[str | int, dict[int, int]]

    def finds(self, contig: str | int, pos: int, offset: int) -> bool:
        """Whether a record at `pos` (1-based), which begins at the virtual offset, is met when its place is asked for."""
        bins, lowest = self.bins.get(contig, {}), self.lowest.get(contig, {})
        place = max(pos - 1, 0)
        over = [
            _first_bin(level) + (place >> self.min_shift + 3 * (self.depth - level)) for level in range(self.depth + 1)
        ]
        return all(lowest.get(number, 0) <= offset for number in over) and any(
            begin <= offset < end for number in over for begin, end in bins.get(number, ())
        )

    @property
    def chunks(self) -> list[Chunk]:
        """All chunks, by where they begin."""
        return sorted(chunk for bins in self.bins.values() for chunks in bins.values() for chunk in chunks)


def check_index(vcf: str | Path, index: str | Path) -> None:
    """Raise InputError where an index is damaged, or where the file has other records than it says."""
    vcf, index = Path(vcf), Path(index)
    remedy = f"make a new one with: bcftools index --{index.suffix[1:]} --force {vcf.name}"
    try:
        found = read_index(index)
    except (*_DAMAGE, MemoryError, OverflowError) as error:
        raise InputError(f"{index}: is damaged, no index of a VCF ({error}); {remedy}") from error
    fault = _fault(vcf, found)
    if fault:
        raise InputError(
            f"{index}: is the index of another file, or of an earlier version of this one: {fault}; {remedy}"
        )


def read_index(path: Path) -> Index:
    """A .tbi or .csi. Raises ValueError, struct.error, OSError and the like where it is damaged."""
    data = require_file(path, "index").read_bytes()
    if not data.startswith(b"CSI\1"):
        with gzip.open(io.BytesIO(data)) as file:
            data = file.read(_LARGEST)
    if len(data) == _LARGEST:
        raise ValueError(f"more than {_LARGEST} bytes")
    reader = _Reader(data)
    magic = reader.take(4)
    if magic == b"TBI\1":
        (n_contigs,) = reader.numbers("i")
        return _read_bins(reader, _names(reader), n_contigs, _TBI_SHIFT, _TBI_DEPTH, csi=False)
    if magic != b"CSI\1":
        raise ValueError("neither .tbi nor .csi")
    min_shift, depth, length = reader.numbers("iii")
    if not (0 < min_shift < 32 and 0 <= depth < 16):
        raise ValueError(f"bins of 2^{min_shift} nt and {depth} levels")
    names = _names(_Reader(reader.take(length))) if length else None
    (n_contigs,) = reader.numbers("i")
    return _read_bins(reader, names, n_contigs, min_shift, depth, csi=True)


def bin_span(index: Index, number: int) -> tuple[int, int]:
    """The part of a contig, [start, end), that a bin is for."""
    level = next(level for level in range(index.depth, -1, -1) if number >= _first_bin(level))
    width = 1 << index.min_shift + 3 * (index.depth - level)
    start = (number - _first_bin(level)) * width
    return start, start + width


def records_between(vcf: Path, chunk: Chunk) -> Iterator[tuple[str | int, int]]:
    """(contig, POS) of the records that begin in a chunk; of a contig of a BCF its number. The chunk is read whole."""
    begin, end = chunk
    with vcf.open("rb") as file:
        binary = _read_block(file, 0)[0].startswith(b"BCF")
        data, block, stop = bytearray(), begin >> 16, None
        while block <= end >> 16 and block < vcf.stat().st_size:
            if block == end >> 16:
                stop = len(data) + (end & 0xFFFF)
            text, length = _read_block(file, block)
            data += text
            block += length
    at, text = begin & 0xFFFF, bytes(data)
    stop = len(text) if stop is None else stop
    while at < min(len(text), stop):
        found = _bcf_record(text, at) if binary else _vcf_record(text, at)
        if found is None:
            return
        contig, pos, at = found
        if pos is not None:
            yield contig, pos


class _Reader:
    """Numbers from bytes, one after the other."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, n: int) -> bytes:
        if not 0 <= n <= len(self.data) - self.at:
            raise ValueError(f"{n} bytes wanted, {len(self.data) - self.at} left")
        self.at += n
        return self.data[self.at - n : self.at]

    def numbers(self, kinds: str) -> tuple[int, ...]:
        return struct.unpack(f"<{kinds}", self.take(struct.calcsize(f"<{kinds}")))


def _names(reader: _Reader) -> list[str]:
    *_, length = reader.numbers("7i")
    return reader.take(length).decode().split("\0")[:-1]


def _first_bin(level: int) -> int:
    return ((1 << 3 * level) - 1) // 7


def _read_bins(
    reader: _Reader, names: list[str] | None, n_contigs: int, min_shift: int, depth: int, csi: bool
) -> Index:
    index = Index(min_shift, depth, {}, {})
    for contig in range(n_contigs):
        name = contig if names is None else names[contig]
        bins: dict[int, list[tuple[int, int]]] = {}
        lowest: dict[int, int] = {}
        index.bins[name], index.lowest[name] = bins, lowest
        (n_bins,) = reader.numbers("i")
        for _ in range(n_bins):
            number, *low, n_chunks = reader.numbers("IQi" if csi else "Ii")
            offsets = np.frombuffer(reader.take(16 * n_chunks), dtype="<u8").reshape(-1, 2)
            if number <= _first_bin(depth + 1):  # else it is not a bin, but the counts of records
                bins[number] = [(begin, end) for begin, end in offsets.tolist()]
                lowest.update((number, offset) for offset in low)
        if not csi:
            linear = np.frombuffer(reader.take(8 * reader.numbers("i")[0]), dtype="<u8")
            lowest.update(enumerate(linear.tolist(), start=_first_bin(depth)))
    return index


def _fault(vcf: Path, index: Index) -> str | None:
    """What a file has that its index does not know, None for nothing."""
    chunks = index.chunks
    begins = sorted({begin for begin, _ in chunks})
    chosen = sorted({round(i) for i in np.linspace(0, len(begins) - 1, SAMPLE)}) if begins else []
    with vcf.open("rb") as file:
        try:
            for contig, pos, offset in (record for i in chosen for record in _records(file, begins[i])):
                if not index.finds(contig, pos, offset):
                    return f"it does not lead to the record at {contig}:{pos}"
            if _goes_on(file, max(end for _, end in chunks)) if chunks else _has_records(file):
                return "the file has records after the last one that it knows"
        except _DAMAGE as error:
            return f"no record begins where it says ({error})"
    return None


def _records(file: BinaryIO, begin: int) -> Iterator[tuple[str | int, int, int]]:
    """(contig, POS, virtual offset) of the records that begin in a block, from the virtual offset `begin` on."""
    block, at = begin >> 16, begin & 0xFFFF
    data, _ = _read_block(file, block)
    if at >= len(data):
        raise ValueError("past the end of a block")
    binary = _read_block(file, 0)[0].startswith(b"BCF")
    while at < len(data):
        found = _bcf_record(data, at) if binary else _vcf_record(data, at)
        if found is None:  # it goes on in the next block
            return
        contig, pos, end = found
        if pos is not None:
            yield contig, pos, block << 16 | at
        at = end


def _vcf_record(data: bytes, at: int) -> tuple[str, int | None, int] | None:
    """(contig, POS, where the next line begins) of a line; POS is None for one of the header."""
    end = data.find(b"\n", at) + 1 or len(data)
    fields = data[at:end].split(b"\t", 2)
    if fields[0].startswith(b"#"):
        return "", None, end
    return (fields[0].decode(), int(fields[1]), end) if len(fields) == 3 else None


def _bcf_record(data: bytes, at: int) -> tuple[int, int, int] | None:
    if len(data) - at < 16:
        return None
    n_shared, n_samples, contig, place = struct.unpack_from("<IIii", data, at)
    return contig, place + 1, at + 8 + n_shared + n_samples


def _goes_on(file: BinaryIO, end: int) -> bool:
    """Whether the file has anything from the virtual offset `end` on."""
    block, at = end >> 16, end & 0xFFFF
    while True:
        file.seek(block)
        if not file.read(1):
            return False
        data, size = _read_block(file, block)
        if len(data) > at:
            return True
        block, at = block + size, 0


def _has_records(file: BinaryIO) -> bool:
    """Whether a file that an index knows no record of has one. Of a BCF it is not asked."""
    file.seek(0)
    with gzip.open(file) as text:
        if text.peek(3)[:3] == b"BCF":
            return False
        return any(not line.startswith(b"#") for line in text)


def _read_block(file: BinaryIO, start: int) -> tuple[bytes, int]:
    """What is in the BGZF block that begins at an offset, and the block's size. Raises ValueError where none begins."""
    file.seek(start)
    header = file.read(12)
    if header[:4] != b"\x1f\x8b\x08\x04":
        raise ValueError("no block")
    extra = file.read(int.from_bytes(header[10:12], "little"))
    while extra[:2] != b"BC":
        extra = extra[4 + int.from_bytes(extra[2:4], "little") :]
        if not extra:
            raise ValueError("no bgzipped block")
    size = int.from_bytes(extra[4:6], "little") + 1
    file.seek(start)
    return zlib.decompress(file.read(size), 31), size
