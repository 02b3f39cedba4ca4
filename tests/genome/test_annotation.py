"""The transcripts of literal GTFs, in every dialect, on a genome of 1,000 nt."""

# ruff: noqa: E501 (the lines of a GTF are long)

import gzip

import pytest

from builders import gtf_line, records, write_fasta
from pasvar.errors import InputError
from pasvar.genome.annotation import read_annotation
from pasvar.genome.fasta import Genome

OLD_ENSEMBL = """#!genome-build GRCh37
20	protein_coding	gene	101	600	.	+	.	gene_id "ENSG1"; gene_name "ONE"; gene_biotype "protein_coding";
20	protein_coding	transcript	101	600	.	+	.	gene_id "ENSG1"; transcript_id "ENST1"; gene_name "ONE"; gene_biotype "protein_coding";
20	protein_coding	exon	101	600	.	+	.	gene_id "ENSG1"; transcript_id "ENST1"; gene_name "ONE"; gene_biotype "protein_coding";
20	protein_coding	CDS	101	397	.	+	0	gene_id "ENSG1"; transcript_id "ENST1"; gene_name "ONE"; gene_biotype "protein_coding";
20	protein_coding	stop_codon	398	400	.	+	0	gene_id "ENSG1"; transcript_id "ENST1"; gene_name "ONE"; gene_biotype "protein_coding";
20	processed_transcript	transcript	101	500	.	+	.	gene_id "ENSG1"; transcript_id "ENST2"; gene_name "ONE"; gene_biotype "protein_coding";
20	processed_transcript	exon	101	500	.	+	.	gene_id "ENSG1"; transcript_id "ENST2"; gene_name "ONE"; gene_biotype "protein_coding";
"""

NEW_ENSEMBL = """#!genome-build GRCh38
20	ensembl_havana	gene	101	600	.	+	.	gene_id "ENSG1"; gene_version "5"; gene_name "ONE"; gene_source "ensembl_havana"; gene_biotype "protein_coding";
20	havana	transcript	101	600	.	+	.	gene_id "ENSG1"; gene_version "5"; transcript_id "ENST1"; transcript_version "2"; gene_name "ONE"; gene_biotype "protein_coding"; transcript_biotype "protein_coding"; tag "basic"; tag "Ensembl_canonical";
20	havana	exon	101	600	.	+	.	gene_id "ENSG1"; transcript_id "ENST1"; gene_biotype "protein_coding"; transcript_biotype "protein_coding"; tag "basic";
20	havana	CDS	101	397	.	+	0	gene_id "ENSG1"; transcript_id "ENST1"; gene_biotype "protein_coding"; transcript_biotype "protein_coding"; tag "basic";
20	havana	stop_codon	398	400	.	+	0	gene_id "ENSG1"; transcript_id "ENST1"; gene_biotype "protein_coding"; transcript_biotype "protein_coding";
20	havana	transcript	101	500	.	+	.	gene_id "ENSG1"; transcript_id "ENST2"; gene_name "ONE"; gene_biotype "protein_coding"; transcript_biotype "processed_transcript";
20	havana	exon	101	500	.	+	.	gene_id "ENSG1"; transcript_id "ENST2"; gene_biotype "protein_coding"; transcript_biotype "processed_transcript";
20	havana	transcript	101	450	.	+	.	gene_id "ENSG1"; transcript_id "ENST3"; gene_name "ONE"; gene_biotype "protein_coding"; transcript_biotype "protein_coding"; tag "cds_end_NF"; tag "mRNA_end_NF";
20	havana	exon	101	450	.	+	.	gene_id "ENSG1"; transcript_id "ENST3"; gene_biotype "protein_coding"; transcript_biotype "protein_coding"; tag "mRNA_end_NF";
"""

