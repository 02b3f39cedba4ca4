"""A few of the cases that `make differential` goes on with, and a look at whether it would see a mistake."""

import pytest

from differential import __main__ as differential
from differential.cases import make_case, mirrored, reverse_complement
from differential.compare import Comparison, compare
from differential.pipeline import run
from differential.reference import Allele, find_hexamer, spelled_edit, tier


@pytest.fixture(autouse=True)
def few_genomes(monkeypatch):
    monkeypatch.setattr("differential.cases.N_GENOMES", 3)


@pytest.mark.parametrize("seed", [1, differential.EVERY])
def test_pasvar_agrees_with_the_reference(seed):
    check = Comparison()
    n_runs = differential.check_case(seed, check)
    assert check.difference is None
    assert n_runs == (1 if seed % differential.EVERY else 10)
    assert sum(check.n.values()) > 300


@pytest.mark.parametrize(
    ("table", "column", "what"),
    [
        ("scores", "delta_logodds_narrow", "effect of"),
        ("scores", "allele_count", "carriers of"),
        ("samples", "delta_usage", "samples.delta_usage of"),
        ("gene_effects", "total_variation", "total variation of"),
        ("haplotypes", "haplotype_number", "counts of a haplotype of"),
    ],
)
def test_a_mistake_is_seen(tmp_path, table, column, what):
    case = make_case(2)
    tables = run(case, tmp_path / "run")
    check = Comparison()
    tables[table][column] += 1
    compare(case, tables, check)
    assert check.difference is not None
    assert check.difference.startswith(what)


def test_the_reverse_complement_twice_is_the_case_itself():
    case = make_case(4, is_plain=True)
    again = mirrored(mirrored(case))
    assert (again.genome, again.transcripts, again.atlases) == (case.genome, case.transcripts, case.atlases)
    edits = [
        [(record.name, spelled_edit(Allele(record.contig, record.pos, record.ref, *record.alts))) for record in records]
        for records in (case.files[0], again.files[0])
    ]
    assert edits[0] == edits[1]


def test_the_reference_by_hand():
    assert [tier(hexamer) for hexamer in ("AATAAA", "ATTAAA", "GATAAA", "AATACA", "CCTAAA", "CCCAAA")] == [
        0,
        1,
        2,
        3,
        4,
        5,
    ]
    text = "C" * 30 + "AATAAA" + "C" * 10 + "AATACA" + "C" * 20
    assert find_hexamer(text, 60) == (30, 0)
    assert find_hexamer(reverse_complement(text), 60) == (35, -1)
    assert spelled_edit(Allele("1", 717, "AA", "A")) == (717, 718, "")
