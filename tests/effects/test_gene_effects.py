"""What alleles do to genes, from literal scores."""

import numpy as np
import pandas as pd
import pytest

from builders import records
from gene_example import RELEASED, A, B, C, D, effects_of, scored
from pasvar.effects.allele_effects import score_sites
from pasvar.effects.gene_effects import compute_gene_effects, compute_tissue_effects
from pasvar.tables import empty_frame, to_arrow


def test_the_hardest_hit_keeps_its_sign_and_names_its_site(sites, windows):
    """A gain of 1 at A, a loss of 2 at B and a gain of 1.5 at C: the loss is the effect."""
    scores = scored(sites, windows, (500, "G", A, 2.0, 2.0), (500, "G", B, -2.0, 0.5), (500, "G", C, 0.5, 0.5))
    effects = effects_of(scores, sites)
    columns = ["gene_id", "site_id", "delta_logodds_narrow", "delta_logodds", "n_sites", "n_sites_hit"]
    assert records(effects, *columns) == [("GENE1", B, -2.0, -0.5, 3, 3), ("GENE3", B, -2.0, -0.5, 1, 1)]


def test_of_equal_effects_the_most_proximal_is_named(sites, windows):
    scores = scored(sites, windows, (500, "G", B, 1.0, 1.0), (500, "G", A, 0.0, 2.0), (500, "G", C, 0.0, 0.0))
    effect = effects_of(scores[scores.gene_id == "GENE1"], sites)
    assert records(effect, "site_id", "delta_logodds_narrow") == [(A, -1.0)]


def usage_of(sites: pd.DataFrame) -> np.ndarray:
    """Reference usages of A, B and C in GENE1."""
    return sites[sites.gene_id == "GENE1"].usage_ref.to_numpy()


def test_usage_vectors_before_and_after(sites, windows):
    """The allele weakens A alone: the others gain what it loses, and the expected 3' UTR grows."""
    scores = scored(sites, windows, (500, "G", A, -3.0, 0.0))
    (effect,) = effects_of(scores, sites).itertuples()
    before = usage_of(sites)
    after = before * np.exp([-4.0, 0.0, 0.0]) / (before * np.exp([-4.0, 0.0, 0.0])).sum()
    assert effect.site_ids == [A, B, C]
    np.testing.assert_allclose(effect.usage_ref, before)
    np.testing.assert_allclose(effect.usage_alt, after)
    assert effect.delta_pdui == pytest.approx(after[2] - before[2])
    assert effect.delta_pdui > 0
    assert effect.delta_utr_length == pytest.approx(((after - before) * [150, 300, 800]).sum())


def test_what_changes_place_and_who_gains(sites, windows):
    """A is weakened beyond recovery: what it had goes to B and C, and the 3' UTR grows."""
    scores = scored(sites, windows, (500, "G", A, -7.0, 0.0), (501, "G", A, 0.99, 0.0))
    lost, hardly = effects_of(scores[scores.gene_id == "GENE1"], sites).itertuples()
    shift = np.array(lost.usage_alt) - np.array(lost.usage_ref)
    assert lost.total_variation == pytest.approx(np.abs(shift).sum() / 2)
    assert lost.total_variation == pytest.approx(-shift[0])
    assert (lost.losing_site, lost.gaining_site, lost.direction) == (A, B, "lengthening")
    assert (hardly.losing_site, hardly.direction) == (A, "none")
    assert (lost.utr_lost, lost.coding_lost) == (0, 0)


def test_measured_genes_shift_by_the_delta_itself(catalogue, window_scores, exons, windows):
    measured = catalogue.assign(usage_measured=[0.5, 0.3, np.nan, 0.2, np.nan], usage_source=["measured:x"] * 5)
    sites = score_sites(measured, window_scores, exons, 0.001, RELEASED)
    scores = scored(sites, windows, (500, "G", C, -1.0 + np.log(4), 0.0))
    (effect,) = effects_of(scores, sites).itertuples()
    np.testing.assert_allclose(effect.usage_alt, np.array([0.5, 0.3, 0.8]) / 1.6, rtol=1e-6)
    assert effect.usage_measured
    assert effect.delta_pdui == pytest.approx(0.3)
    assert effect.delta_pdui == pytest.approx(scores.delta_usage[0])
    assert effect.direction == "lengthening"


def test_one_site_has_nobody_to_lose_to(sites, windows):
    """It cuts fewer transcripts: 88 % of those that pass before, 1 in 8,000 after."""
    (effect,) = effects_of(scored(sites, windows, (1995, "T", D, -9.0, 0.0)), sites).itertuples()
    assert effect.usage_alt == effect.usage_ref == [1.0]
    assert (effect.total_variation, effect.delta_pdui, effect.direction) == (0, 0, "less_cleavage")
    assert effect.delta_cleavage == pytest.approx((1 + np.exp(-2)) / (1 + np.exp(9)) - 1)
    assert effect.impact == effect.expected_impact == -effect.delta_cleavage
    assert (effect.gaining_site, effect.losing_site) == (None, None)


def test_ends_before_a_stop_codon(catalogue, window_scores, exons, windows):
    """B lies in an intron: an allele that strengthens it costs whole proteins."""
    sites = score_sites(catalogue.assign(truncating=catalogue.site_id == B), window_scores, exons, 0.001, RELEASED)
    scores = scored(sites, windows, (500, "G", B, 3.0, 0.0))
    effect = next(effects_of(scores, sites).itertuples())
    assert effect.delta_truncated == pytest.approx(effect.usage_alt[1] - effect.usage_ref[1])
    assert effect.delta_truncated > 0.3
    assert effect.direction == "more_truncation"


