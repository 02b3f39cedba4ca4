"""GENCODE's manual annotation of polyA features, GTF or GFF3: features `polyA_site`, two bases round the cut, of which the
first one transcribed is the last of the transcript. Its attributes name no gene.
"""

from collections.abc import Mapping

import pandas as pd

from pasvar.sites.atlas import bed
from pasvar.sites.text_table import Column, TextTable

_COLUMNS = {"chrom": 1, "feature": 3, "start": 4, "end": 5, "strand": 7}
_SITE = "polyA_site"
_FEATURES = {_SITE, "polyA_signal", "pseudo_polyA"}


def recognises(table: TextTable) -> bool:
    """By the feature of the first row."""
    return len(table.first) >= 8 and table.first[2] in _FEATURES


def read(table: TextTable, columns: Mapping[str, Column]) -> tuple[pd.DataFrame, list[str]]:
    """As `bed.read`."""
    table = table.take((table.column(_COLUMNS["feature"], "feature") == _SITE).to_numpy(dtype=bool))
    found = table.columns({**_COLUMNS, **columns})
    start, end = bed.interval(found, table, first=1)
    return bed.make_sites(table, found, start.where(found.strand == "+", end - 1), ""), []
