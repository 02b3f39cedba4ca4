"""Annotations that went wrong: `faults/good.gtf` (six genes, seven ends, AATAAA 20 nt before each cut) with one fault each.

What is right is what good.gtf gives, with a note on what was done or left out, or an error that names the line.
"""

from pathlib import Path

import pytest

from builders import records
from pasvar.errors import InputError
from pasvar.genome.annotation import read_annotation
from pasvar.genome.fasta import Genome
from pasvar.sequence import decode, reverse_complement

FAULTS = Path(__file__).parent / "faults"
COLUMNS = ["transcript_id", "gene_id", "gene_name", "chrom", "strand", "start", "end", "utr_length"]

GOOD = [
    ("T1a", "G1", "ALPHA", "chr1", "+", 1000, 3600, 700),
    ("T1b", "G1", "ALPHA", "chr1", "+", 1000, 2900, 600),
    ("T2a", "G2", "BETA", "chr1", "-", 6000, 7800, 500),
    ("T3a", "G3", "GAMMA", "chr1", "+", 10000, 11200, 500),
    ("T4a", "G4", "DELTA", "chr2", "-", 4000, 5600, 600),
    ("T5a", "G5", "EPS", "chr2", "+", 9000, 10900, 700),
    ("T6a", "G6", "MTX", "chrM", "+", 500, 1400, 200),
]
COPY = ("TC1", "CP", "COPY", "chr1", "+", 15000, 16500, 500)
NAME, GENE_ID, GENE_NAME, LENGTH = (
    COLUMNS.index(name) for name in ("transcript_id", "gene_id", "gene_name", "utr_length")
)


def replaced(rows: list[tuple], values: dict[int, object], where: tuple[int, object] | None = None) -> list[tuple]:
    """The rows with other values in some columns, all or those that have a value in a column."""
    return [
        tuple(values.get(i, value) for i, value in enumerate(row))
        if where is None or row[where[0]] == where[1]
        else row
        for row in rows
    ]


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    with Genome(FAULTS / "genome.fa", tmp_path_factory.mktemp("index")) as opened:
        yield opened


def read(path: Path, genome: Genome, biotypes: list[str]) -> tuple[list[tuple], list[str]]:
    """The transcripts, those of good.gtf with their hexamer, and the notes except the two of every file."""
    transcripts, exons, notes = read_annotation(path, genome, biotypes)
    for row in transcripts.itertuples():
        first = row.end - 21 if row.strand == "+" else row.start + 15
        codes = genome.slice(row.chrom, first, first + 6).codes
        hexamer = decode(codes if row.strand == "+" else reverse_complement(codes))
        assert hexamer == "AATAAA" or row.gene_name == "COPY", row
    spans = exons.groupby(COLUMNS[1::-1]).agg(start=("start", "min"), end=("end", "max"))
    assert records(spans, "start", "end") == records(transcripts.sort_values(COLUMNS[1::-1]), "start", "end")
    return records(transcripts, *COLUMNS), [note for note in notes if not note.startswith(("0 ", "the ends of 0 "))]


def test_the_sound_file(faulty):
    assert read(FAULTS / "good.gtf", faulty, ["protein_coding"]) == (GOOD, [])


@pytest.mark.parametrize(
    "name",
    ["mid_comment.gtf", "bom_hdr.gtf", "reserved_attr.gtf", "bgz.gtf.bgz", "gz_named_plain.gtf", "nospace_some.gtf"],
)
def test_written_otherwise(faulty, name):
    assert read(FAULTS / name, faulty, ["protein_coding"]) == (GOOD, [])


@pytest.mark.parametrize("biotypes", [["protein_coding"], ["mRNA"], []])
@pytest.mark.parametrize("name", ["note_oneword.gtf", "note_key.gtf"])
def test_refseq_with_semicolons_in_quotes(faulty, tmp_path, name, biotypes):
    path = tmp_path / name
    text = (FAULTS / name).read_text()
    for contig, own in (("NC_900001.11", "chr1"), ("NC_900002.12", "chr2"), ("NC_900920.1", "chrM")):
        text = text.replace(contig, own)
    path.write_text(text)
    expected = [(f"NM_{row[0]}.1", row[2], *row[2:]) for row in GOOD]
    assert read(path, faulty, biotypes) == (expected, [])


