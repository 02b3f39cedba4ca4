"""How the sites of a gene compete for its 3' ends: literal sites, usages by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from pasvar.effects.competition import GeneSites, TissueSites, genes_of, reference_usage
from pasvar.sites import UsageFit

FIT = UsageFit("by_hand", ("of_a_network",), strength=0.0, transcripts=1.0, coding=0.0, confidence=0.0)
"""The share of a site is 1 + the transcripts that end there."""


def catalogue(*rows: tuple) -> pd.DataFrame:
    """Sites of (gene, transcripts, measured usage, its source), with an index of their own."""
    frame = pd.DataFrame(rows, columns=["gene_id", "n_transcripts", "usage_measured", "usage_source"])
    frame.index = pd.Index(range(100, 100 + len(frame)))
    return frame.assign(logodds_narrow=0.0, coding_share=1.0, confidence=1.0, site_class="3utr", in_usage=True)


def gene(
    *rows: tuple, strand: str = "+", source: str = "predicted:x", gene_id: str = "G", coding_length: float | None = 300
) -> pd.DataFrame:
    """Rows of table `sites` from (cut, usage, 3' UTR, share of the CDS, log odds, truncating), proximal to distal."""
    columns = ["cut_pos", "usage_ref", "utr_length", "coding_share", "logodds_narrow", "truncating"]
    frame = pd.DataFrame(rows, columns=columns).assign(gene_id=gene_id, strand=strand, usage_source=source)
    frame["site_id"] = [f"1:{cut}:{strand}" for cut in frame.cut_pos]
    frame["utr_length"] = frame.utr_length.astype("Int32")
    return frame.assign(rank=range(1, len(rows) + 1), coding_length=coding_length, confidence=0.9)


THREE = ((100, 0.2, 50, 0.5, -1.0, True), (200, 0.3, None, 1.0, 0.0, False), (400, 0.5, 350, 1.0, 1.0, False))


# --- before an allele ---------------------------------------------------------------------------------------------------


def test_measured_genes_are_completed_and_the_others_predicted():
    """A has half of its ends elsewhere, at its other site; B is as predicted, 1 : 3; C is measured as a whole. Rows are mixed."""
    sites = catalogue(
        ("A", 1, 0.5, "measured:x"),
        ("B", 0, np.nan, None),
        ("A", 2, np.nan, None),
        ("C", 0, 0.25, "measured:y"),
        ("B", 2, np.nan, None),
        ("C", 5, 0.75, "measured:y"),
    )
    found = reference_usage(sites, 0.001, FIT, is_fitted=True)
    assert found.columns.tolist() == ["usage_ref", "usage_source", "outside_fit"]
    assert found.index.tolist() == [100, 101, 102, 103, 104, 105]
    np.testing.assert_allclose(found.usage_ref, [0.5, 0.25, 0.5, 0.25, 0.75, 0.75])
    predicted = "predicted:by_hand"
    assert found.usage_source.tolist() == ["measured:x", predicted, "measured:x", "measured:y", predicted, "measured:y"]
    assert found.outside_fit.tolist() == [False] * 6


def test_a_site_never_seen_has_at_least_the_floor():
    found = reference_usage(
        catalogue(("A", 0, 1.0, "measured:x"), ("A", 0, np.nan, None)), 0.01, FIT, is_fitted=True
    ).usage_ref
    np.testing.assert_allclose(found, [1 / 1.01, 0.01 / 1.01])


def test_nothing_is_measured():
    found = reference_usage(catalogue(("A", 0, np.nan, None), ("B", 0, np.nan, None)), 0.001, FIT, is_fitted=True)
    assert found.usage_ref.tolist() == [1.0, 1.0]
    assert set(found.usage_source) == {"predicted:by_hand"}


@pytest.mark.parametrize(
    ("is_fitted", "expected"),
    [(True, [True, True, False, False, False]), (False, [True, True, False, False, True])],
)
def test_what_is_predicted_of_sites_that_the_fit_does_not_know_is_marked(is_fitted, expected):
    """A has a site in an intron; so has B, which is measured; C is as the fit knows it."""
    sites = catalogue(
        ("A", 1, np.nan, None),
        ("A", 0, np.nan, None),
        ("B", 1, 0.5, "measured:x"),
        ("B", 0, 0.5, "measured:x"),
        ("C", 1, np.nan, None),
    ).assign(site_class=["3utr", "intron", "3utr", "intron", "3utr"])
    assert reference_usage(sites, 0.001, FIT, is_fitted).outside_fit.tolist() == expected


def test_the_sites_of_a_gene_in_any_order():
    rows = gene(*THREE, source="measured:x").assign(usage_ref=[0.4, 0.6, 1.0])
    of = GeneSites(rows.iloc[[2, 0, 1]])
    assert of.site_ids == ["1:100:+", "1:200:+", "1:400:+"]
    assert of.is_measured
    np.testing.assert_allclose(of.usage_ref, [0.2, 0.3, 0.5])
    np.testing.assert_allclose(of.lengths, [50, np.nan, 350])
    np.testing.assert_allclose(of.coding, [150, 300, 300])
    np.testing.assert_allclose(of.confidence, [0.9, 0.9, 0.9])
    np.testing.assert_allclose(of.logodds, [-1, 0, 1])
    assert not of.is_single
    assert not GeneSites(gene(*THREE)).is_measured
    assert np.isnan(GeneSites(gene(*THREE, coding_length=None)).coding).all()


def test_genes_come_in_the_order_of_the_table():
    table = pd.concat([gene(*THREE, gene_id="Z"), gene(*THREE[:1], gene_id="A")], ignore_index=True).iloc[[1, 3, 0, 2]]
    assert [(name, of.site_ids) for name, of in genes_of(table)] == [
        ("Z", ["1:100:+", "1:200:+", "1:400:+"]),
        ("A", ["1:100:+"]),
    ]


# --- after it -----------------------------------------------------------------------------------------------------------


def test_usages_of_several_alleles():
    """Twice as likely at the first site; nothing; the last site gone; all gone."""
    of = GeneSites(gene(*THREE))
    gone = -math.inf
    delta = np.array([[math.log(2), 0, 0], [0, 0, 0], [0, 0, gone], [gone, gone, gone]])
    expected = [[0.4 / 1.2, 0.3 / 1.2, 0.5 / 1.2], [0.2, 0.3, 0.5], [0.4, 0.6, 0], [0, 0, 0]]
    np.testing.assert_allclose(of.usage_alt(delta), expected, atol=1e-12)
    assert of.is_gone(delta).tolist() == [False, False, False, True]
    np.testing.assert_allclose(of.usage_alt(delta[0]), expected[0])


def test_a_site_that_takes_no_part_does_not_save_a_gene():
    of = GeneSites(gene((100, 1.0, 50, 1.0, 0.0, False), (200, 0.0, 150, 1.0, 0.0, False)))
    delta = np.array([[-math.inf, 0.0], [0.0, -math.inf]])
    assert of.is_gone(delta).tolist() == [True, False]
    assert of.usage_alt(delta).tolist() == [[0, 0], [1, 0]]


def test_cleavage_at_the_only_site_that_is_used():
    """It cuts one in four; three times the odds make it one in two. The site before it is not used."""
    one = GeneSites(gene((100, 0.0, 50, 1.0, 5.0, False), (200, 1.0, 150, 1.0, -math.log(3), False)))
    change = one.cleavage_change(np.array([[9.0, math.log(3)], [0.0, 0.0]]))
    np.testing.assert_allclose(change, [1.0, 0.0], atol=1e-12)
    assert np.isnan(GeneSites(gene(*THREE)).cleavage_change(np.zeros((2, 3)))).tolist() == [True, True]


def test_what_changes_for_the_gene():
    of = GeneSites(gene(*THREE))
    after = np.array([[0.3, 0.3, 0.4], [0.2, 0.3, 0.5]])
    np.testing.assert_allclose(of.delta_pdui(after), [-0.1, 0], atol=1e-12)
    np.testing.assert_allclose(of.delta_truncated(after), [0.1, 0], atol=1e-12)
    # 3' UTRs of 50 and 350 nt, 0.2 : 0.5 before and 0.3 : 0.4 after
    np.testing.assert_allclose(of.delta_utr_length(after), [155 / 0.7 - 185 / 0.7, 0], atol=1e-9)
    before = np.array([0.1, 0.1, 0.8])
    np.testing.assert_allclose(of.delta_pdui(after, before), [-0.4, -0.3], atol=1e-12)
    np.testing.assert_allclose(of.delta_utr_length(after, before), [155 / 0.7 - 285 / 0.9, 185 / 0.7 - 285 / 0.9])


def test_the_most_distal_site_is_the_last_that_is_used():
    of = GeneSites(gene(*THREE[:2], (400, 0.0, 350, 1.0, 1.0, False)))
    np.testing.assert_allclose(of.delta_pdui(np.array([0.5, 0.5, 0.0])), 0.5 - 0.6)


# --- a new site ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strand", "cuts", "cut_pos", "expected"),
    [
        ("+", (100, 200, 400), 99, 0),
        ("+", (100, 200, 400), 150, 1),
        ("+", (100, 200, 400), 401, 3),
        ("-", (400, 200, 100), 401, 0),
        ("-", (400, 200, 100), 150, 2),
        ("-", (400, 200, 100), 99, 3),
    ],
)
def test_where_a_new_site_lies_among_the_others(strand, cuts, cut_pos, expected):
    rows = [(cut, *row[1:]) for cut, row in zip(cuts, THREE, strict=True)]
    before, after, place = GeneSites(gene(*rows, strand=strand)).with_new_site(cut_pos, -2.0, 1.0)
    assert place == expected
    assert before.shape == after.shape == (4,)


