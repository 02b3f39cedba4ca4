"""To which gene a site of an atlas belongs, on literal genes of one strand."""

import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st

from builders import records
from pasvar.sites.placement import place_sites

LENGTH = 100_000


def exon(gene: str, start: int, end: int, strand: str = "+", chrom: str = "1") -> dict:
    """A gene of one exon, without a CDS."""
    return {
        "transcript_id": f"T{gene}",
        "gene_id": f"ENSG0{ord(gene[0])}.3",
        "gene_name": gene,
        "chrom": chrom,
        "strand": strand,
        "start": start,
        "end": end,
        "coding_start": float("nan"),
        "coding_end": float("nan"),
    }


EXONS = pd.DataFrame([exon("AAA", 1000, 5000), exon("BBB", 20_000, 30_000), exon("CCC", 40_000, 45_000, "-")])


def with_genes(*genes: dict) -> pd.DataFrame:
    return pd.concat([EXONS, pd.DataFrame(genes)], ignore_index=True)


def site(cut: int, genes: str, strand: str = "+") -> dict:
    return {"chrom": "1", "strand": strand, "cut": cut, "genes": genes}


def place(*sites: dict, exons: pd.DataFrame = EXONS, extension: int = 1000, gene_distance: int = 10_000):
    return place_sites(pd.DataFrame(sites), exons, extension, gene_distance)


def genes_of(placement) -> list[tuple]:
    return records(placement.genes, "point", "gene_name", "site_class")


@pytest.mark.parametrize(
    ("cut", "genes", "strand", "expected"),
    [
        (3000, "AAA", "+", ("AAA", "noncoding")),
        (5900, "", "+", ("AAA", "extended")),
        # 4 kb downstream: without the name it is in no gene.
        (9000, "", "+", (None, "intergenic")),
        (9000, "AAA", "+", ("AAA", "extended")),
        (9000, "NA2;ENSG065.7", "+", ("AAA", "extended")),
        (9000, "x, AAA", "+", ("AAA", "extended")),
        (9000, "AAAA", "+", (None, "intergenic")),
        # 10 kb downstream is the most.
        (14_999, "AAA", "+", ("AAA", "extended")),
        (15_000, "AAA", "+", (None, "intergenic")),
        # The annotation has the gene on the other strand, or downstream of the site.
        (9000, "AAA", "-", (None, "intergenic")),
        (900, "AAA", "+", (None, "intergenic")),
        # On minus the gene ends at its first base.
        (31_000, "CCC", "-", ("CCC", "extended")),
        (29_999, "CCC", "-", (None, "intergenic")),
    ],
)
def test_the_named_gene(cut, genes, strand, expected):
    assert genes_of(place(site(cut, genes, strand))) == [(0, *expected)]


def test_another_gene_begins_in_between():
    """DDD does; what begins on the other strand does not count."""
    exons = with_genes(exon("DDD", 7000, 8000), exon("EEE", 6000, 6100, "-"))
    assert genes_of(place(site(7500, "AAA"), exons=exons)) == [(0, "DDD", "noncoding")]
    assert genes_of(place(site(8600, "AAA"), exons=exons)) == [(0, "DDD", "extended")]
    assert genes_of(place(site(6500, "AAA"), exons=exons)) == [(0, "AAA", "extended")]


def test_of_overlapping_genes_the_named_one_alone():
    exons = with_genes(exon("DDD", 2000, 8000))
    assert genes_of(place(site(3000, ""), exons=exons)) == [(0, "AAA", "noncoding"), (0, "DDD", "noncoding")]
    assert genes_of(place(site(3000, "DDD"), exons=exons)) == [(0, "DDD", "noncoding")]
    assert genes_of(place(site(3000, "DDD;AAA"), exons=exons)) == [(0, "AAA", "noncoding"), (0, "DDD", "noncoding")]
    assert genes_of(place(site(3000, "nobody"), exons=exons)) == [(0, "AAA", "noncoding"), (0, "DDD", "noncoding")]


def test_what_is_counted():
    placement = place(site(3000, "AAA"), site(9000, "AAA"), site(50_000, "AAA"), site(3000, ""), site(9000, "ZZZ"))
    assert placement[1:] == (3, 2, 1)
    assert [point for point, _, _ in genes_of(placement)] == [0, 1, 2, 3, 4]


def test_length_of_the_utr_runs_on_to_a_named_site():
    exons = pd.DataFrame([exon("AAA", 1000, 5000) | {"coding_start": 1100.0, "coding_end": 4000.0}])
    placement = place(site(9000, "AAA"), exons=exons)
    assert records(placement.genes, "site_class", "utr_length", "truncating") == [("extended", 5001, False)]


positions = st.integers(0, LENGTH - 1)


@st.composite
def worlds(draw):
    """Genes on both strands, and sites with the names of some of them."""
    starts = draw(st.lists(positions, min_size=1, max_size=6))
    strands = st.sampled_from("+-")
    genes = [
        exon(f"{chr(65 + i)}1", start, start + draw(st.integers(1, 5000)), draw(strands))
        for i, start in enumerate(starts)
    ]
    names = st.sampled_from(["", "other", *(gene["gene_name"] for gene in genes)])
    sites = draw(st.lists(st.builds(site, positions, names, strands), min_size=1, max_size=8))
    return pd.DataFrame(genes), sites


@settings(max_examples=12)
@given(worlds(), st.integers(0, 20_000))
def test_against_the_definition(world, distance):
    """A site with a believed name has that gene alone; each of the others is placed as if it had no name."""
    exons, sites = world
    placed = place(*sites, exons=exons, gene_distance=distance)
    unnamed = place(*({**one, "genes": ""} for one in sites), exons=exons)
    for number, one in enumerate(sites):
        own = [gene for gene in exons.to_dict("records") if gene["gene_name"] == one["genes"]]
        expected = [gene for gene in own if believed(one, gene, exons.to_dict("records"), distance)]
        found = placed.genes[placed.genes.point == number]
        if expected:
            assert found.gene_name.to_list() == [one["genes"]]
        else:
            pd.testing.assert_frame_equal(
                found.reset_index(drop=True),
                unnamed.genes[unnamed.genes.point == number].reset_index(drop=True),
                check_dtype=False,
            )


def believed(one: dict, gene: dict, genes: list[dict], distance: int) -> bool:
    if one["strand"] != gene["strand"]:
        return False
    sign = 1 if gene["strand"] == "+" else -1
    first, last = sorted((sign * gene["start"], sign * (gene["end"] - 1)))
    cut = sign * one["cut"]
    begins = [min(sign * g["start"], sign * (g["end"] - 1)) for g in genes if g["strand"] == gene["strand"]]
    return first <= cut <= last + distance and not any(last < begin <= cut for begin in begins)
