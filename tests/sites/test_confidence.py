"""How sure sites are: literal sites, and the calibration that comes with the package."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pasvar.model import BUNDLED, load_checkpoint, resolve_model
from pasvar.sites import CALIBRATION, TERMS, site_calibration_of
from pasvar.sites.confidence import Calibration, confidence_of, probability


def sites_of(*rows: dict) -> pd.DataFrame:
    """Sites, by what differs from an annotated AATAAA of middling strength."""
    usual = {"source": "gtf", "hexamer_tier": 0, "n_transcripts": 1, "logodds_narrow": -1.0, "is_coding": True}
    return pd.DataFrame([usual | {"nt_beyond": 0} | row for row in rows])


def test_the_sum_of_coefficient_times_term():
    sites = sites_of({"n_transcripts": 3}, {"hexamer_tier": -1}, {"logodds_narrow": -60.0})
    found = probability(sites, {"intercept": 1.0, "logodds_narrow": 0.5, "ln_transcripts": 2.0, "no_hexamer": -3.0})
    # Log odds below -6 count as -6.
    logits = np.array([1 - 0.5 + 2 * np.log(3), 1 - 0.5 - 3, 1 - 3])
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-logits)))


def test_a_site_is_unreal_only_if_every_source_is_wrong():
    calibration = Calibration({"intercept": np.log(0.8 / 0.2)}, {"intercept": 0.0}, 0.9, True)
    sites = sites_of({"source": "gtf"}, {"source": "db"}, {"source": "gtf+db"}, {"source": "gtf+db+other"})
    np.testing.assert_allclose(confidence_of(sites, calibration), [0.8, 0.9, 0.98, 0.998])


def test_the_bundled_network_is_calibrated_and_another_is_not():
    bundled = site_calibration_of(load_checkpoint(resolve_model(BUNDLED)).digest)
    other = site_calibration_of("0" * 64)
    assert bundled.is_fit
    assert not other.is_fit
    assert "logodds_narrow" in bundled.gtf
    assert "logodds_narrow" not in other.gtf
    assert other.gtf == site_calibration_of(None).gtf


def test_the_calibration_names_terms_that_exist():
    fits = json.loads(CALIBRATION.read_text())
    regressions = [fits["gtf"], *(fit[kind] for fit in fits["networks"].values() for kind in ("gtf", "predicted"))]
    assert all(set(fit["coefficients"]) - {"intercept"} <= set(TERMS) for fit in regressions)


@pytest.mark.parametrize("network", ["aparent2", "aparent2-mini"])
def test_what_makes_a_predicted_site_more_probable(network):
    digest = json.loads(CALIBRATION.read_text())["networks"][network]["digests"][0]
    better_first = sites_of(
        {"logodds_narrow": 0.0},
        {"logodds_narrow": -3.0},
        {"logodds_narrow": -3.0, "hexamer_tier": 1},
        {"logodds_narrow": -3.0, "hexamer_tier": 1, "nt_beyond": 500},
        {"logodds_narrow": -3.0, "hexamer_tier": 1, "nt_beyond": 4_000},
        {"logodds_narrow": -3.0, "hexamer_tier": 1, "nt_beyond": 4_000, "is_coding": False},
    )
    found = probability(better_first, site_calibration_of(digest).predicted)
    assert (np.diff(found) < 0).all()
    # In a 3' UTR more often real than not; 4 kb after the gene seldom.
    assert found[0] > 0.7
    assert found[4] < 0.1


@given(st.floats(-20, 20), st.sampled_from([-1, 0, 1, 2, 3, 4]), st.integers(1, 100), st.booleans(), st.booleans())
def test_a_probability_whatever_the_site(logodds, tier, transcripts, is_coding, seen):
    calibration = site_calibration_of(load_checkpoint(resolve_model(BUNDLED)).digest if seen else None)
    sites = sites_of(
        {"logodds_narrow": logodds, "hexamer_tier": tier, "n_transcripts": transcripts, "is_coding": is_coding}
    )
    assert 0.02 < confidence_of(sites, calibration)[0] < 1
