import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pasvar.scoring import delta_usage
from pasvar.sites.usage import (
    INTRONIC_SHARE,
    USAGE_FITS,
    UsageFit,
    complete_usage,
    expected_length,
    fit_for,
    is_outside_fit,
    predict_usage,
    share_out,
    shifted_usage,
    usage_terms,
)

FIT = UsageFit("by_hand", ("of_a_network",), strength=0.2, transcripts=1.0, coding=2.0, confidence=1.5)


def sites(*rows: tuple, site_class="3utr") -> pd.DataFrame:
    """Sites of (gene, narrow log odds, transcripts, coding share, confidence)."""
    columns = ["gene_id", "logodds_narrow", "n_transcripts", "coding_share", "confidence"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(site_class=site_class, in_usage=True)


def test_two_sites_by_hand():
    """Odds of the second: e^(0.2 (2 - 0)) from its strength, 3 / 2 from its transcripts, e^(2 (1 - 0.5)) from what it codes for,
    (0.5 / 0.8)^1.5 from its confidence."""
    odds = math.exp(0.4) * 3 / 2 * math.exp(1.0) * (0.5 / 0.8) ** 1.5
    usage = predict_usage(sites(("G", 0.0, 1, 0.5, 0.8), ("G", 2.0, 2, 1.0, 0.5)), FIT)
    np.testing.assert_allclose(usage, [1 / (1 + odds), odds / (1 + odds)], rtol=1e-12)


def test_genes_do_not_mix_and_rows_keep_their_order():
    usage = predict_usage(
        sites(("A", 0.0, 1, 1.0, 1.0), ("B", 5.0, 1, 1.0, 1.0), ("A", 0.0, 3, 1.0, 1.0), ("C", -9.0, 0, None, 0.1)), FIT
    )
    np.testing.assert_allclose(usage, [1 / 3, 1.0, 2 / 3, 1.0], rtol=1e-12)


def test_what_is_not_known_is_the_same_for_all():
    """No CDS: none of the sites loses any of it. No confidence: certain."""
    terms = usage_terms(sites(("G", 9.5, 0, None, None), ("G", -9.5, 1, 0.25, 0.001)))
    np.testing.assert_allclose(terms, [[8, 0, 1, 0], [-8, math.log(2), 0.25, math.log(0.01)]], rtol=1e-12)


def test_a_site_that_takes_no_part_has_nothing():
    frame = sites(("G", 0.0, 1, 1.0, 1.0), ("G", 5.0, 0, 1.0, 0.9)).assign(in_usage=[True, False])
    assert predict_usage(frame, FIT).tolist() == [1.0, 0.0]


def test_sites_in_introns_share_little_however_many_there_are():
    rows = [("G", 0.0, 2, 1.0, 1.0), *[("G", 3.0, 0, 0.4, 0.9)] * 30]
    usage = predict_usage(sites(*rows).assign(site_class=["3utr", *["intron"] * 30]), FIT)
    assert usage[0] == pytest.approx(1 - INTRONIC_SHARE)
    np.testing.assert_allclose(usage[1:], INTRONIC_SHARE / 30, rtol=1e-9)


def test_a_gene_with_nothing_but_intronic_sites_shares_among_them():
    usage = predict_usage(sites(("G", 0.0, 0, 0.4, 1.0), ("G", 0.0, 0, 0.4, 1.0), site_class="intron"), FIT)
    np.testing.assert_allclose(usage, [0.5, 0.5])


def test_no_sites_have_no_shares():
    assert predict_usage(sites(), FIT).shape == (0,)


def test_a_gene_whose_other_sites_take_no_part_shares_among_its_intronic_ones():
    frame = sites(("G", 0.0, 1, 1.0, 1.0), ("G", 0.0, 0, 0.4, 1.0), ("G", 0.0, 0, 0.4, 1.0))
    frame = frame.assign(site_class=["3utr", "exon", "intergenic"], in_usage=[False, True, True])
    np.testing.assert_allclose(predict_usage(frame, FIT), [0, 0.5, 0.5])


def test_shares_of_far_away_log_odds_are_finite():
    value = np.array([-2000.0, -2000.0, 3000.0, 0.0])
    found = share_out(value, sites(*[("A", 0.0, 1, 1.0, 1.0)] * 2, *[("B", 0.0, 1, 1.0, 1.0)] * 2))
    assert found.tolist() == [0.5, 0.5, 1.0, 0.0]


def test_what_lies_outside_the_fit():
    frame = sites(*[("G", 0.0, n, 1.0, 1.0) for n in (0, 0, 0, 0, 1)])
    frame = frame.assign(site_class=["intron", "exon", "intergenic", "3utr", "intron"])
    assert is_outside_fit(frame).tolist() == [True, True, True, False, False]


def test_an_annotated_end_counts_wherever_it_lies():
    usage = predict_usage(sites(("G", 0.0, 1, 1.0, 1.0), ("G", 0.0, 1, 1.0, 1.0), site_class="exon"), FIT)
    np.testing.assert_allclose(usage, [0.5, 0.5])


some_sites = st.lists(
    st.tuples(
        st.sampled_from("ABC"), st.floats(-12, 12), st.integers(0, 9), st.floats(0, 1), st.floats(0, 1),
        st.sampled_from(["3utr", "intron", "extended"]),
    ),
    min_size=1, max_size=20,
)  # fmt: skip


@given(some_sites)
def test_usages_of_any_gene_are_shares_that_sum_to_one(rows):
    frame = sites(*(row[:5] for row in rows)).assign(site_class=[row[5] for row in rows])
    usage = pd.Series(predict_usage(frame, FIT))
    assert (usage > 0).all()
    np.testing.assert_allclose(usage.groupby(frame.gene_id).sum(), 1, rtol=1e-12)


def test_each_network_has_its_coefficients_and_others_are_marked():
    assert [fit_for(fit.networks[0]) for fit in USAGE_FITS] == [(fit, True) for fit in USAGE_FITS]
    assert fit_for("0" * 64) == (USAGE_FITS[0], False)


# --- measured -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        ([0.5, 0.3, 0.2], [0.5, 0.3, 0.2]),
        # a quarter of the ends is elsewhere: at the site not seen
        ([0.5, 0.25, math.nan], [0.5, 0.25, 0.25]),
        # two sites not seen share the rest as predicted, 1 : 3
        ([0.6, math.nan, math.nan], [0.6, 0.1, 0.3]),
        # nothing is left for the site not seen but the floor
        ([0.5, 0.5, math.nan], [0.5 / 1.01, 0.5 / 1.01, 0.01 / 1.01]),
        ([1.0, 0.0, 0.0], [1 / 1.02, 0.01 / 1.02, 0.01 / 1.02]),
        # more than all of it (rounding in the atlas)
        ([0.6, 0.6, 0.0], [0.6 / 1.21, 0.6 / 1.21, 0.01 / 1.21]),
    ],
)
def test_measured_usages_are_completed(measured, expected):
    usage = complete_usage(np.array(measured), np.array([0.2, 0.2, 0.6]), 0.01)
    np.testing.assert_allclose(usage, expected, rtol=1e-12)


