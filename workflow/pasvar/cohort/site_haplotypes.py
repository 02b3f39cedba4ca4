"""The variants on the haplotypes of a cohort's people in one window.

A person's haplotypes in a window are known if the heterozygous calls there belong to one phase set, or if there is at
most one heterozygous call. Homozygous calls are on all haplotypes, phased or not. If the phase is unknown, variants are
treated singly. A missing call counts as the reference. If a person has a change in several records, the first record
counts.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pasvar.cohort.genotypes import Calls
from pasvar.sequence import decode

NO_PHASE, UNKNOWN = 0, -1
"""Values used at a site instead of the number of a phase set: all haplotypes of the person are equal; unknown phase."""

JointWindow = Callable[[tuple[int, ...]], tuple[np.ndarray, str] | None]
"""Returns the window of a set of variants and its anchor, or None if the variants contradict each other."""


class Tally(NamedTuple):
    """People and copies of a set of variants (rows of table `alleles`) at a site. For the empty set: all people with a
    call, and their haplotypes. window: as in `site_haplotypes`."""

    variants: tuple[int, ...]
    phased: bool
    window: str | None
    n_people: int
    n_copies: int


class SiteHaplotypes:
    """The variants of each person of a cohort on each haplotype in one window, for the records read so far.

    A set of variants is a tuple of rows of table `alleles`, in order, and has a number; 0 is the reference.
    haplotypes: (people, haplotypes) numbers. phase: (people,) number of the phase set of the heterozygous calls, or
    `NO_PHASE`, `UNKNOWN`. ploidy: (people,) of the first call with a variant, 0 before it. mixed: for people who also
    have calls of other ploidies, the ploidy of each of their variants. called: (people,) largest ploidy of any call, 0
    before the first. tallies: after `rows`, the values of the site that `merge` needs.
    Memory: 14 bytes per person, whatever the number of variants.
    """

    def __init__(self, n_people: int, changes: Sequence[int]):
        """changes: for each row of `alleles`, the number of its change within the site, the same for all its
        spellings."""
        self.sets: list[tuple[int, ...]] = [()]
        self._number: dict[tuple[int, ...], int] = {(): 0}
        self._changes = changes
        self._read: set[int] = set()
        self.haplotypes = np.zeros((n_people, 2), dtype=np.int32)
        self.ploidy = np.zeros(n_people, dtype=np.int8)
        self.called = np.zeros(n_people, dtype=np.int8)
        self.phase = np.zeros(n_people, dtype=np.int32)
        self.mixed: dict[int, dict[int, int]] = {}
        self.tallies: list[Tally] = []

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
        """(index of person, haplotype) of an allele, without people who have the change from an earlier record."""
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

    def rows(self, joint: JointWindow) -> tuple[list[tuple], np.ndarray]:
        """The site's rows of tables `site_haplotypes` and (n, 6) `sample_haplotypes`, without the column of the site.

        If `joint` gives None for a haplotype, `sample_haplotypes` has its variants one by one.
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
        """People with calls of different ploidies. If all calls are homozygous, all haplotypes are equal, and the
        smallest ploidy is used; otherwise the phase is unknown."""
        for person, ploidies in self.mixed.items():
            if self.phase[person] == NO_PHASE:
                self.ploidy[person] = min(self.ploidy[person], *ploidies.values())
                self.haplotypes[person, self.ploidy[person] :] = 0
            else:
                self.phase[person] = UNKNOWN

    def _same(self, found: Sequence[int], texts: Mapping[int, str | None]) -> dict[int, int]:
        """For each set, the first set that makes the same changes and the same window with other spellings."""
        first: dict[tuple, int] = {}
        return {
            number: first.setdefault(
                (*sorted(self._changes[row] for row in self.sets[number]), texts.get(number)), number
            )
            for number in found
        }

    def _carried_together(self, chosen: np.ndarray) -> np.ndarray:
        """Those of these haplotypes (a mask) that are not the reference."""
        person, haplotype = np.nonzero(self.haplotypes * chosen)
        return self._carried(person, haplotype + 1, self.haplotypes[person, haplotype])

    def _carried_apart(self, person: np.ndarray, haplotype: np.ndarray) -> np.ndarray:
        """Each variant of these haplotypes; the number of the haplotype is 0 if the phase is unknown."""
        distinct, which = np.unique(self.haplotypes[person, haplotype], return_inverse=True)
        sets = [self.sets[number] for number in distinct]
        single = {row: self.number((row,)) for row in sorted(set().union(*sets))}
        n_each = np.array([len(variants) for variants in sets], dtype=np.int64)
        first = np.cumsum(n_each) - n_each
        n_each = n_each[which]
        # The position of each variant in the sets, which are placed one after the other.
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
        """For each first set n_carriers, haplotype_count, haplotype_number and n_unphased; the first two are None if
        people of unknown phase may have the set."""
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
            Tally((), True, None, int((own > 0).sum()), n_haplotypes),
            *(
                Tally(self.sets[number], True, texts.get(number), int(n_carriers[number]), int(n_copies[number]))
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

    def _tallies_of_unphased(self, has: np.ndarray, n_people: np.ndarray) -> list[Tally]:
        """The number of people of unknown phase who have exactly these changes, each given by the first of its
        spellings. has, n_people: as `_unphased` returns them."""
        first: dict[int, int] = {}
        for row in sorted({row for variants in self.sets for row in variants}):
            first.setdefault(self._changes[row], row)
        sets = [tuple(sorted(first[int(change)] for change in np.flatnonzero(changes))) for changes in has.T]
        found = sorted(zip(sets, n_people.tolist(), strict=True))
        return [Tally(variants, False, None, n, 0) for variants, n in found if len(variants) > 1]

    def _unphased(self, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(changes, patterns): whether people of unknown phase have a change; and (patterns,): the number of people
        with each pattern."""
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
