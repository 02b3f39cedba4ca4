"""Config key `min_cell`: which counts are not shown, row by row."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from builders import records
from pasvar.tables import (
    GENOTYPES,
    counts_people,
    empty_frame,
    hide_alleles,
    hide_carriers,
    hide_haplotypes,
    hide_people,
    min_cell_of,
    small,
    to_arrow,
)


def test_small_is_from_one_to_below_the_limit():
    assert small(np.array([0, 1, 4, 5, np.nan]), 5).tolist() == [False, True, True, False, False]
    assert small(pd.Series([0, 4, None, 5], dtype="Int32"), 5).tolist() == [False, True, False, False]
    assert small(np.array([1]), None).tolist() == [False]


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ((0, 0, 200), (0, 0, 200, 0.0)),
        ((5, 10, 200), (5, 10, 200, 0.05)),  # five, each with two copies
        ((4, 8, 200), (None, 8, 200, 0.04)),  # four people; their copies are enough
        ((4, 4, 200), (None, None, 200, None)),
        ((30, 31, 200), (None, 31, 200, 0.155)),  # of the difference, one has two copies
        ((30, 35, 200), (30, 35, 200, 0.175)),
        ((30, 57, 200), (None, 57, 200, 0.285)),  # three have a single copy
        ((98, 150, 200), (None, 150, 200, 0.75)),  # two people are without it
        ((100, 197, 200), (None, None, 200, None)),  # three copies are another allele
        ((100, 200, 200), (100, 200, 200, 1.0)),  # all people are alike
        ((None, None, None), (None, None, None, None)),  # a frequency of nobody knows how many
    ],
)
def test_of_an_allele_what_gives_a_small_count_away_is_hidden(counts, shown):
    frame = pd.DataFrame([(*counts, 0.01 if counts[2] is None else counts[1] / counts[2])], columns=[*GENOTYPES, "af"])
    types = [*((name, pa.int32()) for name in GENOTYPES), ("af", pa.float32())]
    table = pa.Table.from_pandas(frame, pa.schema(types), preserve_index=False)
    (row,) = hide_alleles(table, 5).to_pylist()
    assert [row[name] for name in (*GENOTYPES, "af")] == [
        None if value is None else pytest.approx(value) for value in shown
    ]
    assert hide_alleles(table, None).equals(table)


def test_haplotypes_of_few_people_are_left_out():
    sets = pd.DataFrame(
        [
            (["20:1:A:C", "20:2:G:T"], 10, 10, 200, 0),
            (["20:1:A:C", "20:3:G:T"], 4, 5, 200, 0),  # four people
            (["20:2:G:T", "20:3:G:T"], 9, 9, 200, 0),  # three copies of 20:3 are elsewhere
            (["20:1:A:C", "20:4:G:T"], None, None, 200, 2),  # two people may have it
            (["20:1:A:C", "20:5:G:T"], None, None, 200, 6),
        ],
        columns=["variants", "n_carriers", "haplotype_count", "haplotype_number", "n_unphased"],
    )
    others = [name for name in empty_frame("haplotypes").columns if name not in sets.columns]
    table = to_arrow(sets.assign(**dict.fromkeys(others)), "haplotypes")
    alleles = pa.table(
        {
            "chrom": ["20"] * 3,
            "pos": [1, 2, 3],
            "ref": ["A", "G", "G"],
            "alt": ["C", "T", "T"],
            "allele_count": [20, 19, 12],
        }
    )
    shown = hide_haplotypes(table, alleles, 5).to_pandas()
    assert [list(variants) for variants in shown.variants] == [["20:1:A:C", "20:2:G:T"], ["20:1:A:C", "20:5:G:T"]]
    assert hide_haplotypes(table, alleles, None).equals(table)


def test_carriers_of_a_gene_do_not_tell_of_a_hidden_allele():
    carriers = pd.Series(
        {"NONE": 0, "FEW": 4, "ALONE": 40, "APART": 42, "SUM": 52, "FAR": 60, "ALL": 98, "NULL": None}, dtype="Int32"
    )
    shown = {name: np.array(counts) for name, counts in {
        "ALONE": [40], "APART": [40], "SUM": [20, 30], "FAR": [20, 30]}.items()}  # fmt: skip
    hides = {"APART": True, "SUM": True, "FAR": True}
    found = hide_carriers(carriers, shown, hides, 100, 5)
    assert records(found.reset_index(name="n"), "index", "n") == [
        *(("NONE", 0), ("FEW", None), ("ALONE", 40)),
        ("APART", None),  # two people have only the allele that is hidden
        ("SUM", None),
        ("FAR", 60),
        ("ALL", None),  # two have none
        ("NULL", None),
    ]
    assert hide_carriers(carriers, shown, hides, 100, None).equals(carriers)


def test_people_with_a_row_in_samples_do_not_tell_of_carriers():
    people = pd.Series([0, 3, 40, 42, 50, 50], dtype="Int64")
    carriers = pd.Series([None, 0, 40, 40, 40, None], dtype="Int32")
    assert records(hide_people(people, carriers, 5).reset_index(name="n"), "n") == [
        *((0,), (None,), (40,), (None,), (50,), (None,))
    ]


def test_what_a_table_says_of_it():
    assert min_cell_of({"settings": '{"min_cell": 5}'}) == 5
    assert min_cell_of({"settings": "{}"}) is None
    assert min_cell_of({}) is None


@pytest.mark.parametrize(
    ("key", "counts"),
    [
        *(
            (name, True)
            for name in ("AC", "AN", "AF", "EUR_AF", "AC_Het", "nhomalt", "NS", "HWE", "AC_EUR_XX", "F_MISSING")
        ),
        *((name, False) for name in ("DP", "CSQ", "CLNSIG", "END", "SVTYPE", "ACMG", "PASVAR", "AA")),
    ],
)
def test_keys_of_info_that_count_people(key, counts):
    assert counts_people(key) is counts
