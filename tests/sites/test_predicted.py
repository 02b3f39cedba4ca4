"""Predicted sites: literal genes whose sequence has hexamers at known places, and literal scores."""

import numpy as np
import pandas as pd
import pytest

from builders import gtf_line, records, reverse_complement, write_fasta
from pasvar.config import fill_sites
from pasvar.genome import Genome
from pasvar.sites import Calibration, judge_sites, make_sites, predict_sites, prediction_rules, propose_sites
from pasvar.tables import to_arrow

LENGTH = 20_000
STOP, END = 4_000, 5_000
"""One gene: its stop codon ends at 4,000, its only transcript at 5,000 (0-based, half-open), on either strand."""

CALIBRATION = Calibration({"intercept": 2.0}, {"intercept": 0.0, "logodds_narrow": 1.0}, 0.9, True)
"""An annotated site is real with a probability of .88, a predicted one by its log odds alone."""


def sequence(*hexamers: tuple[int, str]) -> str:
    """A contig without a hexamer but those given, at their places."""
    text = list("C" * LENGTH)
    for place, letters in hexamers:
        text[place : place + len(letters)] = letters
    return "".join(text)


def gene(name: str, start: int, stop: int, end: int, strand: str) -> str:
    """GTF lines of one transcript in one exon, given along the plus strand; mirrored on minus."""

    def line(feature: str, first: int, last: int) -> str:
        if strand == "-":
            first, last = LENGTH - last, LENGTH - first
        attributes = f'gene_id "{name}"; transcript_id "{name}.1"; transcript_biotype "protein_coding";'
        return gtf_line("1", "test", feature, first + 1, last, strand, attributes)

    return line("transcript", start, end) + line("exon", start, end) + line("CDS", start, stop)


class World:
    """A genome with genes, and a network that gives each window the score of the hexamer's place."""

    def __init__(self, folder, strand: str, genes: str, *hexamers: tuple[int, str], **config):
        text = sequence(*hexamers)
        path = write_fasta(folder / "genome.fa", {"1": text if strand == "+" else reverse_complement(text)})
        (folder / "genes.gtf").write_text(genes)
        self.strand, self.genome = strand, Genome(path)
        self.settings = fill_sites({"min_canonical_share": 0, "min_confidence": 0.01, **config})
        self.known = make_sites(folder / "genes.gtf", self.genome, self.settings)
        self.rules = prediction_rules(self.settings)

    def proposed(self, shard: int = 1, n_shards: int = 1) -> pd.DataFrame:
        return propose_sites(self.known.catalogue, self.known.exons, self.genome, self.rules, shard, n_shards)

    def along(self, hexamer_start: int) -> int:
        """The hexamer's first base, counted along the strand."""
        return hexamer_start if self.strand == "+" else LENGTH - hexamer_start - 6

    def judged(self, scores: dict[int, tuple[float, int]], calibration: Calibration = CALIBRATION):
        """scores: narrow log odds, and distance from the hexamer's first base to the cut, by the hexamer's place along."""
        proposed = self.proposed()
        found = [scores.get(self.along(start), (-5.0, 20)) for start in proposed.hexamer_start]
        scored = proposed.assign(logodds_narrow=[s for s, _ in found], cut_mode=[70.0 + nt for _, nt in found])
        exons = self.known.exons
        return judge_sites(self.known.catalogue, scored, exons, self.genome.lengths, self.rules, calibration)

    def cuts(self, sites: pd.DataFrame) -> list[tuple]:
        """(cut along the strand, 0-based; source; hexamer) of sites, proximal to distal."""
        cut = sites.cut_pos - 1 if self.strand == "+" else LENGTH - sites.cut_pos
        return sorted(records(sites.assign(cut=cut), "cut", "source", "hexamer"))


@pytest.fixture(params=["+", "-"])
def strand(request) -> str:
    return request.param


@pytest.fixture
def world(tmp_path, strand):
    def make(*hexamers, genes=None, **config) -> World:
        made.append(World(tmp_path, strand, genes or gene("G", 1_000, STOP, END, strand), *hexamers, **config))
        return made[-1]

    made: list[World] = []
    yield make
    for one in made:
        one.genome.__exit__()


def test_hexamers_in_the_utr_and_downstream_are_proposed_and_the_known_one(world):
    here = world(
        (3_990, "AATAAA"),  # coding
        (4_100, "AATAAA"),
        (4_200, "ATTAAA"),
        (4_300, "AGTAAA"),  # tier 2
        (4_980, "AATAAA"),  # the annotated end's own
        (9_999, "AATAAA"),  # the last base of the extension
        (10_020, "AATAAA"),
    )
    proposed = here.proposed()
    found = {here.along(row.hexamer_start): (row.hexamer_tier, row.is_known) for row in proposed.itertuples()}
    assert found == {4_100: (0, False), 4_200: (1, False), 4_980: (0, True), 9_999: (0, False)}
    assert {window[70:76] for window in proposed.window} == {"AATAAA", "ATTAAA"}
    to_arrow(proposed, "proposed_sites")


@pytest.mark.parametrize(("worst_tier", "n"), [(0, 1), (1, 2), (2, 3), (3, 4)])
def test_the_worst_tier_is_a_choice(world, worst_tier, n):
    hexamers = [(4_100, "AATAAA"), (4_200, "ATTAAA"), (4_300, "GATAAA"), (4_400, "AATACA"), (4_500, "AATCCA")]
    here = world(*hexamers, predicted_sites={"worst_tier": worst_tier})
    assert (~here.proposed().is_known).sum() == n


