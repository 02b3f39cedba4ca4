"""Who has which variants together: literal genotypes, and an oracle of plain Python.

Sites of contig 20, see `builders`: PLUS has its window at [80, 285) and its hexamer at [150, 156); MINUS at [321, 526) and
[450, 456).
"""

import re
import shutil
import subprocess
from collections import Counter

import numpy as np
import pandas as pd
import pysam
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from builders import CONTIG_20, make_sites, records, reverse_complement, write_fasta, write_vcf
from pasvar.cohort.genotypes import Cohort
from pasvar.cohort.haplotypes import ShardHaplotypes, spelled_edit, write_haplotypes
from pasvar.cohort.site_haplotypes import NO_PHASE, UNKNOWN
from pasvar.errors import InputError
from pasvar.genome import Genome, contig_table
from pasvar.scoring import reference_windows
from pasvar.sequence import decode
from pasvar.tables import empty_frame, read_table, to_arrow
from pasvar.variants import EVERYTHING, plan_shards, read_shard, shard_of

SITES = make_sites(("20", "+", 150, "PLUS"), ("20", "-", 450, "MINUS"))
PLUS, MINUS = SITES.site_id


class Found:
    """The three tables of one shard, with the rows of `alleles` as `pos:ref:alt`."""

    def __init__(self, vcfs, genome, sites=SITES, filters=EVERYTHING):
        windows = reference_windows(sites, genome)
        plan = plan_shards(sites, contig_table(genome), 1, 0)
        alleles = read_shard(vcfs, shard_of(plan, 1), windows, sites, genome, 205).alleles
        self.cohort = Cohort(vcfs)
        shard = ShardHaplotypes(alleles, windows, self.cohort, genome)
        pairs = list(shard.read(filters))
        self.carriers = shard.carriers()
        to_arrow(self.carriers, "carriers")
        for sets, carried in pairs:
            to_arrow(sets, "site_haplotypes")
            to_arrow(carried, "sample_haplotypes")
            for _, of_site in sets.groupby("site_id"):
                assert of_site.haplotype.tolist() == list(range(1, len(of_site) + 1))
        self.names = [f"{row.pos}:{row.ref}:{row.alt}" for row in alleles.itertuples()]
        self.sets = pd.concat([sets for sets, _ in pairs]) if pairs else empty_frame("site_haplotypes")
        self.carried = pd.concat([carried for _, carried in pairs]) if pairs else empty_frame("sample_haplotypes")

    def variants(self, rows) -> str:
        return " ".join(self.names[row] for row in rows)

    def together(self, site=PLUS) -> dict[str, tuple]:
        """(people, copies, haplotypes in all, people of unknown phase) of each set of two or more, in its first spelling."""
        first = self.sets.same_as == self.sets.haplotype
        rows = self.sets[(self.sets.site_id == site) & (self.sets.alleles.str.len() > 1) & first]
        counts = records(rows, "n_carriers", "haplotype_count", "haplotype_number", "n_unphased")
        return dict(zip([self.variants(alleles) for alleles in rows.alleles], counts, strict=True))

    def people(self, site=PLUS) -> dict[str, list[tuple]]:
        """(copy, variants) by person."""
        named = {(row.site_id, row.haplotype): self.variants(row.alleles) for row in self.sets.itertuples()}
        found: dict[str, list[tuple]] = {}
        for row in self.carried[self.carried.site_id == site].itertuples():
            found.setdefault(self.cohort.people[row.person], []).append((row.copy, named[site, row.haplotype]))
        return found


A, B, C = "90:T:A", "100:T:C", "110:A:G"
assert [CONTIG_20[pos - 1] for pos in (90, 100, 110)] == ["T", "T", "A"]


def body(*genotypes: str) -> str:
    """Records of A, B and C, as many as there are genotypes."""
    alleles = [allele.split(":") for allele in (A, B, C)]
    return "\n".join(
        f"20 {pos} . {ref} {alt} . {calls}" for (pos, ref, alt), calls in zip(alleles, genotypes, strict=False)
    )


