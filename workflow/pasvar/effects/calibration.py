"""The reliability of a predicted effect: the effect that a laboratory is expected to measure, an interval, and whether
the sign is right.

The network's narrow effect was compared with substitutions in human polyadenylation sites, measured in a reporter assay
(Bogard et al. 2019, Cell 178:91; johli/aparent). With `delta` the predicted effect and `strength` the narrow log odds
of the stronger allele, the measured effect has

    mean    slope * expit((strength - midpoint) / width) * delta
    scale   sqrt(noise^2 + spread^2 * delta^2 / (1 + (delta / SPREAD_LIMIT)^2))
    noise   floor * exp(rise * clip(WEAK - strength, 0, WEAK_SPAN))

and |measured - mean| / scale has the stored quantiles, which are those of variants whose gene was left out of the fit.
Very weak sites are measured from few reads and predicted badly. For them the mean is smaller and the noise is larger.
The strength of the stronger allele is used because an allele that makes a signal is both measured and predicted well.
`pasvar.validate.calibration` fits all numbers and writes calibration.json.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

WEAK = -2.0
WEAK_SPAN = 4.0
"""The noise rises as the strength falls from WEAK to WEAK - WEAK_SPAN (ln); few measured sites are weaker."""

SPREAD_LIMIT = 1.5
"""Size of effect (ln) above which the scale hardly increases; values between 1 and 2 fit the left-out genes best."""

WIDENED = 1.5
"""Factor on the scale for variants of a kind that was not measured: indels, changes of several bases, other networks. A
convention, not an estimate."""

COVERAGE = 0.8
"""Share of measured effects that the interval is constructed to contain."""

ERROR_BAR = ("delta_expected", "delta_low", "delta_high", "direction_probability")

CALIBRATION_FILE = Path(__file__).parent / "calibration.json"


@dataclass(frozen=True)
class Moments:
    """Mean and scale by the module's formula; strengths and effects in ln."""

    slope: float
    midpoint: float
    width: float
    floor: float
    rise: float
    spread: float

    def mean(self, delta: Any, strength: Any, xp: ModuleType = np) -> Any:
        """Expected measured effect. xp: the library of the arrays; the fit passes torch, and tensors also for the
        numbers."""
        return self.slope / (1 + xp.exp((self.midpoint - strength) / self.width)) * delta

    def scale(self, delta: Any, strength: Any, xp: ModuleType = np) -> Any:
        """The divisor of the residuals; arguments as for `mean`."""
        noise = self.floor * xp.exp(self.rise * xp.clip(WEAK - strength, 0, WEAK_SPAN))
        return xp.sqrt(noise**2 + (self.spread * delta) ** 2 / (1 + (delta / SPREAD_LIMIT) ** 2))


@dataclass(frozen=True)
class Residuals:
    """Distribution of the standardised residuals: a share `shares[i]` has at most the size `quantiles[i]`; both rise
    from 0."""

    shares: tuple[float, ...]
    quantiles: tuple[float, ...]

    def half_width(self, scale: np.ndarray) -> np.ndarray:
        """Half the width of the interval of `COVERAGE`."""
        return np.interp(COVERAGE, self.shares, self.quantiles) * scale

    def direction_probability(self, mean: np.ndarray, scale: np.ndarray) -> np.ndarray:
        """Probability that the measured effect has the sign of the mean; 0.5 to 1."""
        return (1 + np.interp(np.abs(mean) / scale, self.quantiles, self.shares)) / 2


@dataclass(frozen=True)
class Fit:
    """The error model of one network."""

    moments: Moments
    residuals: Residuals


