"""Whether this machine computes what it should: versions, device, and known variants scored on that very device with
the very weights. ``pasvar doctor``.

Known variants: the authors' examples and MPRA controls (johli/aparent-resnet, variant notebooks).
"""

import argparse
import json
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import pasvar
from pasvar.constants import TOLERANCE
from pasvar.model.checkpoint import KERAS_SHA256, Checkpoint
from pasvar.model.predict import add_model_arguments, describe_model, effect, open_network
from pasvar.scores import Network
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


def versions() -> dict[str, str]:
    """Of Python, pasvar and the packages it computes with."""
    found = {"python": platform.python_version(), "pasvar": pasvar.__version__}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def describe_device(device) -> str:
    """A torch device in words."""
    import torch

    if device.type == "cuda":
        return f"{device}, {torch.cuda.get_device_name(device)}, CUDA {torch.version.cuda}"
    return f"{device}, {platform.processor() or platform.machine()}, {torch.get_num_threads()} threads"


def exact_effects(checkpoint: Checkpoint) -> np.ndarray:
    """(variants, 2): both effects by the plain model in float64 on the CPU."""
    import torch

    from pasvar.model.modeling import Aparent2Model
    from pasvar.readout import both_log_odds

    model = Aparent2Model.from_checkpoint(checkpoint).double()
    windows = np.stack([encode(variant[allele]) for variant in golden_variants() for allele in ("ref", "alt")])
    with torch.no_grad():
        scores = both_log_odds(model(torch.from_numpy(windows)).logits).numpy()
    return scores[1::2] - scores[::2]


def check_variants(network: Network, checkpoint: Checkpoint, precision: str = "exact") -> Iterator[tuple[bool, str]]:
    """Per known variant whether its effects are right, as far as the precision goes, and a line that says so."""
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """``pasvar doctor``: lines on stdout; 1 where anything is wrong, else 0."""
    for package, number in versions().items():
        print(f"{package}: {number}")
    network, checkpoint = open_network(args.model, args.device, args.precision)
    print(f"device: {describe_device(network.device)}, precision {args.precision}")
    print(f"model: {describe_model(checkpoint)}\nweights: sha256 {checkpoint.sha256}, {checkpoint.source}")
    results = list(check_variants(network, checkpoint, args.precision))
    for good, line in results:
        print(f"{'ok' if good else 'WRONG'}  {line}")
    wrong = sum(not good for good, _ in results)
    print(
        "all known variants are scored as they should be" if not wrong else f"{wrong} known variants are scored wrongly"
    )
    return int(wrong > 0)
