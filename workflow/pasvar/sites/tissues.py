"""Usage of sites per tissue or cell type, from transcripts' expression or from an atlas with a column per tissue."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pasvar.contigs import shorten
from pasvar.errors import InputError
from pasvar.sites.text_table import numbers, read_text_table, require

MIN_EXPRESSION = 0.1
"""Below this expression of a gene (TPM, or the atlas's measure) a tissue says nothing about its usages (the threshold
at which GTEx counts a gene as expressed)."""

_IDS = ("transcript_id", "Name")
_NOT_TISSUES = {*_IDS, "gene_id", "gene_name", "Description"}
_GCT = "1."
"""The text after `#` in the first line of a .gct: the version of the format."""
_VERSION = r"^(ENS[A-Z]*\d+|[NX][MR]_\d+)\.\d+"
"""Identifiers of Ensembl and RefSeq with their version. Other identifiers are not changed: MSTRG.7.1 and MSTRG.7.2 are
two transcripts."""

COLUMNS = ["site_id", "gene_id", "tissue", "usage", "source"]


def read_expression(path: str | Path) -> pd.DataFrame:
    """Expression of transcripts, one column per tissue, indexed by transcript_id without the version of `_VERSION`.

    The file is tab-separated with a column transcript_id, or a .gct as GTEx publishes it. Raises InputError, naming
    file, line and column.
    """
    path = Path(path)
    table = read_text_table(path)
    if table.comment and table.comment[0].startswith(_GCT):
        table = table.take(np.arange(len(table)) > 0)  # how many rows and columns there are
    table = table.with_header()
    name = next((column for column in _IDS if column in table.names), None)
    if name is None:
        raise InputError(f"{path}: no column transcript_id; its columns are {shorten(table.names)}")
    tissues = [column for column in table.names if column not in _NOT_TISSUES]
    if not tissues or not len(table):
        raise InputError(f"{path}: no column of a tissue in addition to {name}, or no line of a transcript")
    ids = without_version(table.column(name, "transcript_id"))
    amounts = {}
    for tissue in tissues:
        key = f"expression in {tissue!r}"
        amounts[tissue] = numbers(table.column(tissue, tissue), path, key, needed=True)
        require(amounts[tissue] >= 0, amounts[tissue], path, key, "a number of at least 0")
    return pd.DataFrame(amounts).groupby(ids).sum()


def without_version(ids: pd.Series) -> pd.Series:
    """Identifiers of transcripts without the version that Ensembl and RefSeq append. In other identifiers the part
    after a dot stays."""
    return ids.str.replace(_VERSION, r"\1", regex=True)


def usage_by_transcripts(catalogue: pd.DataFrame, expression: pd.DataFrame) -> pd.DataFrame:
    """Table `tissue_usage`: a site has the expression of the transcripts that end there. Raises InputError if the
    transcripts are of another annotation."""
    ends = catalogue[["site_id", "gene_id", "transcript_ids"]].explode("transcript_ids").dropna()
    ids = without_version(ends.transcript_ids)
    known = ids.isin(expression.index)
    if not known.any():
        raise InputError(
            f"config key `tissue_expression`: none of its transcripts ({shorten(expression.index)}) ends at a site of the GTF "
            f"({shorten(ids)})"
        )
    amounts = expression.loc[ids[known]].set_axis(pd.MultiIndex.from_frame(ends.loc[known, ["site_id", "gene_id"]]))
    return _shares(amounts, "transcripts")


def usage_by_atlas(rows: pd.DataFrame, tissues: pd.DataFrame, name: str) -> pd.DataFrame:
    """Table `tissue_usage` from an atlas. rows: site_id and gene_id of each of its sites, on the index of `tissues`."""
    amounts = tissues.loc[rows.index].set_axis(pd.MultiIndex.from_frame(rows[["site_id", "gene_id"]]))
    return _shares(amounts.fillna(0), name)


def join_usages(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The parts one after the other. A gene and tissue that an earlier part has is left out of later parts."""
    joined = pd.DataFrame(columns=COLUMNS)
    for part in parts:
        seen = pd.MultiIndex.from_frame(joined[["gene_id", "tissue"]])
        new = part[~pd.MultiIndex.from_frame(part[["gene_id", "tissue"]]).isin(seen)]
        joined = pd.concat([frame for frame in (joined, new) if len(frame)] or [joined])
    return joined.sort_values(["gene_id", "tissue", "site_id"], ignore_index=True)


def _shares(amounts: pd.DataFrame, source: str) -> pd.DataFrame:
    """Long table of shares within gene and tissue. amounts: by (site_id, gene_id), one column per tissue, in any
    order."""
    amounts = amounts.groupby(level=["site_id", "gene_id"]).sum()
    long = amounts.rename_axis(columns="tissue").stack().rename("amount").reset_index()
    total = long.groupby(["gene_id", "tissue"]).amount.transform("sum")
    long = long[total >= MIN_EXPRESSION]
    return long.assign(usage=long.amount / total, source=source)[COLUMNS]
