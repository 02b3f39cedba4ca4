"""Evidence from atlases, gene by gene, on a literal annotation."""

import pandas as pd
import pytest

from builders import records
from pasvar.sites.atlas import Atlas
from pasvar.sites.site_evidence import atlas_sites, name_intergenic

ALL = ["3utr", "extended", "cds", "noncoding", "exon", "intron", "intergenic"]
EXONS = pd.DataFrame(
    {
        "transcript_id": ["T1", "T2"],
        "gene_id": ["G1", "G2"],
        "gene_name": ["AAA", "BBB"],
        "chrom": "1",
        "strand": "+",
        "start": [1000, 20_000],
        "end": [5000, 30_000],
        "coding_start": float("nan"),
        "coding_end": float("nan"),
    }
)


def atlas(name: str, *rows: tuple) -> Atlas:
    """rows: cut, abundance, share, genes."""
    sites = pd.DataFrame(rows, columns=["cut", "abundance", "share", "genes"]).assign(chrom="1", strand="+")
    sites = sites.astype({"abundance": float, "share": float})
    return Atlas(name, sites, pd.DataFrame(index=sites.index), [])


def evidence(one: Atlas, site_classes=ALL) -> tuple[pd.DataFrame, list[str]]:
    return atlas_sites(one, EXONS, 1000, 10_000, site_classes)


def test_weights_are_shares_of_the_gene_in_the_atlas_whatever_its_unit():
    """Reads of one atlas outnumber TPM of another; 90 % of a gene's reads are less than all of its TPM."""
    reads, _ = evidence(atlas("reads", (2000, 900, None, ""), (3000, 100, None, ""), (25_000, 7, None, "")))
    tpm, _ = evidence(atlas("tpm", (2010, 1.5, None, "")))
    shares, _ = evidence(atlas("shares", (2000, None, 0.25, "")))
    nothing, _ = evidence(atlas("nothing", (2000, None, None, "")))
    assert records(reads, "gene_id", "weight") == [("G1", 0.9), ("G1", 0.1), ("G2", 1.0)]
    assert records(tpm, "weight") == [(1.0,)]
    assert records(shares, "weight") == [(0.25,)]
    assert records(nothing, "weight") == [(None,)]


def test_a_site_listed_for_two_genes_that_belongs_to_one_counts_once():
    found, notes = evidence(atlas("db", (2000, 3, None, "AAA"), (2000, 5, None, "unknown"), (3000, 5, None, "")))
    assert records(found, "cut", "abundance", "weight") == [(2000, 5, 0.5), (3000, 5, 0.5)]
    assert found.index.to_list() == [1, 2]
    assert notes == [
        "db: 3 sites placed: 3 noncoding",
        "db: 1 of 1 sites with a gene of the annotation are taken as that gene's, 0 of them for the name alone "
        "(config key `atlas_gene_distance`)",
        "db: 1 site is listed more than once for a gene and taken once",
    ]


def test_what_is_placed_and_what_is_left_out_is_counted():
    one = atlas("db", (2000, 1, None, ""), (9000, 1, None, "AAA"), (9500, 1, None, ""), (50_000, 1, None, ""))
    found, notes = evidence(one, ["noncoding", "extended"])
    assert records(found, "cut", "gene_name") == [(2000, "AAA"), (9000, "AAA")]
    assert notes == [
        "db: 2 sites placed: 1 noncoding, 1 extended; left out: 2 intergenic (config key `site_classes`)",
        "db: 1 of 1 sites with a gene of the annotation are taken as that gene's, 1 of them for the name alone "
        "(config key `atlas_gene_distance`)",
    ]


def test_two_atlases_make_one_intergenic_site_one_gene():
    """At 9,000 and 9,010, within a kilobase; a third one lies farther away."""
    parts = [
        evidence(atlas("a", (9000, 1, None, "")))[0],
        evidence(atlas("b", (9010, 1, None, ""), (14_000, 1, None, "")))[0],
    ]
    named = name_intergenic(pd.concat(parts, keys=["a", "b"]))
    assert records(named, "cut", "gene_id", "gene_name") == [
        (9000, "intergenic@1:9001:+", "intergenic@1:9001:+"),
        (9010, "intergenic@1:9001:+", "intergenic@1:9001:+"),
        (14_000, "intergenic@1:14001:+", "intergenic@1:14001:+"),
    ]


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_name(n):
    found, _ = evidence(atlas("a", (2000, 1, None, "")))
    assert name_intergenic(found.head(n)).gene_id.to_list() == ["G1"] * n
