"""Verdicts in words, on literal rows of `gene_effects`."""

import numpy as np
import pytest
from hypothesis import given, strategies as st

from gene_example import A, effects_of, scored
from pasvar.effects.verdict import CAVEATS, fold, fold_range, give_verdict, percent
from pasvar.tables import FLAGS

DESTROYED = {
    "gene_name": "PSMF1", "site_id": "20:900:+", "site_ids": ["20:400:+", "20:900:+"],
    "usage_ref": [0.29, 0.71], "usage_alt": [0.88, 0.12], "usage_measured": True,
    "hexamer_ref": "AATAAA", "hexamer_alt": "AATGAA", "logodds_narrow_ref": 0.5,
    "delta_logodds_narrow": -2.9, "delta_low": -3.9, "delta_high": -2.1, "direction_probability": 0.99,
    "impact": 0.59, "confidence": 0.97,
    "delta_logodds_narrow_other": None, "flags": None, "delta_cleavage": None, "direction": "shortening",
    "delta_utr_length": -340.0, "delta_truncated": 0.0, "losing_site": "20:900:+", "gaining_site": "20:400:+",
}  # fmt: skip
ONLY_SITE = DESTROYED | {
    "gene_name": "HBB", "site_ids": ["20:900:+"], "usage_ref": [1.0], "usage_alt": [1.0], "logodds_narrow_ref": 0.69,
    "delta_logodds_narrow": -4.2, "delta_low": -5.4, "delta_high": -3.4, "delta_cleavage": -0.956, "impact": 0.956,
    "direction": "less_cleavage", "delta_utr_length": np.nan, "losing_site": None, "gaining_site": None,
}  # fmt: skip
MILD = {
    "hexamer_alt": "AATAAA", "delta_logodds_narrow": -0.5, "delta_low": -1.0, "delta_high": 0.04, "usage_alt": [0.4, 0.6],
    "direction_probability": 0.84, "impact": 0.11, "delta_utr_length": -60.2,
}  # fmt: skip
SMALL = {
    "hexamer_alt": "AATAAA", "delta_logodds_narrow": 0.1, "delta_low": -0.25, "delta_high": 0.45, "usage_alt": [0.27, 0.73],
    "direction_probability": 0.65, "impact": 0.02, "direction": "none",
}  # fmt: skip
MAIN = "PSMF1's main site (71 % of 3' ends, measured)"
PREDICTED = f"The network predicts that the odds of a cut at {MAIN} are"


