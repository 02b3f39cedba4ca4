"""Signals before the cuts of an atlas: a literal genome of sites with AATAAA 22 nt before each cut."""

import numpy as np
import pandas as pd
import pytest

from builders import write_fasta
from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.sites.atlas import read_atlas
from pasvar.sites.atlas.signals import find_signals

SPACING = 400
N_SITES = 120
CUTS = {"+": [300 + SPACING * i for i in range(N_SITES)], "-": [500 + SPACING * i for i in range(N_SITES)]}


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    letters = list("CG" * (SPACING * (N_SITES + 2) // 2))
    for cut in CUTS["+"]:
        letters[cut - 22 : cut - 16] = "AATAAA"
    for cut in CUTS["-"]:
        letters[cut + 17 : cut + 23] = "TTTATT"
    with Genome(write_fasta(tmp_path_factory.mktemp("genome") / "g.fa", {"1": "".join(letters)})) as opened:
        yield opened


def atlas_of(shift: int, n: int = N_SITES) -> pd.DataFrame:
    """Sites whose cuts are read `shift` nt too far downstream."""
    rows = [("1", strand, cut + (shift if strand == "+" else -shift)) for strand in "+-" for cut in CUTS[strand][:n]]
    return pd.DataFrame(rows, columns=["chrom", "strand", "cut"])


@pytest.mark.parametrize(
    ("shift", "said"),
    [
        (0, "AATAAA or ATTAAA stands before 100% of 240 cuts, most often 22 nt before the cut"),
        (3, "AATAAA or ATTAAA stands before 100% of 240 cuts, most often 25 nt before the cut"),
        (
            5,
            "AATAAA or ATTAAA stands before 100% of 240 cuts, most often 27 nt before the cut where 22 nt before is usual: the "
            "cuts seem to lie 5 nt too far downstream",
        ),
        (
            -30,
            "AATAAA or ATTAAA stands before 0% of 240 cuts, most often 8 nt after the cut where 22 nt before is usual: the cuts "
            "seem to lie 30 nt too far upstream",
        ),
        (150, "AATAAA or ATTAAA stands before 0% of 240 cuts"),
    ],
)
def test_what_is_said(genome, shift, said):
    assert str(find_signals(atlas_of(shift), genome)) == said


def test_few_cuts_say_nothing_of_a_shift(genome):
    assert find_signals(atlas_of(5, 49), genome).shift == 0
    assert find_signals(atlas_of(5, 50), genome).shift == 5


def test_repeated_cuts_count_once(genome):
    sites = pd.concat([atlas_of(0)] * 3)
    assert find_signals(sites, genome) == find_signals(atlas_of(0), genome)


def test_cuts_after_unknown_bases_and_the_ends_of_contigs_say_nothing(genome):
    last = genome.lengths["1"] - 1
    sites = pd.DataFrame({"chrom": "1", "strand": ["+", "-", "+", "-"], "cut": [0, last, last, 0]})
    assert find_signals(sites, genome)[:2] == (2, 0.0)
    assert find_signals(sites.head(2), genome)[:2] == (0, 0.0)


def test_an_atlas_without_signals_stops_the_run(genome, tmp_path):
    path = tmp_path / "a.bed"
    rows = (f"1\t{cut}\t{cut + 1}\tx\t0\t{strand}\n" for _, strand, cut in atlas_of(-30).itertuples(index=False))
    path.write_text("".join(rows))
    with pytest.raises(
        InputError, match=r"a\.bed: AATAAA or ATTAAA stands before 0% of 240 cuts, most often 8 nt after .*15%"
    ):
        read_atlas({"path": path}, genome, min_canonical_share=0.15)
    assert len(read_atlas({"path": path}, genome).sites) == 240


def test_real_sites_of_polya_db(polya_db_chr22, genome_chr22):
    """1,499 sites, of which some are listed for two genes; GeneID's position against the interval's 3' end, 5 nt further."""
    atlas = read_atlas({"path": polya_db_chr22}, genome_chr22)
    signals = find_signals(atlas.sites, genome_chr22)
    assert (signals.n_cuts, round(signals.share, 2), signals.shift) == (1440, 0.44, 0)
    assert 22 < signals.distance < 23.5
    shifted = atlas.sites.assign(cut=atlas.sites.cut + np.where(atlas.sites.strand == "+", 5, -5))
    assert find_signals(shifted, genome_chr22).shift in (5, 6)


def test_every_cut_of_polya_db_is_the_position_that_it_names(polya_db_chr22, genome_chr22):
    named = pd.read_csv(polya_db_chr22, sep="\t").GeneID.str.split(";", expand=True)
    atlas = read_atlas({"path": polya_db_chr22}, genome_chr22)
    assert (atlas.sites.cut + 1).to_list() == named[4].astype(int).to_list()
    assert len(atlas.sites) == 1499
