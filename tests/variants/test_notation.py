"""Variants as people write them, on a contig of sixty bases with a transcript on each strand."""

import pandas as pd
import pytest

from builders import write_fasta
from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.variants import Allele, VariantReader, assembly_of

#             1        10        20        30        40        50        60
#             |        |         |         |         |         |         |
SEQUENCE = "ACGTACGGTTAACCGGATCCATGAAATTTGGGCCCTAAGATTACAGATTTCAGCATCGAC"
COLUMNS = ["transcript_id", "gene_id", "gene_name", "chrom", "strand", "start", "end", "coding_start", "coding_end"]
EXONS = pd.DataFrame(
    [
        # ATG at 21 (1-based), CDS [20, 38), 3' UTR from 39 on, in two exons
        ("ENST1.2", "ENSG1.1", "PLUS1", "chr11", "+", 18, 45, 20, 38),
        ("ENST1.2", "ENSG1.1", "PLUS1", "chr11", "+", 50, 58, 20, 38),
        ("ENST2", "ENSG2", "MINUS1", "chr11", "-", 2, 40, 20, 38),
        ("ENST3", "ENSG2", "MINUS1", "chr11", "-", 2, 40, 14, 38),
    ],
    columns=COLUMNS,
)


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> VariantReader:
    fasta = write_fasta(tmp_path_factory.mktemp("genome") / "g.fa", {"chr11": SEQUENCE, "chrUn-1": SEQUENCE})
    return VariantReader(Genome(fasta), EXONS)


