"""Checks whether this machine computes correct scores, and whether the network gives the known results: versions,
device, and variants scored on that device with those weights. ``pasvar doctor``.

golden_variants.json: the authors' examples and MPRA controls with the released network's effects (johli/aparent-resnet,
variant notebooks). known_variants.json: variants of known effect on a polyadenylation site with their controls, each
with its windows and the effect that a reporter assay measured (Bogard et al. 2019, Cell 178:91; johli/aparent, MIT
licence). The known effects come from ClinVar and the literature.
"""

import json
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd

import pasvar
from pasvar.constants import TOLERANCE
from pasvar.model import KERAS_SHA256, Checkpoint
from pasvar.scoring.scores import Network
from pasvar.scoring.sequences import effect, predict_effects
from pasvar.sequence import encode

PACKAGES = (
    "torch",
    "transformers",
    "numpy",
    "h5py",
    "safetensors",
    "pandas",
    "pyarrow",
    "snakemake",
    "cyvcf2",
    "pyfaidx",
)


def golden_variants() -> list[dict]:
    """Names, sequences, and the effects by the released network with their tolerances."""
    return json.loads((Path(__file__).parent / "golden_variants.json").read_text())


KNOWN = {
    "loss": (-np.inf, -0.5),
    "gain": (0.1, np.inf),
    "moderate": (-np.inf, np.inf),
    "control": (-0.25, 0.25),
}
"""For each kind of known variant, the limits (ln) within which a usable network's narrow effect lies. The smallest of
the measured losses is -1.1 and of the gains 0.3; controls measured up to 0.21, below the 1.25-fold of `MIN_EFFECT`.
Moderate effects are only shown: of the four, the released network gets one on the wrong side."""


def known_variants() -> pd.DataFrame:
    """gene, change, grch38, known (for what), kind, windows ref and alt, measured and aparent2: narrow effects (ln)."""
    return pd.DataFrame(json.loads((Path(__file__).parent / "known_variants.json").read_text()))


def versions() -> dict[str, str]:
    """Versions of Python, pasvar and the packages it computes with."""
    found = {"python": platform.python_version(), "pasvar": pasvar.__version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def describe_device(device) -> str:
    """The description of a torch device."""
    import torch

    if device.type == "cuda":
        return f"{device}, {torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"
    return f"{device}, {platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"


def exact_effects(checkpoint: Checkpoint) -> np.ndarray:
    """(variants, 2): both effects by the plain model in float64 on the CPU."""
    import torch

    from pasvar.model import Aparent2Model, both_log_odds

    model = Aparent2Model.from_checkpoint(checkpoint).double()
    windows = np.stack([encode(variant[allele]) for variant in golden_variants() for allele in ("ref", "alt")])
    with torch.no_grad():
        scores = both_log_odds(model(torch.from_numpy(windows)).logits).numpy()
    return scores[1::2] - scores[::2]


def check_known_variants(
    network: Network, checkpoint: Checkpoint, precision: str = "exact"
) -> Iterator[tuple[bool, str]]:
    """For each variant of `known_variants`, whether the network gives the known result, and a line that says so."""
    known = known_variants()
    effects = predict_effects(network, known.ref, known.alt).delta_logodds_narrow
    for variant, found in zip(known.itertuples(), effects, strict=True):
        low, high = KNOWN[variant.kind]
        good = low <= found <= high
        if checkpoint.sha256 in KERAS_SHA256:
            good = good and abs(found - variant.aparent2) <= TOLERANCE[precision]
        wanted = {"loss": "below -0.5", "gain": "above 0.1", "moderate": "no limit", "control": "within 0.25 of 0"}
        yield (
            good,
            f"{variant.gene} {variant.change} ({variant.known}): {found:+.2f}, measured {variant.measured:+.2f}, "
            f"expected {wanted[variant.kind]}",
        )


def check_variants(network: Network, checkpoint: Checkpoint, precision: str = "exact") -> Iterator[tuple[bool, str]]:
    """For each known variant, whether its effects are correct within the precision, and a line that says so."""
    rounding = TOLERANCE[precision]
    released = checkpoint.sha256 in KERAS_SHA256
    for variant, exact in zip(golden_variants(), exact_effects(checkpoint), strict=True):
        found = effect(network, variant["ref"], variant["alt"])
        scored = np.array([found.delta_logodds_narrow, found.delta_logodds], dtype=float)
        good = bool(np.abs(scored - exact).max() <= rounding)
        line = f"{variant['name']}: {scored[0]:+.5f} narrow, {scored[1]:+.5f} wide"
        line += f"; float64 on the CPU: {exact[0]:+.5f}, {exact[1]:+.5f}"
        if released:
            published = np.array([variant["delta_logodds_narrow"], variant["delta_logodds"]])
            # the published value is rounded, and float32 moves ours
            allowed = variant["tolerance"] + (1e-5 if precision == "exact" else rounding)
            good = good and bool(np.abs(scored - published).max() <= allowed)
            line += f"; published: {published[0]:+.5f}, {published[1]:+.5f}"
        yield good, line
