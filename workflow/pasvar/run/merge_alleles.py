"""Rows of alleles of several runs, joined as if one run had read all of their files. Every table is read in pieces."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pasvar.effects import add_genotypes
from pasvar.tables import ALLELE, GENOTYPES, TABLES, open_table

_CONTIG = 1 << 40
"""Larger than the positions of any contig: the distance between the keys of two contigs."""


class Places:
    """Sort keys of alleles. chroms: the contigs of the genome in its order. Other contigs come after all of them, in no
    order."""

    def __init__(self, chroms: Sequence[str]):
        self._rank = {chrom: i for i, chrom in enumerate(chroms)}

    def rank(self, chrom: str) -> int:
        """Index of a contig."""
        return self._rank.get(chrom, len(self._rank))

    def keys(self, table: pa.Table) -> np.ndarray:
        """(n,) int64 that sort by contig and POS; all contigs that the genome lacks have one key."""
        names = table["chrom"].combine_chunks().dictionary_encode()
        ranks = np.array([self.rank(name) for name in names.dictionary.to_pylist()], dtype=np.int64)
        rank = ranks[names.indices.to_numpy()] if len(table) else np.empty(0, dtype=np.int64)
        return np.where(rank < len(self._rank), rank * _CONTIG + table["pos"].to_numpy(), rank * _CONTIG)

    def is_foreign(self, keys: np.ndarray) -> np.ndarray:
        """Which of these keys are of contigs that the genome lacks."""
        return keys >= len(self._rank) * _CONTIG


class _Reader:
    """A table that is read from its beginning to its end. key: sort keys of the rows that wait, ascending."""

    def __init__(self, file: pq.ParquetFile, places: Places):
        self._file, self._places, self._group = file, places, 0
        self._rows = file.schema_arrow.empty_table()
        self._key = np.empty(0, dtype=np.int64)

    @property
    def is_read(self) -> bool:
        return self._group == self._file.num_row_groups

    @property
    def last(self) -> int:
        return int(self._key[-1]) if len(self._key) else -1

    def read_more(self) -> None:
        rows = self._file.read_row_group(self._group)
        self._group += 1
        self._rows = pa.concat_tables([self._rows, rows])
        self._key = np.concatenate([self._key, self._places.keys(rows)])

    def take_below(self, border: int | None) -> pa.Table:
        """The rows that wait with keys below the border, or all of them."""
        n = len(self._key) if border is None else int(np.searchsorted(self._key, border))
        taken, self._rows, self._key = self._rows.slice(0, n), self._rows.slice(n), self._key[n:]
        return taken


def aligned_pieces(paths: Sequence[Path], name: str, places: Places) -> Iterator[list[pa.Table]]:
    """Table `name` of several runs by position, in pieces: each piece has one table per run, and all rows of a position
    are in one piece.

    Memory holds about two row groups of each run, and all rows of one position.
    """
    opened = [open_table(path, name) for path in paths]
    try:
        readers = [_Reader(table.__enter__(), places) for table in opened]
        while waiting := [reader for reader in readers if not reader.is_read]:
            min(waiting, key=lambda reader: reader.last).read_more()
            unread = [reader.last for reader in readers if not reader.is_read]
            piece = [reader.take_below(min(unread) if unread else None) for reader in readers]
            if any(piece):
                yield piece
    finally:
        for table in opened:
            table.__exit__(None, None, None)


def _named(tables: Sequence[pa.Table], places: Places) -> tuple[pa.Table, pd.DataFrame]:
    """The rows one after the other, each with the columns that name its allele, `key` of its position, and the number
    of its run."""
    both = pa.concat_tables(tables)
    named = both.select(ALLELE).to_pandas().assign(key=places.keys(both))
    return both, named.assign(run=np.repeat(np.arange(len(tables)), [len(table) for table in tables]))


def join_alleles(tables: Sequence[pa.Table], name: str, places: Places) -> pa.Table:
    """The rows of all alleles by position and spelling. The row of an allele comes from the first run that has it;
    counts are the sums over all runs. tables: a piece of table `name`, see `aligned_pieces`."""
    both, named = _named(tables, places)
    is_first = named.run == named.groupby(ALLELE, sort=False).run.transform("min")
    order = named[is_first].sort_values(["key", "ref", "alt"], kind="stable").index
    rows = both.take(pa.array(order.to_numpy()))
    return _with_counts(rows, both, named) if set(GENOTYPES) <= set(both.column_names) else rows


def _with_counts(rows: pa.Table, both: pa.Table, named: pd.DataFrame) -> pa.Table:
    """These rows with the carriers and copies of all runs."""
    counts = pd.concat([named, both.select(GENOTYPES).to_pandas()], axis=1).drop_duplicates([*ALLELE, "run"])
    added = counts.groupby(ALLELE, sort=False)[GENOTYPES].sum(min_count=1).astype("Int32").reset_index()
    joined = add_genotypes(rows.select([*ALLELE, "af"]).to_pandas(), added)
    for column in ("af", *GENOTYPES):
        place = rows.schema.get_field_index(column)
        field = rows.schema.field(place)
        rows = rows.set_column(place, field, pa.array(joined[column], field.type, from_pandas=True))
    return rows


_SOUND, _STRUCTURAL = ("scored", "no_site_in_range"), ("structural", "cuts_gene")
_ANOTHER_END = "an earlier record has the same POS, REF and ALT with another end; only that one is counted"


def join_ledgers(tables: Sequence[pa.Table], places: Places) -> pa.Table:
    """A piece of the ledgers of several runs as one: all rows by position and spelling, run by run. An allele that an
    earlier run has scored, or called structural, is `duplicate` in a later one. Alleles on contigs that the genome
    lacks are in the order of the runs."""
    both, named = _named(tables, places)
    foreign = places.is_foreign(named.key.to_numpy())
    named.loc[foreign, ["ref", "alt"]] = ""
    order = named.sort_values(["key", "ref", "alt", "run"], kind="stable").index
    rows = both.take(pa.array(order.to_numpy()))
    found = rows.select([*ALLELE, "status", "reason"]).to_pandas()
    for statuses in (_SOUND, _STRUCTURAL):
        of_kind = found[found.status.isin(statuses)]
        again = of_kind.index[of_kind.duplicated(ALLELE)]
        found.loc[again, "status"] = "duplicate"
        if statuses == _STRUCTURAL:
            first = of_kind.groupby(ALLELE).reason.transform("first")[again]
            differ = again[(first != found.reason[again]).to_numpy()]
            found.loc[differ, "status"], found.loc[differ, "reason"] = "symbolic", _ANOTHER_END
    for column in ("status", "reason"):
        place = rows.schema.get_field_index(column)
        rows = rows.set_column(place, rows.schema.field(place), pa.array(found[column], pa.string(), from_pandas=True))
    return rows


def hashed_changes(frame: pd.DataFrame) -> pd.DataFrame:
    """gene_id and a number (uint64) for each distinct change that these rows name by gene_id and normal form."""
    columns = ["gene_id", "chrom", "norm_pos", "norm_ref", "norm_alt"]
    frame = frame[columns].drop_duplicates().astype({"norm_pos": "int64"})
    number = pd.util.hash_pandas_object(frame, index=False).to_numpy()
    return pd.DataFrame({"gene_id": frame.gene_id.to_numpy(), "change": number})


def tables_with_alleles() -> tuple[str, ...]:
    """The tables of results that `join_alleles` joins."""
    return tuple(name for name in ("scores", "gene_effects", "tissue_effects", "new_sites", "known") if name in TABLES)
