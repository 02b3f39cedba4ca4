"""Fit of the error bars on measured variants, and how well they hold on variants of genes that were left out."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from pasvar.effects import CALIBRATION_FILE, COVERAGE, Moments, Residuals, stronger
from pasvar.files import file_sha256, whole
from pasvar.model import KERAS_SHA256
from pasvar.validate.inputs import Inputs
from pasvar.validate.page import markdown
from pasvar.validate.reporter import STRENGTHS, TABLE, predict_measured, strength_class

FOLDS = 10
REPEATS = 5
DEGREES_OF_FREEDOM = 7.0
"""Of the Student t in the likelihood, so that a few odd measurements do not widen all intervals; left free, it ends near 7."""

SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)

_START = Moments(slope=1.0, midpoint=-4.0, width=1.0, floor=0.2, rise=0.2, spread=0.6)


def fit_moments(delta: np.ndarray, reference: np.ndarray, measured: np.ndarray) -> Moments:
    """Mean and scale by maximum likelihood. All arguments (n,), in ln."""
    import torch

    x, strength, y = (
        torch.tensor(np.array(values, dtype=np.float64)) for values in (delta, stronger(delta, reference), measured)
    )
    free = torch.tensor(list(asdict(_START).values()), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [free], max_iter=300, tolerance_grad=1e-9, tolerance_change=1e-13, line_search_fn="strong_wolfe"
    )

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        moments = Moments(*free)
        mean, scale = moments.mean(x, strength, torch), moments.scale(x, strength, torch)
        value = -torch.distributions.StudentT(DEGREES_OF_FREEDOM, mean, scale).log_prob(y).mean()
        value.backward()
        return value

    optimizer.step(loss)
    return Moments(*free.tolist())


def fit_residuals(residuals: np.ndarray) -> Residuals:
    """residuals: standardised, any shape, of variants that were left out."""
    quantiles = np.quantile(np.abs(residuals), SHARES)
    quantiles[0] = 0.0
    return Residuals(SHARES, tuple(quantiles.tolist()))


def folds(genes: pd.Series, repeat: int) -> np.ndarray:
    """A fold for each variant; the variants of a gene are in one."""
    names = np.unique(genes)
    shuffled = np.random.default_rng(repeat).permutation(len(names))
    return genes.map(dict(zip(names[shuffled], np.arange(len(names)) % FOLDS, strict=True))).to_numpy()


@dataclass
class LeftOut:
    """Of each variant, when its gene was left out: (repeats, n) arrays."""

    residual: np.ndarray
    """Standardised."""
    low: np.ndarray
    high: np.ndarray
    direction_probability: np.ndarray

    def holds(self, measured: np.ndarray) -> np.ndarray:
        """Whether the interval holds the measured effect."""
        return (self.low <= measured) & (measured <= self.high)


def cross_validate(variants: pd.DataFrame) -> LeftOut:
    """variants: a row each, as of `reporter.predict_measured`."""
    left_out = LeftOut(*(np.full((REPEATS, len(variants)), np.nan) for _ in range(4)))
    for repeat in range(REPEATS):
        for is_left, (low, high, probability, residual) in _repeat(variants, folds(variants.gene, repeat)):
            left_out.low[repeat, is_left], left_out.high[repeat, is_left] = low, high
            left_out.direction_probability[repeat, is_left] = probability
            left_out.residual[repeat, is_left] = residual
    return left_out


def _repeat(variants: pd.DataFrame, fold: np.ndarray) -> Iterator[tuple[np.ndarray, tuple[np.ndarray, ...]]]:
    """Per fold which variants are left out, and of these low, high, direction_probability and residual.

    Neither the moments nor the quantiles of a fold have seen its genes.
    """
    delta, reference, measured = (variants[name].to_numpy(dtype=np.float64) for name in _FITTED)
    strength = stronger(delta, reference)
    mean, scale = np.empty((2, len(variants)))
    for number in range(FOLDS):
        out = fold == number
        moments = fit_moments(delta[~out], reference[~out], measured[~out])
        mean[out], scale[out] = moments.mean(delta[out], strength[out]), moments.scale(delta[out], strength[out])
    residual = (measured - mean) / scale
    for number in range(FOLDS):
        out = fold == number
        residuals = fit_residuals(residual[~out])
        half = residuals.half_width(scale[out])
        probability = residuals.direction_probability(mean[out], scale[out])
        yield out, (mean[out] - half, mean[out] + half, probability, residual[out])


def measure(inputs: Inputs) -> str:
    """Section of the page: coverage and reliability on genes that were left out, and a plot in the same folder."""
    parts, left_out_of = [_EXPLANATION], {}
    for name, variants in predict_measured(inputs).items():
        left_out = left_out_of[name] = cross_validate(variants)
        parts += [f"### {name}", markdown(coverage(variants, left_out)), markdown(reliability(variants, left_out))]
        is_current = _equal(_numbers(variants, left_out), _stored()["networks"].get(name, {}))
        parts.append("These are the numbers that come with pasvar." if is_current else _STALE)
    write_plot(inputs.docs / "calibration.svg", predict_measured(inputs), left_out_of)
    parts.append("![Shares that were to lie within intervals of all sizes, and shares that did](calibration.svg)")
    return "\n\n".join(parts)


def refit(inputs: Inputs) -> None:
    """Write the numbers that come with pasvar: moments of all variants, residuals of those whose gene was left out."""
    networks = {}
    for name, variants in predict_measured(inputs).items():
        sha256 = sorted(key for key, of in KERAS_SHA256.items() if of == name) or [inputs.checkpoints[name].sha256]
        networks[name] = {"sha256": sha256} | _numbers(variants, cross_validate(variants))
    source = {
        "table": "johli/aparent (MIT licence): single substitutions of the human reporter assay, Bogard et al. 2019, Cell 178:91",
        "sha256": file_sha256(inputs.path(TABLE)),
        "variants": len(variants),
        "genes": int(variants.gene.nunique()),
        "fitted_by": "python -m pasvar.validate --refit",
    }
    with whole(CALIBRATION_FILE) as temporary:
        temporary.write_text(json.dumps({"source": source, "networks": networks}, indent=1) + "\n")


def _numbers(variants: pd.DataFrame, left_out: LeftOut) -> dict[str, dict]:
    """Moments and residuals as they are stored: six digits, so that another machine's rounding does not show."""
    moments = fit_moments(*(variants[name].to_numpy() for name in _FITTED))
    stored = {"moments": asdict(moments), "residuals": asdict(fit_residuals(left_out.residual))}
    return json.loads(json.dumps(stored), parse_float=lambda text: round(float(text), 6))


