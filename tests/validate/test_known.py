"""Variants of known effect as rows of `gene_effects`, with their verdicts."""

import pytest

from pasvar.effects import give_verdict
from pasvar.validate.known import only_site

LOSS = {
    "gene": "HBB", "hexamer_ref": "AATAAA", "hexamer_alt": "AACAAA", "logodds_narrow_ref": 0.0, "logodds_narrow_alt": -4.0,
    "delta_logodds_narrow": -4.0, "delta_low": -5.0, "delta_high": -3.0, "direction_probability": 0.99,
    "flags": "hexamer_changed",
}  # fmt: skip


def test_the_only_site_of_a_gene_loses_its_cleavage():
    row = only_site(LOSS)
    assert row["delta_cleavage"] == pytest.approx(2 / (1 + 54.598) - 1, abs=1e-4)
    assert row["impact"] == pytest.approx(-row["delta_cleavage"])
    verdict = give_verdict(row)
    assert (verdict.kind, verdict.confidence) == ("effect", "high")
    assert (
        verdict.happens == "Destroys the AATAAA of HBB's only site: cleavage there falls to about 3.6 % of what it was."
    )


def test_a_gain_counts_as_a_share_of_what_is_cut_afterwards():
    row = only_site(LOSS | {"logodds_narrow_alt": 4.0})
    assert row["impact"] == pytest.approx(row["delta_cleavage"] / (1 + row["delta_cleavage"]))
