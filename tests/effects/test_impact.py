"""How much an allele matters, which way, and what is lost: genes with literal usages."""

import numpy as np
import pandas as pd
import pytest

from pasvar.effects.competition import GeneSites
from pasvar.effects.impact import directions, driving_site, impacts, lost_parts


def gene(usage, lengths=None, truncating=None, coding=None, logodds=None) -> GeneSites:
    k = len(usage)
    return GeneSites(
        pd.DataFrame(
            {
                "site_id": [f"1:{100 * i + 100}:+" for i in range(k)],
                "rank": range(1, k + 1),
                "strand": "+",
                "cut_pos": [100 * i + 100 for i in range(k)],
                "utr_length": lengths if lengths is not None else [100 * i + 50 for i in range(k)],
                "truncating": truncating if truncating is not None else [False] * k,
                "logodds_narrow": logodds if logodds is not None else [0.0] * k,
                "usage_ref": usage,
                "usage_source": "predicted:x",
                "coding_share": coding if coding is not None else [1.0] * k,
                "coding_length": 300,
                "confidence": 1.0,
            }
        )
    )


def direction(of: GeneSites, *delta: float, is_sure=True, limit=0.05) -> str:
    delta = np.array([delta])
    return directions(of, of.usage_alt(delta), of.cleavage_change(delta), np.array([is_sure]), limit)[0]


# --- impact -------------------------------------------------------------------------------------------------------------


def test_impact_is_what_changes_place():
    shift = np.array([[-0.3, 0.1, 0.2], [0.0, 0.0, 0.0]])
    assert impacts(shift, np.full(2, np.nan)).tolist() == pytest.approx([0.3, 0.0])


def test_the_only_site_loses_or_gains_cleavage():
    """Half of the transcripts are cut; then 1 in 10, or 9 in 10."""
    single = gene([1.0], logodds=[0.0])
    delta = np.array([[np.log(1 / 9)], [np.log(9)], [0.0], [-60.0]])
    change = single.cleavage_change(delta)
    np.testing.assert_allclose(change, [0.1 / 0.5 - 1, 0.9 / 0.5 - 1, 0, -1], atol=1e-12)
    np.testing.assert_allclose(impacts(np.zeros((4, 1)), change), [0.8, 1 - 0.5 / 0.9, 0, 1], atol=1e-12)


def test_a_site_that_takes_no_part_does_not_make_a_second_one():
    two = gene([1.0, 0.0])
    assert two.is_single
    assert two.usage_alt(np.array([[-3.0, 5.0]])).tolist() == [[1.0, 0.0]]
    assert not gene([0.9, 0.1]).is_single


def test_nothing_moves_where_no_site_that_is_used_changes():
    of = gene([0.1, 0.7, 0.2, 0.0])
    assert (of.usage_alt(np.array([[0.0, 0.0, 0.0, 3.0]])) == of.usage_ref).all()


def test_an_allele_acts_through_the_site_whose_usage_it_moves_most():
    delta = np.array([[3.0, -1.0, 0.0], [0.0, 2.0, -3.0], [0.0, 0.5, 0.0]])
    shift = np.array([[0.01, -0.3, 0.29], [0.0, 0.0, 0.0], [-0.2, 0.3, -0.1]])
    assert driving_site(delta, shift).tolist() == [1, 2, 1]


# --- direction ----------------------------------------------------------------------------------------------------------


def test_rounding_noise_has_no_direction():
    """What moves has no 3' UTR: the length of the rest changes by rounding alone."""
    of = gene([0.5, 0.3, 0.2], lengths=[np.nan, 300, 400], truncating=[False, False, False])
    assert direction(of, 1.0, 0.0, 0.0) == "none"


@pytest.mark.parametrize(
    ("delta", "named"),
    [((-1.0, 0, 0), "lengthening"), ((1.0, 0, 0), "shortening"), ((0, 0, -1.0), "shortening"), ((0.05, 0, 0), "none")],
)
def test_longer_or_shorter(delta, named):
    assert direction(gene([0.4, 0.3, 0.3]), *delta) == named