# --- one person ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calls", "carried", "together"),
    [
        pytest.param(["0|1", "0|1"], [(2, f"{A} {B}")], (1, 1, 2, 0), id="on one haplotype"),
        pytest.param(["0|1", "1|0"], [(1, B), (2, A)], None, id="on either"),
        pytest.param(["1|1", "1|1"], [(1, f"{A} {B}"), (2, f"{A} {B}")], (1, 2, 2, 0), id="on both"),
        pytest.param(["0/1", "0/1"], [(0, A), (0, B)], None, id="unphased"),
        pytest.param(["0/1", "0|1"], [(0, A), (0, B)], None, id="one of two phased"),
        pytest.param(["1/1", "1/1"], [(1, f"{A} {B}"), (2, f"{A} {B}")], (1, 2, 2, 0), id="homozygous, unphased"),
        pytest.param(
            ["1/1", "0/1"], [(1, A), (2, f"{A} {B}")], (1, 1, 2, 0), id="one heterozygous call needs no phase"
        ),
        pytest.param(["1/1", "0/1", "0/1"], [(0, A), (0, A), (0, B), (0, C)], None, id="two need one"),
        pytest.param(["1|0:5", "1|0:5"], [(1, f"{A} {B}")], (1, 1, 2, 0), id="one phase set"),
        pytest.param(["1|0:5", "1|0:6"], [(0, A), (0, B)], None, id="two phase sets"),
        pytest.param(["1|0:5", "1|0"], [(0, A), (0, B)], None, id="one phase set and none"),
        pytest.param(["1|0:5", "1|1:6"], [(1, f"{A} {B}"), (2, B)], (1, 1, 2, 0), id="homozygous in another phase set"),
        pytest.param(["0/1:5", "0/1:5"], [(0, A), (0, B)], None, id="a phase set of unphased calls"),
        pytest.param(["1", "1"], [(1, f"{A} {B}")], (1, 1, 1, 0), id="haploid"),
        pytest.param(["1", "0"], [(1, A)], None, id="haploid, one of two"),
        pytest.param(["1", "0|1"], [(0, A), (0, B)], None, id="haploid and diploid"),
        pytest.param(["1", "0/0"], [(1, A)], None, id="haploid beside a diploid reference call"),
        pytest.param(["0|0", "1"], [(1, B)], None, id="haploid after a diploid reference call"),
        pytest.param(["1", "1/1"], [(1, f"{A} {B}")], (1, 1, 1, 0), id="haploid and homozygous"),
        pytest.param(["1/1", "1"], [(1, f"{A} {B}")], (1, 1, 1, 0), id="homozygous and haploid"),
        pytest.param(["0|1|1", "0|0|1"], [(2, A), (3, f"{A} {B}")], (1, 1, 3, 0), id="triploid"),
        pytest.param(
            ["0/1/1", "1/1/1"], [(1, B), (2, f"{A} {B}"), (3, f"{A} {B}")], (1, 2, 3, 0), id="one call, triploid"
        ),
        pytest.param(["0|1", "./."], [(2, A)], None, id="missing is the reference"),
        pytest.param(["./.", "."], None, None, id="all missing"),
        pytest.param([".|1", "0|1"], [(2, f"{A} {B}")], (1, 1, 2, 0), id="half missing, phased"),
        pytest.param(["1/.", "1/1"], [(1, f"{A} {B}"), (2, B)], (1, 1, 2, 0), id="half missing, one heterozygous call"),
        pytest.param(["0|0", "0/0"], None, None, id="the reference"),
    ],
)
def test_haplotypes_of_one_person(tmp_path, genome, calls, carried, together):
    found = Found([write_vcf(tmp_path / "a.vcf.gz", body(*calls), samples=("ann",))], genome)
    assert found.people().get("ann") == carried
    assert found.together().get(f"{A} {B}") == together


@pytest.mark.parametrize(
    ("calls", "phase_set"),
    [
        (["1/1", "1|1"], NO_PHASE),
        (["1", "1"], NO_PHASE),
        (["1/1", "0/1"], 3),
        (["0|1", "0|1"], 1),
        (["0|1", "0/1"], UNKNOWN),
    ],
)
def test_what_is_known_of_the_phase(tmp_path, genome, calls, phase_set):
    found = Found([write_vcf(tmp_path / "a.vcf.gz", body(*calls), samples=("ann",))], genome)
    assert set(found.carried.phase_set) == {phase_set}
    assert set(found.carried.ploidy) == {2 if len(calls[0]) > 1 else 1}


