"""Tables as tab-separated text, gzipped, that a spreadsheet opens without taking a cell for a formula."""

import gzip
from pathlib import Path

import pandas as pd

from pasvar.files import whole
from pasvar.tables import TABLES, plain_cells, read_pieces


def write_tsv(table: str | Path, name: str, path: str | Path) -> int:
    """Write table `name` as gzipped text with a header, lists joined by commas, nulls empty; returns the number of rows.

    A text that a spreadsheet would take for a formula has an apostrophe before it; a strand stays as it is.
    """
    n_rows, header = 0, True
    with whole(path) as temporary, gzip.GzipFile(temporary, "wb", mtime=0) as file:
        for piece in read_pieces(table, name):
            file.write(_text(piece, header).encode())
            n_rows, header = n_rows + len(piece), False
        if header:
            file.write(("\t".join(TABLES[name].schema.names) + "\n").encode())
    return n_rows


def _text(piece: pd.DataFrame, header: bool) -> str:
    return plain_cells(piece).to_csv(sep="\t", index=False, header=header, float_format="%.6g", lineterminator="\n")
