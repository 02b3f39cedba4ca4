"""How commands print tables: rounded for people, in full for programs."""

import argparse
import json
import sys

import numpy as np
import pandas as pd

from pasvar.tables import plain_cells

DIGITS = 4
"""Significant digits for people."""


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """--json and --tsv."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="a list of objects, numbers in full, null for missing values")
    form.add_argument("--tsv", action="store_true", help="a tab-separated table, numbers in full")


def print_rows(rows: pd.DataFrame, args: argparse.Namespace) -> None:
    """Rows on stdout, as `add_output_arguments` says; for people tab-separated and rounded, a single row down the page."""
    if args.json:
        print(to_json(rows))
    elif args.tsv:
        plain_cells(_exact(rows)).to_csv(sys.stdout, sep="\t", index=False)
    else:
        plain = plain_cells(rows)  # before numbers become text: a minus sign makes none of them a formula
        rounded = plain.map(lambda value: f"{value:.{DIGITS}g}" if isinstance(value, (float, np.floating)) else value)
        down = rounded.T if len(rows) == 1 else rounded
        down.to_csv(sys.stdout, sep="\t", index=len(rows) == 1, header=len(rows) != 1)


def to_json(rows: pd.DataFrame) -> str:
    """A list of objects by the names of the columns. A number has the digits that give it back; null stands for all kinds of
    missing values, as JSON has no NaN."""
    return json.dumps(_exact(rows).astype(object).where(rows.notna(), None).to_dict("records"), indent=1)


def _exact(rows: pd.DataFrame) -> pd.DataFrame:
    """float32 as the float64 of the same value."""
    narrow = rows.columns[rows.dtypes == "float32"]
    return rows.astype(dict.fromkeys(narrow, "float64"))