@pytest.mark.parametrize(
    ("row", "kind", "confidence", "text"),
    [
        (
            DESTROYED,
            *("effect", "high"),
            f"Destroys the AATAAA of {MAIN}: about 12 % remain, and the 3' UTR shortens by 340 nt on average. "
            "High confidence: the 80 % interval is 4.7 % to 23 %, and the direction is right with a probability of 99 %.",
        ),
        (
            DESTROYED | {"flags": "hexamer_changed&a_rich"},
            *("effect", "moderate"),
            f"Destroys the AATAAA of {MAIN}: about 12 % remain, and the 3' UTR shortens by 340 nt on average. "
            "Moderate confidence: the 80 % interval is 4.7 % to 23 %, and the direction is right with a probability of 99 %; "
            "but the site may be an artefact of internal priming at genomic A.",
        ),
        (
            DESTROYED | {"hexamer_alt": "AGTAAA", "direction": "none", "usage_measured": False},
            *("effect", "high"),
            "Weakens the AATAAA of PSMF1's main site (71 % of 3' ends, predicted) to AGTAAA: about 12 % remain. "
            "High confidence: the 80 % interval is 4.7 % to 23 %, and the direction is right with a probability of 99 %.",
        ),
        (
            DESTROYED | MILD,
            *("effect", "moderate"),
            f"Weakens {MAIN}: about 60 % remain, and the 3' UTR shortens by 60 nt on average. "
            "Moderate confidence: the 80 % interval is 47 % to 72 %, and the direction is right with a probability of 84 %.",
        ),
        (
            DESTROYED
            | {"site_id": "20:400:+", "usage_ref": [0.1, 0.9], "usage_alt": [0.69, 0.31], "hexamer_ref": "AATGAA"}
            | {"hexamer_alt": "AATAAA", "delta_logodds_narrow": 3.0, "delta_low": 2.1, "delta_high": 3.9}
            | {"direction": "more_truncation", "delta_truncated": 0.59},
            *("effect", "high"),
            "Makes an AATAAA (from AATGAA) at another site of PSMF1 (10 % of 3' ends, measured): about 69 % are made there with "
            "the variant, and 59 % more of its transcripts end before the stop codon. "
            "High confidence: the 80 % interval is 48 % to 85 %, and the direction is right with a probability of 99 %.",
        ),
        (
            ONLY_SITE,
            *("effect", "high"),
            "Destroys the AATAAA of HBB's only site: cleavage there falls to about 4.4 % of what it was. "
            "High confidence: the 80 % interval is 1.3 % to 9.4 % of what it was, and the direction is right with a probability "
            "of 99 %.",
        ),
        (
            ONLY_SITE
            | {"gene_name": "F2", "hexamer_alt": "AATAAA", "logodds_narrow_ref": -1.27, "delta_logodds_narrow": 0.35}
            | {"delta_low": -0.03, "delta_high": 0.77, "direction_probability": 0.89},
            *("effect", "moderate"),
            "Strengthens F2's only site: cleavage there rises about 1.3-fold. Moderate confidence: the 80 % interval is "
            "1.0- to 1.7-fold, and the direction is right with a probability of 89 %.",
        ),
        (
            DESTROYED | SMALL,
            *("none", "moderate"),
            f"No large effect on PSMF1 expected: the predicted odds of a cut at {MAIN} are 1.1-fold higher. Moderate confidence: "
            "the 80 % interval is 1.3-fold lower to 1.6-fold higher, so that a mild effect is not ruled out.",
        ),
        (
            DESTROYED | {"site_id": "20:400:+", "usage_ref": [0.004, 0.996], "usage_alt": [0.0002, 0.9998], "impact": 0.0038},
            *("none", "moderate"),
            "No effect on PSMF1 expected: the affected site makes 0.4 % of its 3' ends (measured). Moderate confidence: even "
            "at the ends of the error bar (odds 8.2- to 49-fold lower) fewer than 5.0 % of the gene's 3' ends move.",
        ),
        (
            DESTROYED | {"site_id": "20:400:+", "usage_ref": [0.004, 0.996], "usage_alt": [0.0002, 0.9998], "impact": 0.4},
            *("effect", "high"),
            "Moves about 40 % of PSMF1's 3' ends from the site 20:900:+ to 20:400:+, and the 3' UTR shortens by 340 nt on "
            "average. "
            "High confidence: the 80 % interval of the largest effect is 8.2- to 49-fold lower, and the direction is right with "
            "a probability of 99 %.",
        ),
        (
            DESTROYED | {"flags": "hexamer_indel&ambiguous_side&uncalibrated", "delta_logodds_narrow_other": 0.1},
            *("unclear", ""),
            "Cannot say what this does to PSMF1, because the indel can be placed on either side of the signal, and the effects "
            f"differ (odds 18-fold lower, or 1.1-fold higher). {PREDICTED} 18-fold lower (80 % interval 8.2- to 49-fold lower).",
        ),
        (
            DESTROYED | MILD | {"direction_probability": 0.797},
            *("unclear", ""),
            "Cannot say what this does to PSMF1, because only 79 % of measured variants with such a prediction changed in the "
            f"predicted direction. The network predicts that the odds of a cut at {MAIN} are 1.6-fold lower "
            "(80 % interval 2.7-fold lower to unchanged).",
        ),
        (
            DESTROYED | MILD | {"direction_probability": 0.6, "flags": "weak_reference"},
            *("unclear", ""),
            "Cannot say what this does to PSMF1, because the site is so weak that predictions do not agree with measurements "
            f"there. {PREDICTED} 1.6-fold lower (80 % interval 2.7-fold lower to unchanged).",
        ),
        (
            DESTROYED
            | {"site_id": "20:400:+", "usage_ref": [0.0, 1.0], "usage_alt": [0.0, 1.0], "confidence": 0.4, "impact": 0.0},
            *("unclear", ""),
            "Cannot say what this does to PSMF1, because the usage of the affected site is not known (it is real with a "
            "probability of 40 %). The network predicts that the odds of a cut at a possible site of PSMF1 are 18-fold lower "
            "(80 % interval 8.2- to 49-fold lower).",
        ),
        (
            DESTROYED | {"confidence": 0.2},
            *("unclear", ""),
            "Cannot say what this does to PSMF1, because the site itself is real with a probability of only 20 %. The "
            f"network predicts that the odds of a cut at {MAIN} are 18-fold lower (80 % interval 8.2- to 49-fold lower).",
        ),
    ],
)  # fmt: skip
def test_verdicts(row, kind, confidence, text):
    verdict = give_verdict(row)
    assert (verdict.kind, verdict.confidence, verdict.text) == (kind, confidence, text)