def test_several_alts_of_a_record(tmp_path, genome):
    """bob has both ALTs, and no phase is needed to keep them apart; cy needs one."""
    text = "20 90 . T A,C,G . 1|2 1/2 1/2\n20 100 . T C . 1|0 1/1 0/1"
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob", "cy"))], genome)
    assert found.people() == {
        "ann": [(1, "90:T:A 100:T:C"), (2, "90:T:C")],
        "bob": [(1, "90:T:A 100:T:C"), (2, "90:T:C 100:T:C")],
        "cy": [(0, "90:T:A"), (0, "90:T:C"), (0, "100:T:C")],
    }


# --- cohorts ------------------------------------------------------------------------------------------------------------


def test_counts_of_a_cohort(tmp_path, genome):
    calls = "0|1 1|1 0/1 0/1 1/1 0|0 ./.", "0|1 1|0 0/1 0/1 0/0 0|0 ./.", "0|0 0|1 0/0 0/1 0/0 0|0 ./."
    found = Found([write_vcf(tmp_path / "a.vcf.gz", body(*calls), samples=tuple("abcdefg"))], genome)
    # c and d carry A and B, d carries C too, who knows how; nothing is known of g
    assert found.together() == {f"{A} {B}": (None, None, 12, 2), f"{A} {C}": (None, None, 12, 1)}
    assert records(found.carriers, "pos", "n_carriers", "allele_count", "allele_number") == [
        (90, 5, 7, 12),
        (100, 4, 4, 12),
        (110, 2, 2, 12),
    ]


def test_a_person_of_several_files(tmp_path, genome):
    """Phased calls of two files are not of one phase set; homozygous ones need none."""
    first = write_vcf(tmp_path / "1.vcf.gz", "20 90 . T A . 0|1 1|1 0|1", samples=("ann", "bob", "cy"))
    second = write_vcf(tmp_path / "2.vcf.gz", "chr20 100 . T C . 0|1 0|1", contigs=("chr20",), samples=("bob", "ann"))
    found = Found([first, second], genome)
    assert found.people() == {"ann": [(0, A), (0, B)], "bob": [(1, A), (2, f"{A} {B}")], "cy": [(2, A)]}
    assert found.together() == {f"{A} {B}": (None, None, 6, 1)}


def test_spellings_of_one_change_are_one_variant(tmp_path, genome):
    """A deletion in a run, spelled in two ways in two batches, and an SNV spelled with its neighbour."""
    assert CONTIG_20[110:116] == "GATTAG"
    text = ["20 112 . AT A . 0|1\n20 120 . A G . 0|1", "20 113 . TT T . 0|1\n20 119 . GA GG . 0|1"]
    assert CONTIG_20[118:120] == "GA"
    vcfs = [write_vcf(tmp_path / f"{i}.vcf.gz", text[i], samples=(f"p{i}",)) for i in range(2)]
    found = Found(vcfs, genome)
    assert found.together() == {"112:AT:A 120:A:G": (2, 2, 4, 0)}
    # everybody has the records that name them
    assert found.people() == {"p0": [(2, "112:AT:A 120:A:G")], "p1": [(2, "113:TT:T 119:GA:GG")]}
    assert records(found.carriers, "pos", "n_carriers") == [(112, 1), (113, 1), (119, 1), (120, 1)]


@pytest.mark.parametrize("second", ["0/1", "1/0", "1/1", "1|0"])
def test_a_change_in_two_records_counts_in_the_first_that_has_it(tmp_path, genome, second):
    text = f"20 112 . AT A . 0/1 0/0 ./.\n20 113 . TT T . {second} 0/1 1/0"
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob", "cy"))], genome)
    assert found.people() == {"ann": [(2, "112:AT:A")], "bob": [(2, "113:TT:T")], "cy": [(1, "113:TT:T")]}


