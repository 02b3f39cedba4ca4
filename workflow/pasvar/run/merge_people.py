"""Haplotypes and people of several runs, joined as if one run had read all of their files."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pasvar.errors import InputError
from pasvar.run.merge_alleles import Places
from pasvar.tables import open_table, read_table

Form = tuple[str, int, str, str]
"""chrom, and POS, REF and ALT of the normal form."""


def names_in(counts: Sequence[pd.DataFrame]) -> set[str]:
    """The alleles that tables `haplotype_counts` name."""
    return {name for frame in counts for variants in frame.variants for name in variants}


class HaplotypeCounts:
    """The combined content of the `haplotype_counts` of several runs.

    forms: of the alleles that they name, by name. number: for each site, the haplotypes of all people with a call
    there. carried: the sites at which anybody has a variant. first: for each set as a run spells it, by site, the first
    spelling of the same haplotype. places: sort keys that order sets as a run does.
    """

    def __init__(self, counts: Sequence[pd.DataFrame], forms: Mapping[str, Form], places: Places):
        self._forms, self._places = forms, places
        rows = pd.concat(counts, ignore_index=True)
        self.carried = {*rows.site_id[rows.carried]}
        together = rows.variants.str.len() > 0
        self.number = rows[~together].groupby("site_id").n_copies.sum().to_dict()
        self._people: dict[tuple, int] = defaultdict(int)
        self._copies: dict[tuple, int] = defaultdict(int)
        self._unphased: dict[str, list[tuple[set[Form], int]]] = defaultdict(list)
        spellings: dict[tuple, list[tuple[str, ...]]] = defaultdict(list)
        self._same: dict[tuple, tuple] = {}
        for row in rows[together].itertuples():
            names = tuple(row.variants)
            changes = [forms[name] for name in names]
            if not row.phased:
                self._unphased[row.site_id].append(({*changes}, row.n_people))
                continue
            same = row.site_id, tuple(sorted(changes)), row.window_alt
            self._same[row.site_id, names] = same
            spellings[same].append(names)
            self._people[same] += row.n_people
            self._copies[same] += row.n_copies
        self.first = {key: min(spellings[same], key=self.order) for key, same in self._same.items()}

    def order(self, names: tuple[str, ...]) -> list[tuple]:
        """Sorts the sets of a site as a run does: by the positions of their alleles."""
        return [self._place(name) for name in names]

    def _place(self, name: str) -> tuple[int, int, str, str]:
        chrom, pos, ref, alt = name.rsplit(":", 3)
        return self._places.rank(chrom), int(pos), ref, alt

    def of(self, site_id: str, names: tuple[str, ...]) -> tuple[int | None, int | None, int, int]:
        """n_carriers, haplotype_count, haplotype_number and n_unphased of a set of a site."""
        same = self._same[site_id, names]
        changes = {self._forms[name] for name in names}
        n_unphased = sum(n for others, n in self._unphased[site_id] if changes <= others)
        exact = (None, None) if n_unphased else (self._people[same], self._copies[same])
        return *exact, self.number[site_id], n_unphased


def join_haplotypes(tables: Sequence[pa.Table], counts: HaplotypeCounts, sites: pd.DataFrame) -> pa.Table:
    """Table `haplotypes` of several runs. sites: table `sites`."""
    both = pa.concat_tables(tables)
    key = both.select(["site_id", "gene_id"]).to_pandas()
    names = [tuple(variants) for variants in both["variants"].to_pylist()]
    chosen, seen = [], set()
    for row, (site, gene, spelled) in enumerate(zip(key.site_id, key.gene_id, names, strict=True)):
        if counts.first[site, spelled] == spelled and (site, gene, spelled) not in seen:
            seen.add((site, gene, spelled))
            chosen.append(row)
    place = {pair: i for i, pair in enumerate(zip(sites.site_id, sites.gene_id, strict=True))}
    chosen.sort(key=lambda row: (place[key.site_id[row], key.gene_id[row]], counts.order(names[row])))
    rows = both.take(pa.array(chosen, pa.int64()))
    found = pd.DataFrame(
        [counts.of(key.site_id[row], names[row]) for row in chosen],
        columns=["n_carriers", "haplotype_count", "haplotype_number", "n_unphased"],
    ).astype({"n_carriers": "Int32", "haplotype_count": "Int32", "haplotype_number": "int32"})
    found["frequency"] = found.haplotype_count / found.haplotype_number
    for column in found:
        field = rows.schema.field(column)
        values = pa.array(found[column], field.type, from_pandas=True)
        rows = rows.set_column(rows.schema.get_field_index(column), field, values)
    return rows


def gene_order(carried: set[str], last_pos: Mapping[str, int], sites: pd.DataFrame, places: Places) -> list[str]:
    """The genes at whose sites anybody has a variant, in the order in which `summarise_people` finishes them.

    carried: these sites. last_pos: POS of the last allele that touches each site. sites: table `sites`.
    """
    rows = sites[sites.site_id.isin(carried)].reset_index(drop=True)
    rows = rows.assign(rank=[places.rank(chrom) for chrom in rows.chrom], last_pos=rows.site_id.map(last_pos))
    # In the order in which `ShardHaplotypes` closes sites; rows of a site stay in the order of the genes.
    rows = rows.sort_values(["rank", "last_pos", "window_start", "site_id"], kind="stable")
    return rows.gene_id.drop_duplicates(keep="last").to_list()


def join_samples(paths: Sequence[Path], genes: Sequence[str]) -> Iterator[pa.Table]:
    """Table `samples` of several runs, gene by gene, people by name. genes: in order."""
    with ExitStack() as stack:
        files = [stack.enter_context(open_table(path, "samples")) for path in paths]
        runs = [_rows_of_genes(path) for path in paths]
        unknown = {gene for rows in runs for gene in rows} - {*genes}
        if unknown:
            raise InputError(
                f"table samples has gene {min(unknown)}, at whose sites no person has a variant: run again"
            )

        @lru_cache(maxsize=2 * len(files))
        def group(run: int, number: int) -> pa.Table:
            return files[run].read_row_group(number)

        starts = [
            np.cumsum([0, *(file.metadata.row_group(i).num_rows for i in range(file.num_row_groups))]) for file in files
        ]
        for gene in genes:
            parts = []
            for run, rows in enumerate(runs):
                first, last = rows.get(gene, (0, 0))
                for number in range(len(starts[run]) - 1):
                    low, high = max(first, starts[run][number]), min(last, starts[run][number + 1])
                    if low < high:
                        parts.append(group(run, number).slice(low - starts[run][number], high - low))
            if parts:
                both = pa.concat_tables(parts)
                order = np.argsort(both["sample"].to_pandas().to_numpy(dtype=object), kind="stable")
                yield both.take(pa.array(order))


def _rows_of_genes(path: Path) -> dict[str, tuple[int, int]]:
    """For each gene, its rows [first, last) in a table `samples`, in which the genes come one after the other."""
    genes = read_table(path, "samples", ["gene_id"]).gene_id.to_numpy()
    borders = np.flatnonzero(genes[1:] != genes[:-1]) + 1
    firsts, lasts = [0, *borders.tolist()], [*borders.tolist(), len(genes)]
    return {genes[first]: (first, last) for first, last in zip(firsts, lasts, strict=True)} if len(genes) else {}