def test_a_site_that_takes_no_part_gets_nothing_of_what_is_left():
    usage = complete_usage(np.array([0.6, math.nan, math.nan]), np.array([0.5, 0.5, 0.0]), 0.01)
    np.testing.assert_allclose(usage, [0.6, 0.4, 0.0])


# --- shifted ------------------------------------------------------------------------------------------------------------


def test_symmetric_sites_stay_symmetric():
    np.testing.assert_allclose(shifted_usage(np.array([0.5, 0.5]), np.array([-2.0, -2.0])), [0.5, 0.5])
    np.testing.assert_allclose(
        shifted_usage(np.array([0.25] * 4), np.array([1.0, 0, 0, 1.0]))[[0, 1]], [0.36553, 0.13447], 1e-4
    )


def test_a_destroyed_only_strong_site_leaves_its_ends_to_the_others_in_proportion():
    np.testing.assert_allclose(
        shifted_usage(np.array([0.97, 0.02, 0.01]), np.array([-30.0, 0, 0])), [0, 2 / 3, 1 / 3], atol=1e-9
    )


def test_each_row_of_changes_shifts_by_itself():
    after = shifted_usage(np.array([0.5, 0.5]), np.array([[0.0, math.log(3)], [math.log(4), 0.0], [700.0, 1400.0]]))
    np.testing.assert_allclose(after, [[0.25, 0.75], [0.8, 0.2], [0, 1]], atol=1e-12)


def test_a_share_of_0_counts_as_the_floor_and_none_above_it_does():
    after = shifted_usage(np.array([0.0, 1.0]), np.array([math.log(1e6), 0.0]))
    np.testing.assert_allclose(after, [0.1 / 1.1, 1 / 1.1], rtol=1e-9)
    after = shifted_usage(np.array([1e-6, 1.0]), np.array([math.log(1e6), 0.0]))
    np.testing.assert_allclose(after, [0.5, 0.5], rtol=1e-9)


@pytest.mark.parametrize("delta", [-3.0, 0.0, 1.0, 40.0])
def test_a_single_site_stays_at_one(delta):
    assert shifted_usage(np.array([1.0]), np.array([delta])).tolist() == [1.0]


def test_usages_of_0_and_1_can_change():
    usage = shifted_usage(np.array([1.0, 0.0]), np.array([0.0, math.log(1e7)]))
    np.testing.assert_allclose(usage, [0.5, 0.5], rtol=1e-6)


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=6), st.floats(-10, 10), st.data())
def test_a_site_that_changes_alone_shifts_as_the_authors_formula_says(shares, delta, data):
    usage = np.array(shares) / sum(shares)
    k = data.draw(st.integers(0, len(usage) - 1))
    change = np.zeros(len(usage))
    change[k] = delta
    after = shifted_usage(usage, change)
    assert after.sum() == pytest.approx(1)
    assert after[k] - usage[k] == pytest.approx(delta_usage(usage[k], np.array(delta)), abs=1e-9)
    others = np.delete(after, k) / np.delete(usage, k)
    np.testing.assert_allclose(others, others[0], rtol=1e-9)


def test_expected_length():
    usage = np.array([[0.2, 0.3, 0.5], [0.5, 0.5, 0.0]])
    np.testing.assert_allclose(expected_length(usage, np.array([100.0, 200.0, 400.0])), [280, 150])
    # sites without a 3' UTR are left out
    np.testing.assert_allclose(expected_length(usage, np.array([100.0, np.nan, 400.0])), [220 / 0.7, 100])
    assert np.isnan(expected_length(usage, np.full(3, np.nan))).all()
    assert expected_length(usage[0], np.array([100.0, 200.0, 400.0])) == pytest.approx(280)
    # nor has a gene one of which no site with a 3' UTR is used
    assert np.isnan(expected_length(np.array([1.0, 0.0]), np.array([np.nan, 10.0])))
