"""What a site is among the others of its gene: literal genes with two last exons, on both strands."""

import pandas as pd
import pytest

from pasvar.sites.roles import assign_roles

LENGTH = 10_000
EXONS = [("T1", 1_000, 1_200), ("T1", 5_000, 6_000), ("T2", 1_000, 1_200), ("T2", 2_000, 2_500), ("T3", 5_100, 5_500)]
"""T2 ends in a last exon of its own; those of T1 and T3 overlap."""


def exons(strand: str) -> pd.DataFrame:
    rows = [(name, *((start, end) if strand == "+" else (LENGTH - end, LENGTH - start))) for name, start, end in EXONS]
    frame = pd.DataFrame(rows, columns=["transcript_id", "start", "end"])
    return frame.assign(gene_id="G", chrom="1", strand=strand)


def sites(strand: str, *rows: tuple[int, float, str, int]) -> pd.DataFrame:
    """(cut along the strand, 0-based; confidence; site_class; n_transcripts)."""
    frame = pd.DataFrame(rows, columns=["cut", "confidence", "site_class", "n_transcripts"])
    return frame.assign(
        gene_id="G",
        chrom="1",
        strand=strand,
        cut_pos=frame.cut + 1 if strand == "+" else LENGTH - frame.cut,
        usage_measured=float("nan"),
    )


def roles(strand: str, *rows: tuple[int, float, str, int]) -> list[tuple]:
    """(rank, class, takes part in usage), proximal to distal."""
    found = assign_roles(sites(strand, *rows), exons(strand), 0.5, ["1"])
    assert found.cut_pos.is_monotonic_increasing
    found = found.sort_values("rank")
    return list(zip(found["rank"], found.site_class, found.in_usage, strict=True))


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [(2_499, 0.9, "3utr", 1), (5_499, 0.9, "3utr", 1), (5_999, 0.9, "3utr", 1)],
            [(1, "alternative_last_exon", True), (2, "tandem_3utr", True), (3, "tandem_3utr", True)],
        ),
        # A site that takes no part makes no tandem of the other.
        (
            [(5_300, 0.2, "3utr", 0), (5_999, 0.9, "3utr", 1)],
            [(1, "tandem_3utr", False), (2, "3utr", True)],
        ),
        # Where none is sure the annotated ones share the gene.
        (
            [(5_300, 0.4, "3utr", 0), (5_999, 0.1, "3utr", 1)],
            [(1, "tandem_3utr", False), (2, "3utr", True)],
        ),
        ([(3_000, 0.9, "intron", 0), (7_000, 0.3, "extended", 0)], [(1, "intron", True), (2, "extended", False)]),
        # Said once, said again.
        ([(5_499, 0.9, "tandem_3utr", 1)], [(1, "3utr", True)]),
    ],
)
def test_roles(strand, rows, expected):
    assert roles(strand, *rows) == expected


def test_a_measured_site_takes_part_however_unsure():
    found = assign_roles(
        sites("+", (5_499, 0.1, "3utr", 0), (5_999, 0.9, "3utr", 1)).assign(usage_measured=[0.3, None]),
        exons("+"),
        0.5,
        ["1"],
    )
    assert found.in_usage.all()


def test_a_gene_that_nobody_is_sure_of_keeps_its_sites():
    assert roles("+", (6_500, 0.3, "extended", 0)) == [(1, "extended", True)]
