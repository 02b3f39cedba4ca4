"""How much of a protein is left: a gene with a long form of three exons and a short one that ends in the first intron."""

import pandas as pd
import pytest

from pasvar.sites import coding_kept

LENGTH = 2000


def exons_of(*transcripts: tuple[str, list[tuple[int, int]], tuple[int, int] | None], strand="+") -> pd.DataFrame:
    rows = []
    for name, exons, coding in transcripts:
        for start, end in exons:
            place, frame = (start, end), coding or (None, None)
            if strand == "-":
                place, frame = (
                    (LENGTH - end, LENGTH - start),
                    (frame[1] and LENGTH - frame[1], frame[0] and LENGTH - frame[0]),
                )
            rows.append((name, "G", "g", "1", strand, *place, *frame))
    columns = ["transcript_id", "gene_id", "gene_name", "chrom", "strand", "start", "end", "coding_start", "coding_end"]
    return pd.DataFrame(rows, columns=columns).astype({"coding_start": float, "coding_end": float})


def kept(exons: pd.DataFrame, *cuts: int, strand="+") -> list[tuple]:
    """(share, length) at cuts, 0-based along the strand."""
    positions = [cut + 1 if strand == "+" else LENGTH - cut for cut in cuts]
    sites = pd.DataFrame({"gene_id": "G", "strand": strand, "cut_pos": positions})
    found = coding_kept(sites, exons)
    return list(found.itertuples(index=False, name=None))


LONG = ("T1", [(100, 200), (400, 500), (800, 1200)], (150, 850))  # 50 + 100 + 50 coding
SHORT = ("T2", [(100, 300)], (150, 250))  # 100 coding


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("cut", "nt"),
    [
        (1199, 200),  # the annotated end
        (900, 200),  # in the last exon, behind the stop codon
        (1215, 200),  # just after the end
        (1900, 200),  # beyond the gene
        (820, 171),  # before the stop codon: 50 + 100 + 21
        (600, 150),  # in the second intron
        (450, 101),  # in the second exon: 50 + 51
        (299, 100),  # the end of the short form
        (310, 100),  # just after it
        (350, 50),  # in the first intron, where the short form does not reach
    ],
)
def test_what_is_upstream_of_the_cut(strand, cut, nt):
    exons = exons_of(LONG, SHORT, strand=strand)
    assert kept(exons, cut, strand=strand) == [(pytest.approx(nt / 200), 200)]


def test_without_a_cds_it_is_not_known():
    ((share, length),) = kept(exons_of(("T3", [(100, 200)], None)), 199)
    assert pd.isna(share)
    assert pd.isna(length)


def test_a_site_of_a_gene_that_the_exons_lack():
    found = coding_kept(pd.DataFrame({"gene_id": ["other"], "strand": "+", "cut_pos": 5}), exons_of(LONG))
    assert found.isna().all(axis=None)
