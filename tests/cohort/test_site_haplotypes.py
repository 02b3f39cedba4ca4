"""What people have together at one site, from literal calls: every row that is written of it."""

import re
from collections.abc import Sequence

import numpy as np
import pytest

from pasvar.cohort.genotypes import Calls
from pasvar.cohort.site_haplotypes import NO_PHASE, UNKNOWN, SiteHaplotypes, Tally
from pasvar.sequence import encode

APART = 100
"""From here on the tests number the phase sets of calls that are not phased."""


def calls_of(genotypes: str, number: int, people: Sequence[int] | None = None) -> Calls:
    """The calls of record `number`: a GT a person, with PS after a colon; its alleles are asked for as far as they are called."""
    alleles, phase_sets = [], []
    for genotype in genotypes.split():
        gt, _, phase_set = genotype.partition(":")
        alleles.append([-1 if allele == "." else int(allele) for allele in re.split(r"[|/]", gt)])
        phase_sets.append(int(phase_set or 1) if "|" in gt else APART + number)
    width = max(map(len, alleles))
    table = np.array([row + [-2] * (width - len(row)) for row in alleles])
    key = {int(allele): ("20", number, "A", str(allele)) for allele in np.unique(table) if allele > 0}
    return Calls(key, np.array(people if people is not None else range(len(alleles))), table, np.array(phase_sets), {})


def joint(variants):
    """A window of a letter G per variant."""
    return encode("G" * len(variants)), "hexamer"


def read(*records: str, changes: Sequence[int] = (), rows: Sequence[Sequence[int]] = ()) -> SiteHaplotypes:
    """A site after records whose alleles are the rows 0, 1, 2, ... of `alleles`, each a change of its own unless `changes` and
    `rows`, the rows of each record's alleles, say otherwise."""
    rows = rows or [[i] for i in range(len(records))]
    site = SiteHaplotypes(len(records[0].split()), changes or range(1 + max(map(max, rows))))
    for number, (text, of_record) in enumerate(zip(records, rows, strict=True)):
        calls = calls_of(text, number)
        site.add(calls, {allele: of_record[allele - 1] for allele in calls.key})
    return site


def test_two_variants_of_phased_people():
    """ann has both on her second haplotype; bob has the second on his first, both on his second."""
    site = read("0|1 0|1", "0|1 1|1")
    rows, carried = site.rows(joint)
    assert rows == [
        (1, 1, (0, 1), 2, 2, 4, 0, "hexamer", "GG"),
        (2, 2, (1,), 1, 1, 4, 0, None, None),
    ]
    # person, copy, haplotype, ploidy, phase set, mixed
    assert carried.tolist() == [[0, 2, 1, 2, 1, 0], [1, 1, 2, 2, 1, 0], [1, 2, 1, 2, 1, 0]]
    assert carried.dtype == np.int64
    assert site.tallies == [Tally((), True, None, 2, 4), Tally((0, 1), True, "GG", 2, 2)]


def test_where_the_phase_is_unknown_variants_stay_single():
    site = read("0/1 0|0 0/1", "0/1 0|1 0/1", "0/0 0|0 1/1")
    rows, carried = site.rows(joint)
    assert rows == [
        (1, 1, (0,), None, None, 6, 2, None, None),
        (2, 2, (1,), None, None, 6, 2, None, None),
        (3, 3, (2,), None, None, 6, 1, None, None),
    ]
    assert carried.tolist() == [
        [0, 0, 1, 2, UNKNOWN, 0],
        [0, 0, 2, 2, UNKNOWN, 0],
        [1, 2, 2, 2, 1, 0],
        [2, 0, 1, 2, UNKNOWN, 0],
        [2, 0, 2, 2, UNKNOWN, 0],
        [2, 0, 3, 2, UNKNOWN, 0],
        [2, 0, 3, 2, UNKNOWN, 0],
    ]
    assert site.tallies == [
        Tally((), True, None, 3, 6),
        Tally((0, 1), False, None, 1, 0),
        Tally((0, 1, 2), False, None, 1, 0),
    ]


def test_people_of_unknown_phase_are_counted_by_what_they_have():
    """Two have A and B, one A, B and C, on whatever haplotypes; the last has A and B on one."""
    site = read("0/1 1/0 0/1 0|1", "0/1 0/1 0/1 0|1", "0/0 0/0 0/1 0|0")
    rows, _ = site.rows(joint)
    assert [row[2:7] for row in rows] == [
        ((0,), None, None, 8, 3),
        ((0, 1), None, None, 8, 3),
        ((1,), None, None, 8, 3),
        ((2,), None, None, 8, 1),
    ]
    assert site.tallies == [
        Tally((), True, None, 4, 8),
        Tally((0, 1), True, "GG", 1, 1),
        Tally((0, 1), False, None, 2, 0),
        Tally((0, 1, 2), False, None, 1, 0),
    ]


