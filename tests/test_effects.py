"""From literal scores to tables of alleles and genes."""

import numpy as np
import pandas as pd
import pytest

from builders import records
from pasvar.effects import add_genotypes, gene_effects, score_alleles, score_sites, summarise_genes
from pasvar.errors import InputError
from pasvar.tables import empty_frame, to_arrow
from pasvar.usage import predict_usage

A, B, C = "20:100:+", "20:400:+", "20:900:+"
D = "20:2000:-"


@pytest.fixture
def catalogue():
    """GENE1 with sites A, B, C, proximal to distal; GENE2 with D alone; GENE3 shares B."""
    rows = [
        (A, "GENE1", 100, 1, 150),
        (B, "GENE1", 400, 2, 300),
        (B, "GENE3", 400, 1, pd.NA),
        (C, "GENE1", 900, 3, 800),
        (D, "GENE2", 2000, 1, pd.NA),
    ]
    frame = pd.DataFrame(rows, columns=["site_id", "gene_id", "cut_pos", "rank", "utr_length"])
    return frame.assign(
        gene_name=frame.gene_id.str.lower(),
        chrom="20",
        strand=frame.site_id.str[-1],
        utr_length=frame.utr_length.astype("Int32"),
        usage_ref=np.nan,
        usage_source=None,
    )


@pytest.fixture
def window_scores():
    return pd.DataFrame(
        {"site_id": [A, B, C, D], "logodds_narrow": [1.0, 0.0, -1.0, 2.0], "logodds": [2.0, 1.0, 0.5, 3.0]}
    )


@pytest.fixture
def sites(catalogue, window_scores):
    return score_sites(catalogue, window_scores)


@pytest.fixture
def windows():
    return pd.DataFrame({"site_id": [A, B, C, D], "window": ["C" * 70 + "AATAAA" + "C" * 129] * 4})


def scored(sites, windows, *rows: tuple) -> pd.DataFrame:
    """Table `scores` of (pos, alt, site, narrow, wide) on contig 20."""
    alleles = pd.DataFrame(rows, columns=["pos", "alt", "site_id", "logodds_narrow_alt", "logodds_alt"])
    alleles = alleles.assign(
        chrom="20", ref="A", id=None, norm_pos=alleles.pos, norm_ref="A", norm_alt=alleles.alt, af=np.nan
    )
    alleles = alleles.assign(window_index=71, region="hexamer", anchor="hexamer")
    alleles["window_alt"] = "C" * 70 + "AGTAAA" + "C" * 129
    scores = score_alleles(alleles, alleles, windows, sites)
    return add_genotypes(scores, empty_frame("carriers"))


# --- sites --------------------------------------------------------------------------------------------------------------


def test_usages_are_predicted_gene_by_gene(sites):
    expected = predict_usage(np.array([1.0, 0.0, -1.0]), np.array([100, 400, 900]))
    found = sites.set_index(["gene_id", "site_id"]).usage_ref
    np.testing.assert_allclose(found["GENE1"][[A, B, C]], expected)
    assert found["GENE2", D] == found["GENE3", B] == 1
    assert set(sites.usage_source) == {"predicted:polyadb_v3"}


def test_measured_usages_stay(catalogue, window_scores):
    measured = catalogue.assign(usage_ref=[0.5, 0.3, 1.0, 0.2, np.nan], usage_source=["atlas"] * 4 + [None])
    sites = score_sites(measured, window_scores)
    assert records(sites, "usage_ref", "usage_source") == [
        (0.5, "atlas"),
        (0.3, "atlas"),
        (1.0, "atlas"),
        (0.2, "atlas"),
        (1.0, "predicted:polyadb_v3"),
    ]


def test_a_site_without_a_score_is_an_error(catalogue, window_scores):
    with pytest.raises(InputError, match=r"site 20:900:\+ has no reference score; remove results/ and run again"):
        score_sites(catalogue, window_scores[window_scores.site_id != C])


# --- alleles ------------------------------------------------------------------------------------------------------------


