"""The variants that share a haplotype in a site's window: who has which together, and what they do together.

A person's haplotypes in a window are known where the heterozygous calls there are of one phase set, or where there is at most one
of them. Homozygous calls are on all haplotypes, phased or not. Where the phase is unknown, variants stay single. A missing call
counts as the reference. Only scored alleles take part, each where the person's own record spells it; a change that a person has
in several records counts in the first of them.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tqdm import tqdm

from pasvar.cohort.genotypes import Calls, Cohort, read_calls
from pasvar.constants import WINDOW_LENGTH
from pasvar.errors import InputError
from pasvar.files import index_path
from pasvar.genome import Genome
from pasvar.progress import no_progress
from pasvar.sequence import decode
from pasvar.tables import ALLELE, GENOTYPES, TABLES, empty_frame, table_writer, to_arrow, write_table
from pasvar.variants import EVERYTHING, MAX_SHIFT, Edit, Filters, haplotype_window, trim

NO_PHASE, UNKNOWN = 0, -1
"""Instead of the number of a phase set, at a site: all haplotypes of the person are equal; unknown phase."""

_MANY = 100_000
"""Rows of table `sample_haplotypes` that are written at a time."""

_JOINT = Callable[[tuple[int, ...]], tuple[np.ndarray, str] | None]


class _Tally(NamedTuple):
    """People and copies of a set of variants (rows of table `alleles`) at a site; of none of them: all with a call, and their
    haplotypes. window: as in `site_haplotypes`."""

    variants: tuple[int, ...]
    phased: bool
    window: str | None
    n_people: int
    n_copies: int


class SiteHaplotypes:
    """What each person of a cohort has on each haplotype in one window, as far as the records have been read.

    A set of variants is a tuple of rows of table `alleles`, in order, and has a number; 0 is the reference.
    haplotypes: (people, haplotypes) numbers. phase: (people,) number of the phase set of the heterozygous calls, or `NO_PHASE`,
    `UNKNOWN`. ploidy: (people,) of the first call with a variant, 0 before it. mixed: of people with calls of other ploidies
    too, the ploidy of each of their variants. called: (people,) largest ploidy of any call, 0 before the first.
    tallies: after `rows`, what `merge` needs of the site.
    Memory: 14 bytes per person, whatever the number of variants.
    """

    def __init__(self, n_people: int, changes: Sequence[int]):
        """changes: of each row of `alleles` the number of its change within the site, the same for all its spellings."""
        self.sets: list[tuple[int, ...]] = [()]
        self._number: dict[tuple[int, ...], int] = {(): 0}
        self._changes = changes
        self._read: set[int] = set()
        self.haplotypes = np.zeros((n_people, 2), dtype=np.int32)
        self.ploidy = np.zeros(n_people, dtype=np.int8)
        self.called = np.zeros(n_people, dtype=np.int8)
        self.phase = np.zeros(n_people, dtype=np.int32)
        self.mixed: dict[int, dict[int, int]] = {}
        self.tallies: list[_Tally] = []

    def number(self, variants: tuple[int, ...]) -> int:
        """The number of a set."""
        if variants not in self._number:
            self._number[variants] = len(self.sets)
            self.sets.append(variants)
        return self._number[variants]

    def add(self, calls: Calls, rows: Mapping[int, int]) -> None:
        """Read one record. rows: the row of each of its alleles that touches the window, by the allele's number."""
        n_haplotypes = calls.alleles.shape[1]
        if n_haplotypes > self.haplotypes.shape[1]:
            self.haplotypes = np.pad(self.haplotypes, [(0, 0), (0, n_haplotypes - self.haplotypes.shape[1])])
        self.called[calls.people] = np.maximum(self.called[calls.people], calls.ploidy)
        copies = {row: self._new_copies(calls, number, row) for number, row in rows.items()}
        self._read.update(self._changes[row] for row in copies)
        self._add_ploidy(calls, copies)
        for row, (person, haplotype) in copies.items():
            place = calls.people[person], haplotype
            before, which = np.unique(self.haplotypes[place], return_inverse=True)
            after = [self.number(tuple(sorted({*self.sets[i], row}))) for i in before]
            self.haplotypes[place] = np.array(after, dtype=np.int32)[which]
        self._add_phase(calls, copies)

    def _new_copies(self, calls: Calls, number: int, row: int) -> tuple[np.ndarray, np.ndarray]:
        """(index of person, haplotype) of an allele, without those of people who have the change from an earlier record."""
        person, haplotype = calls.copies[number]
        change = self._changes[row]
        if change not in self._read:
            return person, haplotype
        with_it = [change in {self._changes[variant] for variant in variants} for variants in self.sets]
        new = ~np.array(with_it)[self.haplotypes[calls.people[person]]].any(axis=1)
        return person[new], haplotype[new]

    def _add_ploidy(self, calls: Calls, copies: Mapping[int, tuple[np.ndarray, np.ndarray]]) -> None:
        for row, (index, _) in copies.items():
            people, which = np.unique(calls.people[index], return_index=True)
            now, before = calls.ploidy[index[which]], self.ploidy[people]
            self.ploidy[people] = np.where(before == 0, now, before)
            for i in np.flatnonzero((before > 0) & (before != now)).tolist():
                self.mixed.setdefault(int(people[i]), {})[row] = int(now[i])

    def _add_phase(self, calls: Calls, copies: Mapping[int, tuple[np.ndarray, np.ndarray]]) -> None:
        heterozygous = np.zeros(len(calls.people), dtype=bool)
        for index, _ in copies.values():
            carriers, n_copies = np.unique(index, return_counts=True)
            heterozygous[carriers[n_copies < calls.ploidy[carriers]]] = True
        people, now = calls.people[heterozygous], calls.phase_sets[heterozygous]
        before = self.phase[people]
        self.phase[people] = np.where((before == NO_PHASE) | (before == now), now, UNKNOWN)

    def rows(self, joint: _JOINT) -> tuple[list[tuple], np.ndarray]:
        """The site's rows of tables `site_haplotypes` and (n, 6) `sample_haplotypes`, without the site.

        joint: gives the window of a set and its anchor, or None where its variants contradict one another; of such a
        haplotype `sample_haplotypes` has the variants one by one.
        """
        self._settle_ploidy()
        known = self.phase != UNKNOWN
        numbers = [number for number in np.unique(self.haplotypes[known]).tolist() if number]
        windows = {number: joint(self.sets[number]) for number in numbers if len(self.sets[number]) > 1}
        impossible = np.isin(self.haplotypes, [number for number, window in windows.items() if window is None])
        apart = (self.haplotypes > 0) & (impossible | ~known[:, None])
        carried = np.concatenate([self._carried_together(~apart), self._carried_apart(*np.nonzero(apart))])
        found = sorted({*numbers, *np.unique(carried[:, 2]).tolist()}, key=lambda number: self.sets[number])
        renumbered = np.zeros(len(self.sets), dtype=np.int64)
        renumbered[found] = np.arange(1, len(found) + 1)
        carried[:, 2] = renumbered[carried[:, 2]]
        texts = {number: None if window is None else decode(window[0]) for number, window in windows.items()}
        same_as = self._same(found, texts)
        counts = self._counts(same_as, known, texts)
        rows = [
            (
                *(int(renumbered[number]), int(renumbered[same_as[number]]), self.sets[number]),
                *counts[same_as[number]],
                window[1] if (window := windows.get(number)) else None,
                texts.get(number),
            )
            for number in found
        ]
        return rows, carried[np.lexsort(carried[:, 2::-1].T)]

    def _settle_ploidy(self) -> None:
        """People with calls of different ploidies: where all are homozygous all haplotypes are equal, and the smallest ploidy
        is taken; else the phase is unknown."""
        for person, ploidies in self.mixed.items():
            if self.phase[person] == NO_PHASE:
                self.ploidy[person] = min(self.ploidy[person], *ploidies.values())
                self.haplotypes[person, self.ploidy[person] :] = 0
            else:
                self.phase[person] = UNKNOWN

    def _same(self, found: Sequence[int], texts: Mapping[int, str | None]) -> dict[int, int]:
        """Of each set the first one that makes the same changes and the same window in other spellings."""
        first: dict[tuple, int] = {}
        return {
            number: first.setdefault(
                (*sorted(self._changes[row] for row in self.sets[number]), texts.get(number)), number
            )
            for number in found
        }

    def _carried_together(self, chosen: np.ndarray) -> np.ndarray:
        """Of these haplotypes (a mask), those that are not the reference."""
        person, haplotype = np.nonzero(self.haplotypes * chosen)
        return self._carried(person, haplotype + 1, self.haplotypes[person, haplotype])

    def _carried_apart(self, person: np.ndarray, haplotype: np.ndarray) -> np.ndarray:
        """Of these haplotypes, each variant; the number of the haplotype is 0 where the phase is unknown."""
        distinct, which = np.unique(self.haplotypes[person, haplotype], return_inverse=True)
        sets = [self.sets[number] for number in distinct]
        single = {row: self.number((row,)) for row in sorted(set().union(*sets))}
        n_each = np.array([len(variants) for variants in sets], dtype=np.int64)
        first = np.cumsum(n_each) - n_each
        n_each = n_each[which]
        # The place of each variant in the sets laid end to end.
        place = np.repeat(first[which] - np.cumsum(n_each) + n_each, n_each) + np.arange(n_each.sum())
        number = np.array([single[row] for variants in sets for row in variants], dtype=np.int64)[place]
        copy = np.where(self.phase[person] == UNKNOWN, 0, haplotype + 1)
        return self._carried(np.repeat(person, n_each), np.repeat(copy, n_each), number)

    def _carried(self, person: np.ndarray, copy: np.ndarray, haplotype: np.ndarray) -> np.ndarray:
        ploidy = self.ploidy[person]
        mixed = np.isin(person, list(self.mixed))
        for i in np.flatnonzero(mixed & (copy == 0)).tolist():
            (row,) = self.sets[haplotype[i]]
            ploidy[i] = self.mixed[int(person[i])].get(row, ploidy[i])
        columns = person, copy, haplotype, ploidy, self.phase[person], mixed
        return np.stack(columns, axis=1).astype(np.int64)

    def _counts(
        self, same_as: Mapping[int, int], known: np.ndarray, texts: Mapping[int, str | None]
    ) -> dict[int, tuple[int | None, ...]]:
        """Of each first set n_carriers, haplotype_count, haplotype_number and n_unphased; the first two are None where people of
        unknown phase may have it."""
        first = np.zeros(len(self.sets), dtype=np.int64)
        first[list(same_as)] = list(same_as.values())
        own = np.where(self.ploidy > 0, self.ploidy, self.called)
        for number, ploidies in self.mixed.items():
            if not known[number]:
                own[number] = max(own[number], *ploidies.values())
        n_haplotypes = int(own.sum())
        person, haplotype = np.nonzero(self.haplotypes * known[:, None])
        found = first[self.haplotypes[person, haplotype]]
        n_copies = np.bincount(found, minlength=len(first))
        n_carriers = np.bincount(np.unique(person * len(first) + found) % len(first), minlength=len(first))
        has, n_people = self._unphased(known)
        self.tallies = [
            _Tally((), True, None, int((own > 0).sum()), n_haplotypes),
            *(
                _Tally(self.sets[number], True, texts.get(number), int(n_carriers[number]), int(n_copies[number]))
                for number in sorted({*same_as.values()}, key=lambda number: self.sets[number])
                if len(self.sets[number]) > 1
            ),
            *self._tallies_of_unphased(has, n_people),
        ]
        counts: dict[int, tuple[int | None, ...]] = {}
        for number in {*same_as.values()}:
            n_unphased = int(n_people[has[[self._changes[row] for row in self.sets[number]]].all(axis=0)].sum())
            exact = (None, None) if n_unphased else (int(n_carriers[number]), int(n_copies[number]))
            counts[number] = *exact, n_haplotypes, n_unphased
        return counts

    def _tallies_of_unphased(self, has: np.ndarray, n_people: np.ndarray) -> "list[_Tally]":
        """How many people of unknown phase have just these changes, each by the first of its spellings. has, n_people: as
        `_unphased` gives them."""
        first: dict[int, int] = {}
        for row in sorted({row for variants in self.sets for row in variants}):
            first.setdefault(self._changes[row], row)
        sets = [tuple(sorted(first[int(change)] for change in np.flatnonzero(changes))) for changes in has.T]
        found = sorted(zip(sets, n_people.tolist(), strict=True))
        return [_Tally(variants, False, None, n, 0) for variants, n in found if len(variants) > 1]

    def _unphased(self, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(changes, patterns) whether people of unknown phase have a change, and (patterns,) how many people each is."""
        patterns, n_people = np.unique(self.haplotypes[~known], axis=0, return_counts=True)
        numbers, which = np.unique(patterns, return_inverse=True)
        changes = np.zeros((len(numbers), max(self._read, default=0) + 1), dtype=bool)
        for i, number in enumerate(numbers.tolist()):
            changes[i, [self._changes[row] for row in self.sets[number]]] = True
        which = which.reshape(patterns.shape)
        has = np.zeros((len(patterns), changes.shape[1]), dtype=bool)
        for haplotype in range(patterns.shape[1]):
            has |= changes[which[:, haplotype]]
        distinct, which = np.unique(np.packbits(has, axis=1), axis=0, return_inverse=True)
        n_distinct = np.bincount(which.ravel(), n_people, minlength=len(distinct)).astype(np.int64)
        return np.unpackbits(distinct, axis=1, count=has.shape[1]).T.astype(bool, order="C"), n_distinct


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
        alleles = alleles.reset_index(drop=True)
        self._windows = {site.site_id: site for site in windows[windows.site_id.isin(alleles.site_id)].itertuples()}
        self._site_ids = alleles.site_id.to_list()
        self._names = alleles[ALLELE]
        self._last_pos = alleles.groupby("site_id").pos.max().to_dict()
        self._edits = [spelled_edit(row.pos - 1, row.ref.upper(), row.alt.upper()) for row in alleles.itertuples()]
        self._wanted = _by_position(pd.concat([alleles[ALLELE], *([] if counted is None else [counted[ALLELE]])]))
        self._counts = {key: np.zeros(3, dtype=np.int64) for key in self._wanted.itertuples(index=False, name=None)}
        self._rows: dict[tuple, list[int]] = {key: [] for key in self._counts}
        # Numbers in the order of the sites, from 0 in each.
        changes = alleles.groupby(["site_id", "norm_pos", "norm_ref", "norm_alt"]).ngroup()
        self._changes = (changes - changes.groupby(alleles.site_id).transform("min")).to_list()
        for row in alleles.itertuples():
            # Spelled that far before its change, an allele may be in another shard than its window.
            if row.norm_ref != row.norm_alt and self._edits[row.Index].start - (row.pos - 1) <= MAX_SHIFT:
                self._rows[row.chrom, row.pos, row.ref, row.alt].append(row.Index)
        self._found: set[tuple] = set()
        self._counted: set[tuple] = set()
        self._tallies: list[tuple[str, bool, _Tally]] = []
        self.n_without_genotypes: Counter[Path] = Counter()

    def read(
        self, filters: Filters = EVERYTHING, progress: Callable[..., tqdm] = no_progress
    ) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
        """Rows of tables `site_haplotypes` and `sample_haplotypes`, some sites at a time; afterwards `carriers` has its rows.

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
                    site = opened.setdefault(site_id, SiteHaplotypes(len(self._cohort.people), self._changes))
                    site.add(calls, rows)
                bar.update(len(calls.key))
        yield from self._close(opened)

    def carriers(self) -> pd.DataFrame:
        """Table `carriers`, of all records read so far; without counts for an allele of records without genotypes."""
        rows = [(*key, *(counts if key in self._counted else [pd.NA] * 3)) for key, counts in self._counts.items()]
        carriers = pd.DataFrame(rows, columns=empty_frame("carriers").columns)
        return carriers.astype(dict.fromkeys(GENOTYPES, "Int32"))

    def haplotype_counts(self) -> pd.DataFrame:
        """Table `haplotype_counts`, of all records read so far."""
        rows = np.unique([row for *_, tally in self._tallies for row in tally.variants]).astype(np.int64)
        spelled = self._names.iloc[rows].itertuples(index=False)
        names = {row: ":".join(map(str, allele)) for row, allele in zip(rows.tolist(), spelled, strict=True)}
        return pd.DataFrame(
            [
                (site, is_carried, [names[row] for row in variants], *rest)
                for site, is_carried, (variants, *rest) in self._tallies
            ],
            columns=TABLES["haplotype_counts"].schema.names,
        )

    def check_found(self, ledger: pa.Table) -> None:
        """Raise InputError where an allele of table `ledger` (of the shard) was not met again in its file, after `read`."""
        paths = {path.name: path for path in self._cohort.paths}
        near = pc.and_(pc.is_in(ledger["pos"], pa.array(self._wanted.pos)), pc.not_equal(ledger["status"], "filtered"))
        columns = ledger.filter(near).select([*ALLELE, "vcf"]).to_pydict().values()
        for *key, name in zip(*columns, strict=True):
            if name in paths and tuple(key) in self._counts and (name, *key) not in self._found:
                chrom, pos, ref, alt = key
                raise InputError(
                    f"{paths[name]}: {chrom}:{pos} {ref}>{alt} was read with the alleles, but not again with the genotypes: its "
                    f"index {index_path(paths[name])} is of another file, or the file changed during the run; index it again "
                    f"with: bcftools index --force {name}"
                )

    def _close(
        self, opened: dict[str, SiteHaplotypes], chrom: str | None = None, pos: int = 0
    ) -> Iterator[tuple[str, list[tuple], np.ndarray]]:
        """The rows of the sites that no record from here on touches in the order of `_order`; of all without a place."""
        closing = [
            site_id for site_id in opened if self._windows[site_id].chrom != chrom or self._last_pos[site_id] < pos
        ]
        for site_id in sorted(closing, key=self._order):
            site = opened.pop(site_id)
            is_carried = bool(site.haplotypes.any())
            if is_carried:
                yield site_id, *site.rows(self._joint_windows(site_id))
            else:
                n_called = int((site.called > 0).sum())
                site.tallies = [_Tally((), True, None, n_called, int(site.called.sum()))]
            self._tallies += [(site_id, is_carried, tally) for tally in site.tallies]

    def _order(self, site_id: str) -> tuple[int, int, str]:
        """Places sites of one contig: by the last of their alleles, then by themselves, whoever carries what."""
        return self._last_pos[site_id], self._windows[site_id].window_start, site_id

    def _count(self, calls: Calls) -> None:
        path = self._cohort.paths[calls.file]
        self._found.update((path.name, *key) for key in calls.key.values())
        if not calls.has_genotypes:
            self.n_without_genotypes[path] += len(calls.key)
            return
        self._counted.update(calls.key.values())
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
            stretch = self._genome.slice(site.chrom, low, high)
            return haplotype_window(stretch, edits, site.window_start, site.strand)

        return window


def spelled_edit(start: int, ref: str, alt: str) -> Edit:
    """The edit of a VCF allele (start = POS - 1) where its record spells it.

    The base that an indel has in front is its anchor and stays (VCF specification): AA>A takes the second A away. Of what REF
    and ALT share behind it, the end goes first, as in `trim`.
    """
    anchor = int(len(ref) != len(alt) and ref[0] == alt[0])
    return trim(start + anchor, ref[anchor:], alt[anchor:])


def _by_position(alleles: pd.DataFrame) -> pd.DataFrame:
    """Distinct alleles by position, contigs in the order in which they appear."""
    contig = alleles.chrom.map({chrom: i for i, chrom in enumerate(alleles.chrom.unique())})
    return alleles.assign(contig=contig).sort_values(["contig", "pos"], kind="stable")[ALLELE].drop_duplicates()


def write_haplotypes(
    alleles: pd.DataFrame,
    counted: pd.DataFrame,
    windows: pd.DataFrame,
    vcfs: Sequence[str | Path],
    genome: Genome,
    paths: Mapping[str, str | Path],
    ledger: pa.Table,
    filters: Filters = EVERYTHING,
    progress: Callable[..., tqdm] = no_progress,
) -> list[str]:
    """Read one shard's genotypes into tables `people`, `carriers`, `site_haplotypes`, `sample_haplotypes` and, where `paths` has
    it, `haplotype_counts`; returns lines on what was found.

    alleles, ledger: these tables of the shard. counted: rows with further alleles whose carriers are counted. windows: table
    `windows`. paths: of each table. Without genotypes they are empty.
    Raises InputError where genotypes cannot be read, and where an allele of a file with people is not met again.
    """
    cohort = Cohort(vcfs)
    shard = ShardHaplotypes(alleles, windows, cohort, genome, counted)
    seen: Counter[str] = Counter()
    with ExitStack() as stack:
        write = {
            name: stack.enter_context(table_writer(paths[name], name))
            for name in ("site_haplotypes", "sample_haplotypes")
        }
        for sets, carried in shard.read(filters, progress) if cohort.people else ():
            write["site_haplotypes"](to_arrow(sets, "site_haplotypes"))
            write["sample_haplotypes"](to_arrow(carried, "sample_haplotypes"))
            seen.update(_say(sets, carried))
        shard.check_found(ledger)
    write_table(paths["people"], pd.DataFrame({"sample": cohort.people}, dtype="str"), "people")
    write_table(paths["carriers"], shard.carriers() if cohort.people else empty_frame("carriers"), "carriers")
    if "haplotype_counts" in paths:
        write_table(paths["haplotype_counts"], shard.haplotype_counts(), "haplotype_counts")
    without = [
        f"{path}: {n} alleles stand in records without GT (or LGT and LAA): their carriers and counts are unknown (null)"
        for path, n in shard.n_without_genotypes.items()
    ]
    found = (
        f"{len(cohort.people)} people; {seen['sites']} sites with a variant; {seen['joint']} sets of variants share a haplotype, "
        f"{seen['impossible']} more contradict one another; of {seen['people']} pairs of person and site, {seen['unphased']} "
        "have variants of unknown phase, which stay single"
    )
    return [found, *without]


def _frames(sites: list[tuple[str, list[tuple], np.ndarray]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows of sites as frames of tables `site_haplotypes` and `sample_haplotypes`."""
    schema = TABLES["site_haplotypes"].schema.names
    sets = pd.DataFrame([(site_id, *row) for site_id, rows, _ in sites for row in rows], columns=schema)
    columns = TABLES["sample_haplotypes"].schema.names
    carried = pd.DataFrame(np.concatenate([rows for _, _, rows in sites]), columns=columns[1:])
    carried["mixed_ploidy"] = carried.mixed_ploidy.astype(bool)
    carried["site_id"] = np.repeat([site_id for site_id, _, _ in sites], [len(rows) for _, _, rows in sites])
    return sets.astype(dict.fromkeys(["n_carriers", "haplotype_count"], "Int32")), carried


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