def test_people_of_unknown_phase_with_the_same_calls_are_each_counted():
    """Two are written alike, the third has the first change on the other haplotype."""
    site = read("0/1 0/1 1/0", "0/1 0/1 0/1")
    rows, _ = site.rows(joint)
    assert [row[2:7] for row in rows] == [((0,), None, None, 6, 3), ((1,), None, None, 6, 3)]
    assert site.tallies == [Tally((), True, None, 3, 6), Tally((0, 1), False, None, 3, 0)]


def test_one_variant_of_unknown_phase_is_no_tally_of_several():
    """ann has A on one haplotype; the calls of bob, with A and B, are of two phase sets."""
    site = read("0/1 0|1:7", "0/0 0|1:8")
    site.rows(joint)
    assert site.tallies == [Tally((), True, None, 2, 4), Tally((0, 1), False, None, 1, 0)]


@pytest.mark.parametrize(
    ("records", "phase"),
    [
        (("1/1", "1|1"), NO_PHASE),
        (("1/1", "0/1"), APART + 1),
        (("0|1:7", "0|1:7"), 7),
        (("0|1:7", "0|1:8"), UNKNOWN),
        (("0|1:7", "0|1:8", "0|1:7"), UNKNOWN),
        (("0|1:7", "1|1:8", "1|0:7"), 7),
        (("0|1:7", "0/0", "./."), 7),
        # .|1 is a call of two haplotypes with one copy
        ((".|1:7", "1|1"), 7),
        (("0/1", "0/1"), UNKNOWN),
    ],
)
def test_the_phase_of_one_person(records, phase):
    site = read(*records)
    assert site.phase.tolist() == [phase]
    _, carried = site.rows(joint)
    assert set(carried[:, 4].tolist()) == {phase}


def test_variants_that_contradict_one_another_are_carried_one_by_one():
    """Of the haplotype with A and B there is no window; that with A, B and C has one."""
    site = read("1|1 0|1", "1|0 0|1", "0|0 0|1")
    rows, carried = site.rows(lambda variants: joint(variants) if len(variants) == 3 else None)
    assert rows == [
        (1, 1, (0,), 1, 1, 4, 0, None, None),
        (2, 2, (0, 1), 1, 1, 4, 0, None, None),
        (3, 3, (0, 1, 2), 1, 1, 4, 0, "hexamer", "GGG"),
        (4, 4, (1,), 0, 0, 4, 0, None, None),
    ]
    assert carried.tolist() == [[0, 1, 1, 2, 1, 0], [0, 1, 4, 2, 1, 0], [0, 2, 1, 2, 1, 0], [1, 2, 3, 2, 1, 0]]
    assert site.tallies == [
        Tally((), True, None, 2, 4),
        Tally((0, 1), True, None, 1, 1),
        Tally((0, 1, 2), True, "GGG", 1, 1),
    ]


# --- spellings ----------------------------------------------------------------------------------------------------------


def test_spellings_of_one_change_are_one():
    """Rows 0 and 1 are one change, row 2 another: ann has 0 and 2, bob 1 and 2, cy 1 alone."""
    site = read("0|1 0|0 0|0", "0|0 0|1 1|0", "0|1 0|1 0|0", changes=[0, 0, 1])
    rows, carried = site.rows(joint)
    assert rows == [
        (1, 1, (0, 2), 2, 2, 6, 0, "hexamer", "GG"),
        (2, 2, (1,), 1, 1, 6, 0, None, None),
        (3, 1, (1, 2), 2, 2, 6, 0, "hexamer", "GG"),
    ]
    assert carried[:, :3].tolist() == [[0, 2, 1], [1, 2, 3], [2, 1, 2]]
    assert site.tallies[1:] == [Tally((0, 2), True, "GG", 2, 2)]


def test_spellings_that_make_other_windows_are_two():
    site = read("0|1 0|0", "0|0 0|1", "0|1 0|1", changes=[0, 0, 1])
    rows, _ = site.rows(lambda variants: (encode("ACG"[variants[0]]), "hexamer"))
    assert [row[:4] for row in rows] == [(1, 1, (0, 2), 1), (2, 2, (1, 2), 1)]