def _stored() -> dict:
    return json.loads(CALIBRATION_FILE.read_text())


def _equal(fresh: dict[str, dict], stored: dict[str, dict]) -> bool:
    """Whether two sets of numbers say the same within a thousandth."""
    return all(
        name in stored
        and np.allclose(np.hstack(list(part.values())), np.hstack(list(stored[name].values())), atol=1e-3)
        for name, part in fresh.items()
    )


_STALE = (
    "**The numbers that come with pasvar are of an earlier fit; `python -m pasvar.validate --refit` writes these.**"
)

_FITTED = ("delta_logodds_narrow", "logodds_narrow_ref", "measured")

_EXPLANATION = f"""The interval from `delta_low` to `delta_high` is made to hold {100 * COVERAGE:.0f} % of the measured
effects of single substitutions, and `direction_probability` is the share of them that have the predicted sign.
`pasvar/effects/calibration.py` has the formula, `calibration.json` the numbers.

The figures are of variants whose gene was left out of the fit, a tenth of the genes at a time, {REPEATS} times over. The range in
brackets holds 95 % of the values when genes are drawn with replacement. What is predicted is the value that the assay reports;
its own error from counting reads is part of the interval.

No indel, no change of several bases and no other network was compared with measurements. Their intervals are 1.5 times as
wide, by convention, and their rows have the flag `uncalibrated`. The assay puts 164 nt into the 3' UTR of a reporter, in one kind
of cell. In its own gene and in a patient's tissue a variant may do more or less than its interval says."""


