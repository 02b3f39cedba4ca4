"""The variants that share a haplotype in a site's window: who has which together, and what they do together.

A person's haplotypes in a window are known where the heterozygous calls there are of one phase set, or where there is at most one
of them. Homozygous calls are on all haplotypes, phased or not. Where the phase is unknown, variants stay single. A missing call
counts as the reference. Only scored alleles take part, each where its record spells it.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from pasvar.alleles import MAX_SHIFT, haplotype_window, trim
from pasvar.constants import WINDOW_LENGTH
from pasvar.filters import EVERYTHING, Filters
from pasvar.genome import Genome
from pasvar.genotypes import UNPHASED, Calls, Cohort, read_calls
from pasvar.progress import silent
from pasvar.sequence import decode
from pasvar.tables import ALLELE, TABLES, empty_frame, table_writer, to_arrow, write_table

NO_PHASE, ONE_CALL, UNKNOWN = 0, UNPHASED, -2
"""Instead of the number of a phase set, at a site: all haplotypes of the person are equal; one heterozygous call, which needs no
phase within the window; unknown phase."""

_MANY = 100_000
"""Rows of table `carried` that are written at a time."""

_JOINT = Callable[[tuple[int, ...]], tuple[np.ndarray, str] | None]


class SiteHaplotypes:
    """What each person of a cohort has on each haplotype in one window, as far as the records have been read.

    A set of variants is a tuple of rows of table `alleles`, in order, and has a number; 0 is the reference.
    haplotypes: (people, haplotypes) numbers. ploidy: (people,) 0 before the first call. phase: (people,) number of the phase set
    of the heterozygous calls, or `NO_PHASE`, `ONE_CALL`, `UNKNOWN`.
    Memory: 13 bytes per person, whatever the number of variants.
    """

    def __init__(self, n_people: int):
        self.sets: list[tuple[int, ...]] = [()]
        self._number: dict[tuple[int, ...], int] = {(): 0}
        self.haplotypes = np.zeros((n_people, 2), dtype=np.int32)
        self.ploidy = np.zeros(n_people, dtype=np.int8)
        self.phase = np.zeros(n_people, dtype=np.int32)

    def number(self, variants: tuple[int, ...]) -> int:
        """The number of a set."""
        if variants not in self._number:
            self._number[variants] = len(self.sets)
            self.sets.append(variants)
        return self._number[variants]

    def add(self, calls: Calls, rows: Mapping[int, int]) -> None:
        """Read one record. rows: the row of each of its alleles that touches the window, by the allele's number."""
        self._add_ploidy(calls)
        heterozygous = []
        for number, row in rows.items():
            person, haplotype = calls.copies[number]
            place = calls.people[person], haplotype
            before, which = np.unique(self.haplotypes[place], return_inverse=True)
            after = [self.number(tuple(sorted({*self.sets[i], row}))) for i in before]
            self.haplotypes[place] = np.array(after, dtype=np.int32)[which]
            carriers, n_copies = np.unique(person, return_counts=True)
            heterozygous.append(carriers[n_copies < calls.ploidy[carriers]])
        self._add_phase(calls, np.unique(np.concatenate(heterozygous)))

    def _add_ploidy(self, calls: Calls) -> None:
        n_haplotypes = calls.alleles.shape[1]
        if n_haplotypes > self.haplotypes.shape[1]:
            self.haplotypes = np.pad(self.haplotypes, [(0, 0), (0, n_haplotypes - self.haplotypes.shape[1])])
        called = calls.ploidy > 0
        people, now = calls.people[called], calls.ploidy[called]
        before = self.ploidy[people]
        self.phase[people[(before > 0) & (before != now)]] = UNKNOWN
        self.ploidy[people] = np.maximum(before, now)

    def _add_phase(self, calls: Calls, heterozygous: np.ndarray) -> None:
        people, now = calls.people[heterozygous], calls.phase_sets[heterozygous]
        before = self.phase[people]
        same = (before == now) & (now > 0)
        self.phase[people] = np.where(before == NO_PHASE, now, np.where(same, before, UNKNOWN))

    def rows(self, joint: _JOINT) -> tuple[list[tuple], np.ndarray]:
        """The site's rows of tables `site_haplotypes` and (n, 5) `carried`, without the site.

        joint: gives the window of a set and its anchor, or None where its variants contradict one another; who has such a
        haplotype has its variants one by one in `carried`.
        """
        known = self.phase != UNKNOWN
        numbers = [number for number in np.unique(self.haplotypes[known]).tolist() if number]
        windows = {number: joint(self.sets[number]) for number in numbers if len(self.sets[number]) > 1}
        impossible = [number for number, window in windows.items() if window is None]
        apart = ~known | np.isin(self.haplotypes, impossible).any(axis=1)
        carried = np.concatenate([self._carried_together(~apart), self._carried_apart(np.flatnonzero(apart))])
        found = sorted({*numbers, *np.unique(carried[:, 2]).tolist()}, key=lambda number: self.sets[number])
        renumbered = np.zeros(len(self.sets), dtype=np.int64)
        renumbered[found] = np.arange(1, len(found) + 1)
        carried[:, 2] = renumbered[carried[:, 2]]
        rows = []
        for number, counts in zip(found, self._counts(found, known), strict=True):
            window, anchor = windows.get(number) or (None, None)
            text = None if window is None else decode(window)
            rows.append((int(renumbered[number]), self.sets[number], *counts, anchor, text))
        return rows, carried[np.lexsort(carried[:, 2::-1].T)]

    def _carried_together(self, people: np.ndarray) -> np.ndarray:
        """Of these people (a mask), each haplotype that is not the reference."""
        person, haplotype = np.nonzero(self.haplotypes * people[:, None])
        return self._carried(person, haplotype + 1, self.haplotypes[person, haplotype], self.phase[person])

    def _carried_apart(self, people: np.ndarray) -> np.ndarray:
        """Of these people (places), each copy of each variant."""
        distinct, which = np.unique(self.haplotypes[people], axis=0, return_inverse=True)
        copies = [[self.number((row,)) for i in numbers for row in self.sets[i]] for numbers in distinct]
        n_copies = np.array([len(numbers) for numbers in copies], dtype=np.int64)[which]
        numbers = np.array([number for i in which for number in copies[i]], dtype=np.int64)
        return self._carried(np.repeat(people, n_copies), 0, numbers, UNKNOWN)

    def _carried(
        self, person: np.ndarray, copy: np.ndarray | int, haplotype: np.ndarray, phase_set: np.ndarray | int
    ) -> np.ndarray:
        columns = person, copy, haplotype, self.ploidy[person], phase_set
        return np.stack(np.broadcast_arrays(*columns), axis=1).astype(np.int64)

    def _counts(self, numbers: Sequence[int], known: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
        """Of each set n_carriers, haplotype_count, haplotype_number and n_unphased."""
        n_sets, n_haplotypes = len(self.sets), int(self.ploidy[known].sum())
        person, haplotype = np.nonzero(self.haplotypes * known[:, None])
        found = self.haplotypes[person, haplotype]
        n_copies = np.bincount(found, minlength=n_sets)
        n_carriers = np.bincount(np.unique(person * n_sets + found) % n_sets, minlength=n_sets)
        unphased, n_people = np.unique(self.haplotypes[~known], axis=0, return_counts=True)
        all_of = [
            ({row for i in distinct for row in self.sets[i]}, int(n))
            for distinct, n in zip(unphased, n_people, strict=True)
        ]
        for number in numbers:
            n_unphased = sum(n for variants, n in all_of if variants.issuperset(self.sets[number]))
            yield int(n_carriers[number]), int(n_copies[number]), n_haplotypes, n_unphased


class ShardHaplotypes:
    """Reads what the people of a cohort carry in the windows of one shard: once, record by record.

    alleles: table `alleles` of the shard. windows: table `windows`. counted: rows with further alleles, in no window, whose
    carriers are counted too.
    """

    def __init__(
        self,
        alleles: pd.DataFrame,
        windows: pd.DataFrame,
        cohort: Cohort,
        genome: Genome,
        counted: pd.DataFrame | None = None,
    ):
        self._cohort, self._genome = cohort, genome
        self._alleles = alleles = alleles.reset_index(drop=True)
        self._windows = {site.site_id: site for site in windows[windows.site_id.isin(alleles.site_id)].itertuples()}
        self._site_ids = alleles.site_id.to_list()
        self._last_pos = alleles.groupby("site_id").pos.max().to_dict()
        self._edits = [trim(row.pos - 1, row.ref.upper(), row.alt.upper()) for row in alleles.itertuples()]
        self._wanted = _by_position(pd.concat([alleles[ALLELE], *([] if counted is None else [counted[ALLELE]])]))
        self._counts = {key: np.zeros(3, dtype=np.int64) for key in self._wanted.itertuples(index=False, name=None)}
        self._rows: dict[tuple, list[int]] = {key: [] for key in self._counts}
        spellings: dict[tuple, int] = {}
        for row in alleles.itertuples():
            # Spelled that far before its change, an allele may be in another shard than its window.
            if row.norm_ref != row.norm_alt and self._edits[row.Index].start - (row.pos - 1) <= MAX_SHIFT:
                change = row.site_id, row.norm_pos, row.norm_ref, row.norm_alt
                first = spellings.setdefault(change, row.Index)
                self._rows[row.chrom, row.pos, row.ref, row.alt].append(first)

    def read(
        self, filters: Filters = EVERYTHING, progress: Callable[..., tqdm] = silent
    ) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
        """Rows of tables `site_haplotypes` and `carried`, some sites at a time; afterwards `carriers` has its rows.

        In memory are the people's haplotypes in the windows around the record being read, and up to `_MANY` rows.
        """
        closed: list[tuple[str, list[tuple], np.ndarray]] = []
        n_rows = 0
        for site in self._sites(filters, progress):
            closed.append(site)
            n_rows += len(site[2])
            if n_rows > _MANY:
                yield _frames(closed)
                closed, n_rows = [], 0
        if closed:
            yield _frames(closed)

    def _sites(self, filters: Filters, progress: Callable[..., tqdm]) -> Iterator[tuple[str, list[tuple], np.ndarray]]:
        """(site, its rows of either table), once all records that touch it are read."""
        opened: dict[str, SiteHaplotypes] = {}
        with progress(total=len(self._counts), unit="alleles") as bar:
            for calls in read_calls(self._wanted, self._cohort, self._genome.names, filters):
                yield from self._close(opened, *next(iter(calls.key.values()))[:2])
                self._count(calls)
                for site_id, rows in self._rows_by_site(calls).items():
                    site = opened.setdefault(site_id, SiteHaplotypes(len(self._cohort.people)))
                    site.add(calls, rows)
                bar.update(len(calls.key))
        yield from self._close(opened)

    def carriers(self) -> pd.DataFrame:
        """Table `carriers`, of all records read so far."""
        rows = [(*key, *counts) for key, counts in self._counts.items()]
        return pd.DataFrame(rows, columns=empty_frame("carriers").columns)

    def _close(
        self, opened: dict[str, SiteHaplotypes], chrom: str | None = None, pos: int = 0
    ) -> Iterator[tuple[str, list[tuple], np.ndarray]]:
        """The rows of the sites that no record from here on touches; of all without a place."""
        for site_id in list(opened):
            if self._windows[site_id].chrom != chrom or self._last_pos[site_id] < pos:
                site = opened.pop(site_id)
                if site.haplotypes.any():
                    yield site_id, *site.rows(self._joint_windows(site_id))

    def _count(self, calls: Calls) -> None:
        for number, key in calls.key.items():
            person, _ = calls.copies[number]
            self._counts[key] += len(np.unique(person)), len(person), calls.n_called[number]

    def _rows_by_site(self, calls: Calls) -> dict[str, dict[int, int]]:
        """By site, the row of each allele of a record that touches it, by the allele's number."""
        found: dict[str, dict[int, int]] = {}
        for number, key in calls.key.items():
            for row in self._rows[key]:
                found.setdefault(self._site_ids[row], {})[number] = row
        return found

    def _joint_windows(self, site_id: str) -> _JOINT:
        """Makes the window of a set of variants of a site."""
        site = self._windows[site_id]

        def window(variants: tuple[int, ...]) -> tuple[np.ndarray, str] | None:
            edits = [self._edits[row] for row in variants]
            around = WINDOW_LENGTH + sum(max(len(edit.alt), edit.end - edit.start) for edit in edits)
            low = min(site.window_start, *(edit.start for edit in edits)) - around
            high = max(site.window_end, *(edit.end for edit in edits)) + around
            stretch = self._genome.stretch(site.chrom, low, high)
            return haplotype_window(stretch, edits, site.window_start, site.strand)

        return window


def _by_position(alleles: pd.DataFrame) -> pd.DataFrame:
    """Distinct alleles by position, contigs in the order in which they appear."""
    contig = alleles.chrom.map({chrom: i for i, chrom in enumerate(alleles.chrom.unique())})
    return alleles.assign(contig=contig).sort_values(["contig", "pos"], kind="stable")[ALLELE].drop_duplicates()


def write_haplotypes(
    alleles: pd.DataFrame,
    candidates: pd.DataFrame,
    windows: pd.DataFrame,
    vcfs: Sequence[str | Path],
    genome: Genome,
    paths: Mapping[str, str | Path],
    filters: Filters = EVERYTHING,
    progress: Callable[..., tqdm] = silent,
) -> str:
    """Read one shard's genotypes into tables `carriers`, `site_haplotypes` and `carried`; returns what there is to say of them.

    alleles, candidates: these tables of the shard. windows: table `windows`. paths: of each table. Without genotypes they
    are empty.
    """
    cohort = Cohort(vcfs)
    shard = ShardHaplotypes(alleles, windows, cohort, genome, candidates)
    seen: Counter[str] = Counter()
    with ExitStack() as stack:
        write = {name: stack.enter_context(table_writer(paths[name], name)) for name in ("site_haplotypes", "carried")}
        for sets, carried in shard.read(filters, progress) if cohort.people else ():
            write["site_haplotypes"](to_arrow(sets, "site_haplotypes"))
            write["carried"](to_arrow(carried, "carried"))
            seen.update(_say(sets, carried))
    write_table(paths["carriers"], shard.carriers() if cohort.people else empty_frame("carriers"), "carriers")
    return (
        f"{len(cohort.people)} people; {seen['sites']} sites with a variant; {seen['joint']} sets of variants share a haplotype, "
        f"{seen['impossible']} more contradict one another; of {seen['people']} pairs of person and site, {seen['unphased']} "
        "have variants of unknown phase, or that contradict one another, and keep them single"
    )


def _frames(sites: list[tuple[str, list[tuple], np.ndarray]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of sites as frames of tables `site_haplotypes` and `carried`."""
    sets = [(site_id, *row) for site_id, rows, _ in sites for row in rows]
    columns = TABLES["carried"].schema.names
    carried = pd.DataFrame(np.concatenate([rows for _, _, rows in sites]), columns=columns[1:])
    carried["site_id"] = np.repeat([site_id for site_id, _, _ in sites], [len(rows) for _, _, rows in sites])
    return pd.DataFrame(sets, columns=TABLES["site_haplotypes"].schema.names), carried


def _say(sets: pd.DataFrame, carried: pd.DataFrame) -> dict[str, int]:
    """Counts of some sites."""
    together = sets.alleles.str.len() > 1
    people = carried.drop_duplicates(["site_id", "person"]).phase_set
    return {
        "sites": sets.site_id.nunique(),
        "joint": int((together & sets.window_alt.notna()).sum()),
        "impossible": int((together & sets.window_alt.isna()).sum()),
        "people": len(people),
        "unphased": int((people == UNKNOWN).sum()),
    }
