"""What structural changes do to the genes of `gene_example`: GENE1 has A (50 % of 3' ends, measured), B (30 %) and C (20 %) with
3' UTRs of 150, 300 and 800 nt, GENE2 has D alone, GENE3 shares B."""

import numpy as np
import pandas as pd
import pytest

from builders import records
from gene_example import RELEASED, A, B, C, D, effects_of, scored
from pasvar.effects import compute_structural_effects, give_verdict, score_sites, with_structural
from pasvar.tables import empty_frame, to_arrow


@pytest.fixture
def sites(catalogue, window_scores, exons):
    measured = catalogue.assign(usage_measured=[0.5, 0.3, np.nan, 0.2, np.nan], usage_source=["measured:x"] * 5)
    return score_sites(measured, window_scores, exons, 0.001, RELEASED)


def structural(*rows: tuple, start: int = 90, end: int = 1000, imprecise: bool = False) -> pd.DataFrame:
    """Table `structural_alleles` of (alt, copies, site, gene) at POS 90 of contig 20, with the genotype columns."""
    frame = pd.DataFrame(rows, columns=["alt", "copies", "site_id", "gene_id"])
    frame = frame.assign(
        chrom="20", pos=90, ref="N", id="sv", norm_pos=90, norm_ref="N", norm_alt=frame.alt, af=np.float32(0.1)
    )
    return frame.assign(start=start, end=end, imprecise=imprecise, n_carriers=3, allele_count=4, allele_number=10)


def effects(
    table: pd.DataFrame, sites: pd.DataFrame, exons: pd.DataFrame, min_usage_shift: float = 0.05
) -> pd.DataFrame:
    found = compute_structural_effects(table, sites, exons, empty_frame("tissue_usage"), 0.001, min_usage_shift)
    return to_arrow(found, "gene_effects").to_pandas()


def test_deleting_the_proximal_site_gives_its_ends_to_the_others(sites, exons):
    (row,) = effects(structural(("<DEL>", 0, A, "GENE1")), sites, exons).itertuples()
    np.testing.assert_allclose(row.usage_ref, [0.5, 0.3, 0.2], rtol=1e-6)
    np.testing.assert_allclose(row.usage_alt, [0, 0.6, 0.4], rtol=1e-6)
    assert row.delta_utr_length == pytest.approx(0.6 * 300 + 0.4 * 800 - 325)
    assert row.delta_pdui == pytest.approx(0.2)
    assert (row.impact, row.expected_impact) == (pytest.approx(0.5), pytest.approx(0.5))
    assert (row.direction, row.losing_site, row.gaining_site) == ("lengthening", A, B)
    assert (row.mechanism, row.copies, row.structural_end, row.n_sites_hit) == ("site_deleted", 0, 1000, 1)
    assert (row.n_carriers, row.allele_count, row.allele_number) == (3, 4, 10)
    scores = (
        "delta_logodds_narrow",
        "delta_logodds",
        "delta_low",
        "delta_high",
        "direction_probability",
        "delta_pdui_low",
    )
    assert all(np.isnan(getattr(row, name)) for name in scores)


def test_deleting_the_distal_site_shortens(sites, exons):
    (row,) = effects(structural(("<DEL>", 0, C, "GENE1")), sites, exons).itertuples()
    np.testing.assert_allclose(row.usage_alt, [0.625, 0.375, 0], rtol=1e-6)
    assert row.delta_utr_length == pytest.approx(0.625 * 150 + 0.375 * 300 - 325)
    assert row.direction == "shortening"


def test_deleting_several_sites_is_one_row_per_gene(sites, exons):
    table = structural(("<DEL>", 0, A, "GENE1"), ("<DEL>", 0, B, "GENE1"), ("<DEL>", 0, B, "GENE3"))
    first, second = effects(table, sites, exons).itertuples()
    np.testing.assert_allclose(first.usage_alt, [0, 0, 1])
    assert (first.site_id, first.n_sites_hit, first.direction) == (A, 2, "lengthening")
    assert (second.gene_id, second.usage_alt.tolist(), second.direction) == ("GENE3", [0], "all_sites_deleted")
    assert (second.delta_cleavage, second.impact, second.expected_impact) == (-1, 1, 1)