def coverage(variants: pd.DataFrame, left_out: LeftOut) -> pd.DataFrame:
    """By strength of the reference: how many intervals hold the measured effect, and how wide they are."""
    holds = left_out.holds(variants.measured.to_numpy()).mean(axis=0)
    width = (left_out.high - left_out.low).mean(axis=0)
    classes = strength_class(variants.logodds_narrow_ref)
    rows = []
    for label in (*STRENGTHS, "all"):
        chosen = ((classes == label) | (label == "all")).to_numpy()
        low, high = resample_genes(variants.gene[chosen], holds[chosen])
        rows.append(
            {
                "reference log odds, narrow": label,
                "variants": chosen.sum(),
                "genes": variants.gene[chosen].nunique(),
                "within the interval": f"{holds[chosen].mean():.3f} ({low:.2f} to {high:.2f})",
                "mean width": f"{width[chosen].mean():.2f}",
            }
        )
    return pd.DataFrame(rows)


def reliability(variants: pd.DataFrame, left_out: LeftOut) -> pd.DataFrame:
    """By predicted probability of the direction: the share of right ones."""
    probability = left_out.direction_probability.mean(axis=0)
    is_right = np.sign(variants.delta_logodds_narrow) == np.sign(variants.measured)
    rows = []
    for bin_, chosen in variants.groupby(pd.cut(probability, [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0]), observed=True):
        rows.append(
            {
                "direction_probability": f"{bin_.left:g} to {bin_.right:g}",
                "variants": len(chosen),
                "mean": f"{probability[chosen.index].mean():.2f}",
                "right direction": f"{is_right[chosen.index].mean():.2f}",
            }
        )
    return pd.DataFrame(rows)


def resample_genes(genes: pd.Series, values: np.ndarray, n: int = 2000) -> tuple[float, float]:
    """2.5 % and 97.5 % of the mean of `values` when genes are drawn with replacement."""
    number, names = pd.factorize(genes)
    total, count = np.bincount(number, values), np.bincount(number)
    draws = np.random.default_rng(0).integers(0, len(names), (n, len(names)))
    low, high = np.quantile(total[draws].sum(axis=1) / count[draws].sum(axis=1), [0.025, 0.975])
    return float(low), float(high)


def write_plot(path: Path, variants_of: dict[str, pd.DataFrame], left_out_of: dict[str, LeftOut]) -> None:
    """By network and strength of the reference: the share of left-out variants within intervals of all sizes."""
    import matplotlib
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.4), layout="constrained")
    for axes, (name, variants) in zip(
        figure.subplots(1, len(variants_of), sharey=True), variants_of.items(), strict=True
    ):
        within = fit_residuals(left_out_of[name].residual)
        nominal = np.interp(np.abs(left_out_of[name].residual), within.quantiles, within.shares)
        classes = strength_class(variants.logodds_narrow_ref)
        levels = np.linspace(0, 1, 41)
        axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
        for label in STRENGTHS:
            found = (nominal[:, (classes == label).to_numpy()].ravel() <= levels[:, None]).mean(axis=1)
            axes.plot(levels, found, label=label, linewidth=1.2)
        axes.set(title=name, xlabel="share that is to lie within")
    figure.axes[0].set_ylabel("share that does")
    figure.axes[0].legend(title="reference log odds", fontsize="small", frameon=False)
    # Names of elements and the date would differ from run to run.
    with matplotlib.rc_context({"svg.hashsalt": "pasvar"}), whole(path) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None})
