"""BED, and any table with a map of its columns."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pasvar.sites.text_table import (
    Column,
    TextTable,
    joined_names,
    numbers,
    positions,
    require,
    site_names,
)

PLACE = {"chrom": 1, "start": 2, "end": 3, "strand": 6}
"""The columns of BED that say where a site lies."""

NAME = 4


def recognises(table: TextTable) -> bool:
    """Any file that no other format recognises."""
    return True


def read(table: TextTable, columns: Mapping[str, Column]) -> tuple[pd.DataFrame, list[str]]:
    """The sites, by line number, with the columns of `Atlas.sites` before any check; and notes that say how the cut was
    read.

    columns: the column of each quantity. `position` is the cut itself, counted from 1. Without it the cut comes from
    `name`, if that is the name of a site; otherwise it is the 3' end of [start, end). `gene` names the gene.
    """
    if not any(isinstance(column, str) for column in columns.values()):
        named = {"name": NAME} if len(table.first) >= NAME else {}
        columns = {**PLACE, **named, **columns}
    else:
        table = table.with_header()
    found = table.columns(columns)
    cut, notes = _cuts(found, table)
    genes = joined_names([found.gene]) if "gene" in found else ""
    return make_sites(table, found, cut, genes), notes


def make_sites(table: TextTable, found: pd.DataFrame, cut: pd.Series, genes: pd.Series | str) -> pd.DataFrame:
    """Columns chrom, strand, cut, abundance, share and genes. found: columns of text, chrom and strand at least."""
    amounts = {key: numbers(found[key], table.path, key) if key in found else np.nan for key in ("abundance", "share")}
    return pd.DataFrame({"chrom": found.chrom, "strand": found.strand, "cut": cut, **amounts, "genes": genes})


def interval(found: pd.DataFrame, table: TextTable, first: int = 0) -> tuple[pd.Series, pd.Series]:
    """Columns start and end as 0-based, half-open. first: the number that column start gives to the contig's first
    base."""
    start, end = (positions(found[key], table.path, key) for key in ("start", "end"))
    start = start - first
    require(start < end, found.end, table.path, "end", "an end after the start")
    return start, end


def three_prime_end(strand: pd.Series, start: pd.Series, end: pd.Series) -> pd.Series:
    """The last transcribed base of intervals, 0-based."""
    return (end - 1).where(strand == "+", start)


def _cuts(found: pd.DataFrame, table: TextTable) -> tuple[pd.Series, list[str]]:
    """0-based cuts. Clusters that were lifted over from another assembly keep the names of that assembly. If the
    position in the name lies outside the interval, the middle of the interval is taken. On 444 lifted PolyASite
    clusters of chr20 whose cut is known, the middle is 6.9 nt off on average, the 3' end 12.3."""
    if "position" in found:
        return positions(found.position, table.path, "position") - 1, []
    start, end = interval(found, table)
    cut = three_prime_end(found.strand, start, end)
    if "name" not in found:
        return cut, []
    named = site_names(found["name"]).position - 1
    within = (named >= start) & (named < end)
    elsewhere = named.notna() & ~within
    cut = cut.where(~elsewhere, (start + end) // 2).where(~within, named).astype(np.int64)
    if not elsewhere.any():
        return cut, []
    return cut, [f"the names of {elsewhere.sum()} sites lie outside their intervals: the middle is taken as the cut"]
