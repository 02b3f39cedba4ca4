"""Carriers per gene from literal tables of people and effects."""

import hashlib

import pandas as pd
import pyarrow as pa
import pytest

from pasvar.annotate.carriers import count_carriers, read_labels
from pasvar.errors import InputError
from pasvar.tables import TABLES, write_batches

pytest.importorskip("duckdb")

STRONG, WEAK, OTHER = "20:100:A:G", "20:105:A:T", "20:200:A:C"
EFFECTS = [
    ("G1", STRONG, "shortening", 0.5),
    ("G1", WEAK, "lengthening", 0.0625),
    ("G2", STRONG, "less_cleavage", 0.2),  # the same allele in another gene, just at the limit
    ("G2", OTHER, "none", 0.005),
]
PEOPLE = ["ann", "bob", "cat", "dan", "eve"]
CARRIED = [
    ("ann", "G1", [STRONG, WEAK]),  # counts once, by the stronger one
    ("ann", "G2", [STRONG]),
    ("bob", "G1", [WEAK]),
    ("cat", "G1", [STRONG]),
    ("dan", "G2", [OTHER]),  # below the least size
]


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    effects = pd.DataFrame(
        [(*name.split(":"), gene, gene.lower(), direction, impact) for gene, name, direction, impact in EFFECTS],
        columns=["chrom", "pos", "ref", "alt", "gene_id", "gene_name", "direction", "expected_impact"],
    ).astype({"pos": "int64"})
    samples = pd.DataFrame(CARRIED, columns=["sample", "gene_id", "variants"])
    people = pd.DataFrame({"sample_sha256": [hashlib.sha256(name.encode()).hexdigest() for name in PEOPLE]})
    for name, frame in (("gene_effects", effects), ("samples", samples), ("people_digests", people)):
        rows = pa.Table.from_pylist(frame.to_dict("records"), TABLES[name].schema)
        write_batches(folder / TABLES[name].file, [rows], name)
    return folder


def counted(results, labels=None, min_cell=None) -> list[str]:
    out = results / "carriers.tsv"
    n_rows = count_carriers(results, out, labels or {}, min_cell, memory_mb=200)
    lines = out.read_text().splitlines()
    assert len(lines) == n_rows + 1
    return [line.replace("\t", " ") for line in lines[1:]]


def test_a_person_counts_once_per_gene(results):
    assert counted(results) == [
        "G1 g1 all shortening high 2 5",
        "G1 g1 all lengthening moderate 1 5",
        "G2 g2 all less_cleavage high 1 5",
    ]


def test_labels(results):
    found = counted(results, {"ann": "north", "bob": "north", "cat": "south", "zoe": "south"})
    assert found == [
        "G1 g1 all shortening high 2 5",
        "G1 g1 north shortening high 1 2",
        "G1 g1 south shortening high 1 1",
        "G1 g1 all lengthening moderate 1 5",
        "G1 g1 north lengthening moderate 1 2",
        "G2 g2 all less_cleavage high 1 5",
        "G2 g2 north less_cleavage high 1 2",
    ]
    assert counted(results, {"ann": "north"})[2] == "G1 g1 unlabelled shortening high 1 4"


def test_few_are_hidden_with_what_would_tell_them(results):
    # One of G1's carriers is of the north, one of the south; what is hidden of either does not follow from the sum.
    found = counted(results, {"ann": "north", "bob": "north", "cat": "south", "dan": "south"}, min_cell=2)
    assert found == [
        "G1 g1 all shortening high 2 5",
        "G1 g1 north shortening high  2",
        "G1 g1 south shortening high  2",
        "G1 g1 all lengthening moderate  5",
        "G1 g1 north lengthening moderate  2",
        "G2 g2 all less_cleavage high  5",
        "G2 g2 north less_cleavage high  2",
    ]
    assert counted(results, {"ann": "one", "cat": "one", "bob": "two"}, min_cell=3)[0].endswith("high  5")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ann north\n", "line 1 has 1 columns; expected two, sample and label, with a tab between"),
        ("ann\tnorth\nann\tsouth\n", "line 2: ann has two labels, north and south"),
        ("ann\tall\n", "line 1: all is a label that pasvar itself uses"),
    ],
)
def test_labels_that_cannot_be_used(tmp_path, text, message):
    (tmp_path / "labels.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_labels(tmp_path / "labels.tsv")


def test_a_file_of_labels(tmp_path):
    (tmp_path / "labels.tsv").write_text("#sample\tlabel\nann\tnorth\n\nbob\tsouth\n")
    assert read_labels(tmp_path / "labels.tsv") == {"ann": "north", "bob": "south"}