def test_a_change_stays_where_the_persons_own_record_spells_it(tmp_path, genome):
    """In GATTAG, 112 AT>A and 113 TT>T take one T away; with 114 T>C they leave GACAG and GATAG's other neighbour."""
    text = "20 112 . AT A . 0|0 0|1\n20 113 . TT T . 0|1 0|0\n20 113 . T C . 0|1 0|0\n20 114 . T C . 0|0 0|1"
    alone = "\n".join(line.rsplit(" ", 1)[0] for line in text.splitlines() if line.endswith("0|0"))
    both = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob"))], genome)
    one = Found([write_vcf(tmp_path / "b.vcf.gz", alone, samples=("ann",))], genome)
    assert both.people()["ann"] == one.people()["ann"] == [(2, "113:T:C 113:TT:T")]
    assert both.people()["bob"] == [(2, "112:AT:A 114:T:C")]
    assert windows_of(both)["113:T:C 113:TT:T"] == windows_of(one)["113:T:C 113:TT:T"]


@pytest.mark.parametrize(
    ("ref", "alt", "expected"),
    [
        pytest.param("AA", "A", (18, 19, ""), id="the second of two, for the first is the anchor"),
        pytest.param("A", "AA", (18, 18, "A"), id="after the anchor"),
        pytest.param("ATT", "AT", (18, 19, ""), id="next to the anchor"),
        pytest.param("AC", "C", (17, 18, ""), id="without an anchor"),
        pytest.param("AC", "AG", (18, 19, "G"), id="one base for another"),
        pytest.param("ACG", "ATT", (18, 20, "TT"), id="two for two"),
    ],
)
def test_an_indel_is_where_its_record_spells_it(ref, alt, expected):
    """VCF specification: the base in front of an indel is its anchor and stays."""
    edit = spelled_edit(17, ref, alt)
    assert (edit.start, edit.end, decode(edit.alt)) == expected


def test_an_indel_does_not_contradict_its_anchor(tmp_path, genome):
    assert CONTIG_20[112:114] == "TT"
    text = "20 113 . TT T . 0|1\n20 113 . T G . 0|1"
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann",))], genome)
    window = CONTIG_20[79:112] + "G" + CONTIG_20[114:285]
    assert windows_of(found)["113:T:G 113:TT:T"] == ("hexamer", window)


def test_ploidy_of_one_person_by_call(tmp_path, genome):
    """ann's haploid call counts whole, the other by half; bob's ploidy is that of his variant."""
    text = body("1 1 1/1", "0/1 0/0 1", "0 0 0/0")
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob", "cy"))], genome)
    columns = ["person", "copy", "ploidy", "phase_set", "mixed_ploidy"]
    assert records(found.carried[found.carried.site_id == PLUS], *columns) == [
        (0, 0, 1, UNKNOWN, True),
        (0, 0, 2, UNKNOWN, True),
        (1, 1, 1, NO_PHASE, False),
        (2, 1, 1, NO_PHASE, True),
    ]
    assert found.together() == {f"{A} {B}": (None, None, 4, 1)}


def test_alleles_that_take_no_part(tmp_path, genome):
    """An ALT that is REF again, and one spelled from more than 1,000 nt before its change; their carriers are counted."""
    contig = "ACGT" * 300 + CONTIG_20
    with Genome(write_fasta(tmp_path / "long.fa", {"20": contig})) as long:
        far = contig[99:1290]
        text = f"20 100 . {far} {far[:-1]}A . 0|1\n20 1291 . C C . 0|1\n20 1300 . T C . 0|1"
        sites = make_sites(("20", "+", 1350, "PLUS"))
        found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann",))], long, sites)
    assert found.names[1:] == ["1291:C:C", "1300:T:C"]
    assert found.people(sites.site_id[0]) == {"ann": [(2, "1300:T:C")]}
    assert records(found.carriers, "pos", "n_carriers") == [(100, 1), (1291, 1), (1300, 1)]


def test_alleles_that_are_not_scored_take_no_part(tmp_path, genome):
    text = "20 90 . T A,<DEL>,* . 1|2 3|1\n20 91 . T G . 0|1 0|1\n20 100 . T C . 1|1 1|1"
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob"))], genome)
    assert found.people() == {"ann": [(1, f"{A} {B}"), (2, B)], "bob": [(1, B), (2, f"{A} {B}")]}


# --- windows ------------------------------------------------------------------------------------------------------------


