"""Alleles that hit the rival hexamer of a site: AATAAA 41 nt before the cut is the site's own, AATAAT 22 nt before it the rival.

The same site on both strands of two genomes that mirror one another.
"""

import pandas as pd
import pytest

from builders import make_sites, records, reverse_complement, write_fasta, write_vcf
from pasvar.genome import Genome, contig_table
from pasvar.scoring import reference_windows
from pasvar.variants.read import read_shard
from pasvar.variants.shards import plan_shards, shard_of

OWN, RIVAL, CUT = 300, 319, 341
"""First bases of the two hexamers, and the cut, 0-based, on plus."""

PLUS = "".join(
    [("CGTGC" * 60)[:OWN], "AATAAA", ("GCCTG" * 3)[: RIVAL - OWN - 6], "AATAAT", ("CCGTG" * 100)[: 1000 - RIVAL - 6]]
)
SITES = {
    "+": (PLUS, make_sites(("20", "+", OWN, "G"), to_cut=CUT - OWN)),
    "-": (reverse_complement(PLUS), make_sites(("20", "-", len(PLUS) - OWN - 6, "G"), to_cut=CUT - OWN)),
}
RIVAL_WINDOW = PLUS[RIVAL - 70 : RIVAL + 135]


@pytest.fixture(params=["+", "-"])
def world(request, tmp_path):
    """The strand, the genome, its site, and a function from (place on plus, ref, alt) to the alleles that are read."""
    strand = request.param
    text, sites = SITES[strand]
    with Genome(write_fasta(tmp_path / "g.fa", {"20": text})) as genome:
        windows = reference_windows(sites, genome)

        def read(place: int, ref: str, alt: str):
            """place: of the first base of ref on plus, which on minus has the base before it in front, as indels need."""
            assert PLUS[place:].startswith(ref)
            if strand == "-":
                after = PLUS[place + len(ref)]
                place = len(PLUS) - place - len(ref) - 1
                ref, alt = reverse_complement(ref + after), reverse_complement(alt + after)
            vcf = write_vcf(tmp_path / "v.vcf.gz", f"20 {place + 1} . {ref} {alt} .")
            plan = plan_shards(sites, contig_table(genome), 1, margin=0)
            return read_shard([vcf], shard_of(plan, 1), windows, sites, genome, 50).alleles

        yield strand, windows, read


def test_the_rival_of_the_site(world):
    strand, windows, _ = world
    start = RIVAL if strand == "+" else len(PLUS) - RIVAL - 6
    assert records(windows, "rival_hexamer", "rival_start") == [("AATAAT", start)]


def test_sites_without_a_rival(tmp_path):
    text = PLUS.replace("AATAAT", "GGTGCC")
    with Genome(write_fasta(tmp_path / "g.fa", {"20": text})) as genome:
        windows = reference_windows(SITES["+"][1], genome)
    assert records(windows, "rival_hexamer", "rival_start") == [(None, None)]


@pytest.mark.parametrize(
    ("place", "ref", "alt", "changed", "index", "last", "anchor"),
    [
        (RIVAL + 2, "T", "G", "AAGAAT", 72, 72, "hexamer"),
        (RIVAL, "A", "C", "CATAAT", 70, 70, "hexamer"),
        (RIVAL + 5, "T", "A", "AATAAA", 75, 75, "hexamer"),
        # What is lost comes from downstream, and the other way round.
        (RIVAL + 1, "ATAA", "A", None, None, None, None),
    ],
)
def test_an_allele_at_the_rival_has_a_window_there(world, place, ref, alt, changed, index, last, anchor):
    _, _, read = world
    (row,) = read(place, ref, alt).itertuples()
    assert row.rival_window_ref == RIVAL_WINDOW
    assert row.window_alt != row.rival_window_alt
    if changed:
        assert row.rival_window_alt == RIVAL_WINDOW[:70] + changed + RIVAL_WINDOW[76:]
        assert (row.rival_window_index, row.rival_window_last, row.rival_anchor) == (index, last, anchor)
        assert row.window_index == row.rival_window_index + RIVAL - OWN
    else:
        assert len(row.rival_window_alt) == 205


@pytest.mark.parametrize(
    ("place", "ref", "alt"),
    [
        (RIVAL - 1, PLUS[RIVAL - 1], "A"),
        (RIVAL + 6, PLUS[RIVAL + 6], "A"),
        (OWN + 2, "T", "G"),
        # An insertion before the first base of the rival leaves it whole.
        (RIVAL - 1, PLUS[RIVAL - 1], PLUS[RIVAL - 1] + "TTGTT"),
        # So does one in a run of T that may as well lie behind it, on either strand.
        (RIVAL + 5, "T", "TT"),
    ],
)
def test_an_allele_beside_the_rival_has_none(world, place, ref, alt):
    _, _, read = world
    (row,) = read(place, ref, alt).itertuples()
    assert row.window_alt
    assert all(pd.isna(value) for value in (row.rival_window_ref, row.rival_window_alt, row.rival_anchor))


@pytest.mark.parametrize(("place", "is_made"), [(CUT - 12, True), (CUT + 5, True), (CUT + 7, False), (CUT - 54, False)])
def test_a_canonical_hexamer_that_an_allele_makes_within_reach_of_the_cut_is_a_rival(world, place, is_made):
    strand, _, read = world
    (row,) = read(place, PLUS[place : place + 6], "ATTAAA").itertuples()
    if not is_made:
        assert pd.isna(row.rival_hexamer_start)
        return
    assert row.rival_hexamer_start == (place if strand == "+" else len(PLUS) - place - 6)
    assert (row.rival_window_ref[70:76], row.rival_window_alt[70:76]) == (PLUS[place : place + 6], "ATTAAA")
    assert row.rival_window_alt[:70] == row.rival_window_ref[:70] == PLUS[place - 70 : place]
