"""From where to where a VCF or BCF has records, by contig: from its index and at most two places of the file, so that
thousands of files are asked in minutes.
"""

from pathlib import Path

from pasvar.errors import InputError
from pasvar.files import index_path
from pasvar.variants.vcf import check_files, open_records
from pasvar.variants.vcf_index import Chunk, Index, bin_span, read_index, records_between

_MOST_READ = 1 << 20
"""Bytes of a file that are read to find its last record; where there are more, its bin says about where it is."""


def record_spans(path: str | Path) -> dict[str, tuple[int, int]]:
    """By contig, in the file's spelling, the part [start, end) in which records have their POS; without contigs that have none.

    The end may lie beyond the last record, never before it. Raises InputError as `open_vcf` does.
    """
    path, index = Path(path), index_path(path)
    if index is None:
        raise InputError(f"{path}: has no index (.tbi or .csi); make one with: bcftools index --tbi {path.name}")
    check_files(path, index, *(file.stat().st_mtime_ns for file in (path, index)))
    found = read_index(index)
    names = _names_of_bcf(path, found)
    return {names.get(contig, str(contig)): _span(path, found, contig) for contig, bins in found.bins.items() if bins}


def _names_of_bcf(path: Path, index: Index) -> dict[str | int, str]:
    """By the number of a contig in a BCF its name; nothing for a VCF, whose index has names."""
    if all(isinstance(contig, str) for contig in index.bins):
        return {}
    with open_records(path) as file:
        return {file.get_tid(str(name)): str(name) for name in file.header.contigs}


def _span(path: Path, index: Index, contig: str | int) -> tuple[int, int]:
    chunks = [(chunk, number) for number, chunks in index.bins[contig].items() for chunk in chunks]
    first, lowest = min(chunks)
    last, highest = max(chunks, key=lambda found: (found[0][1], found[0][0]))
    start, end = bin_span(index, lowest)[0], bin_span(index, highest)[1]
    # A small file has a few large bins, or one that is the whole contig.
    if lowest < _leaves(index):
        start = min(_places(path, contig, (first[0], first[0] + 1)), default=start + 1) - 1
    if highest < _leaves(index) and (last[1] >> 16) - (last[0] >> 16) <= _MOST_READ:
        end = max(_places(path, contig, last), default=end)
    return max(start, 0), end


def _leaves(index: Index) -> int:
    """The first of the smallest bins."""
    return ((1 << 3 * index.depth) - 1) // 7


def _places(path: Path, contig: str | int, chunk: Chunk) -> list[int]:
    """POS of the records of a chunk."""
    return [pos for name, pos in records_between(path, chunk) if name == contig]