def test_a_name_of_a_gene_with_a_semicolon(faulty):
    assert read(FAULTS / "semi_space.gtf", faulty, ["protein_coding"]) == (
        replaced(GOOD, {GENE_NAME: "alpha; beta"}, (GENE_NAME, "ALPHA")),
        [],
    )


def test_genes_without_a_name_have_their_id(faulty):
    expected = GOOD
    for gene_id, gene_name in (("G2", "BETA"), ("G3", "GAMMA")):
        expected = replaced(expected, {GENE_NAME: gene_id}, (GENE_NAME, gene_name))
    assert read(FAULTS / "empty_gene_name.gtf", faulty, ["protein_coding"]) == (expected, [])


BUILT = "transcripts without a line of their own built from their exons: "


@pytest.mark.parametrize(
    ("name", "expected", "notes"),
    [
        ("ensembl_old_exon_only.gtf", GOOD, [f"7 {BUILT}T1a, T1b, T2a, T3a, T4a and 2 more"]),
        ("one_without_tx_line.gtf", GOOD, [f"1 {BUILT.replace('transcripts', 'transcript')}T3a"]),
        (
            "tx_lines_only.gtf",
            replaced(GOOD, {LENGTH: None}),
            ["7 transcripts without exons taken as one exon each: T1a, T1b, T2a, T3a, T4a and 2 more"],
        ),
        (
            "empty_gene_id.gtf",
            [row for row in GOOD if row[GENE_ID] in ("G4", "G5", "G6")],
            ["23 lines without gene_id left out, with transcript_id T1a, T1b, T2a, T3a"],
        ),
        (
            "ts.gtf",
            GOOD,
            ["1 transcript with exons on both strands (spliced in trans) left out: TST"],
        ),
        ("circular.gtf", GOOD, ["1 transcript past the end of their contig (circular?) left out: TC"]),
    ],
)
def test_lines_that_are_missing_or_cannot_be_used(faulty, name, expected, notes):
    assert read(FAULTS / name, faulty, ["protein_coding"]) == (expected, notes)


@pytest.mark.parametrize("name", ["dot.gtf", "question.gtf"])
def test_a_transcript_of_neither_strand(faulty, name):
    expected = [
        (*row[:1], f"MSTRG.{row[1][1]}", f"MSTRG.{row[1][1]}", *row[3:7], None) for row in GOOD if row[0] != "T3a"
    ]
    assert read(FAULTS / name, faulty, []) == (
        expected,
        ["1 transcript whose strand is neither + nor - left out: T3a"],
    )


def test_a_file_without_biotypes(faulty):
    path = FAULTS / "ucsc_nobiotype.gtf"
    with pytest.raises(
        InputError, match=r"no transcript has a biotype .*; the file has none at all; `biotypes: \[\]` takes"
    ):
        read_annotation(path, faulty, ["protein_coding"])
    assert read(path, faulty, []) == ([(*row[:2], row[GENE_ID], *row[3:]) for row in GOOD], [])


@pytest.mark.parametrize(
    ("name", "copy"),
    [
        ("a_same_gene.gtf", ("TC1_2", "CP@chr1:24001:+", "COPY", "chr1", "+", 24000, 25500, 500)),
        ("b_same_tx.gtf", ("TC1", "CP@chr1:24001:+", "COPY", "chr1", "+", 24000, 25500, 500)),
        ("c_palindrome.gtf", ("TC1", "CP@chr1:-", "COPY", "chr1", "-", 20000, 21500, 500)),
    ],
)
def test_copies_of_a_gene(faulty, name, copy):
    note = f"1 gene at other places of a gene_id named as copies: {copy[GENE_ID]}"
    assert read(FAULTS / name, faulty, ["protein_coding"]) == ([*GOOD, COPY, copy], [note])


