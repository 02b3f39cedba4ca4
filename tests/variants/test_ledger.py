"""From the shards' files to the closed ledger, on the genome and sites of `builders`."""

from pathlib import Path

import pandas as pd
import pytest

from builders import CONTIG_20, CONTIG_21, make_sites, records, write_fasta, write_vcf
from pasvar.errors import InputError
from pasvar.genome import Genome, contig_table
from pasvar.scoring import reference_windows
from pasvar.tables import STATUSES, read_table, write_table
from pasvar.variants import ledger as ledger_module
from pasvar.variants.ledger import close_ledger
from pasvar.variants.read import read_shard
from pasvar.variants.shards import plan_shards, shard_of

SITES = make_sites(("20", "+", 150, "PLUS"), ("20", "-", 450, "MINUS"), ("21", "+", 20, "ENDS"))


def close(
    folder: Path, vcfs, genome, n_shards=1, complete=True, limits=(1.0, 1.0), sites=SITES
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read all shards into files of `folder` and close the ledger into its `ledger.parquet`."""
    windows = reference_windows(sites, genome)
    plan = plan_shards(sites, contig_table(genome), n_shards, margin=0)
    for shard in range(1, n_shards + 1):
        found = read_shard(
            vcfs, shard_of(plan, shard), windows, sites, genome, 20, complete, unknown_contigs=shard == n_shards
        )
        write_table(folder / f"{shard}.ledger", found.ledger, "ledger")
        write_table(folder / f"{shard}.counts", found.vcf_counts, "vcf_counts")
    return close_ledger(
        [folder / f"{shard}.ledger" for shard in range(1, n_shards + 1)],
        [folder / f"{shard}.counts" for shard in range(1, n_shards + 1)],
        vcfs,
        complete,
        *limits,
        folder / "ledger.parquet",
        fasta_names=list(genome.lengths),
    )


FIRST = """
20 90  .   T A           .
20 90  .   T A           .
20 100 .   T <DEL>,*,C   END=110
20 101 .   T C           .
20 102 .   T .           .
20 105 .   G N           .
20 106 .   C CACGTACGTACGTACGTACGTA .
20 300 .   A G           .
20 699 .   CAT C         .
chr7 5 .   A C,G         .
"""
SECOND = """
20 90  . T A .
21 1   . T G .
"""
TOTALS = {
    "scored": 3,
    "no_site_in_range": 1,
    "ref_mismatch": 1,
    "contig_unknown": 2,
    "structural": 0,
    "cuts_gene": 0,
    "symbolic": 1,
    "star": 1,
    "non_acgt": 1,
    "too_long": 1,
    "chrom_end": 1,
    "filtered": 0,
    "duplicate": 2,
    "not_read": 0,
}


@pytest.fixture
def two_files(tmp_path):
    return [
        write_vcf(tmp_path / "first.vcf.gz", FIRST, contigs=("20", "21", "chr7")),
        write_vcf(tmp_path / "second.bcf", SECOND),
    ]


def test_the_totals_name_every_status_and_reconcile_with_the_files(tmp_path, genome, two_files):
    totals, files = close(tmp_path, two_files, genome)
    assert records(totals, "status", "n_alleles") == list(TOTALS.items())
    assert list(TOTALS) == list(STATUSES)
    assert records(files, "vcf", "n_records", "n_no_alt", "n_alleles", "n_indexed") == [
        ("first.vcf.gz", 10, 1, 12, 10),
        ("second.bcf", 2, 0, 2, 2),
    ]
    ledger = read_table(tmp_path / "ledger.parquet", "ledger")
    assert len(ledger) == totals.n_alleles.sum() == files.n_alleles.sum() == 14
    assert ledger.status.value_counts().to_dict() == {status: n for status, n in TOTALS.items() if n}


def test_any_number_of_shards_gives_the_same_bytes(tmp_path, genome, two_files):
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    one = close(tmp_path / "one", two_files, genome)
    many = close(tmp_path / "many", two_files, genome, n_shards=7)
    assert (tmp_path / "one/ledger.parquet").read_bytes() == (tmp_path / "many/ledger.parquet").read_bytes()
    for frame, other in zip(one, many, strict=True):
        pd.testing.assert_frame_equal(frame, other)


def test_in_range_counts_the_records_that_it_does_not_read(tmp_path):
    """With a site at 80 to 285 alone, and indels followed over 1,000 nt, POS 81 to 1286 is in range."""
    body = (
        "20 80 . C A .\n20 90 . T A .\n20 300 . A C .\n20 1286 . A C .\n20 1287 . A C .\n20 1390 . A C .\n21 9 . T C ."
    )
    vcf = write_vcf(tmp_path / "a.vcf.gz", body)
    with Genome(write_fasta(tmp_path / "genome.fa", {"20": CONTIG_20 * 2, "21": CONTIG_21})) as genome:
        sites = SITES[SITES.gene_id == "PLUS"]
        totals, files = close(tmp_path, [vcf], genome, complete=False, sites=sites, n_shards=2)
    ledger = read_table(tmp_path / "ledger.parquet", "ledger")
    assert records(ledger, "pos", "status") == [(90, "scored"), (300, "no_site_in_range"), (1286, "ref_mismatch")]
    assert {row.status: row.n_alleles for row in totals.itertuples() if row.n_alleles} == {
        "scored": 1,
        "no_site_in_range": 1,
        "ref_mismatch": 1,
        "not_read": 4,
    }
    assert records(files, "n_records", "n_indexed") == [(3, 7)]


def test_an_empty_file_closes(tmp_path, genome):
    totals, files = close(tmp_path, [write_vcf(tmp_path / "a.vcf.gz", "")], genome, limits=(0.0, 0.0))
    assert totals.n_alleles.sum() == 0
    assert records(files, "vcf", "n_records", "n_alleles", "n_indexed") == [("a.vcf.gz", 0, 0, 0)]


# --- files that cannot be trusted ---------------------------------------------------------------------------------------


@pytest.fixture
def long_file(tmp_path):
    """A VCF of several compressed blocks, all of it near windows."""
    body = "\n".join(
        f"20 {pos} id{pos}x{i} {CONTIG_20[pos - 1]} <DEL{i}> ." for pos in range(1, 600) for i in range(20)
    )
    return write_vcf(tmp_path / "a.vcf.gz", body)


def block_starts(data: bytes) -> list[int]:
    """Offsets of the BGZF blocks of a file (the size of a block is in its header)."""
    starts = [0]
    while starts[-1] < len(data):
        starts.append(starts[-1] + int.from_bytes(data[starts[-1] + 16 : starts[-1] + 18], "little") + 1)
    return starts[:-1]


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("where", ["within a block", "between blocks"])
def test_a_truncated_vcf_is_refused(tmp_path, genome, long_file, where, complete):
    data = long_file.read_bytes()
    starts = block_starts(data)
    assert len(starts) > 3
    long_file.write_bytes(data[: starts[-2] if where == "between blocks" else starts[-2] - 500])
    with pytest.raises(InputError, match=r"a\.vcf\.gz: is cut short .*fetch or write it again"):
        close(tmp_path, [long_file], genome, complete=complete)
    assert not (tmp_path / "ledger.parquet").exists()


def test_a_damaged_block_is_named(tmp_path, genome, long_file):
    data = bytearray(long_file.read_bytes())
    second, third = block_starts(bytes(data))[1:3]
    data[second + 30 : third - 30] = bytes(third - second - 60)
    long_file.write_bytes(data)
    with pytest.raises(
        InputError, match=r"a\.vcf\.gz: cannot be read on contig 20, the file is damaged \(.*read error"
    ):
        close(tmp_path, [long_file], genome)


def test_the_index_of_another_file_is_refused(tmp_path, genome):
    other = write_vcf(tmp_path / "other.vcf.gz", "20 90 . T A .")
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .\n20 91 . C A .")
    Path(f"{other}.tbi").replace(f"{vcf}.tbi")
    with pytest.raises(
        InputError, match=r"a\.vcf\.gz\.tbi: is the index of another file.*: bcftools index --tbi --force a\.vcf\.gz"
    ):
        close(tmp_path, [vcf], genome)


def test_an_index_that_does_not_count(tmp_path, genome, monkeypatch):
    """Old versions of tabix wrote no counts: the complete ledger does without, `in_range` cannot."""
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .")
    monkeypatch.setattr(ledger_module, "_n_indexed", lambda path: None)
    _, files = close(tmp_path, [vcf], genome)
    assert records(files, "n_records", "n_indexed") == [(1, None)]
    with pytest.raises(
        InputError, match=r"a\.vcf\.gz: its index does not count records, .*bcftools index --tbi --force"
    ):
        close(tmp_path, [vcf], genome, complete=False)


def test_a_ledger_that_is_not_of_the_counts_is_refused(tmp_path, genome, two_files):
    close(tmp_path, two_files, genome)
    ledger = read_table(tmp_path / "1.ledger", "ledger")
    write_table(tmp_path / "1.ledger", ledger.iloc[1:], "ledger")
    with pytest.raises(InputError, match=r"13 alleles, but 14 were read; remove results/shards and run again"):
        close_ledger(
            [tmp_path / "1.ledger"], [tmp_path / "1.counts"], two_files, True, 1.0, 1.0, tmp_path / "ledger.parquet"
        )


# --- files that do not fit together -------------------------------------------------------------------------------------


def of_another_assembly(n_right: int, n_wrong: int) -> str:
    lines = []
    for i in range(n_right + n_wrong):
        pos, right = i + 1, CONTIG_20[i]
        ref = right if i < n_right else {"A": "C"}.get(right, "A")
        lines.append(f"20 {pos} . {ref} {'G' if ref != 'G' else 'T'} .")
    return "\n".join(lines)


def test_another_assembly_is_refused_with_the_first_example(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", of_another_assembly(18, 2))
    pos, right = 19, CONTIG_20[18]
    ref = {"A": "C"}.get(right, "A")
    with pytest.raises(
        InputError,
        match=rf"2 of 20 alleles are ref_mismatch, first 20:{pos} {ref}>[GT] in a\.vcf\.gz: VCF and FASTA are probably of "
        r"different assemblies; .* raise config key `max_ref_mismatch` \(now 0\.05\)",
    ):
        close(tmp_path, [vcf], genome, limits=(0.05, 0.5))
    assert not (tmp_path / "ledger.parquet").exists()


@pytest.mark.parametrize(
    ("n_right", "n_wrong", "limit"),
    [
        (18, 2, 0.1),  # at the limit
        (17, 2, 0.05),  # too few to judge
        (20, 0, 0.0),
    ],
)
def test_a_share_within_the_limit_passes(tmp_path, genome, n_right, n_wrong, limit):
    vcf = write_vcf(tmp_path / "a.vcf.gz", of_another_assembly(n_right, n_wrong))
    totals, _ = close(tmp_path, [vcf], genome, limits=(limit, 0.5))
    assert dict(records(totals, "status", "n_alleles"))["ref_mismatch"] == n_wrong


def test_positions_of_a_longer_assembly_are_not_taken_for_a_truncated_file(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "\n".join(f"20 {pos} . A C ." for pos in range(690, 730)))
    totals, _ = close(tmp_path, [vcf], genome)
    assert dict(records(totals, "status", "n_alleles"))["chrom_end"] == 29


def test_unknown_contigs_are_refused(tmp_path, genome):
    body = "\n".join(f"chrom20 {pos} . A C ." for pos in range(1, 31)) + "\n20 90 . T A ."
    vcf = write_vcf(tmp_path / "a.vcf.gz", body, contigs=("chrom20", "20"))
    with pytest.raises(
        InputError,
        match=r"30 of 31 alleles are contig_unknown, first chrom20:1 A>C in a\.vcf\.gz: their contigs are not in the FASTA, "
        r"under any spelling; the VCF has chrom20, the FASTA 20, 21; .*--rename-chrs.*`max_contig_unknown` \(now 0\.5\)",
    ):
        close(tmp_path, [vcf], genome, limits=(0.05, 0.5))
    totals, _ = close(tmp_path, [vcf], genome, limits=(0.05, 1.0))
    assert dict(records(totals, "status", "n_alleles"))["contig_unknown"] == 30


def test_unknown_contigs_do_not_dilute_mismatches(tmp_path, genome):
    body = of_another_assembly(18, 2) + "\n" + "\n".join(f"X {pos} . A C ." for pos in range(1, 101))
    vcf = write_vcf(tmp_path / "a.vcf.gz", body, contigs=("20", "X"))
    with pytest.raises(InputError, match="2 of 20 alleles are ref_mismatch"):
        close(tmp_path, [vcf], genome, limits=(0.05, 1.0))


# --- fewer than 20 alleles, and what the message says ---------------------------------------------------------------------


@pytest.mark.parametrize(("n_right", "n_wrong"), [(0, 1), (1, 2), (0, 19), (8, 9)])
def test_where_most_are_wrong_a_few_alleles_are_enough(tmp_path, genome, n_right, n_wrong):
    vcf = write_vcf(tmp_path / "a.vcf.gz", of_another_assembly(n_right, n_wrong))
    with pytest.raises(InputError, match=rf"{n_wrong} of {n_right + n_wrong} alleles are ref_mismatch"):
        close(tmp_path, [vcf], genome, limits=(0.05, 0.5))


def test_a_single_wrong_ref_is_warned_of(tmp_path, genome, caplog):
    vcf = write_vcf(tmp_path / "a.vcf.gz", of_another_assembly(9, 1))
    close(tmp_path, [vcf], genome, limits=(0.05, 0.5))
    (warning,) = caplog.messages
    assert warning.startswith("1 of 10 alleles are ref_mismatch, first 20:10 A>G in a.vcf.gz: ")
    assert warning.endswith("these alleles are not scored")


def test_records_that_were_not_read_do_not_dilute_mismatches(tmp_path):
    """34 wrong ones in range of the window at 80 to 285, and 3,000 records out of its reach."""
    body = [f"20 {90 + i} . {'A' if CONTIG_20[89 + i] != 'A' else 'C'} T ." for i in range(34)]
    body += [f"20 {2000 + i} . A C ." for i in range(3000)]
    vcf = write_vcf(tmp_path / "a.vcf.gz", "\n".join(body))
    sites, fasta = SITES[SITES.gene_id == "PLUS"], write_fasta(tmp_path / "genome.fa", {"20": CONTIG_20 * 9})
    with Genome(fasta) as genome, pytest.raises(InputError, match="34 of 34 alleles are ref_mismatch"):
        close(tmp_path, [vcf], genome, complete=False, sites=sites, limits=(0.05, 0.5))


def test_symbolic_alleles_do_not_dilute_mismatches(tmp_path, genome):
    body = of_another_assembly(18, 2) + "\n" + "\n".join(f"20 {pos} . N <DEL> END={pos}" for pos in range(100, 300))
    with pytest.raises(InputError, match="2 of 20 alleles are ref_mismatch"):
        close(tmp_path, [write_vcf(tmp_path / "a.vcf.gz", body)], genome, limits=(0.05, 0.5))


def test_swapped_ref_and_alt_are_called_so(tmp_path, genome):
    body = "\n".join(f"20 {i + 1} . {'A' if base != 'A' else 'G'} {base} ." for i, base in enumerate(CONTIG_20[:30]))
    with pytest.raises(
        InputError,
        match=r"30 of 30 alleles are ref_mismatch, .*REF and ALT are swapped, for 30 .*PLINK.*bcftools norm --check-ref s",
    ):
        close(tmp_path, [write_vcf(tmp_path / "a.vcf.gz", body)], genome, limits=(0.05, 0.5))
