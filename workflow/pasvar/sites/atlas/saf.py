"""SAF, the format of read counters: GeneID Chr Start End Strand, both ends counted from 1 and included.

PolyA_DB 3.2 is distributed in this format, with a window around each cut. Its GeneID is
symbol;entrez;ensembl;chrom;position;strand;location (for mouse with `_` between), and the position is the cut, counted
from 1.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pasvar.sites.atlas import bed
from pasvar.sites.text_table import Column, TextTable, extract, joined_names, site_names

_COLUMNS = {"chrom": "Chr", "start": "Start", "end": "End", "strand": "Strand", "name": "GeneID"}
_POLYA_DB = tuple(
    mark.join(
        (
            r"^(?P<symbol>.*?)",
            f"(?P<entrez>[^{mark}]*)",
            f"(?P<ensembl>[^{mark}]*)",
            ".+?",
            r"(?P<position>\d+)",
            "[+-]",
            "",
        )
    )
    for mark in ";_"
)


def recognises(table: TextTable) -> bool:
    """By the name of the first column."""
    return bool(table.names) and table.names[0].lower() == "geneid"


def read(table: TextTable, columns: Mapping[str, Column]) -> tuple[pd.DataFrame, list[str]]:
    """As `bed.read`. The cut is the position in GeneID if that lies within the interval, otherwise the interval's 3'
    end."""
    table = table.with_header()
    found = table.columns({**_COLUMNS, **columns})
    start, end = bed.interval(found, table, first=1)
    named = extract(found["name"], *_POLYA_DB)
    of_site = site_names(found["name"]).position
    position = pd.to_numeric(named.position).fillna(of_site) - 1
    within = (position >= start) & (position < end)
    cut = bed.three_prime_end(found.strand, start, end).where(~within, position).astype(np.int64)
    genes = joined_names([named[key].fillna("") for key in ("symbol", "ensembl", "entrez")])
    plain = named.position.isna() & of_site.isna()
    genes = joined_names([found.gene]) if "gene" in columns else genes.where(~plain, found["name"])
    outside = int((position.notna() & ~within).sum())
    notes = [f"the positions of {outside} sites lie outside their intervals: the 3' end is taken as the cut"]
    return bed.make_sites(table, found, cut, genes), notes if outside else []