def windows_of(found: Found, site=PLUS) -> dict[str, tuple]:
    rows = found.sets[found.sets.site_id == site]
    pairs = records(rows, "anchor", "window_alt")
    return dict(zip([found.variants(alleles) for alleles in rows.alleles], pairs, strict=True))


def test_windows_of_sets(tmp_path, genome):
    """Of two or more variants; a deletion before the hexamer of PLUS and an insertion after that of MINUS."""
    assert CONTIG_20[119:123] == "ATAC"
    text = """
20 90  . T    A      . 1|1
20 120 . ATAC A      . 0|1
20 400 . T    TGGGGG . 1|0
20 452 . T    C      . 1|0
"""
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann",))], genome)
    assert windows_of(found) == {
        "90:T:A": (None, None),
        "90:T:A 120:ATAC:A": ("hexamer", CONTIG_20[77:89] + "A" + CONTIG_20[90:120] + CONTIG_20[123:285]),
    }
    minus = CONTIG_20[326:400] + "GGGGG" + CONTIG_20[400:451] + "C" + CONTIG_20[452:526]
    assert windows_of(found, MINUS) == {"400:T:TGGGGG 452:T:C": ("hexamer", reverse_complement(minus))}


def test_variants_that_contradict_one_another_stay_single(tmp_path, genome):
    """ann has an SNV within a deletion on one haplotype, bob has the two on different ones, and cy has both on all."""
    text = "20 90 . T A . 1|0 1|1 1|1\n20 119 . GATAC G . 0|1 1|0 1|1\n20 121 . T C . 0|1 0|1 1|1"
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob", "cy"))], genome)
    one, two, three = A, "119:GATAC:G", "121:T:C"
    assert found.people() == {
        "ann": [(1, one), (2, two), (2, three)],
        "bob": [(1, f"{one} {two}"), (2, f"{one} {three}")],
        "cy": [(1, one), (1, two), (1, three), (2, one), (2, two), (2, three)],
    }
    # the phase is known, so that they count as haplotypes, but there is no window
    assert found.together() == {
        f"{one} {two}": (1, 1, 6, 0),
        f"{one} {two} {three}": (1, 2, 6, 0),
        f"{one} {three}": (1, 1, 6, 0),
        f"{two} {three}": (1, 1, 6, 0),
    }
    without = {name for name, (anchor, window) in windows_of(found).items() if window is None and anchor is None}
    assert without == {one, two, three, f"{one} {two} {three}", f"{two} {three}"}


# --- an oracle of plain Python ------------------------------------------------------------------------------------------

LETTERS = "ACGT"
PLACES = [85, 97, 110, 140, 153, 170, 200, 280]


def spelled(kind: int, pos: int) -> tuple[str, str]:
    """REF and ALTs of a record at `pos`: SNVs, an insertion, a deletion, or two ALTs."""
    ref = CONTIG_20[pos - 1]
    others = [letter for letter in LETTERS if letter != ref]
    return [
        (ref, others[0]),
        (ref, f"{others[0]},{others[1]}"),
        (ref, ref + "GTC"[pos % 3] * 3),
        (CONTIG_20[pos - 1 : pos + 2], ref),
    ][kind]


@st.composite
def cohorts(draw) -> tuple[list[tuple], list[list[tuple[str, str]]]]:
    """Records (pos, ref, alts) of one window, far enough apart not to touch, and per record each person's (GT, PS or "")."""
    places = sorted(draw(st.sets(st.sampled_from(PLACES), min_size=1, max_size=5)))
    lines = [(pos, *spelled(draw(st.integers(0, 3)), pos)) for pos in places]
    ploidies = draw(st.lists(st.sampled_from([1, 2, 2, 2, 3]), min_size=1, max_size=5))
    calls = []
    for _, _, alts in lines:
        alleles = st.sampled_from([".", "0", "0", *(str(i + 1) for i in range(alts.count(",") + 1))])
        row = []
        for ploidy in ploidies:
            ploidy = draw(st.sampled_from([ploidy] * 9 + [1]))
            separator = draw(st.sampled_from("||/"))
            gt = separator.join(draw(alleles) for _ in range(ploidy))
            row.append((gt, draw(st.sampled_from(["", "", "7", "8"]))))
        calls.append(row)
    return lines, calls