def test_the_limit_is_a_share_of_the_ends():
    """Usages .5, .5: a change of the log odds by .2 moves 5 % of the ends."""
    two = gene([0.5, 0.5])
    assert direction(two, 0.0, 0.21) == "lengthening"
    assert direction(two, 0.0, 0.19) == "none"
    assert direction(two, 0.0, 0.21, limit=0.06) == "none"


def test_ends_that_move_both_ways_have_no_direction():
    """A third of the ends moves, half to the first site and half to the last: the length stays within 5 % of 24 nt."""
    of = gene([0.2, 0.6, 0.2])
    assert direction(of, 0.0, -1.4, 0.0) == "none"
    assert direction(gene([0.2, 0.6, 0.2], lengths=[50, 160, 250]), 0.0, -1.4, 0.0) == "shortening"


def test_a_sign_that_is_not_sure_names_nothing():
    assert direction(gene([0.5, 0.5]), 0.0, 3.0, is_sure=False) == "none"


def test_without_a_3utr_the_distal_usage_decides():
    of = gene([0.5, 0.5], lengths=[np.nan, np.nan])
    assert direction(of, 0.0, 1.0) == "lengthening"
    assert direction(of, 1.0, 0.0) == "shortening"


def test_ends_that_move_into_an_intron():
    """45 % of the ends move before the stop codon, and the 3' UTR of the others keeps its length."""
    of = gene([0.05, 0.95], lengths=[np.nan, 300], truncating=[True, False])
    usage = of.usage_alt(np.array([[2.95, 0.0]]))
    assert usage[0, 0] == pytest.approx(0.5, abs=0.01)
    assert direction(of, 2.95, 0.0) == "more_truncation"
    assert direction(gene([0.5, 0.5], lengths=[np.nan, 300], truncating=[True, False]), -2.0, 0.0) == "less_truncation"


def test_the_only_site_has_a_direction_of_its_own():
    assert direction(gene([1.0]), -2.0) == "less_cleavage"
    assert direction(gene([1.0]), 2.0) == "more_cleavage"
    assert direction(gene([1.0]), 0.05) == "none"


# --- what is lost -------------------------------------------------------------------------------------------------------


def test_what_the_transcripts_that_move_lose():
    """From the last site (250 nt of 3' UTR, all 300 coding) to the first (50, 240), and the other way round."""
    of = gene([0.3, 0.2, 0.5], coding=[0.8, 1.0, 1.0])
    shift = np.array([[0.3, 0.0, -0.3], [-0.2, 0.0, 0.2], [0.0, 0.0, 0.0]])
    lost = lost_parts(of, shift)
    np.testing.assert_allclose(lost["utr_lost"], [200, 0, np.nan])
    np.testing.assert_allclose(lost["coding_lost"], [60, 0, np.nan])


def test_a_3utr_that_is_not_known_is_not_lost():
    of = gene([0.5, 0.5], lengths=[np.nan, 300])
    assert np.isnan(lost_parts(of, np.array([[0.2, -0.2]]))["utr_lost"]).all()


# --- new sites ----------------------------------------------------------------------------------------------------------


def test_a_place_that_hardly_cuts_has_hardly_any_usage():
    """.29 % of the transcripts that pass are cut there: of the 70 % that end further downstream, or of half where it is last and
    the site before cuts every second one."""
    of = gene([0.3, 0.7], logodds=[0.0, 0.0])
    weak = np.log(0.0029 / 0.9971)
    before, after, place = of.with_new_site(150, weak, weak + np.log(10))
    assert place == 1
    np.testing.assert_allclose(before, [0.3 * (1 - 0.00203), 0.00203, 0.7 * (1 - 0.00203)], rtol=1e-9)
    odds = 0.00203 / (1 - 0.00203) * 10
    assert after[1] == pytest.approx(odds / (1 + odds))
    assert after.sum() == pytest.approx(1)
    before, _, place = of.with_new_site(300, weak, weak)
    assert (place, before[2]) == (2, pytest.approx(0.00145))
