"""Scores of windows that a user types or lists: the scores of each window, and the effect of one compared with another.
``pasvar predict`` and ``pasvar effect``."""

import csv
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, WINDOW_LENGTH
from pasvar.errors import InputError
from pasvar.files import require_file
from pasvar.model import Checkpoint, load_checkpoint, resolve_model
from pasvar.scoring.scores import Network, score_codes
from pasvar.sequence import decode_rows, encode, n_differences

if TYPE_CHECKING:
    from pasvar.scoring.engine import Engine

_HEXAMER = slice(HEXAMER_INDEX, HEXAMER_INDEX + HEXAMER_LENGTH)


def predict(network: "Engine", sequences: Sequence[str], positions: Sequence[int] = ()) -> pd.DataFrame:
    """One row per sequence of 205 letters: its hexamer, both log odds and their probabilities, and the most likely
    position of the cut in the narrow window.

    positions: indices of the window (0 to 204). For each of them the row has `logodds_at_<index>`, the log odds (ln) of
    a cut there, and `probability_at_<index>`, too. Raises InputError if a sequence has another length or other letters.
    """
    windows = _windows(sequences, lambda i: f"sequence {i + 1}")
    scores = score_codes(network, windows)
    columns = {"logodds_narrow": scores.logodds_narrow.to_numpy(), "logodds": scores.logodds.to_numpy()}
    columns |= _logodds_at(network, windows, positions)
    return pd.DataFrame(
        {
            "sequence": range(1, len(windows) + 1),
            "hexamer": decode_rows(windows[:, _HEXAMER]),
            **columns,
            "likeliest_cut_index": scores.cut_mode.astype(int),
            **{name.replace("logodds", "probability"): probability(values) for name, values in columns.items()},
        }
    )


def probability(logodds: np.ndarray) -> np.ndarray:
    """The probability that corresponds to log odds (ln), in float64: 1 / (1 + exp(-logodds))."""
    return 1 / (1 + np.exp(-np.asarray(logodds, dtype=np.float64)))


def _logodds_at(network: "Engine", windows: np.ndarray, positions: Sequence[int]) -> dict[str, np.ndarray]:
    """`logodds_at_<index>` (n,) float32 of each position: the log odds of a cut there against a cut elsewhere or
    none."""
    if not positions:
        return {}
    logits = network.logits(windows).astype(np.float64)
    found = {}
    for i in dict.fromkeys(positions):
        others = np.delete(logits, i, axis=1)
        highest = others.max(axis=1)
        outside = highest + np.log(np.exp(others - highest[:, None]).sum(axis=1))
        found[f"logodds_at_{i}"] = (logits[:, i] - outside).astype(np.float32)
    return found


def predict_effects(
    network: Network,
    ref: Sequence[str],
    alt: Sequence[str],
    name: Callable[[int, str], str] = lambda i, allele: f"pair {i + 1}, {allele}",
    positions: Sequence[int] = (),
) -> pd.DataFrame:
    """One row per pair of windows (205 letters each, the hexamer at index 70), by the columns of table `scores`, and
    `is_snv`: whether they differ in at most one base.

    Each of the log odds comes with its probability. name: gives the name of the window of pair i and allele `ref` or
    `alt` in messages. positions: as of `predict`; for them the network must be an `Engine`. Raises InputError if a
    sequence has another length or other letters.
    """
    before = _windows(ref, lambda i: name(i, "ref"))
    after = _windows(alt, lambda i: name(i, "alt"))
    windows = np.concatenate([before, after])
    both = score_codes(network, windows)
    scores = {score: both[score].to_numpy() for score in ("logodds_narrow", "logodds")}
    scores |= _logodds_at(cast("Engine", network), windows, positions)
    columns: dict[str, np.ndarray | list[str]] = {}
    probabilities: dict[str, np.ndarray] = {}
    for score, values in scores.items():
        of_ref, of_alt = np.split(values, 2)
        columns |= {f"{score}_ref": of_ref, f"{score}_alt": of_alt, f"delta_{score}": of_alt - of_ref}
        chance = score.replace("logodds", "probability")
        probabilities |= {f"{chance}_ref": probability(of_ref), f"{chance}_alt": probability(of_alt)}
    columns |= {"hexamer_ref": decode_rows(before[:, _HEXAMER]), "hexamer_alt": decode_rows(after[:, _HEXAMER])}
    return pd.DataFrame(columns | {"is_snv": n_differences(before, after) <= 1} | probabilities)


def effect(network: Network, ref: str, alt: str) -> pd.Series:
    """`predict_effects` of one pair."""
    return predict_effects(network, [ref], [alt]).iloc[0]


def read_pairs(path: str | Path) -> pd.DataFrame:
    """Pairs of windows from a tab-separated file with the columns ref and alt; further columns are kept, as text.

    The index is the line of the file. Raises InputError if the file is not such a table.
    """
    try:
        with open(require_file(path, "file of pairs"), encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: is not a text file; expected tab-separated columns ref and alt") from error
    header = rows[0] if rows else []
    if missing := {"ref", "alt"} - set(header):
        raise InputError(f"{path}: no column {' and '.join(sorted(missing))} in line 1; expected ref and alt, by tabs")
    if len(set(header)) < len(header):
        raise InputError(f"{path}: line 1 has a column twice: {', '.join(header)}")
    lines = [line for line, row in enumerate(rows, start=1) if line > 1 and row]
    if not lines:
        raise InputError(f"{path}: no pair of windows below the header")
    for line in lines:
        if len(rows[line - 1]) != len(header):
            raise InputError(f"{path}, line {line}: {len(rows[line - 1])} columns, expected {len(header)} as in line 1")
    return pd.DataFrame([rows[line - 1] for line in lines], columns=header, index=lines)


def _windows(sequences: Sequence[str], name: Callable[[int], str]) -> np.ndarray:
    """(n, 205) codes."""
    windows = []
    for i, sequence in enumerate(sequences):
        if len(sequence) != WINDOW_LENGTH:
            raise InputError(
                f"{name(i)} has {len(sequence)} letters, expected {WINDOW_LENGTH} of the transcribed strand with "
                f"the hexamer at letter {HEXAMER_INDEX + 1}; fill unknown positions with N"
            )
        try:
            windows.append(encode(sequence))
        except ValueError as error:
            raise InputError(f"{name(i)}: {error}") from error
    return np.stack(windows)


def open_network(model: str, device: str, precision: str = "exact") -> "tuple[Engine, Checkpoint]":
    """An engine for a model that the user names, and its checkpoint."""
    from pasvar.scoring.engine import Engine  # loads torch

    checkpoint = load_checkpoint(resolve_model(model))
    return Engine(checkpoint.config, checkpoint.tensors, device, precision=precision), checkpoint


def describe_model(checkpoint: Checkpoint) -> str:
    """The model's name, and the note that must be shown about it."""
    return f"{checkpoint.name}: {checkpoint.note}" if checkpoint.note else checkpoint.name
