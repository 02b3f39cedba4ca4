"""Closing the ledger, from literal tables of shards; the index of a file has as many records as the tests say."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from builders import records
from pasvar.errors import InputError
from pasvar.tables import STATUSES, read_made_by, read_table, write_table
from pasvar.variants import ledger as module
from pasvar.variants.ledger import close_ledger

Rows = Sequence[tuple[str, int]]


@pytest.fixture
def close(tmp_path, monkeypatch):
    """Closes shards, each given as its alleles, (status, how many), and its counts, (file, records, alleles, swapped).

    Without counts the one file a.vcf.gz has a record for each allele.
    """

    def run(
        *shards: Rows,
        counts: Sequence[Sequence[tuple]] = (),
        indexed: dict[str, int | None] | None = None,
        complete: bool = True,
        limits: tuple[float, float] = (0.05, 0.05),
        chroms: Sequence[str] = (),
        made_by: dict[str, str] | None = None,
    ):
        paths = []
        counts = counts or [[("a.vcf.gz", sum(n for _, n in rows), sum(n for _, n in rows), 0)] for rows in shards]
        number = 0
        for i, (rows, of_files) in enumerate(zip(shards, counts, strict=True)):
            alleles = []
            for status in [status for status, n in rows for _ in range(n)]:
                number += 1
                chrom = chroms[number - 1] if chroms else "20"
                alleles.append((chrom, number, "A", "C", status, 0, "a.vcf.gz", None, None))
            columns = ["chrom", "pos", "ref", "alt", "status", "n_sites", "vcf", "id", "reason"]
            write_table(tmp_path / f"{i}.ledger", pd.DataFrame(alleles, columns=columns), "ledger")
            frame = pd.DataFrame(of_files, columns=["vcf", "n_records", "n_alleles", "n_swapped"])
            write_table(tmp_path / f"{i}.counts", frame.assign(chrom="20", n_no_alt=1), "vcf_counts")
            paths.append((tmp_path / f"{i}.ledger", tmp_path / f"{i}.counts"))
        if indexed is None:
            indexed = {"a.vcf.gz": sum(row[1] for of_files in counts for row in of_files)}
        monkeypatch.setattr(module, "_n_indexed", lambda path: indexed[path.name])
        vcfs = [tmp_path / name for name in indexed]
        ledgers, of_counts = zip(*paths, strict=True)
        out = tmp_path / "ledger.parquet"
        return close_ledger(ledgers, of_counts, vcfs, complete, *limits, out, made_by, ["20", "21"])

    return run


def test_the_alleles_of_all_shards_are_counted_by_status(close, tmp_path):
    totals, _ = close([("scored", 2), ("star", 1)], [("scored", 1), ("duplicate", 4)], made_by={"model": "m"})
    expected = dict.fromkeys(STATUSES, 0) | {"scored": 3, "star": 1, "duplicate": 4}
    assert totals.columns.tolist() == ["status", "n_alleles"]
    assert records(totals, "status", "n_alleles") == list(expected.items())
    assert totals.n_alleles.dtype == "int64"
    ledger = read_table(tmp_path / "ledger.parquet", "ledger")
    assert ledger.pos.tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert read_made_by(tmp_path / "ledger.parquet")["model"] == "m"


def test_the_counts_of_a_file_are_those_of_all_shards(close):
    """In the order of the files; b was read in no shard."""
    counts = [[("c.bcf", 5, 2, 0), ("a.vcf.gz", 1, 1, 0)], [("a.vcf.gz", 2, 1, 0)]]
    indexed = {"a.vcf.gz": 3, "b.vcf.gz": 0, "c.bcf": 5}
    _, files = close([("scored", 3)], [("scored", 1)], counts=counts, indexed=indexed)
    columns = ["vcf", "n_records", "n_no_alt", "n_alleles", "n_indexed"]
    assert files.columns.tolist() == columns
    assert records(files, *columns) == [("a.vcf.gz", 3, 2, 2, 3), ("b.vcf.gz", 0, 0, 0, 0), ("c.bcf", 5, 1, 2, 5)]
    assert files.n_indexed.dtype == "Int64"


# --- the index ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("complete", "n_indexed"), [(True, 4), (True, 2), (False, 2)])
def test_other_numbers_of_records_than_the_index_has_are_refused(close, tmp_path, complete, n_indexed):
    told = rf"^{tmp_path}/a\.vcf\.gz: 3 records could be read, its index has {n_indexed}: .* --tbi --force a\.vcf\.gz$"
    with pytest.raises(InputError, match=told):
        close([("scored", 3)], indexed={"a.vcf.gz": n_indexed}, complete=complete)


def test_records_that_are_not_read_are_counted(close):
    totals, files = close([("scored", 3)], indexed={"a.vcf.gz": 10}, complete=False)
    assert dict(records(totals, "status", "n_alleles"))["not_read"] == 7
    assert records(files, "n_records", "n_indexed") == [(3, 10)]


def test_not_all_indexes_count(close):
    """The first says nothing, the second is still compared."""
    counts = [[("a.vcf.gz", 2, 2, 0), ("b.vcf.gz", 1, 1, 0)]]
    _, files = close([("scored", 3)], counts=counts, indexed={"a.vcf.gz": None, "b.vcf.gz": 1})
    assert records(files, "n_indexed") == [(None,), (1,)]
    with pytest.raises(InputError, match=r"b\.vcf\.gz: 1 records could be read, its index has 2"):
        close([("scored", 3)], counts=counts, indexed={"a.vcf.gz": None, "b.vcf.gz": 2})
    with pytest.raises(
        InputError, match=r"a\.vcf\.gz: its index does not count records, which `ledger: in_range` needs"
    ):
        close([("scored", 3)], counts=counts, indexed={"a.vcf.gz": None, "b.vcf.gz": 1}, complete=False)


def test_an_index_counts_or_does_not(tmp_path, monkeypatch):
    class Opened:
        num_records = 7

    def without(path):
        raise ValueError("no counts")

    monkeypatch.setattr(module, "open_vcf", lambda path: Opened)
    assert module._n_indexed(Path("a.vcf.gz")) == 7
    monkeypatch.setattr(module, "open_vcf", without)
    assert module._n_indexed(Path("a.vcf.gz")) is None


# --- shares -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_bad", "n_all", "limit", "is_refused"),
    [
        (1, 20, 0.05, False),
        (1, 20, 0.04, True),
        (9, 19, 0.05, False),
        (10, 19, 0.05, True),
        (1, 2, 0.05, False),
        (1, 1, 0.05, True),
        (1, 1, 1.0, False),
        (0, 20, 0.0, False),
    ],
)
@pytest.mark.parametrize("status", ["ref_mismatch", "contig_unknown"])
def test_the_share_from_which_files_do_not_fit_together(close, caplog, status, n_bad, n_all, limit, is_refused):
    """From 20 alleles on the limit counts; below, more than half must be bad, too."""
    shard = [("scored", n_all - n_bad), (status, n_bad)]
    limits = (limit, 1.0) if status == "ref_mismatch" else (1.0, limit)
    told = f"{n_bad} of {n_all} alleles are {status}, first 20:{n_all - n_bad + 1} A>C in a.vcf.gz: "
    if is_refused:
        with pytest.raises(InputError) as error:
            close(shard, limits=limits)
        assert str(error.value).startswith(told)
        assert str(error.value).endswith(f", or raise config key `max_{status}` (now {limit})")
        assert caplog.messages == []
        return
    close(shard, limits=limits)
    assert [message.startswith(told) for message in caplog.messages] == [True] * (n_bad > 0)


@pytest.mark.parametrize("status", ["contig_unknown", "symbolic", "star", "non_acgt", "chrom_end"])
def test_what_was_not_compared_with_the_fasta_is_no_share_of_mismatches(close, status):
    with pytest.raises(InputError, match=r"^2 of 20 alleles are ref_mismatch"):
        close([("scored", 18), (status, 50), ("ref_mismatch", 2)], limits=(0.05, 1.0))


@pytest.mark.parametrize(
    "status", ["no_site_in_range", "structural", "cuts_gene", "too_long", "filtered", "duplicate", "scored"]
)
def test_what_was_compared_is(close, status):
    close([("scored", 18), (status, 50), ("ref_mismatch", 2)], limits=(0.05, 1.0))


def test_what_was_not_read_is_no_share_of_mismatches_but_of_unknown_contigs(close):
    with pytest.raises(InputError, match=r"^2 of 20 alleles are ref_mismatch"):
        close([("scored", 18), ("ref_mismatch", 2)], indexed={"a.vcf.gz": 100}, complete=False)
    close([("scored", 18), ("contig_unknown", 2)], indexed={"a.vcf.gz": 40}, complete=False)


def test_the_first_bad_allele_of_all_shards_is_named(close):
    with pytest.raises(InputError, match=r"^20 of 45 alleles are ref_mismatch, first 20:21 A>C in a\.vcf\.gz"):
        close([("scored", 20)], [("ref_mismatch", 20), ("scored", 5)])


def test_a_few_of_the_unknown_contigs_are_named_in_their_order(close):
    chroms = ["20", "c2", "c1", "c1", "c5", "c3", "c4", "c6", "c2", "c7"]
    with pytest.raises(
        InputError,
        match=r"under any spelling; the VCF has c2, c1, c5, c3, c4 and 2 more, the FASTA 20, 21; give files of one assembly",
    ):
        close([("scored", 1), ("contig_unknown", 5)], [("contig_unknown", 4)], chroms=chroms)


@pytest.mark.parametrize(
    ("n_swapped", "said"),
    [
        (0, "VCF and FASTA are probably of different assemblies; give files of one assembly"),
        (10, "VCF and FASTA are probably of different assemblies; give files of one assembly"),
        (11, "REF and ALT are swapped, for 11 have in ALT what the FASTA has"),
    ],
)
def test_more_than_half_swapped(close, n_swapped, said):
    counts = [[("a.vcf.gz", 40, 40, 0)], [("a.vcf.gz", 20, 20, n_swapped)]]
    with pytest.raises(InputError, match=f"^20 of 60 alleles are ref_mismatch, .*: {said}"):
        close([("scored", 40)], [("ref_mismatch", 20)], counts=counts)


def test_a_ledger_of_other_counts_is_refused(close, tmp_path):
    with pytest.raises(
        InputError,
        match=rf"^{tmp_path}/ledger\.parquet: 3 alleles, but 2 were read; remove results/shards and run again$",
    ):
        close([("scored", 3)], counts=[[("a.vcf.gz", 2, 2, 0)]])
