"""Atlases as they are published, from literal files."""

import gzip

import numpy as np
import pytest

from builders import records, write_fasta
from pasvar.atlas import guess_format, read_atlas
from pasvar.errors import InputError
from pasvar.genome import Genome


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    path = write_fasta(tmp_path_factory.mktemp("genome") / "genome.fa", {"20": "ACGT" * 500, "21": "ACGT" * 100})
    with Genome(path) as opened:
        yield opened


POLYASITE = """\
20	126	140	20:131:+	3.5	+	12.5	2	3.5	TE	AATAAA;-20;111
20	900	910	20:905:-	0.5	-	0.9	1	0.5	IN	NA
"""
POLYA_DB = """\
PAS_ID	Chromosome	Position	Strand	Mean RPM	Intron/exon location	Ensembl Gene ID
chr20:131:+	chr20	131	+	3.5	3'-most exon	ENSG1
chr20:905:-	chr20	905	-	0.5	Intron	na
"""
SAF = """\
GeneID	Chr	Start	End	Strand
20:131:+	20	107	155	+
g2	20	905	930	-
"""
GENCODE = """\
##description: polyA features
chr20	HAVANA	polyA_signal	101	106	.	+	.	gene_id "1"; transcript_id "1";
chr20	HAVANA	polyA_site	131	132	.	+	.	gene_id "2"; transcript_id "2";
chr20	HAVANA	polyA_site	904	905	.	-	.	gene_id "3"; transcript_id "3";
"""
BED = """\
20	120	131	a	0	+
20	904	930	b	0	-
"""
CUTS = [("20", "+", 130), ("20", "-", 904)]


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize(
    ("name", "text", "kind", "abundance"),
    [
        ("atlas.clusters.bed", POLYASITE, "polyasite", [3.5, 0.5]),
        ("human.PAS.txt", POLYA_DB, "polya_db", [3.5, 0.5]),
        ("human.saf", SAF, "saf", [None, None]),
        ("human.txt", SAF, "saf", [None, None]),
        ("gencode.polyAs.gtf", GENCODE, "gencode_polyas", [None, None]),
        ("mine.bed", BED, "bed", [None, None]),
    ],
)
def test_every_format_says_the_same(tmp_path, genome, name, text, kind, abundance, zipped):
    path = tmp_path / (f"{name}.gz" if zipped else name)
    path.write_bytes(gzip.compress(text.encode()) if zipped else text.encode())
    assert guess_format(path) == kind
    atlas = read_atlas({"path": str(path)}, genome)
    assert atlas.name == kind
    assert records(atlas.sites, "chrom", "strand", "cut") == CUTS
    assert [value for (value,) in records(atlas.sites, "abundance")] == abundance
    assert atlas.sites.share.isna().all()


def test_a_map_of_columns_by_number_and_tissues(tmp_path, genome):
    """The name is of another assembly: the middle of the lifted interval is taken."""
    path = tmp_path / "lifted.bed"
    path.write_text("20\t100\t121\t20:145750:+\tG1\t+\tTE\t2.0\t8.0\t0.25\t7\n")
    described = {"path": str(path), "format": "bed", "name": "mine", "tissues": {"liver": 11, "brain": 8}}
    atlas = read_atlas({**described, "columns": {"name": 4, "abundance": 8, "share": 10}}, genome)
    assert atlas.name == "mine"
    assert records(atlas.sites, "cut", "abundance", "share") == [(110, 2.0, 0.25)]
    assert atlas.tissues.to_dict("list") == {"liver": [7], "brain": [2.0]}


def test_a_map_of_columns_by_name(tmp_path, genome):
    path = tmp_path / "table.tsv"
    path.write_text("#contig\tsite\tway\tfat\tskin\nchr20\t131\t+\t1\t2\nchr21\t5\t-\t3\t.\n")
    columns = {"chrom": "contig", "position": "site", "strand": "way"}
    atlas = read_atlas({"path": str(path), "format": "bed", "columns": columns, "tissues": {"S": "skin"}}, genome)
    assert records(atlas.sites, "chrom", "strand", "cut") == [("20", "+", 130), ("21", "-", 4)]
    np.testing.assert_array_equal(atlas.tissues.S, [2, np.nan])


def test_sites_on_other_contigs_are_left_out_and_said(tmp_path, genome):
    path = tmp_path / "a.bed"
    path.write_text(BED + "X\t1\t2\tc\t0\t+\n")
    atlas = read_atlas({"path": str(path)}, genome)
    assert records(atlas.sites, "chrom", "strand", "cut") == CUTS
    assert atlas.notes == ["bed: 2 sites of a.bed", "bed: 1 sites on contigs that the FASTA lacks left out: X"]


@pytest.mark.parametrize(
    ("text", "change", "message"),
    [
        ("20\t1\t5\ta\t0\t*\n", {}, r"a\.bed: line 1: strand is '\*', expected \+ or -"),
        ("20\t1\t5\ta\t0\t+\n20\tx\t5\ta\t0\t+\n", {}, r"line 2: start is 'x', expected a number"),
        ("20\t5\t5\ta\t0\t+\n", {}, r"line 1: end is '5', expected an end after the start"),
        ("20\t1\t5000\ta\t0\t+\n", {}, r"line 1: position is 5000, expected a position within its contig"),
        (
            "20\t1\t5\ta\t-2\t+\n",
            {"columns": {"abundance": 5}},
            r"line 1: abundance is -2.*expected a number of at least 0",
        ),
        ("20\t1\t5\ta\t7\t+\n", {"columns": {"share": 5}}, r"line 1: share is 7.*expected a number of at most 1"),
        ("20\t1\t5\ta\tx\t+\n", {"columns": {"share": 5}}, r"line 1: share is 'x', expected a number"),
        ("20\t1\t5\ta\t0\t+\n", {"columns": {"share": 9}}, r"no column 9 for share; it has 6 columns"),
        ("20\t1\t5\n", {}, r"no column 6 for strand; it has 3 columns"),
        ("a\tb\n1\t2\n", {"columns": {"chrom": "c"}}, r"no column 'c' for chrom; its columns are a, b"),
        ("X\t1\t5\ta\t0\t+\n", {}, r"none of its contigs \(X\) is in"),
        ("", {}, r"cannot be read as tab-separated text"),
    ],
)
def test_bad_files_are_named_with_their_line(tmp_path, genome, text, change, message):
    path = tmp_path / "a.bed"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_atlas({"path": str(path), "format": "bed", **change}, genome)


def test_no_such_file(tmp_path, genome):
    with pytest.raises(InputError, match=r"none\.bed: no such file \(config key `atlas`\)"):
        read_atlas({"path": str(tmp_path / "none.bed")}, genome)
