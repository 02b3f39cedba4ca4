"""Regions of the genome that the user names: BED files, or text as samtools takes it.

The configuration is checked with this module too, so it imports the standard library alone.
"""

import gzip
import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path

from pasvar.contigs import ContigNames, shorten
from pasvar.errors import InputError, reading
from pasvar.files import require_file

_BED_SUFFIXES = (".bed", ".bed.gz", ".bed.bgz")
_TEXT = re.compile(r"(?P<chrom>.+?)(:(?P<start>[\d,]+)(-(?P<end>[\d,]+))?)?")
_MOST_DIGITS = 20
"""More make no other number: none of them is a place."""
NO_END = 2**40
"""Past the end of any contig."""

Interval = tuple[str, int, int]
"""(contig, start, end), 0-based, half-open."""


class Regions:
    """Intervals of the genome, and whether something overlaps one of them."""

    def __init__(self, intervals: Iterable[Interval]):
        by_chrom: dict[str, list[tuple[int, int]]] = {}
        for chrom, start, end in sorted(intervals):
            if start < end:  # BED may have intervals without a base
                by_chrom.setdefault(chrom, []).append((start, end))
        # With the furthest end so far, the last interval that begins early enough speaks for all before it.
        self._starts = {chrom: [start for start, _ in found] for chrom, found in by_chrom.items()}
        self._ends = {chrom: list(accumulate((end for _, end in found), max)) for chrom, found in by_chrom.items()}

    def overlap(self, chrom: str, start: int, end: int) -> bool:
        """Whether an interval holds a base of [start, end)."""
        n_before = bisect_left(self._starts.get(chrom, ()), end)
        return n_before > 0 and self._ends[chrom][n_before - 1] > start


def bed_files(regions: Sequence[str]) -> list[str]:
    """Those of the regions that are files."""
    return [region for region in regions if region.endswith(_BED_SUFFIXES)]


def check_regions(regions: Sequence[str], directory: Path) -> None:
    """Raise InputError where one is neither a BED file that exists nor text like `chr20:1,000-2,000`."""
    files = bed_files(regions)
    for region in regions:
        if region not in files:
            _parse(region)
        else:
            _require_bed(directory / region, region)


def read_regions(regions: Sequence[str], names: ContigNames) -> Regions:
    """All of the regions, on the FASTA's contigs.

    Raises InputError where a BED file is damaged or none of its contigs is in the FASTA, and where a text's contig is not.
    """
    files = bed_files(regions)
    found: list[Interval] = []
    for region in regions:
        intervals = _read_bed(Path(region)) if region in files else [_parse(region, names)]
        matched = names.table(chrom for chrom, _, _ in intervals)
        if intervals and not matched:
            unknown = shorten(dict.fromkeys(chrom for chrom, _, _ in intervals))
            raise InputError(
                f"config key `regions`: {region}: the FASTA has no contig {unknown}; it has {shorten(names.names)}"
            )
        found += [(matched[chrom], start, end) for chrom, start, end in intervals if chrom in matched]
    return Regions(found)


def _require_bed(path: Path, given: str) -> None:
    if not path.exists():
        raise InputError(f"config key `regions`: no such BED file: {given}")
    require_file(path, "BED file")


def _parse(text: str, names: ContigNames | None = None) -> Interval:
    """`contig`, `contig:start` or `contig:start-end`, 1-based, both ends included. A contig of `names` may have colons."""
    if names is not None and names.match(text) is not None:
        return text, 0, NO_END
    parts = _TEXT.fullmatch(text)
    start, end = (
        int((parts[key] or default).replace(",", "")[:_MOST_DIGITS] or 0) if parts else 0
        for key, default in (("start", "1"), ("end", str(NO_END)))
    )
    if parts is None or not 1 <= start <= end:
        raise InputError(
            f"config key `regions`: {text!r} is neither a region such as chr20:1,000,000-2,000,000 nor a file that ends in "
            ".bed or .bed.gz"
        )
    return parts["chrom"], start - 1, end


def _read_bed(path: Path) -> list[Interval]:
    _require_bed(path, str(path))
    open_text = open if path.suffix == ".bed" else gzip.open
    with reading(f"config key `regions`: {path}", "BED"), open_text(path, "rt", encoding="utf-8") as file:
        lines = file.readlines()
    found: list[Interval] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        fields = line.split()
        if not (
            len(fields) >= 3
            and all(place.isdecimal() and len(place) < _MOST_DIGITS for place in fields[1:3])
            and int(fields[1]) <= int(fields[2])
        ):
            raise InputError(
                f"config key `regions`: {path}: line {number} is not BED: expected contig, start and end (0-based, start before "
                f"end), found {line.strip()[:60]!r}"
            )
        found.append((fields[0], int(fields[1]), int(fields[2])))
    return found
