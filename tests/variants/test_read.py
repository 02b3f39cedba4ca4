"""From literal VCFs to the ledger: every status, contigs and files, and what is refused. The sites are those of `shards_read`."""

import pytest

from builders import CONTIG_20, make_sites, records, write_fasta, write_vcf
from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.tables import TABLES
from shards_read import ENDS, read, statuses

EVERY_STATUS = """
20 81  rs1 A C,T         AF=0.1,0.2
20 90  .   t a           .
20 90  .   T A           .
20 90  .   T A           .
20 100 .   T <DEL>,*,C   END=110
20 101 .   T C           .
20 102 .   T .           .
20 103 .   G G[21:5[,]21:5]G,.G,G.,<CN0> .
20 104 .   N A           .
20 105 .   G N,R         .
20 106 .   C CACGTACGTACGTACGTACGTA,CACGTACGTACGTACGTACGT .
20 107 .   TCT T         .
20 300 .   A G           .
20 699 .   CA C          .
20 699 .   CAT C         .
20 700 .   A T           .
21 1   .   T G           .
21 150 .   C CA          .
chr7 5 .   A C,G         .
chr7 9 .   A .           .
"""

LEDGER = [
    ("20", 81, "A", "C", "scored", 1),
    ("20", 81, "A", "T", "scored", 1),
    ("20", 90, "T", "A", "scored", 1),
    ("20", 90, "T", "A", "duplicate", 1),
    ("20", 90, "t", "a", "scored", 1),
    ("20", 100, "T", "*", "star", 1),
    ("20", 100, "T", "<DEL>", "symbolic", 1),
    ("20", 100, "T", "C", "scored", 1),
    ("20", 101, "T", "C", "ref_mismatch", 1),
    ("20", 103, "G", ".G", "symbolic", 1),
    ("20", 103, "G", "<CN0>", "symbolic", 1),
    ("20", 103, "G", "G.", "symbolic", 1),
    ("20", 103, "G", "G[21:5[", "symbolic", 1),
    ("20", 103, "G", "]21:5]G", "symbolic", 1),
    ("20", 104, "N", "A", "non_acgt", 1),
    ("20", 105, "G", "N", "non_acgt", 1),
    ("20", 105, "G", "R", "non_acgt", 1),
    ("20", 106, "C", "CACGTACGTACGTACGTACGT", "scored", 1),
    ("20", 106, "C", "CACGTACGTACGTACGTACGTA", "too_long", 1),
    ("20", 107, "TCT", "T", "ref_mismatch", 1),
    ("20", 300, "A", "G", "no_site_in_range", 0),
    ("20", 699, "CA", "C", "no_site_in_range", 0),
    ("20", 699, "CAT", "C", "chrom_end", 0),
    ("20", 700, "A", "T", "no_site_in_range", 0),
    ("21", 1, "T", "G", "scored", 1),
    ("21", 150, "C", "CA", "scored", 1),
    ("chr7", 5, "A", "C", "contig_unknown", 0),
    ("chr7", 5, "A", "G", "contig_unknown", 0),
]


@pytest.mark.parametrize(("name", "index"), [("a.vcf.gz", "tbi"), ("a.vcf.gz", "csi"), ("a.bcf", "csi")])
def test_every_status(tmp_path, genome, name, index):
    vcf = write_vcf(tmp_path / name, EVERY_STATUS, contigs=("20", "21", "chr7"), index=index)
    found = read([vcf], genome)
    assert statuses(found) == LEDGER
    assert set(found.ledger.vcf) == {name}
    assert records(found.vcf_counts, "vcf", "chrom", "n_records", "n_no_alt", "n_alleles") == [
        (name, "20", 16, 1, 24),
        (name, "21", 2, 0, 2),
        (name, "chr7", 2, 1, 2),
    ]
    assert records(found.gene_counts, "gene_id", "n_alleles", "n_scored") == [
        ("ENDS", 2, 2),
        ("PLUS", 18, 5),
    ]  # t>a and T>A, twice, are one change


def test_an_empty_vcf_gives_empty_tables(tmp_path, genome):
    found = read([write_vcf(tmp_path / "a.vcf.gz", "")], genome)
    assert found.ledger.empty
    assert found.alleles.empty
    assert found.gene_counts.empty
    assert found.vcf_counts[["n_records", "n_no_alt", "n_alleles"]].to_numpy().sum() == 0


