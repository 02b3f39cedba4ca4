"""Literal genes on both strands: where positions lie in them."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from builders import records
from pasvar.genome.gene_model import assign_genes

LENGTH = 10_000  # of the contig, for mirroring


def exons_of(*transcripts: tuple[str, str, list[tuple[int, int]], tuple[int, int] | None], strand="+") -> pd.DataFrame:
    """(transcript, gene, exons, CDS with stop codon) on the plus strand, mirrored where strand is minus."""
    rows = []
    for transcript, gene, exons, coding in transcripts:
        for start, end in exons:
            first, last = coding or (math.nan, math.nan)
            if strand == "-":
                start, end, first, last = LENGTH - end, LENGTH - start, LENGTH - last, LENGTH - first
            rows.append((transcript, gene, gene.lower(), "1", strand, start, end, first, last))
    columns = ["transcript_id", "gene_id", "gene_name", "chrom", "strand", "start", "end", "coding_start", "coding_end"]
    return pd.DataFrame(rows, columns=columns)


def points_of(*cuts: int, strand="+") -> pd.DataFrame:
    cuts = [cut if strand == "+" else LENGTH - 1 - cut for cut in cuts]
    return pd.DataFrame({"chrom": "1", "strand": strand, "cut": cuts}, index=range(50, 50 + len(cuts)))


ONE = ("T1", "ONE", [(1000, 1200), (2000, 2100), (3000, 3500)], (1100, 3100))
"""CDS from 1100, over both introns, stop codon up to 3100, 3' UTR 3100-3500."""
EARLY = ("T2", "ONE", [(1000, 1200), (2000, 2400)], (1100, 2050))
"""An isoform that ends early, 3' UTR 2050-2400."""
SPLIT = ("T3", "TWO", [(6000, 6100), (6200, 6300), (6500, 6600)], (6020, 6050))
"""A 3' UTR in three exons: 50 + 100 + 100 nt."""
NONCODING = ("T4", "LNC", [(8000, 8100), (8300, 8400)], None)


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("cut", "site_class", "utr_length", "truncating"),
    [
        (3499, "3utr", 400, False),  # the annotated end
        (3100, "3utr", 1, False),  # the first base after the stop codon
        (3099, "exon", None, True),  # the stop codon's last base
        (2060, "3utr", 11, False),  # 3' UTR of the early isoform, coding in the other
        (2099, "3utr", 50, False),
        (2500, "intron", None, True),
        (1500, "intron", None, True),
        (1010, "exon", None, True),  # 5' UTR: nothing of the protein is left
        (3500, "extended", 401, False),
        (3999, "extended", 900, False),  # 500 nt downstream
        (4000, "intergenic", None, False),
        (999, "intergenic", None, False),
    ],
)
def test_a_coding_gene(strand, cut, site_class, utr_length, truncating):
    exons = exons_of(ONE, EARLY, strand=strand)
    found = assign_genes(points_of(cut, strand=strand), exons, 500)
    gene = None if site_class == "intergenic" else "ONE"
    assert records(found, "point", "gene_id", "site_class", "utr_length", "truncating") == [
        (0, gene, site_class, utr_length, truncating)
    ]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_lengths_leave_introns_out(strand):
    found = assign_genes(points_of(6099, 6150, 6200, 6599, 6700, strand=strand), exons_of(SPLIT, strand=strand), 500)
    # An intron of a 3' UTR lies after the stop codon: the protein is whole.
    assert records(found, "site_class", "utr_length", "truncating") == [
        ("3utr", 50, False),
        ("intron", None, False),
        ("3utr", 51, False),
        ("3utr", 250, False),
        ("extended", 351, False),
    ]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_gene_without_a_cds(strand):
    found = assign_genes(points_of(8399, 8200, 8450, strand=strand), exons_of(NONCODING, strand=strand), 100)
    assert records(found, "gene_id", "site_class", "utr_length", "truncating") == [
        ("LNC", "noncoding", None, False),
        ("LNC", "intron", None, False),
        ("LNC", "extended", None, False),
    ]


def test_the_longest_3utr_of_the_transcripts_that_have_the_position():
    longer = ("T9", "ONE", [(3000, 3600)], (3010, 3050))
    found = assign_genes(points_of(3499), exons_of(ONE, longer), 0)
    assert records(found, "utr_length") == [(450,)]


