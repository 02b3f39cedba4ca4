"""The fit of the error bars: it finds the numbers that made the data, and its left-out variants are left out."""

import json

import numpy as np
import pandas as pd
import pytest

from pasvar.effects import CALIBRATION_FILE, Moments, effect_calibration_of, stronger
from pasvar.validate.calibration import coverage, cross_validate, fit_moments, fit_residuals, folds, resample_genes
from pasvar.validate.inputs import Inputs
from pasvar.validate.reporter import predict_measured, strength_class, window_of

TRUTH = Moments(slope=1.1, midpoint=-3.5, width=1.0, floor=0.2, rise=0.2, spread=0.5)


@pytest.fixture(scope="module")
def variants() -> pd.DataFrame:
    """4,000 variants of 400 genes, made by the model of the errors itself."""
    random = np.random.default_rng(1)
    delta = random.standard_t(3, 4000) * 0.4
    reference = random.uniform(-6, 2, 4000)
    strength = stronger(delta, reference)
    noise = TRUTH.scale(delta, strength) * random.standard_t(7, 4000)
    return pd.DataFrame(
        {
            "gene": random.integers(0, 400, 4000).astype(str),
            "delta_logodds_narrow": delta,
            "logodds_narrow_ref": reference,
            "measured": TRUTH.mean(delta, strength) + noise,
        }
    )


def test_the_fit_finds_what_made_the_data(variants):
    found = fit_moments(
        *(variants[name].to_numpy() for name in ("delta_logodds_narrow", "logodds_narrow_ref", "measured"))
    )
    for name, tolerance in (
        ("slope", 0.05),
        ("midpoint", 0.3),
        ("width", 0.3),
        ("floor", 0.02),
        ("rise", 0.05),
        ("spread", 0.1),
    ):
        assert getattr(found, name) == pytest.approx(getattr(TRUTH, name), abs=tolerance), name


def test_variants_of_a_gene_are_in_one_fold(variants):
    fold = folds(variants.gene, 0)
    assert (pd.Series(fold).groupby(variants.gene).nunique() == 1).all()
    assert sorted(set(fold)) == list(range(10))
    assert (folds(variants.gene, 1) != fold).any()


def test_left_out_intervals_hold_eight_in_ten(variants):
    left_out = cross_validate(variants)
    assert left_out.holds(variants.measured.to_numpy()).mean() == pytest.approx(0.8, abs=0.02)
    table = coverage(variants, left_out)
    assert table["variants"].sum() == 2 * len(variants)  # the last row has all of them


def test_quantiles_are_of_sizes_and_rise_from_zero():
    residuals = fit_residuals(np.array([-2.0, -1.0, 0.0, 1.0, 2.0] * 20))
    assert residuals.quantiles[0] == 0.0
    assert dict(zip(residuals.shares, residuals.quantiles, strict=True))[0.9] == 2.0
    assert list(residuals.quantiles) == sorted(residuals.quantiles)


def test_a_range_over_genes_is_wider_than_over_variants():
    genes = pd.Series(np.repeat(np.arange(20), 50))
    low, high = resample_genes(genes, np.repeat([0.0, 1.0] * 10, 50))
    assert low < 0.35
    assert high > 0.65


def test_an_assays_sequence_in_the_window():
    window = window_of("C" * 50 + "AATAAA" + "C" * 108)
    assert (len(window), window[70:76], window[:20], window[184:]) == (205, "AATAAA", "N" * 20, "N" * 21)


def test_borders_of_strength():
    classes = strength_class(pd.Series([-4.6, -4.59, -2.0, -0.001, 0.0]))
    assert classes.tolist() == ["below -4.6", "-4.6 to -2", "-2 to 0", "-2 to 0", "above 0"]


def test_the_numbers_in_the_package_are_the_fit_of_the_table(released_file):
    """Literal coefficients of both networks, as a refit finds them."""
    shared = released_file.parents[1]
    stored = json.loads(CALIBRATION_FILE.read_text())
    assert (stored["source"]["variants"], stored["source"]["genes"]) == (1166, 526)
    for name, variants in predict_measured(Inputs(shared, shared)).items():
        found = fit_moments(
            *(variants[key].to_numpy() for key in ("delta_logodds_narrow", "logodds_narrow_ref", "measured"))
        )
        for key, value in stored["networks"][name]["moments"].items():
            assert getattr(found, key) == pytest.approx(value, abs=1e-3), (name, key)
        made_by = {"model_sha256": stored["networks"][name]["sha256"][-1]}
        bars = effect_calibration_of(made_by).error_bars(
            variants.delta_logodds_narrow, variants.logodds_narrow_ref, True
        )
        holds = variants.measured.between(bars.delta_low, bars.delta_high)
        by_class = holds.groupby(strength_class(variants.logodds_narrow_ref), observed=True).mean()
        assert by_class.between(0.75, 0.85).all(), by_class
