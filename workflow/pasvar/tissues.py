"""Usage of sites per tissue or cell type, from transcripts' expression or from an atlas with a column per tissue."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from pasvar.contigs import shorten
from pasvar.errors import InputError

MIN_EXPRESSION = 0.1
"""Expression (TPM, or the atlas's measure) of a gene below which a tissue says nothing about its usages (the threshold
at which GTEx counts a gene as expressed)."""

_NOT_TISSUES = {"transcript_id", "gene_id", "gene_name", "Name", "Description"}

COLUMNS = ["site_id", "gene_id", "tissue", "usage", "source"]


def read_expression(path: str | Path) -> pd.DataFrame:
    """Expression of transcripts, a column per tissue, indexed by transcript_id without version.

    Tab-separated with a column transcript_id, or a .gct as GTEx has it. Raises InputError, naming file and column.
    """
    path = Path(path)
    try:
        with pd.io.common.get_handle(path, "r", compression="infer") as opened:
            is_gct = opened.handle.readline().startswith("#1.")
        table = pd.read_csv(path, sep="\t", skiprows=2 if is_gct else 0)
    except (OSError, EOFError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(f"{path}: cannot be read as tab-separated text ({error}); see `tissue_expression`") from error
    name = next((column for column in ("transcript_id", "Name") if column in table), None)
    if name is None:
        raise InputError(f"{path}: no column transcript_id; its columns are {shorten(table.columns)}")
    ids = table[name].astype(str).str.replace(r"\.\d+$", "", regex=True)
    tissues = table.drop(columns=[column for column in table if column in _NOT_TISSUES])
    for tissue in tissues:
        numbers = pd.to_numeric(tissues[tissue], errors="coerce")
        if numbers.isna().any() or (numbers < 0).any():
            row = int(np.argmax(numbers.isna() | (numbers < 0)))
            raise InputError(
                f"{path}: {ids[row]}: expression in {tissue!r} is {tissues[tissue][row]!r}, expected a number of at least 0"
            )
        tissues[tissue] = numbers
    if tissues.empty or not len(tissues.columns):
        raise InputError(f"{path}: no column of a tissue beside {name}")
    return tissues.groupby(ids).sum()


def usage_by_transcripts(catalogue: pd.DataFrame, expression: pd.DataFrame) -> pd.DataFrame:
    """Table `tissue_usage`: a site has the expression of the transcripts that end there. Raises InputError where the
    transcripts are of another annotation."""
    ends = catalogue[["site_id", "gene_id", "transcript_ids"]].explode("transcript_ids").dropna()
    ids = ends.transcript_ids.str.replace(r"\.\d+$", "", regex=True)
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
    """The parts one after the other, without what an earlier one has of the same gene and tissue."""
    joined = pd.DataFrame(columns=COLUMNS)
    for part in parts:
        seen = pd.MultiIndex.from_frame(joined[["gene_id", "tissue"]])
        new = part[~pd.MultiIndex.from_frame(part[["gene_id", "tissue"]]).isin(seen)]
        joined = pd.concat([frame for frame in (joined, new) if len(frame)] or [joined])
    return joined.sort_values(["gene_id", "tissue", "site_id"], ignore_index=True)


def _shares(amounts: pd.DataFrame, source: str) -> pd.DataFrame:
    """Long table of shares within gene and tissue. amounts: by (site_id, gene_id), a column per tissue, in any order."""
    amounts = amounts.groupby(level=["site_id", "gene_id"]).sum()
    long = amounts.rename_axis(columns="tissue").stack().rename("amount").reset_index()
    total = long.groupby(["gene_id", "tissue"]).amount.transform("sum")
    long = long[total >= MIN_EXPRESSION]
    return long.assign(usage=long.amount / total, source=source)[COLUMNS]