def test_overlapping_genes_give_a_row_each_and_a_gene_s_body_comes_before_the_extension_of_another():
    inner = ("T5", "INNER", [(2900, 3300)], (2910, 3000))
    after = ("T6", "AFTER", [(3700, 3900)], (3710, 3800))
    found = assign_genes(points_of(3200, 3850, 3600), exons_of(ONE, inner, after), 1000)
    assert records(found, "point", "gene_id", "site_class") == [
        (0, "INNER", "3utr"),
        (0, "ONE", "3utr"),
        (1, "AFTER", "3utr"),
        (2, "ONE", "extended"),
    ]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_nearest_gene_end_takes_what_lies_beyond_several(strand):
    a = ("TA", "A", [(4000, 5000)], (4100, 4500))
    b = ("TB", "B", [(5200, 5600)], (5210, 5400))
    overlapping = ("TC", "C", [(4500, 5300)], None)
    equal = ("TD", "D", [(4600, 5600)], None)
    cuts = (5650, 5150, 5550, 6700)
    found = assign_genes(points_of(*cuts, strand=strand), exons_of(a, b, strand=strand), 1000)
    assert records(found, "point", "gene_id", "site_class") == [
        (0, "B", "extended"),
        (1, "A", "extended"),
        (2, "B", "3utr"),
        (3, None, "intergenic"),
    ]
    with_c = assign_genes(points_of(*cuts, strand=strand), exons_of(a, b, overlapping, strand=strand), 1000)
    assert records(with_c, "point", "gene_id", "site_class") == [
        (0, "B", "extended"),
        (1, "C", "noncoding"),
        (2, "B", "3utr"),
        (3, None, "intergenic"),
    ]
    with_d = assign_genes(points_of(5650, strand=strand), exons_of(a, b, equal, strand=strand), 1000)
    assert records(with_d, "gene_id", "site_class") == [("B", "extended"), ("D", "extended")]


def test_genes_of_the_other_strand_and_of_other_contigs_are_no_nearer_end():
    a = ("TA", "A", [(4000, 5000)], (4100, 4500))
    b = ("TB", "B", [(5200, 5600)], (5210, 5400))
    elsewhere = exons_of(b).assign(chrom="2", gene_id="B2")
    exons = pd.concat([exons_of(a), exons_of(b).assign(strand="-"), elsewhere])
    assert records(assign_genes(points_of(5650), exons, 1000), "gene_id") == [("A",)]


def test_copies_of_a_transcript_are_measured_each_by_itself():
    there = exons_of(ONE).assign(gene_id="ONE@1:6001:+")
    there[["start", "end", "coding_start", "coding_end"]] += 5000
    found = assign_genes(points_of(3499, 8499), pd.concat([exons_of(ONE), there]), 0)
    assert records(found, "gene_id", "utr_length") == [("ONE", 400), ("ONE@1:6001:+", 400)]


def test_the_other_strand_is_another_gene():
    found = assign_genes(points_of(3499, strand="-"), exons_of(ONE), 1000)
    assert records(found, "gene_id", "site_class") == [(None, "intergenic")]


def test_points_on_a_contig_without_genes():
    found = assign_genes(points_of(3499).assign(chrom="2"), exons_of(ONE), 1000)
    assert records(found, "gene_id", "site_class") == [(None, "intergenic")]


def test_no_points():
    found = assign_genes(points_of(), exons_of(ONE), 1000)
    assert found.empty
    assert "site_class" in found


def plainly(cut: int, transcripts) -> tuple[float | None, bool, bool]:
    """(3' UTR length, truncating, exonic) of a plus-strand position in one gene, base by base."""
    lengths, truncating, exonic = [], False, False
    for _, _, exons, coding in transcripts:
        bases = [base for start, end in exons for base in range(start, end)]
        exonic |= cut in bases
        if coding:
            after = [base for base in bases if base >= coding[1] and base <= cut]
            if cut in after:
                lengths.append(len(after))
            truncating |= exons[0][0] <= cut < coding[1]
    return max(lengths, default=None), truncating and not lengths, exonic


borders = st.lists(st.integers(0, 120), min_size=4, max_size=4, unique=True).map(sorted)


@given(st.lists(st.tuples(borders, st.data()), min_size=1, max_size=3), st.integers(0, 119), st.sampled_from("+-"))
def test_any_gene_as_a_base_by_base_count_has_it(drawn, cut, strand):
    transcripts = []
    for i, ((a, b, c, d), data) in enumerate(drawn):
        bases = [*range(a, b), *range(c, d)]
        first, last = sorted(data.draw(st.tuples(st.sampled_from(bases), st.sampled_from(bases))))
        coding = data.draw(st.sampled_from([None, (first, last + 1)]))
        transcripts.append((f"T{i}", "G", [(a, b), (c, d)], coding))
    (found,) = assign_genes(points_of(cut, strand=strand), exons_of(*transcripts, strand=strand), 0).itertuples()
    inside = min(t[2][0][0] for t in transcripts) <= cut < max(t[2][1][1] for t in transcripts)
    assert (found.site_class != "intergenic") == inside
    if inside:
        length, truncating, exonic = plainly(cut, transcripts)
        assert (None if np.isnan(found.utr_length) else found.utr_length) == length
        assert found.truncating == truncating
        assert (found.site_class == "intron") == (length is None and not exonic)