def test_alleles_of_one_gene_do_not_mix(sites, windows):
    scores = scored(sites, windows, (90, "G", A, -3.0, 0.0), (91, "G", C, 3.0, 0.0), (1995, "T", D, -1.0, 0.0))
    effects = effects_of(scores, sites)
    for usage_alt, delta in zip(effects.usage_alt, ([-4.0, 0.0, 0.0], [0.0, 0.0, 4.0]), strict=False):
        weight = usage_of(sites) * np.exp(delta)
        np.testing.assert_allclose(usage_alt, weight / weight.sum())
    assert effects.usage_alt[2] == [1.0]
    assert records(effects, "pos", "gene_id", "delta_utr_length")[2] == (1995, "GENE2", None)
    to_arrow(effects, "gene_effects")


def test_expected_impact_counts_how_sure_the_site_is(sites, windows):
    doubtful = sites.assign(confidence=sites.site_id.map({A: 0.25, B: None, C: 1.0, D: 1.0}))
    scores = scored(doubtful, windows, (90, "G", A, -3.0, 0.0), (395, "T", B, -3.0, 0.0))
    a, b, *_ = effects_of(scores, doubtful).itertuples()
    assert a.expected_impact == pytest.approx(0.25 * a.impact)
    assert b.expected_impact == b.impact
    assert np.isnan(b.confidence)


def test_an_effect_whose_error_bar_holds_both_signs_has_no_direction(sites, windows):
    scores = scored(sites, windows, (90, "G", A, -3.0, 0.0), (91, "G", A, -3.0, 0.0))
    scores = scores.assign(delta_low=[-4.5, -8.0], delta_high=[-3.5, 0.25])
    sure, unsure = effects_of(scores, sites).itertuples()
    assert (sure.direction, unsure.direction) == ("lengthening", "none")
    assert sure.delta_pdui_low < sure.delta_pdui < sure.delta_pdui_high
    assert unsure.delta_pdui_low < 0 < sure.delta_pdui
    assert unsure.delta_utr_length_low < unsure.delta_utr_length < unsure.delta_utr_length_high


def test_no_scores_give_an_empty_table(sites, windows):
    assert effects_of(scored(sites, windows), sites).equals(empty_frame("gene_effects"))


# --- tissues ------------------------------------------------------------------------------------------------------------


def usages(*rows: tuple[str, str, float]) -> pd.DataFrame:
    """Table `tissue_usage` of GENE1 from (tissue, site, usage)."""
    frame = pd.DataFrame(rows, columns=["tissue", "site_id", "usage"])
    return frame.assign(gene_id="GENE1", source="transcripts")


TISSUES = usages(("liver", A, 0.5), ("liver", B, 0.5), ("brain", A, 0.02), ("brain", C, 0.98))


def test_effects_per_tissue(sites, windows):
    """An allele that makes C four times as likely: in liver, where C is not used, next to nothing happens."""
    scores = scored(sites, windows, (500, "G", C, -1.0 + np.log(4), 0.0), (501, "G", C, -0.9, 0.0))
    effects = compute_tissue_effects(scores, sites, TISSUES, 0.001, 0.5)
    columns = ["pos", "tissue", "site_ids", "usage_ref", "usage_alt", "delta_pdui", "total_variation"]
    brain, liver = records(effects, *columns)
    low = 0.001 / 1.001
    near = pytest.approx
    assert brain[:3] == (500, "brain", [A, B, C])
    assert brain[3:] == (
        near([0.02 / 1.001, low, 0.98 / 1.001]),
        near([0.02 / 3.941, 0.001 / 3.941, 3.92 / 3.941]),
        *brain[5:],
    )
    assert brain[5] == near(3.92 / 3.941 - 0.98 / 1.001)
    assert brain[6] == near(brain[5])
    assert liver[:2] == (500, "liver")
    assert liver[5] == near(0.004 / 1.004 - low)
    to_arrow(effects, "tissue_effects")


def test_the_tissue_hit_hardest_is_named(sites, windows):
    scores = scored(sites, windows, (500, "G", C, -4.0, 0.0), (501, "G", B, 2.0, 0.0), (1995, "T", D, -9.0, 0.0))
    effects = compute_gene_effects(scores, sites, TISSUES, 0.001, 0.05)
    of_tissues = compute_tissue_effects(scores, sites, TISSUES, 0.001, 0.1)
    assert records(effects, "pos", "gene_id", "top_tissue") == [
        (500, "GENE1", "brain"),
        (501, "GENE1", "liver"),
        (501, "GENE3", None),
        (1995, "GENE2", None),
    ]
    brain = of_tissues[(of_tissues.pos == 500) & (of_tissues.tissue == "brain")].iloc[0]
    assert effects.top_tissue_total_variation[0] == pytest.approx(brain.total_variation)
    assert effects.top_tissue_delta_pdui[0] == pytest.approx(brain.delta_pdui)
    to_arrow(effects, "gene_effects")


def test_without_tissues_the_table_is_empty(sites, windows):
    scores = scored(sites, windows, (500, "G", C, -4.0, 0.0))
    assert compute_tissue_effects(scores, sites, empty_frame("tissue_usage"), 0.001, 0.1).equals(
        empty_frame("tissue_effects")
    )
    weak = scored(sites, windows, (500, "G", C, -1.05, 0.0))
    assert compute_tissue_effects(weak, sites, TISSUES, 0.001, 0.1).equals(empty_frame("tissue_effects"))