GENCODE = """##description: evidence-based annotation
##format: gtf
chr20	HAVANA	gene	101	600	.	+	.	gene_id "ENSG1.5"; gene_type "protein_coding"; gene_name "ONE"; level 2; hgnc_id "HGNC:1";
chr20	HAVANA	transcript	101	600	.	+	.	gene_id "ENSG1.5"; transcript_id "ENST1.2"; gene_type "protein_coding"; gene_name "ONE"; transcript_type "protein_coding"; level 2; tag "basic"; tag "MANE_Select"; tag "CCDS";
chr20	HAVANA	exon	101	600	.	+	.	gene_id "ENSG1.5"; transcript_id "ENST1.2"; gene_type "protein_coding"; transcript_type "protein_coding"; exon_number 1; tag "basic"; tag "CCDS";
chr20	HAVANA	CDS	101	397	.	+	0	gene_id "ENSG1.5"; transcript_id "ENST1.2"; gene_type "protein_coding"; transcript_type "protein_coding"; exon_number 1;
chr20	HAVANA	stop_codon	398	400	.	+	0	gene_id "ENSG1.5"; transcript_id "ENST1.2"; gene_type "protein_coding"; transcript_type "protein_coding";
chr20	HAVANA	transcript	101	500	.	+	.	gene_id "ENSG1.5"; transcript_id "ENST2.1"; gene_type "protein_coding"; gene_name "ONE"; transcript_type "retained_intron"; level 2;
chr20	HAVANA	transcript	101	450	.	+	.	gene_id "ENSG1.5"; transcript_id "ENST3.1"; gene_type "protein_coding"; gene_name "ONE"; transcript_type "protein_coding"; tag "mRNA_end_NF"; tag "basic";
"""


@pytest.fixture(scope="module")
def kilobase(tmp_path_factory):
    path = write_fasta(tmp_path_factory.mktemp("kilobase") / "genome.fa", {"20": "ACGTGCTA" * 125, "21": "ACGT" * 10})
    with Genome(path) as opened:
        yield opened


def write(tmp_path, text: str, name: str = "genes.gtf"):
    path = tmp_path / name
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


COLUMNS = ["transcript_id", "gene_id", "gene_name", "chrom", "strand", "start", "end", "is_coding", "utr_length"]


@pytest.mark.parametrize("name", ["genes.gtf", "genes.gtf.gz"])
@pytest.mark.parametrize(
    ("text", "version"), [(OLD_ENSEMBL, ("", "")), (NEW_ENSEMBL, ("", "")), (GENCODE, (".5", ".2"))]
)
def test_dialects_say_the_same(tmp_path, kilobase, text, version, name):
    transcripts, *_ = read_annotation(write(tmp_path, text, name), kilobase, ["protein_coding"])
    assert records(transcripts, *COLUMNS) == [
        ("ENST1" + version[1], "ENSG1" + version[0], "ONE", "20", "+", 100, 600, True, 200)
    ]


@pytest.mark.parametrize(
    ("text", "ends"),
    [(OLD_ENSEMBL, {600, 500}), (NEW_ENSEMBL, {600, 500}), (GENCODE, {600, 500})],
)
def test_without_biotypes_all_with_a_known_end_are_kept(tmp_path, kilobase, text, ends):
    transcripts, _, notes = read_annotation(write(tmp_path, text), kilobase, [])
    assert set(transcripts.end) == ends
    assert transcripts.is_coding.sum() == 1
    open_ended = "0 transcripts" if text is OLD_ENSEMBL else "1 transcript"
    assert f"the ends of {open_ended} tagged mRNA_end_NF left out" in notes


def test_a_tag_that_only_contains_the_name_is_another(tmp_path, kilobase):
    text = NEW_ENSEMBL.replace('tag "mRNA_end_NF"', 'tag "not_mRNA_end_NF_at_all"')
    transcripts, *_ = read_annotation(write(tmp_path, text), kilobase, [])
    assert set(transcripts.end) == {600, 500, 450}


def test_what_other_biotypes_lost_is_said(tmp_path, kilobase):
    *_, notes = read_annotation(write(tmp_path, NEW_ENSEMBL), kilobase, ["protein_coding"])
    assert notes[0] == "1 transcript of other biotypes than protein_coding left out"