def haplotypes_of(lines: list[tuple], calls: list[tuple[str, str]]) -> tuple[int, list[list[str]] | None, Counter]:
    """(ploidy, variants of each haplotype or None where the phase is unknown, copies of each variant) of one person."""
    haplotypes: list[list[str]] = []
    copies: Counter[str] = Counter()
    phases, ploidies, called = [], [], 0
    for (pos, ref, alts), (gt, phase_set) in zip(lines, calls, strict=True):
        names = [None, *(f"{pos}:{ref}:{alt}" for alt in alts.split(","))]
        alleles = re.split(r"[|/]", gt)
        if set(alleles) == {"."}:
            continue
        called = max(called, len(alleles))
        has = [None if allele == "." else names[int(allele)] for allele in alleles]
        copies.update(name for name in has if name)
        if any(has):
            ploidies.append(len(has))
        if len(set(has)) > 1:
            phases.append(phase_set if "|" in gt else None)
        haplotypes += [[] for _ in range(len(has) - len(haplotypes))]
        for haplotype, name in zip(haplotypes, has, strict=False):
            haplotype += [name] if name else []
    if not phases and ploidies:
        # Whatever is homozygous is on all haplotypes, of whatever ploidy.
        return min(ploidies), haplotypes[: min(ploidies)], copies
    known = len({*ploidies}) < 2 and (len(phases) < 2 or (None not in phases and len({*phases}) == 1))
    return max(ploidies, default=called), haplotypes if known else None, copies


@settings(max_examples=settings().max_examples * 2 // 3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cohorts())
def test_haplotypes_are_those_of_the_oracle(tmp_path, genome, cohort):
    lines, calls = cohort
    people = [f"p{i}" for i in range(len(calls[0]))]
    text = "\n".join(
        f"20 {pos} . {ref} {alts} . " + " ".join(f"{gt}:{ps}" if ps else gt for gt, ps in row)
        for (pos, ref, alts), row in zip(lines, calls, strict=True)
    )
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=tuple(people))], genome, sites=SITES[:1])
    expected_people: dict[str, list[tuple]] = {}
    counts: Counter[str] = Counter()
    carriers: Counter[str] = Counter()
    n_haplotypes, unphased = 0, []
    for i, person in enumerate(people):
        ploidy, haplotypes, copies = haplotypes_of(lines, [row[i] for row in calls])
        n_haplotypes += ploidy
        if haplotypes is None:
            unphased.append(set(copies))
            rows = sorted((found.names.index(name), name) for name in copies.elements())
            expected_people[person] = [(0, name) for _, name in rows]
        else:
            rows = [(copy, " ".join(names)) for copy, names in enumerate(haplotypes, start=1) if names]
            counts.update(name for _, name in rows)
            carriers.update({name for _, name in rows})
            expected_people[person] = rows
    assert found.people() == {person: rows for person, rows in expected_people.items() if rows}
    expected = {}
    for names, n in counts.items():
        n_unphased = sum(has.issuperset(names.split()) for has in unphased)
        if " " in names:
            expected[names] = (*((None, None) if n_unphased else (carriers[names], n)), n_haplotypes, n_unphased)
    assert found.together() == expected


# --- bcftools -----------------------------------------------------------------------------------------------------------


