"""One-off questions: the scores of a sequence, and of a change in one. ``pasvar predict`` and ``pasvar effect``."""

import argparse
import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, TOLERANCE, WINDOW_LENGTH
from pasvar.errors import InputError
from pasvar.model.checkpoint import BUNDLED, Checkpoint, load_checkpoint
from pasvar.model.fetch import resolve_model
from pasvar.scores import Network, score_codes
from pasvar.sequence import decode, encode


def predict(network: Network, sequences: Sequence[str]) -> pd.DataFrame:
    """One row per sequence of 205 letters: its hexamer, both log odds, and where in the narrow window it is most likely cut.

    `network`: an `Engine`. Raises InputError where a sequence has another length or other letters.
    """
    windows = _windows(sequences)
    scores = score_codes(network, windows)
    return pd.DataFrame(
        {
            "sequence": range(1, len(windows) + 1),
            "hexamer": [decode(window[HEXAMER_INDEX : HEXAMER_INDEX + HEXAMER_LENGTH]) for window in windows],
            "logodds_narrow": scores.logodds_narrow,
            "logodds": scores.logodds,
            "likeliest_cut_index": scores.cut_mode.astype(int),
        }
    )


def effect(network: Network, ref: str, alt: str) -> pd.Series:
    """Log odds of the reference and the alternate window (205 letters each, the hexamer at index 70) and their differences.

    Raises InputError where a sequence has another length or other letters.
    """
    both = predict(network, [ref, alt])
    row = {}
    for score in ("logodds_narrow", "logodds"):
        before, after = both[score]
        row |= {f"{score}_ref": before, f"{score}_alt": after, f"delta_{score}": after - before}
    return pd.Series(row | {"hexamer_ref": both.hexamer[0], "hexamer_alt": both.hexamer[1]})


def _windows(sequences: Sequence[str]) -> np.ndarray:
    """(n, 205) codes."""
    windows = []
    for number, sequence in enumerate(sequences, start=1):
        if len(sequence) != WINDOW_LENGTH:
            raise InputError(
                f"sequence {number} has {len(sequence)} letters, expected {WINDOW_LENGTH} of the transcribed strand with "
                f"the hexamer at letter {HEXAMER_INDEX + 1}; fill up with N where less is known"
            )
        try:
            windows.append(encode(sequence))
        except ValueError as error:
            raise InputError(f"sequence {number}: {error}") from error
    return np.stack(windows)


def open_network(model: str, device: str, precision: str = "exact") -> tuple[Network, Checkpoint]:
    """An engine for what the user calls a model, and its checkpoint."""
    from pasvar.engine import Engine  # loads torch

    checkpoint = load_checkpoint(resolve_model(model))
    return Engine(checkpoint.config, checkpoint.tensors, device, precision=precision), checkpoint


def describe_model(checkpoint: Checkpoint) -> str:
    """The model's name, and what must be said of it."""
    return f"{checkpoint.name}: {checkpoint.note}" if checkpoint.note else checkpoint.name


def say_which_model(checkpoint: Checkpoint, precision: str) -> None:
    """One line on stderr, so that no number is taken for another network's."""
    rounded = "" if precision == "exact" else f"; precision {precision}"
    print(f"model: {describe_model(checkpoint)}{rounded}", file=sys.stderr)


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """--model, --device and --precision."""
    parser.add_argument(
        "--model", default=BUNDLED, help="bundled name, aparent2, path or Hugging Face id (default: %(default)s)"
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default: %(default)s)")
    parser.add_argument(
        "--precision", choices=TOLERANCE, default="exact", help="as the config key (default: %(default)s)"
    )


def add_predict_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run_predict`."""
    parser.add_argument("sequences", nargs="+", metavar="SEQUENCE", help="205 letters, the hexamer at letter 71")
    add_model_arguments(parser)


def run_predict(args: argparse.Namespace) -> None:
    """``pasvar predict``: a table on stdout."""
    network, checkpoint = open_network(args.model, args.device, args.precision)
    say_which_model(checkpoint, args.precision)
    predict(network, args.sequences).to_csv(sys.stdout, sep="\t", index=False, float_format="%.6g")


def add_effect_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run_effect`."""
    parser.add_argument("ref", help="reference window: 205 letters, the hexamer at letter 71")
    parser.add_argument("alt", help="alternate window, likewise")
    add_model_arguments(parser)


def run_effect(args: argparse.Namespace) -> None:
    """``pasvar effect``: names and values on stdout."""
    network, checkpoint = open_network(args.model, args.device, args.precision)
    say_which_model(checkpoint, args.precision)
    effect(network, args.ref, args.alt).to_csv(sys.stdout, sep="\t", header=False, float_format="%.6g")