def test_the_gene_biotype_stands_in_where_transcripts_have_none(tmp_path, kilobase):
    text = gtf_line("20", "src", "transcript", 1, 300, "+", 'gene_id "G"; transcript_id "T"; gene_biotype "lncRNA";')
    transcripts, *_ = read_annotation(write(tmp_path, text), kilobase, ["lncRNA"])
    assert records(transcripts, "transcript_id", "gene_name", "is_coding", "utr_length") == [("T", "G", False, None)]


# --- 3' UTR lengths -----------------------------------------------------------------------------------------------------


def transcript(strand: str, exons: list[tuple[int, int]], cds: list[tuple[int, int]], stops=()) -> str:
    """Lines of one transcript, 1-based and both ends included."""
    parts = [("transcript", min(exons)[0], max(exons)[1])]
    parts += [("exon", *exon) for exon in exons] + [("CDS", *part) for part in cds]
    parts += [("stop_codon", *stop) for stop in stops]
    attributes = 'gene_id "G"; transcript_id "T"; transcript_biotype "protein_coding";'
    return "".join(gtf_line("20", "src", feature, start, end, strand, attributes) for feature, start, end in parts)


@pytest.mark.parametrize(
    ("strand", "exons", "cds", "stops", "length"),
    [
        ("+", [(101, 600)], [(101, 397)], [(398, 400)], 200),
        ("+", [(101, 600)], [(101, 397)], [], 203),
        ("+", [(101, 600)], [(101, 597)], [(598, 600)], 0),
        ("+", [(101, 600)], [(101, 600)], [], 0),
        # an intron in the 3' UTR is not counted
        ("+", [(101, 450), (501, 600)], [(101, 397)], [(398, 400)], 150),
        ("+", [(101, 200), (301, 450), (501, 600)], [(151, 200), (301, 347)], [(348, 350)], 200),
        # a stop codon that an intron splits
        ("+", [(101, 400), (501, 600)], [(101, 399)], [(400, 400), (501, 502)], 98),
        ("-", [(101, 600)], [(304, 600)], [(301, 303)], 200),
        ("-", [(101, 600)], [(304, 600)], [], 203),
        ("-", [(101, 200), (251, 600)], [(304, 600)], [(301, 303)], 150),
        ("-", [(101, 200), (301, 400), (501, 600)], [(354, 400), (501, 550)], [(351, 353)], 150),
        ("-", [(101, 200), (301, 600)], [(302, 600)], [(199, 200), (301, 301)], 98),
        # no CDS
        ("+", [(101, 600)], [], [], None),
    ],
)
def test_utr_length(tmp_path, kilobase, strand, exons, cds, stops, length):
    transcripts, *_ = read_annotation(write(tmp_path, transcript(strand, exons, cds, stops)), kilobase, [])
    assert records(transcripts, "strand", "is_coding", "utr_length") == [(strand, length is not None, length)]


# --- input that does not fit --------------------------------------------------------------------------------------------


def test_contigs_that_the_fasta_lacks_are_left_out_and_said(tmp_path, kilobase):
    attributes = 'gene_id "{0}"; transcript_id "{0}"; gene_biotype "protein_coding";'
    text = "".join(
        gtf_line(chrom, "src", "transcript", 1, 40, "+", attributes.format(chrom))
        for chrom in ("chr20", "21", "7", "8")
    )
    transcripts, _, notes = read_annotation(write(tmp_path, text), kilobase, [])
    assert records(transcripts, "transcript_id", "chrom") == [("chr20", "20"), ("21", "21")]
    assert "2 transcripts on contigs that the FASTA lacks left out: 7, 8" in notes
    assert "2 transcripts without exons taken as one exon each: chr20, 21" in notes