def test_no_window_in_the_stretch(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .")
    found = read([vcf], genome, sites=make_sites(ENDS))
    assert statuses(found) == [("20", 90, "T", "A", "no_site_in_range", 0)]


@pytest.mark.parametrize("in_fasta", ["20", "chr20"])
@pytest.mark.parametrize("in_vcf", ["20", "chr20"])
def test_chr_prefixes_do_not_matter_and_chrom_is_the_fastas(tmp_path, in_fasta, in_vcf):
    fasta = write_fasta(tmp_path / "genome.fa", {in_fasta: CONTIG_20})
    vcf = write_vcf(tmp_path / "a.vcf.gz", f"{in_vcf} 90 . T A .", contigs=(in_vcf,))
    with Genome(fasta) as genome:
        found = read([vcf], genome, sites=make_sites((in_fasta, "+", 150, "G")))
    assert statuses(found) == [(in_fasta, 90, "T", "A", "scored", 1)]
    assert found.alleles.chrom.to_list() == [in_fasta]


def test_contigs_that_only_the_records_name(tmp_path, genome):
    """No ##contig lines at all, and names with colons."""
    vcf = write_vcf(
        tmp_path / "a.vcf.gz", "20 90 . T A .\nHLA-A*01:01:01:01 3 . A C .\nHLA-A*01:01:01:01 7 . A C .", contigs=()
    )
    assert [row[4] for row in statuses(read([vcf], genome))] == ["scored", "contig_unknown", "contig_unknown"]


def test_two_files(tmp_path, genome):
    """Alleles of both files by position; what an earlier file has is a duplicate in a later one."""
    first = write_vcf(tmp_path / "first.vcf.gz", "20 90 . T A .\n20 100 . T C .\n21 1 . T G .")
    second = write_vcf(tmp_path / "second.bcf", "20 90 . T G .\n20 94 . A C .\n20 100 . T C .", index="csi")
    found = read([first, second], genome)
    assert records(found.ledger, "chrom", "pos", "alt", "status", "vcf") == [
        ("20", 90, "A", "scored", "first.vcf.gz"),
        ("20", 90, "G", "scored", "second.bcf"),
        ("20", 94, "C", "scored", "second.bcf"),
        ("20", 100, "C", "scored", "first.vcf.gz"),
        ("20", 100, "C", "duplicate", "second.bcf"),
        ("21", 1, "G", "scored", "first.vcf.gz"),
    ]
    assert records(found.vcf_counts, "vcf", "chrom", "n_records") == [
        ("first.vcf.gz", "20", 2),
        ("first.vcf.gz", "21", 1),
        ("second.bcf", "20", 3),
        ("second.bcf", "21", 0),
    ]


def test_a_pos_outside_the_contig_is_read_and_has_its_status(tmp_path, genome):
    """POS 0 and one past the end (telomeres of the VCF specification), and far past it (another assembly)."""
    body = "20 0 . N A .\n20 0 . A C .\n20 1 . C A .\n20 700 . A T .\n20 701 . A C .\n20 5000 . A C,G .\n21 400 . A C ."
    vcf = write_vcf(tmp_path / "a.vcf.gz", body)
    expected = [
        ("20", 0, "A", "C", "chrom_end", 0),
        ("20", 0, "N", "A", "non_acgt", 0),
        ("20", 1, "C", "A", "no_site_in_range", 0),
        ("20", 700, "A", "T", "no_site_in_range", 0),
        ("20", 701, "A", "C", "chrom_end", 0),
        ("20", 5000, "A", "C", "chrom_end", 0),
        ("20", 5000, "A", "G", "chrom_end", 0),
        ("21", 400, "A", "C", "chrom_end", 0),
    ]
    for n_shards in (1, 3):
        assert statuses(read([vcf], genome, n_shards=n_shards)) == expected


def test_a_vcf_without_an_index_gets_the_command_that_makes_one(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .", index=None)
    with pytest.raises(InputError, match=r"a\.vcf\.gz: has no index .* make one with: bcftools index --tbi a\.vcf\.gz"):
        read([vcf], genome)
    with pytest.raises(InputError, match=r"b\.vcf\.gz: no such VCF file \(config key `vcf`\)"):
        read([tmp_path / "b.vcf.gz"], genome)


def test_what_is_no_vcf_is_refused(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .")
    vcf.write_text("no VCF at all\n")
    with pytest.raises(InputError, match=r"a\.vcf\.gz: "):
        read([vcf], genome)


def test_every_table_has_its_schema(tmp_path, genome):
    found = read([write_vcf(tmp_path / "a.vcf.gz", EVERY_STATUS, contigs=("20", "21", "chr7"))], genome)
    for name, frame in found._asdict().items():
        assert frame.columns.to_list() == TABLES[name].schema.names, name