@pytest.mark.parametrize(
    ("text", "allele"),
    [
        ("11:40:A:G", ("chr11", 40, "A", "G")),
        ("chr11-40-a-g", ("chr11", 40, "A", "G")),
        ("chr11:40 A>G", ("chr11", 40, "A", "G")),
        ("11:40A>G", ("chr11", 40, "A", "G")),
        ("11 40 A G", ("chr11", 40, "A", "G")),
        ("chrUn-1-40-A-G", ("chrUn-1", 40, "A", "G")),
        ("chr11\t40\trs1\tA\tG\t.\tPASS", ("chr11", 40, "A", "G")),
        ("NC_000011.10:g.40A>G", ("chr11", 40, "A", "G")),
        ("chr11:g.40A>G", ("chr11", 40, "A", "G")),
        ("chr11:g.40_42del", ("chr11", 39, "GATT", "G")),
        ("chr11:g.40_42delATT", ("chr11", 39, "GATT", "G")),
        ("chr11:g.1del", ("chr11", 1, "AC", "C")),
        ("chr11:g.40_41insCC", ("chr11", 40, "A", "ACC")),
        ("chr11:g.40dup", ("chr11", 39, "G", "GA")),
        ("chr11:g.40_42delinsC", ("chr11", 40, "ATT", "C")),
        ("chr11:g.40_43inv", ("chr11", 40, "ATTA", "TAAT")),
        ("ENST1.2:c.*2A>G", ("chr11", 40, "A", "G")),
        ("ENST1:c.*2A>G", ("chr11", 40, "A", "G")),
        ("ENST1.7(PLUS1):c.*2A>G", ("chr11", 40, "A", "G")),
        ("PLUS1:c.*2A>G", ("chr11", 40, "A", "G")),
        ("ENSG1:c.*2A>G", ("chr11", 40, "A", "G")),
        ("PLUS1:c.1A>C", ("chr11", 21, "A", "C")),
        ("PLUS1:c.*7+1G>T", ("chr11", 46, "G", "T")),
        ("PLUS1:c.*8-1T>A", ("chr11", 50, "T", "A")),
        ("PLUS1:c.*8C>A", ("chr11", 51, "C", "A")),
        ("PLUS1:c.*16A>T", ("chr11", 59, "A", "T")),
        ("ENST2:c.*1G>A", ("chr11", 20, "C", "T")),
        ("ENST2:c.*1_*2insAT", ("chr11", 19, "C", "CAT")),
        ("ENST2:c.*4_*5del", ("chr11", 15, "GGA", "G")),
        ("MINUS1:c.2T>C", ("chr11", 37, "A", "G")),
    ],
)
def test_notations(reader, text, allele):
    assert reader.read(text) == Allele(*allele)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rs334", "an rsID names no allele, give position and bases"),
        ("hello", "cannot be read as a variant: expected for example 11:5225488:A:G"),
        ("11:40:A:G,T", "cannot be read as a variant"),
        ("11:,:A:G", "cannot be read as a variant"),
        (f"11:{'9' * 5000}:A:G", "no contig has a position of 5000 digits"),
        (f"11:1-{'9' * 5000}:DEL", "no contig has a position of 5000 digits"),
        (f"11\t{'9' * 5000}\t.\tA\tG", "no contig has a position of 5000 digits"),
        (f"11\t5\t.\tA\t<DEL>\t.\t.\tEND={'9' * 5000}", "END 99999999999999999999 is no position"),
        (f"11:g.{'9' * 5000}A>G", "cannot be read as HGVS"),
        ("11:,-,:DEL", "cannot be read as a variant"),
        ("12:40:A:G", r"has no contig 12; it has chr11, chrUn-1"),
        ("chr111:40:A:G", "has no contig chr111; it has chr11"),
        ("11:40:G:A", "REF is G, .* has A at chr11:40; REF and ALT may be swapped"),
        ("11:40:T:C", "REF is T, .* has A at chr11:40; it may be spelled on the minus strand"),
        ("11:44:A:G", "REF is A, .* has C at chr11:44; it stands at 43"),
        ("11:4000:A:C", "contig chr11 has 60 nt, and no position 4000"),
        ("11:40:N:C", "must be written with A, C, G and T"),
        ("PLUS:c.*2A>G", "the annotation has no gene PLUS; the nearest names are PLUS1"),
        ("ENST9:c.*2A>G", "the annotation has no transcript ENST9; the nearest names are"),
        ("PLUS1:c.*2C>G", "REF is C, .* has A at chr11:40"),
        ("PLUS1:c.19A>G", r"ENST1.2 \(PLUS1\) has no position c.19: its coding sequence has 18 nt"),
        ("PLUS1:c.*3+1A>G", "names an intron"),
        ("PLUS1:p.Lys2Ter", "cannot be read as a variant"),
        ("PLUS1:c.*2A>", "cannot be read as HGVS; expected one substitution"),
        (
            "MINUS1:c.*2del",
            r"transcripts of MINUS1 place it differently \(.* by ENST2; .* by ENST3\); name a transcript",
        ),
        ("chr11:g.40_42delGGG", "it changes GGG, .* has ATT at chr11:40-42"),
        ("11:40:A:<DEL>", "where does <DEL> end.*such as 11:41-540:DEL, or a line of a VCF with END"),
        ("11\t40\t.\tA\tG,T", "is not a line of a VCF with one ALT"),
        ("11:40-90:DEL", "contig chr11 has 60 nt, and no 40-90"),
        ("11\t40\t.\tT\t<DEL>\t.\t.\tEND=50", "REF is T, .* has A at chr11:40"),
        ("11:31:C:A", "REF is C, .* has G at chr11:31"),
        ("11:3:T:A", "REF is T, .* has G at chr11:3; it stands at 4"),
        ("chr11:g.61A>G", "contig chr11 has 60 nt, and no position 61"),
        ("PLUS1:c.*7_*8insA", "an insertion lies between two neighbours"),
        ("chr11:g.40=", "is not a change of single bases, and only such changes can be scored"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_helps(reader, text, message):
    with pytest.raises(InputError, match=message) as raised:
        reader.read(text)
    assert "\n" not in str(raised.value)


def test_an_accession_of_another_assembly_is_named(tmp_path, monkeypatch):
    reader = VariantReader(Genome(write_fasta(tmp_path / "g.fa", {"20": SEQUENCE})))
    monkeypatch.setitem(reader._genome.lengths, "20", 63_025_520)  # that of GRCh37
    assert reader.read("NC_000020.10:g.40A>G") == Allele("20", 40, "A", "G")
    with pytest.raises(InputError, match=r"NC_000020.11 is of GRCh38, .* is GRCh37, where it is NC_000020.10"):
        reader.read("NC_000020.11:g.40A>G")


def test_without_an_annotation_genes_cannot_be_read(tmp_path):
    reader = VariantReader(Genome(write_fasta(tmp_path / "g.fa", {"20": SEQUENCE})))
    with pytest.raises(InputError, match="a GTF is needed"):
        reader.read("HBB:c.*110T>C")


@pytest.mark.parametrize(
    ("lengths", "assembly"),
    [
        ({"20": 63025520, "GL000191.1": 106433}, "GRCh37"),
        ({"chr1": 248956422, "chrX": 156040895}, "GRCh38"),
        ({"chr1": 248956422, "chrX": 155270560}, None),
        ({"20": 4000000}, None),
        ({"scaffold_1": 63025520}, None),
    ],
)
def test_an_assembly_is_told_by_its_lengths(lengths, assembly):
    assert assembly_of(lengths) == assembly