def test_copies_of_a_gene_elsewhere_are_genes_of_their_own(tmp_path, kilobase):
    """As RefSeq has the pseudoautosomal genes: one gene_id and one transcript_id on two contigs, or on two strands."""
    text = (
        transcript("+", [(101, 600)], [(101, 397)], [(398, 400)])
        + transcript("+", [(1, 40)], [(1, 15)]).replace("20\t", "21\t")
        + transcript("-", [(701, 800)], []).replace('"T"', '"U"')
    )
    transcripts, _, notes = read_annotation(write(tmp_path, text), kilobase, [])
    assert sorted(records(transcripts, "gene_id", "transcript_id", "chrom", "strand", "utr_length"), key=str) == [
        ("G", "T", "20", "+", 200),
        ("G@20:-", "U", "20", "-", None),
        ("G@21:+", "T", "21", "+", 25),
    ]
    assert "2 genes at other places of a gene_id named as copies: G@21:+, G@20:-" in notes


def test_transcripts_past_the_end_of_their_contig(tmp_path, kilobase):
    """One that begins beyond it is of another assembly; one that runs over the end is of a circular contig."""
    beyond = write(tmp_path, transcript("+", [(1001, 1010)], []))
    with pytest.raises(
        InputError,
        match=r"genes\.gtf: transcript T lies at 20:1001-1010, past the contig's 1000 nt in .*genome\.fa; give",
    ):
        read_annotation(beyond, kilobase, [])
    over = write(tmp_path, NEW_ENSEMBL + transcript("+", [(901, 1001)], []).replace('"T"', '"OVER"'))
    transcripts, _, notes = read_annotation(over, kilobase, [])
    assert set(transcripts.transcript_id) == {"ENST1", "ENST2"}
    assert notes[-1] == "1 transcript past the end of their contig (circular?) left out: OVER"
    (last,) = read_annotation(write(tmp_path, transcript("+", [(901, 1000)], [])), kilobase, [])[0].itertuples()
    assert (last.start, last.end) == (900, 1000)


def test_contigs_none_of_which_the_fasta_has(tmp_path, kilobase):
    path = write(tmp_path, OLD_ENSEMBL.replace("20\t", "7\t"))
    with pytest.raises(
        InputError, match=r"none of its contigs \(7\) is in .*genome\.fa \(20, 21\); give the GTF and the"
    ):
        read_annotation(path, kilobase, [])


def test_where_no_transcript_is_left_the_reasons_are_said(tmp_path, kilobase):
    path = write(tmp_path, transcript(".", [(101, 600)], []))
    with pytest.raises(
        InputError, match=r"genes\.gtf: no transcript is left: .*1 transcript whose strand .* left out: T"
    ):
        read_annotation(path, kilobase, [])


def test_a_biotype_that_no_transcript_has(tmp_path, kilobase):
    with pytest.raises(
        InputError,
        match=r"no transcript has a biotype of config key `biotypes` \(protein_codin\); the file has protein_coding, processed_transcript; .*`biotypes: \[\]` takes all",
    ):
        read_annotation(write(tmp_path, NEW_ENSEMBL), kilobase, ["protein_codin"])


# --- dialects that lack something ---------------------------------------------------------------------------------------

REFSEQ = """#gtf-version 2.2
20	BestRefSeq	gene	101	600	.	+	.	gene_id "ONE"; transcript_id ""; db_xref "GeneID:1"; db_xref "HGNC:HGNC:5"; gbkey "Gene"; gene "ONE"; gene_biotype "protein_coding";
20	BestRefSeq	transcript	101	600	.	+	.	gene_id "ONE"; transcript_id "NM_1.3"; db_xref "GeneID:1"; gbkey "mRNA"; gene "ONE"; product "one, transcript variant 1; 5'-end"; tag "MANE Select"; transcript_biotype "mRNA";
20	BestRefSeq	exon	101	600	.	+	.	gene_id "ONE"; transcript_id "NM_1.3"; gene "ONE"; transcript_biotype "mRNA"; exon_number "1";
20	BestRefSeq	CDS	101	397	.	+	0	gene_id "ONE"; transcript_id "NM_1.3"; gbkey "CDS"; gene "ONE"; protein_id "NP_1.1"; exon_number "1";
20	BestRefSeq	stop_codon	398	400	.	+	0	gene_id "ONE"; transcript_id "NM_1.3"; gbkey "CDS"; gene "ONE"; exon_number "1";
20	Gnomon	transcript	701	900	.	-	.	gene_id "LOC2"; transcript_id "XR_2.1"; gbkey "ncRNA"; gene "LOC2"; transcript_biotype "lnc_RNA";
20	Gnomon	exon	701	900	.	-	.	gene_id "LOC2"; transcript_id "XR_2.1"; gene "LOC2"; transcript_biotype "lnc_RNA"; exon_number "1";
"""

