"""Table `known` by allele: as a mapping, as words, and as columns."""

import pandas as pd
import pyarrow as pa
import pytest

from builders import records
from pasvar.tables import (
    ALLELE,
    TABLES,
    describe_known,
    empty_frame,
    hidden_alleles,
    known_frequencies,
    known_of,
    known_texts,
    pivot_known,
    without_alleles,
)

A, B = ("20", 90, "T", "A"), ("20", 95, "G", "GA")
KNOWN = pd.DataFrame(
    [
        (*A, "clinvar", "7", "CLNSIG", "Benign", None, False),
        (*A, "clinvar", "7", "CLNDN", None, None, False),
        (*A, "gnomad", None, "AF", "0.0125", 0.0125, True),
        (*B, "gnomad", "rs5", "AF", None, None, False),
        (*B, "own", None, "AF", "2e-05", 2e-05, False),
    ],
    columns=TABLES["known"].schema.names,
)


def test_what_is_known_of_an_allele():
    known = known_of(KNOWN)
    assert known == {
        A: {"clinvar": {"id": "7", "CLNSIG": "Benign", "CLNDN": None}, "gnomad": {"id": None, "AF": 0.0125}},
        B: {"gnomad": {"id": "rs5", "AF": None}, "own": {"id": None, "AF": 2e-05}},
    }
    assert describe_known(known[A]) == ["clinvar CLNSIG=Benign", "gnomad AF=0.0125"]
    # In a source that has no value of it.
    assert describe_known(known[B]) == ["gnomad", "own AF=2e-05"]
    assert known_texts([B, ("20", 1, "A", "C"), A], known) == [
        "gnomad, own AF=2e-05",
        None,
        "clinvar CLNSIG=Benign, gnomad AF=0.0125",
    ]


def test_a_column_for_each_source_and_field():
    wide = pivot_known(KNOWN)
    assert list(wide.columns) == [*ALLELE, "clinvar_CLNSIG", "clinvar_CLNDN", "gnomad_AF", "own_AF"]
    assert records(wide, *wide.columns) == [
        (*A, "Benign", None, 0.0125, None),
        (*B, None, None, None, 2e-05),
    ]
    assert wide.gnomad_AF.dtype == "float64"
    assert list(pivot_known(empty_frame("known")).columns) == ALLELE


def test_the_largest_frequency_of_any_source():
    assert records(known_frequencies(KNOWN), *ALLELE, "known_af") == [(*A, 0.0125), (*B, 2e-05)]
    assert records(known_frequencies(KNOWN, source="own"), *ALLELE, "known_af") == [(*B, 2e-05)]
    assert known_frequencies(KNOWN, "AF_popmax").empty


@pytest.mark.parametrize("as_arrow", [True, False])
def test_hidden_alleles_are_left_out(as_arrow):
    rows = pd.DataFrame([(*A, 1), (*B, 2), (*A, 3), ("21", *A[1:], 4)], columns=[*ALLELE, "row"])
    hidden = hidden_alleles(KNOWN)
    assert records(hidden, *ALLELE) == [A]
    left = without_alleles(pa.Table.from_pandas(rows) if as_arrow else rows, hidden)
    assert left["row"].to_pylist() if as_arrow else left.row.tolist() == [2, 4]
    assert without_alleles(rows, hidden_alleles(empty_frame("known"))) is rows