def stronger(delta: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Narrow log odds of the stronger of two alleles: the reference, and the other allele, which differs by `delta`."""
    return reference + np.maximum(delta, 0)


@dataclass(frozen=True)
class Calibration:
    """The known errors of a network: its own fit, or the fits of the other networks if it has none."""

    fits: tuple[Fit, ...]
    is_own: bool

    def error_bars(self, delta: np.ndarray, reference: np.ndarray, is_snv: np.ndarray | bool) -> pd.DataFrame:
        """`ERROR_BAR`, float32 (n,), of predicted narrow effects (n,) of sites with narrow reference log odds (n,).

        is_snv: whether the change is a single substitution, as all measured ones were. If it is not, or if the network
        has no fit of its own, the scale is `WIDENED`. With several fits, the outer bounds and the lowest probability
        are used.
        """
        delta, reference = np.asarray(delta, dtype=np.float64), np.asarray(reference, dtype=np.float64)
        strength = stronger(delta, reference)
        factor = np.where(np.asarray(is_snv) & self.is_own, 1.0, WIDENED)
        parts = []
        for fit in self.fits:
            mean, scale = fit.moments.mean(delta, strength), fit.moments.scale(delta, strength) * factor
            half = fit.residuals.half_width(scale)
            parts.append((mean, mean - half, mean + half, fit.residuals.direction_probability(mean, scale)))
        mean, low, high, probability = (np.stack(column) for column in zip(*parts, strict=True))
        columns = (mean.mean(axis=0), low.min(axis=0), high.max(axis=0), probability.min(axis=0))
        return pd.DataFrame({name: column.astype(np.float32) for name, column in zip(ERROR_BAR, columns, strict=True)})

    def of_both_readings(self, delta: np.ndarray, other: np.ndarray, reference: np.ndarray) -> pd.DataFrame:
        """As `error_bars`, for indels that may be read in two ways with the effects `delta` and `other`.

        The interval contains the intervals of both. The direction is that of `delta`; if the other reading has the
        other sign, each counts half.
        """
        first, second = (self.error_bars(effect, reference, False) for effect in (delta, other))
        agree = np.sign(delta) == np.sign(other)
        sure, sure_other = first.direction_probability, second.direction_probability
        probability = np.where(agree, np.minimum(sure, sure_other), np.maximum((sure + 1 - sure_other) / 2, 0.5))
        return first.assign(
            delta_low=np.minimum(first.delta_low, second.delta_low),
            delta_high=np.maximum(first.delta_high, second.delta_high),
            direction_probability=probability.astype(np.float32),
        )

    def is_extrapolated(self, is_snv: np.ndarray) -> np.ndarray:
        """Flag `uncalibrated`: no change of this kind, or nothing scored by this network, was compared with
        measurements."""
        return ~np.asarray(is_snv) | (not self.is_own)


def effect_calibration_of(made_by: Mapping[str, str]) -> Calibration:
    """The calibration of the network that made a table. made_by: `model` and `model_sha256`, as `LazyEngine.made_by`."""
    fits = _fits()
    network = measured_network(made_by)
    if network is not None:
        return Calibration((fits[network][1],), is_own=True)
    return Calibration(tuple(fit for _, fit in fits.values()), is_own=False)


def measured_network(made_by: Mapping[str, str]) -> str | None:
    """Which of the networks that were compared with measurements made a table; None if it was none of them. made_by: as
    above."""
    for network, (identity, _) in _fits().items():
        # The Hugging Face copy is the same network in a separate file; its name contains a commit.
        if made_by.get("model_sha256") in identity or made_by.get("model", "").startswith(f"multimolecule/{network}@"):
            return network
    return None


@cache
def _fits() -> dict[str, tuple[frozenset[str], Fit]]:
    """By network: the sha256 of its weights files, and its fit."""
    networks = json.loads(CALIBRATION_FILE.read_text())["networks"]
    return {
        name: (
            frozenset(stored["sha256"]),
            Fit(
                Moments(**stored["moments"]),
                Residuals(tuple(stored["residuals"]["shares"]), tuple(stored["residuals"]["quantiles"])),
            ),
        )
        for name, stored in networks.items()
    }
