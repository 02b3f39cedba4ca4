"""What browsers show of a run: sites and alleles as lines of BED, and the largest effect of each base.

A line is BED 9 (UCSC's format page) with some columns of pasvar's own behind; its interval is 0-based and half-open.
"""

from collections.abc import Iterable, Iterator

import pandas as pd

SITE_COLUMNS = [
    *("chrom", "cut_pos", "strand", "hexamer", "hexamer_start", "hexamer_end", "gene_name"),
    *("source", "confidence", "usage_ref"),
]
"""What is read of table `sites`."""

ALLELE_COLUMNS = [
    *("chrom", "pos", "ref", "alt", "id", "gene_name", "strand", "direction"),
    *("impact", "expected_impact"),
]
"""What is read of table `gene_effects`."""

BASE_COLUMNS = ["chrom", "pos", "delta_logodds_narrow"]
"""What is read of table `saturation`."""

_BLACK, _ORANGE, _SKY, _GREEN = (0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115)
_BLUE, _VERMILION, _PURPLE, _GREY = (0, 114, 178), (213, 94, 0), (204, 121, 167), (150, 150, 150)
_YELLOW = (240, 228, 66)
# Okabe and Ito's palette, whose colours people with any colour vision tell apart (Wong 2011, doi:10.1038/nmeth.1618).

DIRECTION_COLOURS = {
    "shortening": _VERMILION,
    "lengthening": _BLUE,
    "more_truncation": _ORANGE,
    "less_truncation": _SKY,
    "more_cleavage": _GREEN,
    "less_cleavage": _PURPLE,
    "gene_deleted": _BLACK,
    "all_sites_deleted": (80, 80, 80),
    "gene_duplicated": _YELLOW,
    "none": _GREY,
}
"""Of an allele: red, green, blue."""

SOURCE_COLOURS = {"gtf": _BLACK, "gtf and atlas": _BLUE, "atlas": _GREEN, "predicted": _ORANGE}
"""Of a site, by where it comes from."""

SITE_FIELDS = ("string source", "float confidence", "float usage")
ALLELE_FIELDS = ("string gene", "string direction", "float impact")
"""The columns behind the ninth: type of autoSql and name. usage: share of the gene's 3' ends in the reference."""

Line = tuple[str, int, int, str]
"""Contig, start, end, and the rest of a line of BED with tabs."""


def site_lines(sites: pd.DataFrame) -> Iterator[Line]:
    """A line per site and gene, from hexamer to cut, the hexamer thick; score = confidence. sites: the `SITE_COLUMNS`."""
    at = sites.assign(
        start=sites[["hexamer_start"]].assign(cut=sites.cut_pos - 1).min(axis=1).clip(lower=0),
        end=sites[["hexamer_end", "cut_pos"]].max(axis=1),
    ).sort_values(["chrom", "start", "end", "gene_name"], kind="stable")
    for row in at.itertuples(index=False):
        found = isinstance(row.hexamer, str)
        thick = (max(row.hexamer_start, row.start), row.hexamer_end) if found else (row.start, row.start)
        name = f"{row.gene_name} {row.hexamer if found else 'no hexamer'}"
        confidence = 0.0 if pd.isna(row.confidence) else row.confidence
        own = (row.source, _number(row.confidence), _number(row.usage_ref))
        colour = SOURCE_COLOURS[source_group(row.source)]
        yield row.chrom, row.start, row.end, _rest(name, confidence, row.strand, thick, colour, own)


def source_group(source: str) -> str:
    """Which of `SOURCE_COLOURS` a site's `source` is: `gtf+polyasite2` is `gtf and atlas`."""
    if source in ("gtf", "predicted"):
        return source
    return "gtf and atlas" if "gtf" in source.split("+") else "atlas"


def allele_lines(effects: Iterable[pd.DataFrame]) -> Iterator[Line]:
    """A line per allele and gene, over REF; score = expected impact. effects: pieces with the `ALLELE_COLUMNS`, by position."""
    for piece in effects:
        for row in piece.itertuples(index=False):
            start, end = row.pos - 1, row.pos - 1 + len(row.ref)
            known = isinstance(row.id, str) and row.id != "."
            name = row.id if known else f"{_short(row.ref)}>{_short(row.alt)}"
            direction = row.direction if isinstance(row.direction, str) else "none"
            expected = 0.0 if pd.isna(row.expected_impact) else row.expected_impact
            own = (row.gene_name, direction, _number(row.impact))
            colour = DIRECTION_COLOURS[direction]
            yield row.chrom, start, end, _rest(name, expected, row.strand, (start, end), colour, own)


def base_effects(substitutions: Iterable[pd.DataFrame]) -> Iterator[tuple[str, int, int, float]]:
    """Contig, start, end and the largest |delta_logodds_narrow| of each base. substitutions: pieces with the `BASE_COLUMNS`, by
    position; a base may lie in two pieces."""
    waiting: tuple[str, int, float] | None = None
    for piece in substitutions:
        largest = (
            piece.assign(effect=piece.delta_logodds_narrow.abs()).groupby(["chrom", "pos"], sort=False).effect.max()
        )
        for (chrom, pos), effect in largest.items():
            if waiting and waiting[:2] == (chrom, pos):
                waiting = (chrom, pos, max(waiting[2], effect))
                continue
            if waiting:
                yield waiting[0], waiting[1] - 1, waiting[1], waiting[2]
            waiting = (chrom, pos, effect)
    if waiting:
        yield waiting[0], waiting[1] - 1, waiting[1], waiting[2]


def _rest(name: str, share: float, strand: str, thick: tuple[int, int], colour: tuple, own: tuple[str, ...]) -> str:
    score = str(min(1000, max(0, round(1000 * share))))
    fields = (name, score, strand, str(thick[0]), str(thick[1]), ",".join(map(str, colour)), *own)
    return "\t".join(" ".join(str(field).split()) or "." for field in fields)


def _number(value: float) -> str:
    # autoSql has no missing number.
    return "nan" if pd.isna(value) else f"{value:.4g}"


def _short(bases: str, most: int = 10) -> str:
    return bases if len(bases) <= most else f"{bases[:most]}..({len(bases)})"