def test_exons_of_two_copies_that_nothing_tells_apart(faulty, tmp_path):
    """Without lines of transcripts and numbers of exons; a CDS does not begin again after it has ended."""
    path = tmp_path / "exons.gtf"
    rows = (FAULTS / "b_same_tx.gtf").read_text().splitlines(keepends=True)
    path.write_text("".join(row for row in rows if row.split("\t")[2] in ("exon", "CDS")))
    transcripts, _, notes = read_annotation(path, faulty, ["protein_coding"])
    assert set(transcripts.transcript_id) == {row[NAME] for row in GOOD}
    assert notes[-1] == "1 transcript whose exons begin a CDS again after one has ended (copies?) left out: TC1"


def changed(old: str, new: str, *features: str) -> str:
    """good.gtf with another text in its lines of T3a, or in those of some features."""
    rows = (FAULTS / "good.gtf").read_text().splitlines(keepends=True)
    return "".join(
        row.replace(old, new) if "T3a" in row and (not features or row.split("\t")[2] in features) else row
        for row in rows
    )


def only(feature: str, old: str, new: str) -> str:
    """The line of T3a of that feature, changed."""
    return "".join(
        row for row in changed(old, new).splitlines(keepends=True) if "T3a" in row and f"\t{feature}\t" in row
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (changed("\t10101\t", "\t9101\t", "CDS"), "whose CDS lies outside them"),
        (changed("exon\t10001\t", "exon\t10501\t") + only("exon", "\t11200\t", "\t10900\t"), "whose exons overlap"),
        (changed("", "") + only("transcript", "\t11200\t", "\t11300\t"), "given again with other ends"),
    ],
    ids=["CDS outside", "overlapping exons", "given again"],
)
def test_one_transcript_that_contradicts_itself_costs_that_transcript(faulty, tmp_path, text, why):
    path = tmp_path / "genes.gtf"
    path.write_text(text)
    transcripts, _, notes = read_annotation(path, faulty, ["protein_coding"])
    assert set(transcripts.transcript_id) == {row[NAME] for row in GOOD} - {"T3a"}
    assert notes[-1] == f"1 transcript {why} left out: T3a"


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("contig", ["chr2", "2"])
def test_neither_the_order_of_lines_nor_mixed_names_of_contigs_matter(faulty, tmp_path, order, contig):
    path = tmp_path / "genes.gtf"
    rows = (FAULTS / "good.gtf").read_text().replace("chr2\t", f"{contig}\t", 10).splitlines(keepends=True)
    path.write_text("".join(rows[::order]))
    found, notes = read(path, faulty, ["protein_coding"])
    assert (sorted(found), notes) == (sorted(GOOD), [])


def test_columns_that_are_not_used_need_not_be_numbers(faulty, tmp_path):
    path = tmp_path / "genes.gtf"
    path.write_text((FAULTS / "good.gtf").read_text().replace("\t.\t+\t.\t", "\tNA\t+\tNA\t"))
    assert read(path, faulty, ["protein_coding"]) == (GOOD, [])


def test_lines_of_coding_sequence_alone_have_no_ends(faulty, tmp_path):
    path = tmp_path / "cds.gtf"
    rows = (FAULTS / "good.gtf").read_text().splitlines(keepends=True)
    path.write_text("".join(row for row in rows if "\tCDS\t" in row))
    with pytest.raises(
        InputError, match="no transcript is left: 7 transcripts with neither a line of their own nor exons"
    ):
        read_annotation(path, faulty, [])


def test_a_file_twice_over(faulty, tmp_path):
    path = tmp_path / "twice.gtf"
    path.write_text((FAULTS / "good.gtf").read_text() * 2)
    assert read(path, faulty, ["protein_coding"]) == (
        GOOD,
        ["39 lines given twice read once, of 7 transcripts: T1a, T1b, T2a, T3a, T4a and 2 more"],
    )


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("start_after_end.gtf", "line 23: start 11200 is after end 10001"),
        ("start_zero.gtf", "line 46: start is 0, expected at least 1"),
        ("tx_shorter_than_exons.gtf", "line 23: transcript T3a is 10001-11000, its exons are 10001-11200"),
    ],
)
def test_malformed_intervals(faulty, name, message):
    with pytest.raises(InputError, match=f"{name}: {message}"):
        read_annotation(FAULTS / name, faulty, ["protein_coding"])
