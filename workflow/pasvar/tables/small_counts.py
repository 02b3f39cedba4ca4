"""Counts of few people, which config key `min_cell` hides in all results. Only this module decides which counts are
hidden.

A count is small from 1 to `min_cell` - 1; zero is not hidden. Counts from which a small count could be calculated are
also hidden: for an allele, the copies without it (`allele_number` minus `allele_count`), the people without it, those
with two copies (`allele_count` minus `n_carriers`) and those with one; and the other counts of a gene or a haplotype in
the same row. Sums of several rows are checked only for the carriers of a gene's alleles.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pasvar.tables.io import read_arrow
from pasvar.tables.schema import ALLELE, GENOTYPES, TABLES

_NAMES_OF_COUNTS = frozenset(
    (
        *("AC", "AN", "AF", "MAC", "MAF", "MLEAC", "MLEAF", "NS", "VAF", "VAF1", "HWE", "EXCHET", "MISSING"),
        *("HOM", "HET", "HEMI", "NHOM", "NHET", "NHEMI", "NHOMALT", "INBREEDINGCOEFF", "F"),
    )
)


def small(counts: pd.Series | np.ndarray | int, min_cell: int | None) -> np.ndarray:
    """Which counts of people are hidden: 1 to `min_cell` - 1. Nulls and None for `min_cell` hide nothing."""
    values = np.atleast_1d(
        pd.array(counts, dtype="Float64").to_numpy(float, na_value=np.nan) if np.ndim(counts) else counts
    )
    return (values > 0) & (values < (min_cell or 0))


def min_cell_of(made_by: Mapping[str, str]) -> int | None:
    """Config key `min_cell` of the run that made a table, as returned by `read_made_by`."""
    return json.loads(made_by.get("settings", "{}")).get("min_cell")


def min_genotype_effect_of(made_by: Mapping[str, str]) -> float:
    """The same for `min_genotype_effect`, as a number."""
    return json.loads(made_by.get("settings", "{}")).get("min_genotype_effect", 0)


def counts_people(info: str) -> bool:
    """Whether a key of INFO counts people or copies, by its name: AC, AN, AF, NS, HWE and similar keys, with a group's
    name before or after them (`AC_Het`, `EUR_AF`)."""
    return not _NAMES_OF_COUNTS.isdisjoint(re.split(r"[_.]", info.upper()))


def hide_counts(name: str, scores: Sequence[str | Path], min_cell: int | None, table: pa.Table, shard: int) -> pa.Table:
    """A shard's table as the results have it. scores: the table `scores` of each shard. shard: which of them, from
    0."""
    if min_cell is None:
        return table
    if name == "haplotypes":
        return hide_haplotypes(table, read_arrow(scores[shard], "scores", [*ALLELE, "allele_count"]), min_cell)
    return hide_alleles(table, min_cell) if set(GENOTYPES) <= set(TABLES[name].schema.names) else table


def hide_alleles(table: pa.Table, min_cell: int | None) -> pa.Table:
    """A table that has the columns of `GENOTYPES` and `af`, with nulls where a count is small or would reveal a small
    count.

    A frequency is treated like `allele_count`. A frequency without a count (a file without genotypes) is hidden,
    because the number of people behind it is unknown. `allele_number` stays.
    """
    if min_cell is None:
        return table
    carriers, count, number = (_values(table, name) for name in GENOTYPES)
    with np.errstate(invalid="ignore"):
        few_copies = small(count, min_cell) | small(number - count, min_cell)
        # On a haploid contig there are as many people as copies, and more counts are hidden than necessary.
        without = np.where(count == number, 0, np.ceil(number / 2) - carriers)
        near_all = (without != 0) & (without < min_cell)
        few = few_copies | small(carriers, min_cell) | near_all
        few |= small(count - carriers, min_cell) | small(2 * carriers - count, min_cell)
    hidden = {"n_carriers": few, "allele_count": few_copies, "af": few_copies | np.isnan(count)}
    return _with_nulls(table, hidden)


def hide_haplotypes(table: pa.Table, alleles: pa.Table, min_cell: int | None) -> pa.Table:
    """Table `haplotypes` without the sets that few people have, because the combination of these variants could
    identify a person.

    alleles: the columns `ALLELE` and `allele_count` of the scores of the same sites, not hidden yet. A set is also left
    out if few copies of one of its variants are not in the set. For a set without a known phase, `n_unphased` decides.
    """
    if min_cell is None or not table.num_rows:
        return table
    carriers, count, number, unphased = (
        _values(table, name) for name in ("n_carriers", "haplotype_count", "haplotype_number", "n_unphased")
    )
    with np.errstate(invalid="ignore"):
        few = small(carriers, min_cell) | small(count, min_cell) | small(number - count, min_cell)
        few |= small(count - carriers, min_cell) | small(2 * carriers - count, min_cell) | small(unphased, min_cell)
        frame = alleles.to_pandas().drop_duplicates(ALLELE)
        names = frame[ALLELE].astype(str).agg(":".join, axis=1)
        copies = dict(zip(names, frame.allele_count.astype(float), strict=True))
        for row, variants in enumerate(table["variants"].to_pylist()):
            others = np.array([copies.get(name, np.nan) for name in variants]) - count[row]
            few[row] |= bool(small(others, min_cell).any())
    return table.filter(pa.array(~few))


def hide_carriers(
    genes: pd.Series, shown: Mapping[str, np.ndarray], hides: Mapping[str, bool], n_people: int, min_cell: int | None
) -> pd.Series:
    """`carriers` of genes, by gene_id, with nulls where a count is small or would reveal a small count.

    shown: by gene, the counts of carriers of its strong alleles that are not hidden. hides: whether it has other strong
    alleles. n_people: in the whole cohort. The difference of two counts is treated as a count, too.
    """
    if min_cell is None:
        return genes
    hidden = small(genes, min_cell) | small(n_people - genes.astype("Float64"), min_cell)
    for row, (gene_id, carriers) in enumerate(genes.items()):
        of_alleles = shown.get(str(gene_id), np.array([]))
        if pd.notna(carriers) and len(of_alleles):
            differences = [
                *(int(carriers) - of_alleles),
                *([int(carriers) - of_alleles.sum()] if hides.get(str(gene_id)) else []),
            ]
            hidden[row] |= bool(small(np.array(differences), min_cell).any())
    return genes.mask(hidden)


def hide_people(people: pd.Series, carriers: pd.Series, min_cell: int | None) -> pd.Series:
    """Numbers of people with a row in table `samples`, by gene. A number is null if it is small, if it differs by a
    small number from the gene's carriers, or if these are hidden. Both have the same index."""
    if min_cell is None:
        return people
    apart = (people.astype("Float64") - carriers.astype("Float64")).abs()
    unlike = small(apart, min_cell) | carriers.isna().to_numpy()
    return people.mask(small(people, min_cell) | (unlike & (people > 0).to_numpy(bool)))


def _values(table: pa.Table, name: str) -> np.ndarray:
    return table[name].to_pandas().to_numpy(float, na_value=np.nan)


def _with_nulls(table: pa.Table, hidden: Mapping[str, np.ndarray]) -> pa.Table:
    for name, rows in hidden.items():
        place = table.schema.get_field_index(name)
        values = pc.if_else(pa.array(rows), None, table[name])
        table = table.set_column(place, table.schema.field(place), values)
    return table