def test_every_place_is_in_one_shard(world):
    here = world(*((place, "AATAAA") for place in range(4_050, 9_900, 130)))
    whole = here.proposed()
    parts = [here.proposed(shard, 7) for shard in range(1, 8)]
    columns = ["hexamer_start", "is_known", "window"]
    assert sorted(records(pd.concat(parts), *columns)) == sorted(records(whole, *columns))
    assert len(whole) > 40
    assert all(len(part) < 12 for part in parts)


def test_a_predicted_site_is_cut_where_the_network_cuts(world, strand):
    here = world((4_300, "AATAAA"), (4_980, "AATAAA"))
    judged = here.judged({4_300: (0.5, 17), 4_980: (1.0, 20)})
    assert here.cuts(judged.catalogue) == [(4_317, "predicted", "AATAAA"), (4_999, "gtf", "AATAAA")]
    site = judged.catalogue[judged.catalogue.source == "predicted"].iloc[0]
    assert site.confidence == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert (site.utr_length, site.n_transcripts, site.site_class, site["rank"]) == (318, 0, "tandem_3utr", 1)
    assert site.evidence == [f"predicted:{site.cut_pos}"]
    start, end = (4_230, 4_435) if strand == "+" else (LENGTH - 4_435, LENGTH - 4_230)
    assert (site.window_start, site.window_end) == (start, end)
    to_arrow(judged.catalogue, "catalogue")


def test_annotated_sites_keep_their_cut_and_name(world):
    # Its own hexamer is the annotated end's; the other one is cut 10 nt before the end.
    here = world((4_960, "ATTAAA"), (4_980, "AATAAA"))
    judged = here.judged({4_960: (3.0, 29), 4_980: (0.0, 22)})
    assert here.cuts(judged.catalogue) == [(4_999, "gtf", "AATAAA")]


def test_the_more_confident_of_two_places_is_kept(world):
    here = world((4_300, "AATAAA"), (4_310, "AATAAA"), (4_400, "AATAAA"))
    judged = here.judged({4_300: (1.0, 20), 4_310: (2.0, 20), 4_400: (0.0, 20)})
    assert here.cuts(judged.catalogue)[:2] == [(4_330, "predicted", "AATAAA"), (4_420, "predicted", "AATAAA")]


def test_the_extension_ends_at_the_next_gene(world, strand):
    genes = gene("G", 1_000, STOP, END, strand) + gene("H", 6_000, 8_000, 8_500, strand)
    here = world((5_500, "AATAAA"), (6_500, "AATAAA"), (8_100, "AATAAA"), genes=genes)
    found = here.judged(dict.fromkeys([5_500, 6_500, 8_100], (1.0, 20))).catalogue
    found = found[found.source == "predicted"]
    assert sorted(records(found, "gene_id", "site_class")) == [("G", "extended"), ("H", "tandem_3utr")]


def test_low_confidence_is_scored_but_takes_no_part_in_usage(world):
    here = world((4_300, "AATAAA"), (4_400, "AATAAA"), (4_500, "AATAAA"), min_confidence=0.1, min_usage_confidence=0.5)
    judged = here.judged({4_300: (1.0, 20), 4_400: (-1.0, 20), 4_500: (-3.0, 20)})
    found = judged.catalogue.sort_values("rank")
    assert found.in_usage.to_list() == [True, False, True]
    assert found.confidence.to_list() == pytest.approx([0.731, 0.269, 0.881], abs=1e-3)
    assert judged.notes == ["predicted: 2 sites at 3 hexamers"]


def test_another_network_is_uncalibrated(world):
    here = world((4_300, "AATAAA"))
    judged = here.judged({4_300: (3.0, 20)}, CALIBRATION._replace(is_fit=False))
    found = judged.catalogue.set_index("source")
    assert np.isnan(found.confidence["predicted"])
    assert found.in_usage.to_dict() == {"predicted": False, "gtf": True}
    assert any("uncalibrated" in note for note in judged.notes)


@pytest.mark.parametrize("a_rich", ["keep", "drop_unannotated"])
def test_a_rich_places_are_atlas_like_suspects(world, a_rich):
    here = world((4_300, "AATAAA"), (4_325, "A" * 13), a_rich=a_rich)
    found = here.judged({4_300: (3.0, 20)}).catalogue
    assert (found.source == "predicted").sum() == (a_rich == "keep")


def test_nothing_is_looked_for_where_the_mode_is_off(world):
    here = world((4_300, "AATAAA"), predicted_sites={"mode": "off"})
    assert here.proposed().is_known.all()
    assert here.cuts(here.judged({}).catalogue) == [(4_999, "gtf", "CCCCCC")]


def test_a_catalogue_made_before_is_complete(world):
    here = world((4_300, "AATAAA"))
    here.rules = here.rules._replace(catalogue="sites.parquet")
    assert here.proposed().empty
    to_arrow(here.proposed(), "proposed_sites")
    judged = here.judged({})
    pd.testing.assert_frame_equal(judged.catalogue, here.known.catalogue)


def test_what_the_network_cuts_at_an_n_is_no_site(world):
    here = world((4_300, "AATAAA"), (4_318, "NNNNN"))
    assert "predicted" not in set(here.judged({4_300: (3.0, 20)}).catalogue.source)


def test_in_one_go(world):
    here = world((4_300, "AATAAA"))

    def score(windows: pd.Series) -> pd.DataFrame:
        return pd.DataFrame({"logodds_narrow": 1.0, "cut_mode": 90.0}, index=windows.index)

    known = here.known
    judged = predict_sites(known.catalogue, known.exons, here.genome, here.rules, CALIBRATION, score)
    assert here.cuts(judged.catalogue) == [(4_320, "predicted", "AATAAA"), (4_999, "gtf", "CCCCCC")]
