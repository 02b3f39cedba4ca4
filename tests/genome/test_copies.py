"""One gene_id at several places: copies of a gene, or fragments of one."""

import pytest

from builders import gtf_line, records, write_fasta
from pasvar.genome.annotation import read_annotation
from pasvar.genome.fasta import Genome

LENGTH = 100_000


@pytest.fixture(scope="module")
def wide(tmp_path_factory):
    with Genome(write_fasta(tmp_path_factory.mktemp("wide") / "genome.fa", {"1": "ACGT" * (LENGTH // 4)})) as opened:
        yield opened


def lines(
    transcript_id: str, start: int, exons=((0, 200), (300, 600)), cds=(50, 450), strand="+", gene_id="G", features=None
) -> str:
    """A transcript at `start`, on minus mirrored within the contig; exons and CDS (with its stop codon) from there."""
    parts = [("transcript", exons[0][0], exons[-1][1]), *(("exon", *exon) for exon in exons)]
    if cds:
        parts += [
            ("CDS", max(first, cds[0]), min(last, cds[1])) for first, last in exons if first < cds[1] and cds[0] < last
        ]
    attributes = f'gene_id "{gene_id}"; transcript_id "{transcript_id}";'
    text, n_exons = "", 0
    for feature, first, last in parts:
        first, last = start + first + 1, start + last
        n_exons += feature == "exon"
        if strand == "-":
            first, last = LENGTH + 1 - last, LENGTH + 1 - first
        if not features or feature in features:
            text += gtf_line("1", "s", feature, first, last, strand, f'{attributes} exon_number "{n_exons}";')
    return text


FRAGMENT = {"cds": (0, 600)}
"""A CDS that is open on both sides, as of the fragments in Ensembl."""


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("places", "n_genes"),
    [
        ([("A", 1000, {}), ("B", 9000, {})], 2),
        ([("A", 1000, {}), ("B", 9000, {}), ("C", 20_000, {})], 3),
        # isoforms overlap
        ([("A", 1000, {}), ("B", 1300, {})], 1),
        # one gene annotated in two pieces, near or far
        ([("A", 1000, FRAGMENT), ("B", 9000, {"exons": ((0, 900),), "cds": (0, 900)})], 1),
        ([("A", 1000, {}), ("B", 9000, {"exons": ((0, 900),), "cds": (0, 400)})], 1),
        ([("A", 1000, {}), ("B", 2100, {})], 1),
        # one transcript_id at two places is two transcripts, however near
        ([("A", 1000, {}), ("A", 2100, {})], 2),
        # of genes without a CDS, copies have the same exons
        ([("A", 1000, {"cds": None}), ("B", 9000, {"cds": None})], 2),
        ([("A", 1000, {"cds": None}), ("B", 9000, {"cds": None, "exons": ((0, 900),)})], 1),
        # fragments between two copies go with the one before them, on either strand
        ([("A", 1000, {}), ("F", 5000, {"exons": ((0, 90),), "cds": (0, 90)}), ("B", 9000, {})], 2),
    ],
)
def test_places_of_a_gene(tmp_path, wide, strand, places, n_genes):
    path = tmp_path / "genes.gtf"
    path.write_text("".join(lines(name, start, strand=strand, **shape) for name, start, shape in places))
    transcripts, exons, _ = read_annotation(path, wide, [])
    assert len(transcripts) == len(places)
    assert transcripts.gene_id.nunique() == n_genes
    assert "G" in set(transcripts.gene_id)
    assert not transcripts.duplicated(["gene_id", "transcript_id"]).any()
    assert set(exons.gene_id) == set(transcripts.gene_id)


def test_copies_without_lines_of_transcripts_are_told_by_their_exon_numbers(tmp_path, wide):
    path = tmp_path / "genes.gtf"
    exon_only = ("exon", "CDS")
    path.write_text(lines("A", 1000, features=exon_only) + lines("A", 9000, features=exon_only))
    transcripts, _, notes = read_annotation(path, wide, [])
    assert records(transcripts, "transcript_id", "gene_id", "start", "end", "utr_length") == [
        ("A", "G", 1000, 1600, 150),
        ("A", "G@1:9001:+", 9000, 9600, 150),
    ]
    assert "1 gene at other places of a gene_id named as copies: G@1:9001:+" in notes


def test_copies_on_both_strands_of_which_each_has_further_ones(tmp_path, wide):
    path = tmp_path / "genes.gtf"
    path.write_text("".join(lines("A", start, strand=strand) for strand in "+-" for start in (1000, 9000)))
    transcripts, *_ = read_annotation(path, wide, [])
    assert records(transcripts, "gene_id", "start") == [
        ("G", 1000),
        ("G@1:9001:+", 9000),
        ("G@1:98401:-", 98_400),
        ("G@1:-", 90_400),
    ]


def test_genes_of_one_transcript_each_are_said(tmp_path, wide):
    path = tmp_path / "genes.gtf"
    path.write_text(lines("A", 1000, gene_id="A") + lines("B", 1000, exons=((0, 200), (300, 700)), gene_id="B"))
    assert any(note.startswith("gene_id is transcript_id throughout") for note in read_annotation(path, wide, []).notes)