def test_deleting_all_sites_is_said_and_so_is_the_whole_gene(sites, exons):
    every = [("<DEL>", 0, site, "GENE1") for site in (A, B, C)]
    part, whole = (
        effects(structural(*every, start=start), sites, exons).iloc[0] for start in (90, 0)
    )  # GENE1 has exons from 0 to 900
    for row, direction in ((part, "all_sites_deleted"), (whole, "gene_deleted")):
        assert row.usage_alt.tolist() == [0, 0, 0]
        assert (row.direction, row.impact, row.expected_impact) == (direction, 1, 1)
        assert row[["gaining_site", "losing_site"]].isna().all()
        assert np.isnan(row.delta_utr_length)
    assert give_verdict(part).happens == (
        "Deletes every polyadenylation site that gene1 uses: no known site is left for its 3' ends."
    )
    assert give_verdict(whole).text == (
        "Deletes all of gene1, with every polyadenylation site that it uses. High confidence: the whole gene is deleted."
    )


def test_a_doubled_site_has_twice_the_odds(sites, exons):
    (row,) = effects(structural(("<DUP>", 2, A, "GENE1")), sites, exons).itertuples()
    np.testing.assert_allclose(row.usage_alt, [1 / 1.5, 0.3 / 1.5, 0.2 / 1.5], rtol=1e-6)
    assert (row.mechanism, row.copies, row.direction) == ("site_duplicated", 2, "shortening")
    (more,) = effects(structural(("<CN4>", 4, A, "GENE1")), sites, exons).itertuples()
    np.testing.assert_allclose(more.usage_alt, [2 / 2.5, 0.3 / 2.5, 0.2 / 2.5], rtol=1e-6)


def test_a_gene_that_is_doubled_as_a_whole_keeps_its_usage(sites, exons):
    every = [("<DUP>", 2, site, "GENE1") for site in (A, B, C)]
    row = effects(structural(*every, start=0), sites, exons).iloc[0]
    np.testing.assert_allclose(row.usage_alt, row.usage_ref)
    assert (row.direction, row.impact, row.copies) == ("gene_duplicated", 0, 2)
    assert give_verdict(row).text == (
        "Makes 2 copies of all of gene1, each with its own sites: the usage of the sites does not change. Moderate confidence: "
        "the network did not score this change."
    )


def test_a_gene_with_one_site(sites, exons):
    deleted, doubled = effects(
        structural(("<DEL>", 0, D, "GENE2"), ("<DUP>", 2, D, "GENE2")), sites, exons, 0.01
    ).itertuples()
    assert (deleted.direction, deleted.impact) == ("all_sites_deleted", 1)
    odds = np.exp(2.0)
    assert doubled.delta_cleavage == pytest.approx((2 * odds / (1 + 2 * odds)) / (odds / (1 + odds)) - 1)
    assert doubled.direction == "more_cleavage"


def test_verdicts_say_that_the_network_did_not_score_it(sites, exons):
    table = structural(("<DEL>", 0, A, "GENE1"), ("<DUP>", 2, A, "GENE1"), imprecise=True)
    deleted, doubled = (row for _, row in effects(table, sites, exons).iterrows())
    assert deleted["flags"] == doubled["flags"] == "imprecise"
    assert give_verdict(deleted).text == (
        "Deletes gene1's main site (50 % of 3' ends, measured): its other sites take over, and the 3' UTR lengthens by 175 "
        "nt on average. Moderate confidence: the network did not score this change; that the other sites take over in "
        "proportion to their usage is an assumption; but the ends of the change are imprecise."
    )
    assert give_verdict(doubled).text == (
        "Duplicates gene1's main site: 67 % of 3' ends instead of 50 % (measured), and the 3' UTR shortens by 58 nt on average. "
        "Low confidence: the network did not score this change; that every copy is cut as often as the single site is an "
        "assumption; but the ends of the change are imprecise."
    )


def test_a_site_that_takes_no_part_moves_nothing(sites, exons):
    unused = sites.assign(usage_ref=np.where(sites.site_id == C, 0, sites.usage_ref))
    row = effects(structural(("<DEL>", 0, C, "GENE1")), unused, exons).iloc[0]
    assert (row.impact, row.direction) == (0, "none")
    assert give_verdict(row).kind == "none"


def test_scored_and_structural_rows_are_one_table_by_place(sites, windows, exons):
    of_scores = effects_of(scored(sites, windows, (80, "G", A, -2.0, 0.0), (500, "G", A, -2.0, 0.0)), sites)
    of_structures = effects(structural(("<DEL>", 0, A, "GENE1")), sites, exons)
    both = with_structural(of_scores, of_structures, sites.chrom)
    assert records(both, "pos", "copies", "mechanism") == [
        (80, None, "hexamer"),
        (90, 0, "site_deleted"),
        (500, None, "hexamer"),
    ]
    to_arrow(both, "gene_effects")
    assert with_structural(empty_frame("gene_effects"), of_structures, sites.chrom).pos.to_list() == [90]


def test_no_structural_alleles_give_an_empty_table(sites, exons):
    assert effects(empty_frame("structural_alleles"), sites, exons).empty
