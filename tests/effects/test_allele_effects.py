"""From literal scores to tables of alleles and genes."""

import numpy as np
import pandas as pd
import pytest

from builders import records
from gene_example import MADE_BY, RELEASED, A, B, C, D, effects_of, scored
from pasvar.effects.allele_effects import add_genotypes, score_alleles, score_sites
from pasvar.effects.gene_summary import summarise_genes
from pasvar.errors import InputError
from pasvar.sites.usage import USAGE_FITS
from pasvar.tables import empty_frame, to_arrow

# --- sites --------------------------------------------------------------------------------------------------------------


def test_usages_are_predicted_gene_by_gene(sites):
    expected = np.exp(USAGE_FITS[0].strength * np.array([1.0, 0.0, -1.0]))
    expected /= expected.sum()
    found = sites.set_index(["gene_id", "site_id"]).usage_ref
    np.testing.assert_allclose(found["GENE1"][[A, B, C]], expected)
    assert found["GENE2", D] == found["GENE3", B] == 1
    assert set(sites.usage_source) == {"predicted:polyasite_chr20"}
    assert not sites.outside_fit.any()
    # what is no signal is not shown as one
    assert sites.hexamer.fillna("").to_list() == ["AATAAA", "", "", "", "AATAAA"]


def test_measured_usages_are_taken_gene_by_gene(catalogue, window_scores, exons):
    """GENE1 is measured at two of its sites, with a fifth of its ends elsewhere; GENE3 and GENE2 are predicted."""
    measured = catalogue.assign(
        usage_measured=[0.5, 0.3, np.nan, np.nan, np.nan], usage_source=["measured:x"] * 2 + [None] * 3
    )
    sites = score_sites(measured, window_scores, exons, 0.001, RELEASED)
    assert sites.usage_ref.to_list() == pytest.approx([0.5, 0.3, 1.0, 0.2, 1.0])
    assert sites.usage_source.to_list() == [
        "measured:x", "measured:x", "predicted:polyasite_chr20", "measured:x", "predicted:polyasite_chr20",
    ]  # fmt: skip


def test_what_the_usages_were_not_fit_on_is_marked(catalogue, window_scores, exons):
    """Another network: all genes whose usages are predicted. An intronic site of an atlas: its gene."""
    measured = catalogue.assign(usage_measured=[0.5, 0.5, np.nan, np.nan, np.nan], usage_source="measured:x")
    assert score_sites(measured, window_scores, exons, 0.001, "0" * 64).outside_fit.to_list() == [
        False,
        False,
        True,
        False,
        True,
    ]
    intronic = catalogue.assign(site_class=["3utr", "intron", "3utr", "3utr", "3utr"], n_transcripts=[1, 0, 1, 1, 1])
    sites = score_sites(intronic, window_scores, exons, 0.001, RELEASED)
    assert sites.outside_fit.to_list() == [True, True, False, True, False]
    assert sites.usage_ref[1] == pytest.approx(0.03)


def test_a_site_without_a_score_is_an_error(catalogue, window_scores, exons):
    with pytest.raises(InputError, match=r"site 20:900:\+ has no reference score; remove results/ and run again"):
        score_sites(catalogue, window_scores[window_scores.site_id != C], exons, 0.001, RELEASED)


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
    odds = usage / (1 - usage) * np.exp(-1.5)
    assert scores.delta_usage[0] == pytest.approx(odds / (1 + odds) - usage)
    assert scores.n_carriers.isna().all()
    to_arrow(scores, "scores")


def test_scores_of_other_alleles_are_refused(sites, windows):
    alleles = pd.DataFrame({"chrom": ["20"], "pos": [1], "ref": ["A"], "alt": ["C"], "site_id": [A]})
    with pytest.raises(InputError, match=r"the scores of a shard do not belong to its alleles; remove results/shards"):
        score_alleles(alleles, alleles.assign(alt="G"), windows, sites, MADE_BY)


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
    genes = summarise_genes(sites, pieces, counts, people, 100 if with_genotypes else 0, 0.5)
    to_arrow(genes, "genes")
    return genes


def test_every_gene_has_a_row_also_without_alleles(sites, windows):
    effects = effects_of(scored(sites, windows, (90, "G", A, -3.0, 0.0), (91, "C", A, 1.25, 0.0)), sites)
    genes = summarise(sites, effects)
    columns = [
        "gene_id", "n_sites", "n_alleles", "n_scored", "n_strong", "max_abs_delta_logodds_narrow", "top_delta_logodds_narrow",
        "top_variant", "top_site", "carriers",
    ]  # fmt: skip
    assert genes.max_expected_impact[0] == pytest.approx(effects.expected_impact[0])
    assert records(genes, "top_direction")[0] == ("lengthening",)
    assert records(genes, *columns) == [
        ("GENE1", 3, 5, 3, 1, 4.0, -4.0, "20:90:A:G", A, None),
        ("GENE3", 1, 0, 0, 0, None, None, None, None, None),
        ("GENE2", 1, 0, 0, 0, None, None, None, None, None),
    ]


def test_the_top_variant_is_that_of_all_pieces_and_the_first_of_equals(sites, windows):
    one = effects_of(scored(sites, windows, (90, "G", A, 2.0, 0.0), (91, "G", A, 3.0, 0.0)), sites)
    two = effects_of(scored(sites, windows, (92, "G", A, 3.0, 0.0), (93, "G", A, 1.5, 0.0)), sites)
    for pieces in ([one, two], [one, empty_frame("gene_effects"), two], [pd.concat([one, two])]):
        genes = summarise(sites, *pieces)
        assert records(genes, "top_variant", "top_delta_logodds_narrow", "n_strong")[0] == ("20:91:A:G", 2.0, 4)


def test_spellings_of_one_change_are_one_strong_allele(sites, windows):
    one = effects_of(scored(sites, windows, (90, "G", A, -3.0, 0.0), (91, "C", A, -3.0, 0.0)), sites)
    # The first allele again, as a record spells it that begins a base earlier.
    again = one.iloc[[0]].assign(pos=89, ref="GA", alt="GG")
    assert summarise(sites, pd.concat([one, again])).n_strong[0] == 2


def test_genes_are_led_by_what_matters_and_keep_the_largest_effect(sites, windows):
    """A weakens by 4 where it hardly is a site; C by 2 where it surely is one."""
    doubtful = sites.assign(confidence=sites.site_id.map({A: 0.1, B: 1.0, C: 1.0, D: 1.0}))
    effects = effects_of(scored(doubtful, windows, (90, "G", A, -3.0, 0.0), (91, "G", C, -3.0, 0.0)), doubtful)
    (gene, *_) = summarise(doubtful, effects).itertuples()
    assert (gene.top_variant, gene.top_site, gene.top_delta_logodds_narrow) == ("20:91:A:G", C, -2.0)
    assert gene.max_abs_delta_logodds_narrow == 4.0
    assert gene.top_impact == pytest.approx(gene.max_expected_impact) == pytest.approx(effects.impact[1])


def test_counts_of_shards_are_added(sites):
    counts = pd.DataFrame({"gene_id": ["GENE1", "GENE2", "GENE1"], "n_alleles": [2, 1, 3], "n_scored": [1, 0, 3]})
    people = pd.DataFrame({"gene_id": ["GENE1"], "carriers": [3]})
    genes = summarise(sites, empty_frame("gene_effects"), counts=counts, people=people, with_genotypes=True)
    assert records(genes, "gene_id", "n_alleles", "n_scored", "carriers") == [
        ("GENE1", 5, 4, 3),
        ("GENE3", 0, 0, 0),
        ("GENE2", 1, 0, 0),
    ]
