"""APADB 2 (Mueller et al. 2014, Database bau076; human on GRCh37): BED of clusters of MACE reads.

Column 4 is the gene's symbol and the site's number, 5 the reads, 7 the region, 8 and 9 median and mode of the cuts, counted
from 1: a cluster of [198356, 198358) has its mode at 198358. The cut is the mode.
"""

from collections.abc import Mapping

import pandas as pd

from pasvar.sites.atlas import bed
from pasvar.sites.text_table import Column, TextTable, joined_names

_COLUMNS = {"chrom": 1, "name": 4, "abundance": 5, "strand": 6, "position": 9}
_NUMBER = r"\.\d+$"


def recognises(table: TextTable) -> bool:
    """By its columns: a numbered symbol, a count, and a mode within the interval."""
    first = table.first
    whole = [first[i] if len(first) > i else "" for i in (1, 2, 4, 7, 8)]
    if len(first) < 9 or not all(text.isdigit() for text in whole):
        return False
    start, end, _, median, mode = map(int, whole)
    return first[3].rpartition(".")[2].isdigit() and start < median <= end and start < mode <= end


def read(table: TextTable, columns: Mapping[str, Column]) -> tuple[pd.DataFrame, list[str]]:
    """As `bed.read`."""
    sites, notes = bed.read(table, {**_COLUMNS, **columns})
    symbol = table.column(_COLUMNS["name"], "name").str.replace(_NUMBER, "", regex=True)
    return sites if "gene" in columns else sites.assign(genes=joined_names([symbol])), notes