def test_a_new_site_takes_of_what_passes_it():
    """Of the 80 % that end further downstream it cuts one in four, then with nine times the odds."""
    before, after, place = GeneSites(gene(*THREE)).with_new_site(150, -math.log(3), math.log(3))
    assert place == 1
    np.testing.assert_allclose(before, [0.2 * 0.8, 0.2, 0.3 * 0.8, 0.5 * 0.8])
    np.testing.assert_allclose(after, np.array([0.16, 1.8, 0.24, 0.4]) / 2.6)


def test_behind_the_last_site_that_is_used_passes_what_it_does_not_cut():
    """It cuts three in four; of the fourth the new place cuts one in two. A site further on takes no part."""
    of = GeneSites(gene((100, 1.0, 50, 1.0, math.log(3), False), (400, 0.0, 350, 1.0, 0.0, False)))
    before, after, place = of.with_new_site(200, 0.0, 0.0)
    assert place == 1
    np.testing.assert_allclose(before, [0.875, 0.125, 0], atol=1e-12)
    np.testing.assert_allclose(after, before, atol=1e-6)


# --- tissues ------------------------------------------------------------------------------------------------------------


def test_usages_of_tissues():
    usage = pd.DataFrame(
        [("liver", "1:100:+", 0.5), ("liver", "1:200:+", 0.5), ("brain", "1:400:+", 1.0)],
        columns=["tissue", "site_id", "usage"],
    )
    tissues = TissueSites(GeneSites(gene(*THREE)), usage, 0.01)
    assert tissues.names == ["brain", "liver"]
    np.testing.assert_allclose(
        tissues.usage_ref, [[0.01 / 1.02, 0.01 / 1.02, 1 / 1.02], [0.5 / 1.01, 0.5 / 1.01, 0.01 / 1.01]]
    )
    after = tissues.usage_alt(np.array([[0.0, 0.0, 0.0], [math.log(2), 0.0, 0.0]]))
    assert after.shape == (2, 2, 3)
    np.testing.assert_allclose(after[0], tissues.usage_ref)
    np.testing.assert_allclose(after[1, 1], np.array([1.0, 0.5, 0.01]) / 1.51)
    np.testing.assert_allclose(after[1, 0], np.array([0.02, 0.01, 1.0]) / 1.03)
