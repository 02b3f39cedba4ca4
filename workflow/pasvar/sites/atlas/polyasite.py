"""PolyASite 2.0 (Herrmann et al. 2020, NAR 48:D174) and 3.0 (2025): clusters of cuts as BED, or as TSV with a header.

Column 4 is chrom:position:strand of the representative cut, counted from 1. Column 5 is the mean abundance over all
samples (TPM in 2.0, RPM in 3.0). Version 3.0 holds every cluster that was seen. It gives each cluster a level of
stringency, in column 9 of the BED and 14 of the TSV.
"""

from collections.abc import Mapping

import pandas as pd

from pasvar.sites.atlas import bed
from pasvar.sites.text_table import Column, TextTable, is_site_name, joined_names

_TSV = {"chrom": "chrom", "start": "chromStart", "end": "chromEnd", "name": "name", "strand": "strand"}
_STRINGENCY, _STRINGENCY_TSV = 9, 14


def recognises(table: TextTable) -> bool:
    """Whether the table has at least six columns, with a site's name in the fourth and a number in the fifth. The
    number is required because a user's own table may have something other than abundances there."""
    if has_header(table):
        return True
    first = table.first
    return len(first) >= 6 and is_site_name(first[3]) and first[4].replace(".", "", 1).isdigit()


def read(table: TextTable, columns: Mapping[str, Column]) -> tuple[pd.DataFrame, list[str]]:
    """As `bed.read`."""
    if not has_header(table):
        return bed.read(table, {"abundance": 5, **columns})
    table = table.with_header()
    sites, notes = bed.read(table, {**_TSV, "abundance": "score", **columns})
    named = [table.column(name, "gene") for name in ("gene_name", "gene_id") if name in table.names]
    return sites if "gene" in columns or not named else sites.assign(genes=joined_names(named)), notes


def has_header(table: TextTable) -> bool:
    """Whether it is the TSV."""
    return set(_TSV.values()) <= set(table.names)


def stringency_column(table: TextTable) -> int:
    """The column of the level of stringency."""
    return _STRINGENCY_TSV if has_header(table) else _STRINGENCY
