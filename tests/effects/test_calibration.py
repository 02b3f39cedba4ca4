"""Error bars: their formula on literal numbers, and what they say of strong, weak and unmeasured changes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from pasvar.effects.calibration import (
    ERROR_BAR,
    WIDENED,
    Calibration,
    Fit,
    Moments,
    Residuals,
    effect_calibration_of,
    stronger,
)
from pasvar.model.checkpoint import KERAS_SHA256, RELEASED_SHA256, load_checkpoint
from pasvar.model.fetch import resolve_model

# expit(0) = 0.5: the mean of an effect at the midpoint is half of it; no noise rises, no spread grows.
SIMPLE = Fit(
    Moments(slope=1.0, midpoint=-3.0, width=1.0, floor=0.25, rise=0.0, spread=0.0),
    Residuals(shares=(0.0, 0.8, 1.0), quantiles=(0.0, 1.0, 3.0)),
)
OWN, OTHER = Calibration((SIMPLE,), is_own=True), Calibration((SIMPLE,), is_own=False)
RELEASED = effect_calibration_of({"model": "aparent2", "model_sha256": RELEASED_SHA256})


def bar(calibration: Calibration, delta: float, reference: float, is_snv: bool = True) -> tuple[float, ...]:
    row = calibration.error_bars(np.array([delta]), np.array([reference]), np.array([is_snv]))
    return tuple(round(float(row[name].iloc[0]), 4) for name in ERROR_BAR)


def test_the_interval_is_as_wide_as_the_quantile_of_its_share():
    assert bar(OWN, -1.0, -3.0) == (-0.5, -0.75, -0.25, 0.95)  # |mean| is two scales, half way from 0.8 to 1


def test_the_stronger_allele_decides():
    assert stronger(np.array([-1.0, 2.0]), np.array([-3.0, -3.0])).tolist() == [-3.0, -1.0]
    assert bar(OWN, 2.0, -3.0)[0] == pytest.approx(2 / (1 + np.exp(-2)), abs=1e-4)


def test_no_effect_has_no_direction():
    assert bar(OWN, 0.0, -3.0) == (0.0, -0.25, 0.25, 0.5)


@pytest.mark.parametrize(("calibration", "is_snv"), [(OWN, False), (OTHER, True), (OTHER, False)])
def test_what_was_never_measured_is_wider_and_flagged(calibration, is_snv):
    assert bar(calibration, -1.0, -3.0, is_snv)[1:3] == (-0.5 - 0.25 * WIDENED, -0.5 + 0.25 * WIDENED)
    assert calibration.is_extrapolated(np.array([is_snv])).tolist() == [True]
    assert OWN.is_extrapolated(np.array([True])).tolist() == [False]


def test_of_several_networks_the_outer_bounds_count():
    narrow = Fit(SIMPLE.moments, Residuals((0.0, 0.8, 1.0), (0.0, 0.5, 1.5)))
    both = Calibration((SIMPLE, narrow), is_own=False)
    assert bar(both, -1.0, -3.0) == bar(OTHER, -1.0, -3.0)


def test_the_noise_of_very_weak_sites_is_bounded():
    moments = Moments(slope=1.0, midpoint=-3.0, width=1.0, floor=0.2, rise=0.5, spread=0.0)
    scales = moments.scale(np.zeros(5), np.array([0.0, -2.0, -4.0, -6.0, -9.0]))
    np.testing.assert_allclose(scales, 0.2 * np.exp([0, 0, 1, 2, 2]))


def test_networks_are_known_by_their_weights():
    bundled = load_checkpoint(resolve_model("aparent2-mini"))
    known = [
        *({"model": "x", "model_sha256": sha256} for sha256 in KERAS_SHA256),
        {"model": "aparent2-mini", "model_sha256": bundled.sha256},
        {"model": "multimolecule/aparent2@0123abc", "model_sha256": "00"},
    ]
    assert [effect_calibration_of(made_by).is_own for made_by in known] == [True] * 4
    assert [len(effect_calibration_of(made_by).fits) for made_by in known] == [1] * 4
    unknown = [{"model": "aparent2", "model_sha256": "00"}, {"model": "multimolecule/aparent2-x@1"}, {}]
    assert [effect_calibration_of(made_by).is_own for made_by in unknown] == [False] * 3


def test_a_destroyed_signal_of_a_strong_site_and_the_same_at_a_very_weak_one():
    """HBB c.*110T>C as the network sees it, -4.2 at a site of log odds 0.7 (measured: -4.34); and ARSA's pseudodeficiency, -0.9
    at one of -6.2 (measured: -1.13), of which the network is to be little sure."""
    _, low, high, sure = bar(RELEASED, -4.21, 0.69)
    assert low < -4.34 < high < -2.5
    assert sure > 0.98
    _, low, high, sure = bar(RELEASED, -0.92, -6.16)
    assert low < 0 < high
    assert sure < 0.7


finite = st.floats(-8, 8, allow_nan=False)


@given(st.lists(st.tuples(finite, finite), min_size=1, max_size=20))
def test_intervals_hold_the_mean_and_signs_do_not_matter_much(pairs):
    delta, reference = np.array(pairs).T
    bars = RELEASED.error_bars(delta, reference, True)
    assert (bars.dtypes == "float32").all()
    assert ((bars.delta_low < bars.delta_expected) & (bars.delta_expected < bars.delta_high)).all()
    assert bars.direction_probability.between(0.5, 1).all()
    assert (np.sign(bars.delta_expected) * np.sign(delta) >= 0).all()
    wider = RELEASED.error_bars(delta, reference, False)
    assert (wider.delta_high - wider.delta_low > bars.delta_high - bars.delta_low).all()


@pytest.mark.parametrize(("delta", "other"), [(-1.0, -1.0), (-1.0, -0.1), (-1.0, 1.0), (-1.0, 0.1)])
def test_the_bar_of_two_readings_holds_both(delta, other):
    arrays = [np.array([value]) for value in (delta, other, -3.0)]
    (both,) = OWN.of_both_readings(*arrays).itertuples()
    single = [OWN.error_bars(arrays[i], arrays[2], False).iloc[0] for i in (0, 1)]
    assert both.delta_low == min(bar.delta_low for bar in single)
    assert both.delta_high == max(bar.delta_high for bar in single)
    assert both.delta_expected == single[0].delta_expected
    sure, sure_other = (float(bar.direction_probability) for bar in single)
    expected = min(sure, sure_other) if delta * other > 0 else max((sure + 1 - sure_other) / 2, 0.5)
    assert both.direction_probability == pytest.approx(expected)


def test_an_empty_table_has_the_columns():
    bars = RELEASED.error_bars(pd.Series(dtype="float32"), pd.Series(dtype="float32"), np.zeros(0, dtype=bool))
    assert list(bars) == list(ERROR_BAR)
