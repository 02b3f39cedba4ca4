"""From literal scores to tables of alleles and genes."""

import numpy as np
import pandas as pd
import pytest

from builders import records
from gene_example import A, B, C, D, effects_of, scored
from pasvar.effects import add_genotypes, score_alleles, score_sites, summarise_genes
from pasvar.errors import InputError
from pasvar.tables import empty_frame, to_arrow
from pasvar.usage import predict_usage

# --- sites --------------------------------------------------------------------------------------------------------------


def test_usages_are_predicted_gene_by_gene(sites):
    expected = predict_usage(np.array([1.0, 0.0, -1.0]), np.array([100, 400, 900]))
    found = sites.set_index(["gene_id", "site_id"]).usage_ref
    np.testing.assert_allclose(found["GENE1"][[A, B, C]], expected)
    assert found["GENE2", D] == found["GENE3", B] == 1
    assert set(sites.usage_source) == {"predicted:polyadb_v3"}


def test_measured_usages_are_taken_gene_by_gene(catalogue, window_scores):
    """GENE1 is measured at two of its sites, with a fifth of its ends elsewhere; GENE3 and GENE2 are predicted."""
    measured = catalogue.assign(
        usage_measured=[0.5, 0.3, np.nan, np.nan, np.nan], usage_source=["measured:x"] * 2 + [None] * 3
    )
    sites = score_sites(measured, window_scores, 0.001)
    assert sites.usage_ref.to_list() == pytest.approx([0.5, 0.3, 1.0, 0.2, 1.0])
    assert sites.usage_source.to_list() == [
        "measured:x", "measured:x", "predicted:polyadb_v3", "measured:x", "predicted:polyadb_v3",
    ]  # fmt: skip
    assert sites.usage_low.isna().to_list() == sites.usage_high.isna().to_list() == [True, True, False, True, False]


def test_the_spread_of_the_fits_holds_the_prediction(sites):
    predicted = sites[sites.gene_id == "GENE1"]
    assert (predicted.usage_low <= predicted.usage_ref).all()
    assert (predicted.usage_ref <= predicted.usage_high).all()
    assert (predicted.usage_high - predicted.usage_low > 0.02).all()


def test_a_site_without_a_score_is_an_error(catalogue, window_scores):
    with pytest.raises(InputError, match=r"site 20:900:\+ has no reference score; remove results/ and run again"):
        score_sites(catalogue, window_scores[window_scores.site_id != C], 0.001)


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


def summarise(sites, *effects, people=None, with_genotypes=False, counts=None):
    counts = counts if counts is not None else pd.DataFrame({"gene_id": ["GENE1"], "n_alleles": [5], "n_scored": [3]})
    people = people if people is not None else empty_frame("gene_carriers")
    pieces = [to_arrow(effect, "gene_effects") for effect in effects]
    genes = summarise_genes(sites, pieces, counts, people, with_genotypes, 0.5)
    to_arrow(genes, "genes")
    return genes


def test_every_gene_has_a_row_also_without_alleles(sites, windows):
    effects = effects_of(scored(sites, windows, (90, "G", A, -3.0, 0.0), (91, "C", A, 1.25, 0.0)), sites)
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
    one = effects_of(scored(sites, windows, (90, "G", A, 2.0, 0.0), (91, "G", A, 3.0, 0.0)), sites)
    two = effects_of(scored(sites, windows, (92, "G", A, -1.0, 0.0), (93, "G", A, 1.5, 0.0)), sites)
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