@pytest.mark.parametrize(
    ("delta", "other", "kind"),
    [(-2.9, -1.5, "effect"), (-2.9, 1.5, "unclear"), (0.1, -1.5, "unclear"), (0.1, -0.1, "none")],
)
def test_two_readings_of_an_indel_are_to_agree(delta, other, kind):
    bar = {"delta_low": delta - 1, "delta_high": delta + 1}
    verdict = give_verdict(DESTROYED | {"delta_logodds_narrow": delta, "delta_logodds_narrow_other": other} | bar)
    assert verdict.kind == kind


def test_several_doubts_are_low_confidence_and_all_named():
    verdict = give_verdict(DESTROYED | {"flags": "hexamer_indel&uncalibrated&outside_fit", "confidence": None})
    assert verdict.confidence == "low"
    assert verdict.sureness.endswith(
        "; but an indel in the signal was scored on one side of it, and usage was predicted for a kind of gene, or with a "
        "network, for which the prediction was not tested, and no change of this kind was ever measured, and the probability "
        "that the site is real is not known."
    )


def test_opposite_signs_near_zero_are_no_doubt():
    assert give_verdict(DESTROYED | SMALL | {"flags": "opposite_signs"}).confidence == "moderate"


def test_caveats_are_flags_that_exist():
    assert CAVEATS.keys() <= FLAGS.keys()


def test_a_row_of_the_table_has_a_verdict(sites, windows):
    (row,) = effects_of(scored(sites, windows, (90, "G", A, -4.0, -3.0)), sites).to_dict("records")
    verdict = give_verdict(row)
    assert verdict.happens.startswith("Weakens the AATAAA of gene1's ")


@given(st.floats(-9, 9), st.floats(0.01, 3), st.floats(0.5, 1), st.floats(0, 1), st.sampled_from(["", *CAVEATS]))
def test_every_row_has_two_sentences_that_promise_nothing_else(delta, half, sure, confidence, flag):
    row = DESTROYED | {"delta_logodds_narrow": delta, "delta_low": delta - half, "delta_high": delta + half}
    verdict = give_verdict(row | {"direction_probability": sure, "confidence": confidence, "flags": flag or None})
    assert verdict.happens.endswith(".")
    assert verdict.sureness.endswith(".")
    assert not {"pathogenic", "expression", "disease"} & set(verdict.text.split())


def test_numbers_in_words():
    shares = {0: "0 %", 0.0004: "under 0.1 %", 0.042: "4.2 %", 0.71: "71 %", 0.995: "over 99 %", 1: "100 %"}
    assert [percent(share) for share in shares] == list(shares.values())
    assert [fold(x) for x in (0.01, np.log(1.2), -np.log(64))] == ["unchanged", "1.2-fold higher", "64-fold lower"]
    assert fold_range(-np.log(170), -np.log(20)) == "20- to 170-fold lower"
    assert fold_range(np.log(1.5), np.log(2)) == "1.5- to 2.0-fold higher"