def test_a_change_that_a_person_has_already_is_not_counted_again():
    """ann has it from the first record, bob from the second only; that ann is homozygous in the second is not believed."""
    site = read("0|1 0|0", "1|1 0|1", changes=[0, 0])
    rows, carried = site.rows(joint)
    assert [row[1:5] for row in rows] == [(1, (0,), 2, 2), (1, (1,), 2, 2)]
    assert carried.tolist() == [[0, 2, 1, 2, 1, 0], [1, 2, 2, 2, 1, 0]]


def test_people_of_unknown_phase_have_changes_not_spellings():
    site = read("0/1 0/0", "0/0 0/1", "0/1 0/1", changes=[0, 0, 1])
    rows, _ = site.rows(joint)
    assert [row[1:7] for row in rows] == [
        (1, (0,), None, None, 4, 2),
        (1, (1,), None, None, 4, 2),
        (3, (2,), None, None, 4, 2),
    ]
    assert site.tallies[1:] == [Tally((0, 2), False, None, 2, 0)]


def test_two_alleles_of_one_record():
    site = read("1|2 2/1 0|2", "0|1 1/1 0|0", rows=[[4, 1], [2]], changes=[0, 1, 2, 3, 4])
    rows, carried = site.rows(joint)
    assert [row[2:5] for row in rows] == [((1,), 1, 1), ((1, 2), 2, 2), ((2, 4), 1, 1), ((4,), 1, 1)]
    assert carried[:, :5].tolist() == [
        [0, 1, 4, 2, 1],
        [0, 2, 2, 2, 1],
        [1, 1, 2, 2, APART],
        [1, 2, 3, 2, APART],
        [2, 2, 1, 2, 1],
    ]


# --- ploidy -------------------------------------------------------------------------------------------------------------


def test_haplotypes_of_all_who_are_called_are_counted():
    """Of ann one, of bob two, of cy three; dee has only reference calls of three haplotypes, eve none."""
    site = read("1 0|1 0|0|1 0|0 .", "0 0|0 1|0|1 0|0|0 .")
    rows, carried = site.rows(joint)
    assert [row[2:7] for row in rows] == [((0,), 2, 2, 9, 0), ((0, 1), 1, 1, 9, 0), ((1,), 1, 1, 9, 0)]
    assert carried[:, :4].tolist() == [[0, 1, 1, 1], [1, 2, 1, 2], [2, 1, 3, 3], [2, 3, 2, 3]]
    assert site.tallies[0] == Tally((), True, None, 4, 9)


def test_ploidies_of_one_person_that_agree_in_all_haplotypes():
    """A haploid and a diploid call, both homozygous: one haplotype."""
    site = read("1 1/1", "1/1 1")
    rows, carried = site.rows(joint)
    assert [row[2:7] for row in rows] == [((0, 1), 2, 2, 2, 0)]
    assert carried.tolist() == [[0, 1, 1, 1, NO_PHASE, 1], [1, 1, 1, 1, NO_PHASE, 1]]


def test_ploidies_of_one_person_that_do_not():
    """Each variant has the ploidy of its own call; of the haplotypes the most that a call has are counted."""
    site = read("1 0|1", "0/1 0|0", "0/1/1 1|0")
    rows, carried = site.rows(joint)
    assert [row[2:7] for row in rows] == [((0,), None, None, 5, 1), ((1,), None, None, 5, 1), ((2,), None, None, 5, 1)]
    assert carried.tolist() == [
        [0, 0, 1, 1, UNKNOWN, 1],
        [0, 0, 2, 2, UNKNOWN, 1],
        [0, 0, 3, 3, UNKNOWN, 1],
        [0, 0, 3, 3, UNKNOWN, 1],
        [1, 1, 3, 2, 1, 0],
        [1, 2, 1, 2, 1, 0],
    ]
    assert site.tallies[1:] == [Tally((0, 1, 2), False, None, 1, 0)]


def test_a_record_of_some_of_the_people():
    """Files hold people in an order of their own: of the second, the third person comes first."""
    site = SiteHaplotypes(3, [0, 1])
    for number, (text, people) in enumerate([("0|1 1|1", [2, 0]), ("0|1", [1])]):
        site.add(calls_of(text, number, people), {1: number})
    assert site.called.tolist() == [2, 2, 2]
    rows, carried = site.rows(joint)
    assert [row[2:7] for row in rows] == [((0,), 2, 3, 6, 0), ((1,), 1, 1, 6, 0)]
    assert carried[:, :3].tolist() == [[0, 1, 1], [0, 2, 1], [1, 2, 2], [2, 2, 1]]
