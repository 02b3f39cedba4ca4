"""Atlases as they are published, from literal files."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from builders import records, write_fasta
from pasvar.counts import plural
from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.sites.atlas import guess_format, read_atlas
from pasvar.sites.text_table import read_text_table


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    path = write_fasta(tmp_path_factory.mktemp("genome") / "genome.fa", {"20": "ACGT" * 500, "21": "ACGT" * 100})
    with Genome(path) as opened:
        yield opened


POLYASITE = """\
20	126	140	20:131:+	3.5	+	12.5	2	3.5	TE	AATAAA;-20;111
20	900	910	20:905:-	0.5	-	0.9	1	0.5	IN	NA
"""
POLYASITE_6 = "20\t126\t140\t20:131:+\t3.5\t+\n20\t900\t910\t20:905:-\t0.5\t-\n"
POLYASITE_9 = "20\t126\t140\t20:131:+\t3.5\t+\t12.5\t2\t3.5\n20\t900\t910\t20:905:-\t0.5\t-\t0.9\t1\t0.5\n"
POLYASITE_TSV = (
    "chrom\tchromStart\tchromEnd\tname\tscore\tstrand\trep\tfrac_samples\tnr_prots\tannotation\tgene_name\tgene_id\tsignals\n"
    "20\t126\t140\t20:131:+\t3.5\t+\t131\t12.5\t2\tTE\tAAA\tENSG1\tAATAAA;-20;111\n"
    "20\t900\t910\t20:905:-\t0.5\t-\t905\t0.9\t1\tIN\tNA\tNA\tNA\n"
)
POLYA_DB_3 = """\
PAS_ID	Chromosome	Position	Strand	Mean RPM	Intron/exon location	Ensembl Gene ID	RefSeq Gene ID	Gene Symbol
chr20:131:+	chr20	131	+	3.5	3'-most exon	ENSG1	17	AAA
chr20:905:-	chr20	905	-	0.5	Intron	na	na	na
"""
POLYA_DB_4_MAIN = "PAS_ID\tGeneSymbol\tPAS_type_RefSeq_label\nchr20:+:131\tAAA\t3'UTR\nchr20:-:905\tNA\tIntergenic\n"
POLYA_DB_4_MAX = "PAS_ID\tAvgRPM\tPSE\tGeneSymbol\nchr20:+:131\t3.5\t12\tAAA\nchr20:-:905\t0.5\t1\t\n"
POLYA_DB_SAF = """\
GeneID	Chr	Start	End	Strand
AAA;17;ENSG1;chr20;131;+;3'UTR(M)	chr20	121	136	+
NA;NA;NA;chr20;905;-;intergenic	chr20	900	915	-
"""
POLYA_DB_SAF_MOUSE = POLYA_DB_SAF.replace(";", "_")
SAF = "GeneID\tChr\tStart\tEnd\tStrand\n20:131:+\t20\t107\t155\t+\n20:905:-\t20\t905\t930\t-\n"
SAF_ENDS = "GeneID\tChr\tStart\tEnd\tStrand\nAAA\t20\t107\t131\t+\nBBB\t20\t905\t930\t-\n"
GENCODE = """\
##description: polyA features
chr20	HAVANA	polyA_signal	101	106	.	+	.	gene_id "1"; transcript_id "1";
chr20	HAVANA	polyA_site	131	132	.	+	.	gene_id "2"; transcript_id "2";
chr20	HAVANA	polyA_site	904	905	.	-	.	gene_id "3"; transcript_id "3";
"""
GENCODE_GFF3 = "##gff-version 3\n" + "".join(
    line.split("gene_id")[0] + "ID=1;gene_name=1\n" for line in GENCODE.splitlines()[1:]
)
APADB = "chr20\t120\t140\tAAA.1\t122\t+\tUTR3\t131\t131\t\nchr20\t903\t905\tBBB.2\t8\t-\tIntron\t905\t905\tmiR-1\n"
BED = "20\t120\t131\ta\t0\t+\n20\t904\t930\tb\t0\t-\n"
BED_NAMED = "20\t120\t140\t20:131:+\tAAA\t+\n20\t900\t930\t20:905:-\tBBB\t-\n"
BED_MIXED = f"browser position chr20:1-100\nbrowser hide all\ntrack name=own\n#comment\n\n{BED}track name=2\n"
BED_BLANKS = BED.replace("\t", " ")
CUTS = [("20", "+", 130), ("20", "-", 904)]

FORMATS = {
    "polyasite_11": (POLYASITE, "polyasite", [3.5, 0.5], ["", ""]),
    "polyasite_9": (POLYASITE_9, "polyasite", [3.5, 0.5], ["", ""]),
    "polyasite_6": (POLYASITE_6, "polyasite", [3.5, 0.5], ["", ""]),
    "polyasite_tsv": (POLYASITE_TSV, "polyasite", [3.5, 0.5], ["AAA;ENSG1", ""]),
    "polya_db_3": (POLYA_DB_3, "polya_db", [3.5, 0.5], ["AAA;ENSG1;17", ""]),
    "polya_db_4_main": (POLYA_DB_4_MAIN, "polya_db", [None, None], ["AAA", ""]),
    "polya_db_4_max": (POLYA_DB_4_MAX, "polya_db", [3.5, 0.5], ["AAA", ""]),
    "polya_db_saf": (POLYA_DB_SAF, "saf", [None, None], ["AAA;ENSG1;17", ""]),
    "polya_db_saf_mouse": (POLYA_DB_SAF_MOUSE, "saf", [None, None], ["AAA;ENSG1;17", ""]),
    "saf_sites": (SAF, "saf", [None, None], ["", ""]),
    "saf_ends": (SAF_ENDS, "saf", [None, None], ["AAA", "BBB"]),
    "gencode_gtf": (GENCODE, "gencode_polyas", [None, None], ["", ""]),
    "gencode_gff3": (GENCODE_GFF3, "gencode_polyas", [None, None], ["", ""]),
    "apadb": (APADB, "apadb", [122, 8], ["AAA", "BBB"]),
    "bed": (BED, "bed", [None, None], ["", ""]),
    "bed_named": (BED_NAMED, "bed", [None, None], ["", ""]),
    "bed_browser": (BED_MIXED, "bed", [None, None], ["", ""]),
    "bed_blanks": (BED_BLANKS, "bed", [None, None], ["", ""]),
}


@pytest.mark.parametrize("suffix", ["txt", "gz", "bgz"])
@pytest.mark.parametrize("example", FORMATS)
def test_every_format_says_the_same(tmp_path, genome, example, suffix):
    text, kind, abundance, genes = FORMATS[example]
    path = tmp_path / f"{example}.{suffix}"
    path.write_bytes(text.encode() if suffix == "txt" else gzip.compress(text.encode()))
    assert guess_format(read_text_table(path)) == kind
    atlas = read_atlas({"path": str(path)}, genome)
    assert atlas.name == kind
    assert records(atlas.sites, "chrom", "strand", "cut") == CUTS
    assert [value for (value,) in records(atlas.sites, "abundance")] == abundance
    assert atlas.sites.genes.to_list() == genes
    assert atlas.sites.share.isna().all()


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_windows_line_ends_and_a_byte_order_mark(tmp_path, genome):
    path = tmp_path / "a.bed"
    path.write_bytes(b"\xef\xbb\xbf" + BED.replace("\n", "\r\n").encode())
    assert records(read_atlas({"path": str(path)}, genome).sites, "chrom", "strand", "cut") == CUTS


def test_real_rows_of_polya_db_saf(tmp_path):
    """From chr22 of PolyA_DB 3.2 on GRCh38: the cut is the position in GeneID, which lies 10 nt after the first base."""
    text = (
        "GeneID\tChr\tStart\tEnd\tStrand\n"
        "RBFOX2;23543;ENSG00000100320;chr22;36025819;-;Intron\tchr22\t36025814\t36025829\t-\n"
        "NA;NA;NA;chr22;36029868;+;intergenic\tchr22\t36029858\t36029873\t+\n"
    )
    genome = write_fasta(tmp_path / "g.fa", {"chr22": "N" * 36_030_000})
    with Genome(genome) as opened:
        atlas = read_atlas({"path": write(tmp_path / "a.saf", text)}, opened)
    assert records(atlas.sites, "strand", "cut", "genes") == [
        ("-", 36025818, "RBFOX2;ENSG00000100320;23543"),
        ("+", 36029867, ""),
    ]


def test_real_rows_of_apadb(tmp_path):
    """The mode is counted from 1: it is the last base of the second cluster, which has two."""
    text = (
        "chr17\t62260\t62312\tRPH3AL.1\t122\t-\tUTR3\t62297\t62297\t\n"
        "chr17\t198356\t198358\tRPH3AL.2\t8\t-\tIntron\t198358\t198358\t\n"
    )
    with Genome(write_fasta(tmp_path / "g.fa", {"chr17": "N" * 200_000})) as opened:
        atlas = read_atlas({"path": write(tmp_path / "hg19.apadb_v2_final.bed", text)}, opened)
    assert atlas.name == "apadb"
    assert records(atlas.sites, "cut", "abundance", "genes") == [(62296, 122, "RPH3AL"), (198357, 8, "RPH3AL")]


def test_a_map_of_columns_by_number_and_tissues(tmp_path, genome):
    """The name is of another assembly: the middle of the lifted interval is taken, and this is said."""
    path = write(tmp_path / "lifted.bed", "20\t100\t121\t20:145750:+\tG1\t+\tTE\t2.0\t8.0\t0.25\t7\n")
    described = {"path": path, "format": "bed", "name": "mine", "tissues": {"liver": 11, "brain": 8}}
    atlas = read_atlas({**described, "columns": {"gene": 5, "abundance": 8, "share": 10}}, genome)
    assert atlas.name == "mine"
    assert records(atlas.sites, "cut", "abundance", "share", "genes") == [(110, 2.0, 0.25, "G1")]
    assert atlas.tissues.to_dict("list") == {"liver": [7], "brain": [2.0]}
    assert atlas.notes[:2] == [
        "mine: 1 site of lifted.bed",
        "mine: the names of 1 sites lie outside their intervals: the middle is taken as the cut",
    ]


def test_a_map_of_columns_by_name(tmp_path, genome):
    path = write(tmp_path / "t.tsv", "#contig\tsite\tway\tfat\tskin\nchr20\t131\t+\t1\t2\nchr21\t5\t-\t3\t.\n")
    columns = {"chrom": "contig", "position": "site", "strand": "way"}
    atlas = read_atlas({"path": path, "format": "bed", "columns": columns, "tissues": {"S": "skin"}}, genome)
    assert records(atlas.sites, "chrom", "strand", "cut") == [("20", "+", 130), ("21", "-", 4)]
    np.testing.assert_array_equal(atlas.tissues.S, [2, np.nan])


def test_sites_on_other_contigs_are_left_out_and_counted(tmp_path, genome):
    atlas = read_atlas({"path": write(tmp_path / "a.bed", BED + "X\t1\t2\tc\t0\t+\n")}, genome)
    assert records(atlas.sites, "chrom", "strand", "cut") == CUTS
    assert atlas.notes == [
        "bed: 3 sites of a.bed",
        "bed: 1 site on contigs that the FASTA lacks left out: X",
        "bed: AATAAA or ATTAAA stands before 0% of 2 cuts",
    ]


LEVELS = "".join(
    f"20\t{i}\t{i + 9}\t20:{i + 5}:+\t1\t+\t1\t1\t{level}\tTE\n" for i, level in ((10, 20), (30, 62), (50, 87))
)


@pytest.mark.parametrize(
    ("stringency", "cuts"), [(62, [34, 54]), ([62], [34]), ([20, 87], [14, 54]), (0, [14, 34, 54])]
)
def test_stringency_of_polyasite_3(tmp_path, genome, stringency, cuts):
    """A number is the least level, a list the levels, of column 9 of the BED."""
    atlas = read_atlas({"path": write(tmp_path / "a.bed", LEVELS), "stringency": stringency}, genome)
    assert atlas.sites.cut.to_list() == cuts
    n_left_out = 3 - len(cuts)
    assert atlas.notes[1] == f"polyasite: {plural(n_left_out, 'site')} of other `stringency` than {stringency} left out"


def test_no_site_of_that_stringency(tmp_path, genome):
    with pytest.raises(InputError, match=r"no site has the `stringency` 90 .*; its levels are 20, 62, 87"):
        read_atlas({"path": write(tmp_path / "a.bed", LEVELS), "stringency": 90}, genome)


@pytest.mark.parametrize(
    ("text", "change", "message"),
    [
        ("20\t1\t5\ta\t0\t*\n", {}, r"a\.bed: line 1: strand is '\*', expected \+ or -"),
        ("20\t1\t5\ta\t0\t+\n20\tx\t5\ta\t0\t+\n", {}, r"line 2: start is 'x', expected a number"),
        ("#c\n\n20\t1\t5\ta\t0\t+\n20\t1.5\t5\ta\t0\t+\n", {}, r"line 4: start is '1\.5', expected a whole number"),
        ("20\t5\t5\ta\t0\t+\n", {}, r"line 1: end is '5', expected an end after the start"),
        ("20\t1\t5000\ta\t0\t+\n", {}, r"line 1: position is 5000, expected a position within its contig"),
        (
            "20\t1\t5\ta\t-2\t+\n",
            {"columns": {"abundance": 5}},
            r"line 1: abundance is -2.*expected a number of at least 0",
        ),
        ("20\t1\t5\ta\tinf\t+\n", {"columns": {"abundance": 5}}, r"line 1: abundance is 'inf', expected a number"),
        ("20\t1\t5\ta\t-1\t+\n", {"tissues": {"liver": 5}}, r"line 1: liver is -1.*expected a number of at least 0"),
        ("20\t1\t5\ta\tinf\t+\n", {"tissues": {"liver": 5}}, r"line 1: liver is 'inf', expected a number"),
        ("20\t1\t5\ta\t7\t+\n", {"columns": {"share": 5}}, r"line 1: share is 7.*expected a number of at most 1"),
        ("20\t1\t5\ta\tx\t+\n", {"columns": {"share": 5}}, r"line 1: share is 'x', expected a number"),
        ("20\t1\t5\ta\t0\t+\n", {"columns": {"share": 9}}, r"line 1: no column 9 for share; it has 6 columns"),
        ("20\t1\t5\n", {}, r"line 1: no column 6 for strand; it has 3 columns"),
        ("20\t1\t5\ta\t0\t+\n20\t1\n", {}, r"line 2: no column 3 for end; it has 2 columns"),
        ("a\tb\n1\t2\n", {"columns": {"chrom": "c"}}, r"no column 'c' for chrom; its columns are a, b"),
        (
            "PAS_ID\nchr20:131\n",
            {"format": "polya_db"},
            r"line 2: PAS_ID is 'chr20:131', expected chrom:strand:position",
        ),
        ("X\t1\t5\ta\t0\t+\n", {}, r"none of its contigs \(X\) is in"),
        ("", {}, r"a\.bed: cannot be read as tab-separated text"),
        ("#only\ntrack name=x\n", {}, r"a\.bed: holds no line of data"),
    ],
)
def test_bad_files_are_named_with_their_line(tmp_path, genome, text, change, message):
    with pytest.raises(InputError, match=message):
        read_atlas({"path": write(tmp_path / "a.bed", text), "format": "bed", **change}, genome)


def damaged(text: bytes) -> bytes:
    """A gzipped file with one byte changed in its middle."""
    whole = bytearray(gzip.compress(text))
    whole[len(whole) // 2] ^= 0xFF
    return bytes(whole)


@pytest.mark.parametrize("cut", [damaged, lambda text: gzip.compress(text)[:-12]], ids=["changed", "short"])
def test_a_damaged_gzipped_file_is_named(tmp_path, genome, cut):
    path = tmp_path / "a.bed.gz"
    path.write_bytes(cut(BED.encode() * 20))
    with pytest.raises(InputError, match=r"a\.bed\.gz: the gzipped file is damaged or cut short .*; fetch it again"):
        read_atlas({"path": str(path)}, genome)


def test_no_such_file(tmp_path, genome):
    with pytest.raises(InputError, match=r"none\.bed: no such file \(config key `atlas`\)"):
        read_atlas({"path": str(tmp_path / "none.bed")}, genome)