def test_windows_are_cut_from_the_haplotypes_of_bcftools_consensus(tmp_path):
    """Random phased people, all of whose variants are in the window of a site on one contig and not in its hexamer."""
    if shutil.which("bcftools") is None:
        pytest.skip("needs bcftools (Debian: apt install bcftools) to compare with")
    random = np.random.default_rng(20)
    sites = make_sites(("20", "+", 150, "PLUS"), ("21", "-", 250, "MINUS"))
    lines = []
    for contig, places in (
        ("20", [*range(90, 145, 7), *range(160, 280, 8)]),
        ("21", [*range(130, 245, 8), *range(260, 320, 7)]),
    ):
        for pos in places:
            genotypes = " ".join("|".join(random.choice(["0", "0", "0", "1"], 2)) for _ in "abcd")
            ref, alt = spelled(int(random.choice([0, 2, 3])), pos)
            lines.append(f"{contig} {pos} . {ref} {alt} . {genotypes}")
    fasta = write_fasta(tmp_path / "genome.fa", {"20": CONTIG_20[:420], "21": CONTIG_20[:420]}, width=420)
    vcf = write_vcf(tmp_path / "a.vcf.gz", "\n".join(lines), samples=tuple("abcd"))
    with Genome(fasta) as genome:
        found = Found([vcf], genome, sites)
    expected = {}
    for person in "abcd":
        for haplotype in (1, 2):
            command = ["bcftools", "consensus", "-f", fasta, "-s", person, "-H", str(haplotype), vcf]
            text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            contigs = [part.split() for part in text.split(">")[1:]]
            expected[person, haplotype] = {name: "".join(letters) for name, *letters in contigs}
    windows = found.carried.merge(found.sets, on=["site_id", "haplotype"]).merge(sites, on="site_id")
    assert len(windows) == 16
    for row in windows.itertuples():
        haplotype = expected[found.cohort.people[row.person], row.copy][row.chrom]
        names = [found.names[i].split(":") for i in row.alleles]
        # what the haplotype won and lost before the hexamer moves it
        start = row.hexamer_start + sum(len(alt) - len(ref) for pos, ref, alt in names if int(pos) <= row.hexamer_start)
        padded = "N" * 300 + haplotype + "N" * 300
        assert padded[300 + start : 306 + start] == CONTIG_20[row.hexamer_start : row.hexamer_end]
        if row.strand == "-":
            padded, start = reverse_complement(padded), len(haplotype) - (start + 6)
        assert row.window_alt == padded[300 + start - 70 :][:205]


# --- a shard as files ---------------------------------------------------------------------------------------------------


def test_tables_of_a_shard(tmp_path, genome):
    windows = reference_windows(SITES, genome)
    plan = shard_of(plan_shards(SITES, contig_table(genome), 1, 0), 1)
    paths = {
        name: tmp_path / f"{name}.parquet" for name in ("people", "carriers", "site_haplotypes", "sample_haplotypes")
    }
    text = (
        body("0|1 0/1 0|1", "0|1 0/1 0|0")
        + "\n20 119 . GATAC G . 0|1 0|0 0|0\n20 121 . T C . 0|1 0|0 0|0\n20 452 . T C . 0|0 0|1 0|0"
        + "\n20 640 . A C . 1|1 0/1 ./."
    )
    vcf = write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob", "cy"))
    shard = read_shard([vcf], plan, windows, SITES, genome, 205)
    # An allele in no window, whose carriers are asked for too.
    candidates = pd.DataFrame({"chrom": ["20"], "pos": [640], "ref": ["A"], "alt": ["C"]})
    ledger = to_arrow(shard.ledger, "ledger")
    said = write_haplotypes(shard.alleles, candidates, windows, [vcf], genome, paths, ledger)
    assert said == [
        "3 people; 2 sites with a variant; 0 sets of variants share a haplotype, 1 more contradict one another; of 4 pairs of "
        "person and site, 1 have variants of unknown phase, which stay single"
    ]
    assert {name: len(read_table(path, name)) for name, path in paths.items()} == {
        "people": 3,
        "carriers": 6,
        "site_haplotypes": 6,
        "sample_haplotypes": 8,
    }
    counts = ["pos", "n_carriers", "allele_count", "allele_number"]
    assert records(read_table(paths["carriers"], "carriers"), *counts)[-1] == (640, 2, 3, 4)
    assert not list(tmp_path.glob(".*"))


def shard_of_file(tmp_path, genome, vcf, scored_from=None):
    """What rule read_genotypes says of a file, and its tables; the alleles are of `scored_from`, if given."""
    windows = reference_windows(SITES, genome)
    plan = shard_of(plan_shards(SITES, contig_table(genome), 1, 0), 1)
    shard = read_shard([scored_from or vcf], plan, windows, SITES, genome, 205)
    names = ("people", "carriers", "site_haplotypes", "sample_haplotypes")
    paths = {name: tmp_path / f"{name}.parquet" for name in names}
    ledger = to_arrow(shard.ledger, "ledger")
    said = write_haplotypes(shard.alleles, shard.candidates, windows, [vcf], genome, paths, ledger)
    return said, {name: read_table(path, name) for name, path in paths.items()}