STRINGTIE = """# stringtie -G ref.gtf
# StringTie version 2.2.1
20	StringTie	transcript	101	600	1000	+	.	gene_id "MSTRG.1"; transcript_id "MSTRG.1.1"; cov "3.1"; FPKM "0.1"; TPM "0.2";
20	StringTie	exon	101	600	1000	+	.	gene_id "MSTRG.1"; transcript_id "MSTRG.1.1"; exon_number "1"; cov "3.1";
20	StringTie	transcript	701	900	1000	.	.	gene_id "MSTRG.2"; transcript_id "MSTRG.2.1"; cov "3.1";
20	StringTie	exon	701	900	1000	.	.	gene_id "MSTRG.2"; transcript_id "MSTRG.2.1"; exon_number "1";
"""

UCSC = """20	hg38_refGene	stop_codon	398	400	0.000000	+	.	gene_id "NM_1"; transcript_id "NM_1";
20	hg38_refGene	CDS	101	397	0.000000	+	0	gene_id "NM_1"; transcript_id "NM_1";
20	hg38_refGene	exon	101	600	0.000000	+	.	gene_id "NM_1"; transcript_id "NM_1";
20	hg38_refGene	exon	701	900	0.000000	-	.	gene_id "NR_2"; transcript_id "NR_2";
"""

FLYBASE = """20	FlyBase	gene	101	600	.	+	.	gene_id "FBgn1"; gene_symbol "one";
20	FlyBase	mRNA	101	600	.	+	.	gene_id "FBgn1"; gene_symbol "one"; transcript_id "FBtr1"; transcript_symbol "one-RA";
20	FlyBase	exon	101	600	.	+	.	gene_id "FBgn1"; gene_symbol "one"; transcript_id "FBtr1"; transcript_symbol "one-RA";
20	FlyBase	CDS	101	397	.	+	0	gene_id "FBgn1"; gene_symbol "one"; transcript_id "FBtr1"; transcript_symbol "one-RA";
20	FlyBase	stop_codon	398	400	.	+	0	gene_id "FBgn1"; gene_symbol "one"; transcript_id "FBtr1"; transcript_symbol "one-RA";
"""


@pytest.mark.parametrize(
    ("text", "biotypes", "expected"),
    [
        (REFSEQ, ["protein_coding"], [("NM_1.3", "ONE", "ONE", "+", 600, 200)]),
        (REFSEQ, ["lncRNA"], [("XR_2.1", "LOC2", "LOC2", "-", 900, None)]),
        (
            REFSEQ.replace('transcript_biotype "mRNA";', "").replace('transcript_biotype "lnc_RNA";', ""),
            ["protein_coding"],
            [("NM_1.3", "ONE", "ONE", "+", 600, 200)],
        ),
        (STRINGTIE, [], [("MSTRG.1.1", "MSTRG.1", "MSTRG.1", "+", 600, None)]),
        (UCSC, [], [("NM_1", "NM_1", "NM_1", "+", 600, 200), ("NR_2", "NR_2", "NR_2", "-", 900, None)]),
        (FLYBASE, ["protein_coding"], [("FBtr1", "FBgn1", "one", "+", 600, 200)]),
    ],
    ids=["RefSeq", "RefSeq non-coding", "RefSeq of old", "StringTie", "UCSC", "FlyBase"],
)
def test_dialects_that_lack_something(tmp_path, kilobase, text, biotypes, expected):
    transcripts, *_ = read_annotation(write(tmp_path, text), kilobase, biotypes)
    columns = ["transcript_id", "gene_id", "gene_name", "strand", "end", "utr_length"]
    assert records(transcripts, *columns) == expected
