"""Ledgers of two runs as one, from literal rows."""

import pandas as pd
import pytest

from builders import records
from pasvar.run.merge_alleles import Places, aligned_pieces, join_ledgers
from pasvar.tables import TABLES, to_arrow, write_table

PLACES = Places(["1", "2"])
DELETION = "a deletion of 500 nt that removes 1 site"

OTHER = "a deletion of 600 nt that removes 1 site"


def ledger(*rows: tuple) -> pd.DataFrame:
    """(chrom, pos, ALT, status, file, reason) of alleles of A."""
    frame = pd.DataFrame(rows, columns=["chrom", "pos", "alt", "status", "vcf", "reason"])
    return frame.assign(ref="A", n_sites=0, id=None).reindex(columns=TABLES["ledger"].schema.names)


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        pytest.param(("scored", None), ("scored", None), [("scored", None), ("duplicate", None)], id="scored by both"),
        pytest.param(("filtered", None), ("scored", None), [("filtered", None), ("scored", None)], id="filtered in one"),
        pytest.param(("too_long", "x"), ("too_long", "x"), [("too_long", "x"), ("too_long", "x")], id="too long in both"),
        pytest.param(
            ("structural", DELETION), ("structural", DELETION), [("structural", DELETION), ("duplicate", DELETION)],
            id="one deletion",
        ),
        pytest.param(
            ("structural", DELETION), ("structural", OTHER),
            [
                ("structural", DELETION),
                ("symbolic", "an earlier record has the same POS, REF and ALT with another end; only that one is counted"),
            ],
            id="two deletions of one spelling",
        ),
    ],
)  # fmt: skip
def test_what_an_earlier_run_has(first, second, joined):
    tables = [
        to_arrow(ledger(("1", 5, "G", status, f"{name}.vcf.gz", reason)), "ledger")
        for name, (status, reason) in (("a", first), ("b", second))
    ]
    found = join_ledgers(tables, PLACES)
    assert records(found.to_pandas(), "vcf", "status", "reason") == [("a.vcf.gz", *joined[0]), ("b.vcf.gz", *joined[1])]


def test_order(tmp_path):
    """By place and spelling, then by run; contigs that the genome lacks are last, as each run has them."""
    a = ledger(
        ("1", 5, "G", "scored", "a", None), ("1", 9, "C", "scored", "a", None), ("2", 1, "C", "scored", "a", None),
        ("Z", 7, "C", "contig_unknown", "a", None), ("Y", 3, "C", "contig_unknown", "a", None),
    )  # fmt: skip
    b = ledger(
        ("1", 5, "C", "scored", "b", None), ("1", 9, "C", "scored", "b", None), ("1", 10, "G", "scored", "b", None),
        ("Y", 3, "C", "contig_unknown", "b", None),
    )  # fmt: skip
    for name, frame in (("a", a), ("b", b)):
        write_table(tmp_path / f"{name}.parquet", frame, "ledger")
    pieces = aligned_pieces([tmp_path / "a.parquet", tmp_path / "b.parquet"], "ledger", PLACES)
    found = pd.concat([join_ledgers(piece, PLACES).to_pandas() for piece in pieces])
    assert records(found, "chrom", "pos", "alt", "vcf", "status") == [
        ("1", 5, "C", "b", "scored"),
        ("1", 5, "G", "a", "scored"),
        ("1", 9, "C", "a", "scored"),
        ("1", 9, "C", "b", "duplicate"),
        ("1", 10, "G", "b", "scored"),
        ("2", 1, "C", "a", "scored"),
        ("Z", 7, "C", "a", "contig_unknown"),
        ("Y", 3, "C", "a", "contig_unknown"),
        ("Y", 3, "C", "b", "contig_unknown"),
    ]


def test_tables_of_many_row_groups(tmp_path, monkeypatch):
    monkeypatch.setattr("pasvar.tables.io.ROW_GROUP_SIZE", 2)
    frames = []
    for name, positions in (("a", [1, 2, 2, 2, 5, 9, 9]), ("b", [2, 2, 2, 2, 2, 3, 8, 9])):
        frames.append(ledger(*((str(1 + (pos > 4)), pos, "CGT"[pos % 3], "too_long", name, None) for pos in positions)))
        write_table(tmp_path / f"{name}.parquet", frames[-1], "ledger")
    pieces = list(aligned_pieces([tmp_path / "a.parquet", tmp_path / "b.parquet"], "ledger", PLACES))
    assert len(pieces) > 2
    found = pd.concat([join_ledgers(piece, PLACES).to_pandas() for piece in pieces], ignore_index=True)
    both = pd.concat(frames).sort_values(["chrom", "pos", "alt", "vcf"], kind="stable", ignore_index=True)
    assert records(found, "chrom", "pos", "alt", "vcf") == records(both, "chrom", "pos", "alt", "vcf")