def test_an_allele_has_a_row_per_site_and_gene(sites, windows):
    scores = scored(sites, windows, (90, "G", A, -0.5, 1.75), (395, "T", B, 1.0, 1.0))
    assert records(
        scores, "pos", "site_id", "gene_id", "delta_logodds_narrow", "delta_logodds", "hexamer_ref", "hexamer_alt"
    ) == [
        (90, A, "GENE1", -1.5, -0.25, "AATAAA", "AGTAAA"),
        (395, B, "GENE1", 1.0, 0.0, "AATAAA", "AGTAAA"),
        (395, B, "GENE3", 1.0, 0.0, "AATAAA", "AGTAAA"),
    ]
    usage = sites.usage_ref[0]
    odds = usage / (1 - usage) * np.exp(-0.25)
    assert scores.delta_usage[0] == pytest.approx(odds / (1 + odds) - usage)
    assert scores.n_carriers.isna().all()
    to_arrow(scores, "scores")


def test_scores_of_other_alleles_are_refused(sites, windows):
    alleles = pd.DataFrame({"chrom": ["20"], "pos": [1], "ref": ["A"], "alt": ["C"], "site_id": [A]})
    with pytest.raises(InputError, match=r"the scores of a shard are not of its alleles; remove results/shards"):
        score_alleles(alleles, alleles.assign(alt="G"), windows, sites)


def test_frequencies_are_those_of_the_genotypes_where_there_are_any(sites, windows):
    scores = scored(sites, windows, (90, "G", A, 0, 0), (91, "G", A, 0, 0), (92, "G", A, 0, 0))
    scores = scores.drop(columns=["n_carriers", "allele_count", "allele_number"]).assign(af=np.float32([0.5, 0.5, 0.5]))
    carriers = pd.DataFrame(
        {
            "chrom": "20",
            "pos": [90, 91],
            "ref": "A",
            "alt": "G",
            "n_carriers": [1, 0],
            "allele_count": [2, 0],
            "allele_number": [8, 0],
        }
    )
    joined = add_genotypes(scores, carriers)
    assert records(joined, "pos", "af", "n_carriers", "allele_count", "allele_number") == [
        (90, 0.25, 1, 2, 8),
        (91, 0.5, 0, 0, 0),
        (92, 0.5, None, None, None),
    ]


# --- genes --------------------------------------------------------------------------------------------------------------


def test_the_hardest_hit_keeps_its_sign_and_names_its_site(sites, windows):
    """A gain of 1 at A, a loss of 2 at B and a gain of 1.5 at C: the loss is the effect."""
    scores = scored(sites, windows, (500, "G", A, 2.0, 2.0), (500, "G", B, -2.0, 0.5), (500, "G", C, 0.5, 0.5))
    effects = gene_effects(scores, sites)
    columns = ["gene_id", "site_id", "delta_logodds_narrow", "delta_logodds", "n_sites", "n_sites_hit"]
    assert records(effects, *columns) == [("GENE1", B, -2.0, -0.5, 3, 3), ("GENE3", B, -2.0, -0.5, 1, 1)]


def test_of_equal_effects_the_most_proximal_is_named(sites, windows):
    scores = scored(sites, windows, (500, "G", B, 1.0, 1.0), (500, "G", A, 0.0, 2.0), (500, "G", C, 0.0, 0.0))
    effect = gene_effects(scores[scores.gene_id == "GENE1"], sites)
    assert records(effect, "site_id", "delta_logodds_narrow") == [(A, -1.0)]


def test_usage_vectors_before_and_after(sites, windows):
    """The allele weakens A alone: the others gain what it loses, and the expected 3' UTR grows."""
    scores = scored(sites, windows, (500, "G", A, -3.0, 0.0))
    (effect,) = gene_effects(scores, sites).itertuples()
    before = predict_usage(np.array([1.0, 0.0, -1.0]), np.array([100, 400, 900]))
    after = predict_usage(np.array([-3.0, 0.0, -1.0]), np.array([100, 400, 900]))
    assert effect.site_ids == [A, B, C]
    np.testing.assert_allclose(effect.usage_ref, before)
    np.testing.assert_allclose(effect.usage_alt, after)
    assert effect.delta_pdui == pytest.approx(after[2] - before[2])
    assert effect.delta_pdui > 0
    assert effect.delta_utr_length == pytest.approx(((after - before) * [150, 300, 800]).sum())