def test_scored_alleles_that_are_not_met_again_stop_the_run(tmp_path, genome):
    """The file was replaced by one without B since its alleles were read."""
    before, path = tmp_path / "before" / "a.vcf.gz", tmp_path / "a.vcf.gz"
    before.parent.mkdir()
    write_vcf(before, body("0|1", "1|1"), samples=("ann",))
    write_vcf(path, body("0|1"), samples=("ann",))
    with pytest.raises(InputError) as error:
        shard_of_file(tmp_path, genome, path, scored_from=before)
    assert str(error.value) == (
        f"{path}: 20:100 T>C was read once, but not again: its index {path}.tbi is damaged or of another file, or the file "
        "changed during the run; index it again with: bcftools index --force a.vcf.gz"
    )
    assert not list(tmp_path.glob("*.parquet"))
    assert records(shard_of_file(tmp_path, genome, before)[1]["carriers"], "allele_count") == [(1,), (2,)]


def test_an_allele_that_only_one_of_two_files_has_is_met(tmp_path, genome):
    windows = reference_windows(SITES, genome)
    plan = shard_of(plan_shards(SITES, contig_table(genome), 1, 0), 1)
    first = write_vcf(tmp_path / "1.vcf.gz", body("0|1"), samples=("ann",))
    second = write_vcf(tmp_path / "2.vcf.gz", body("0|1", "0|1"), samples=("bob",))
    sites_only = write_vcf(tmp_path / "3.vcf.gz", "20 110 . A G .")
    vcfs = [first, second, sites_only]
    shard = read_shard(vcfs, plan, windows, SITES, genome, 205)
    names = ("people", "carriers", "site_haplotypes", "sample_haplotypes")
    paths = {name: tmp_path / f"{name}.parquet" for name in names}
    write_haplotypes(shard.alleles, shard.candidates, windows, vcfs, genome, paths, to_arrow(shard.ledger, "ledger"))
    counts = records(read_table(paths["carriers"], "carriers"), "pos", "n_carriers", "allele_count", "allele_number")
    assert counts == [(90, 2, 2, 4), (100, 1, 1, 2), (110, None, None, None)]


def test_carriers_are_unknown_where_records_have_no_gt(tmp_path, genome):
    """Dosages and genotype probabilities are not genotypes."""
    path = tmp_path / "a.vcf.gz"
    write_vcf(path, "20 90 . T A . 1.9 0.1\n20 100 . T C . 0/1 1/1", samples=("ann", "bob"))
    with pysam.BGZFile(str(path)) as file:
        lines = file.read().decode().splitlines()
    lines.insert(1, '##FORMAT=<ID=DS,Number=A,Type=Float,Description="Dosage">')
    with pysam.BGZFile(str(path), "w") as file:
        file.write(("\n".join(lines) + "\n").replace("\tGT\t1.9", "\tDS\t1.9").encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)
    said, tables = shard_of_file(tmp_path, genome, path)
    assert records(tables["carriers"], "pos", "n_carriers", "allele_count", "allele_number") == [
        (90, None, None, None),
        (100, 2, 3, 4),
    ]
    assert said[1:] == [
        f"{path}: 1 alleles stand in records without GT (or LGT and LAA): their carriers and counts are unknown (null)"
    ]


def test_without_genotypes_the_tables_are_empty(tmp_path, genome):
    windows = reference_windows(SITES, genome)
    plan = shard_of(plan_shards(SITES, contig_table(genome), 1, 0), 1)
    paths = {
        name: tmp_path / f"{name}.parquet" for name in ("people", "carriers", "site_haplotypes", "sample_haplotypes")
    }
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .")
    found = read_shard([vcf], plan, windows, SITES, genome, 205)
    assert len(found.alleles) == 1
    ledger = to_arrow(found.ledger, "ledger")
    (said,) = write_haplotypes(found.alleles, found.alleles.iloc[:0], windows, [vcf], genome, paths, ledger)
    assert said.startswith("0 people; 0 sites")
    assert {name: len(read_table(path, name)) for name, path in paths.items()} == dict.fromkeys(paths, 0)