def test_alleles_of_one_gene_do_not_mix(sites, windows):
    scores = scored(sites, windows, (90, "G", A, -3.0, 0.0), (91, "G", C, 3.0, 0.0), (1995, "T", D, -1.0, 0.0))
    effects = gene_effects(scores, sites)
    cut_pos = np.array([100, 400, 900])
    np.testing.assert_allclose(effects.usage_alt[0], predict_usage(np.array([-3.0, 0.0, -1.0]), cut_pos))
    np.testing.assert_allclose(effects.usage_alt[1], predict_usage(np.array([1.0, 0.0, 3.0]), cut_pos))
    assert effects.usage_alt[2] == [1.0]
    assert records(effects, "pos", "gene_id", "delta_utr_length")[2] == (1995, "GENE2", None)
    to_arrow(effects, "gene_effects")


def test_no_scores_give_an_empty_table(sites, windows):
    assert gene_effects(scored(sites, windows), sites).equals(empty_frame("gene_effects"))


def summarise(sites, *effects, people=None, with_genotypes=False, counts=None):
    counts = counts if counts is not None else pd.DataFrame({"gene_id": ["GENE1"], "n_alleles": [5], "n_scored": [3]})
    people = people if people is not None else empty_frame("gene_carriers")
    pieces = [to_arrow(effect, "gene_effects") for effect in effects]
    genes = summarise_genes(sites, pieces, counts, people, with_genotypes, 0.5)
    to_arrow(genes, "genes")
    return genes


def test_every_gene_has_a_row_also_without_alleles(sites, windows):
    effects = gene_effects(scored(sites, windows, (90, "G", A, -3.0, 0.0), (91, "C", A, 1.25, 0.0)), sites)
    genes = summarise(sites, effects)
    columns = [
        "gene_id", "n_sites", "n_alleles", "n_scored", "n_strong", "max_abs_delta_logodds_narrow", "top_delta_logodds_narrow",
        "top_variant", "top_site", "carriers",
    ]  # fmt: skip
    assert records(genes, *columns) == [
        ("GENE1", 3, 5, 3, 1, 4.0, -4.0, "20:90:A:G", A, None),
        ("GENE3", 1, 0, 0, 0, None, None, None, None, None),
        ("GENE2", 1, 0, 0, 0, None, None, None, None, None),
    ]


def test_the_top_variant_is_that_of_all_pieces_and_the_first_of_equals(sites, windows):
    one = gene_effects(scored(sites, windows, (90, "G", A, 2.0, 0.0), (91, "G", A, 3.0, 0.0)), sites)
    two = gene_effects(scored(sites, windows, (92, "G", A, -1.0, 0.0), (93, "G", A, 1.5, 0.0)), sites)
    for pieces in ([one, two], [one, empty_frame("gene_effects"), two], [pd.concat([one, two])]):
        genes = summarise(sites, *pieces)
        assert records(genes, "top_variant", "top_delta_logodds_narrow", "n_strong")[0] == ("20:91:A:G", 2.0, 4)


def test_counts_of_shards_are_added(sites):
    counts = pd.DataFrame({"gene_id": ["GENE1", "GENE2", "GENE1"], "n_alleles": [2, 1, 3], "n_scored": [1, 0, 3]})
    people = pd.DataFrame({"gene_id": ["GENE1"], "carriers": [3]})
    genes = summarise(sites, empty_frame("gene_effects"), counts=counts, people=people, with_genotypes=True)
    assert records(genes, "gene_id", "n_alleles", "n_scored", "carriers") == [
        ("GENE1", 5, 4, 3),
        ("GENE3", 0, 0, 0),
        ("GENE2", 1, 0, 0),
    ]
