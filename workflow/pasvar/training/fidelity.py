"""How closely one network's scores follow another's: the table of the bundled model's card.

``python -m pasvar.training.fidelity --help``
"""

import argparse

import numpy as np
import pandas as pd
import torch

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, MIN_EFFECT, WINDOW_LENGTH
from pasvar.model import both_log_odds
from pasvar.sequence import N_CODE
from pasvar.training.examples import INDEL, MARGIN, Interval, changes, real_ends

SCORES = ("delta_logodds_narrow", "delta_logodds")
KINDS = ("substitution anywhere", "substitution outside the hexamer", "substitution in the hexamer", "indel")
"""Kinds of change that are distinguished; substitutions strike every place alike, indels are of `examples.changes`."""

HELD_OUT, PAIRS, SEED = "20:40000000-63025520", 4000, 2022
"""Where the bundled model is measured, on how many pairs of windows per kind of change, drawn by which seed."""

_TOP = 0.01


def make_pairs(neighbourhoods: np.ndarray, per_kind: int, seed: int) -> dict[str, np.ndarray]:
    """For each of `KINDS`: (per_kind, 2, 205) codes, reference and alternate, at signals taken in turn."""
    rng = np.random.default_rng(seed)
    everywhere = np.arange(WINDOW_LENGTH)
    hexamer = np.arange(HEXAMER_INDEX, HEXAMER_INDEX + HEXAMER_LENGTH)
    places = dict(zip(KINDS, (everywhere, np.setdiff1d(everywhere, hexamer), hexamer), strict=False))
    pairs = {}
    for kind in KINDS:
        backgrounds = neighbourhoods[rng.permutation(np.arange(per_kind) % len(neighbourhoods))]
        references = backgrounds[:, MARGIN : MARGIN + WINDOW_LENGTH]
        if kind in places:
            alternates = _substituted(references, places[kind], rng)
        else:
            alternates = changes(backgrounds, np.full(per_kind, MARGIN), np.full(per_kind, INDEL), rng)
        pairs[kind] = np.stack([references, alternates], axis=1)
    return pairs


def _substituted(references: np.ndarray, places: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each reference with one base changed at one of the places; an N stays."""
    rows, places = np.arange(len(references)), rng.choice(places, len(references))
    alternates = references.copy()
    known = references[rows, places] != N_CODE
    alternates[rows, places] = np.where(known, (references[rows, places] + rng.integers(1, 4, len(rows))) % 4, N_CODE)
    return alternates


@torch.no_grad()
def effects(model: torch.nn.Module, pairs: np.ndarray, batch: int = 256) -> np.ndarray:
    """(n, 2): both deltas of each pair of windows, float32 arithmetic."""
    found = []
    device = next(model.parameters()).device
    for part in np.array_split(pairs, max(1, len(pairs) // batch)):
        windows = torch.from_numpy(part.reshape(-1, WINDOW_LENGTH)).to(device)
        scores = both_log_odds(model(windows).logits.float())
        found.append((scores[1::2] - scores[::2]).cpu().numpy())
    return np.concatenate(found)


def compare(taught: np.ndarray, learnt: np.ndarray) -> dict[str, float]:
    """Agreement of two vectors of effects: correlations, RMSE, sign agreement of large effects, recall of the top 1 %."""
    large = np.abs(taught) > MIN_EFFECT
    top = max(1, round(_TOP * len(taught)))
    hardest, found = (set(np.argsort(-np.abs(values), kind="stable")[:top]) for values in (taught, learnt))
    ranks = [pd.Series(values).rank() for values in (taught, learnt)]
    return {
        "n": len(taught),
        "pearson": float(np.corrcoef(taught, learnt)[0, 1]),
        "spearman": float(np.corrcoef(*ranks)[0, 1]),
        "rmse": float(np.sqrt(np.mean((taught - learnt) ** 2))),
        "n_large": int(large.sum()),
        "sign_agreement": float(np.mean(np.sign(taught[large]) == np.sign(learnt[large])))
        if large.any()
        else float("nan"),
        "top_recall": len(hardest & found) / top,
    }


def fidelity_table(taught: dict[str, np.ndarray], learnt: dict[str, np.ndarray]) -> pd.DataFrame:
    """One row per kind of change and score, from the `effects` of both networks per kind."""
    return pd.DataFrame(
        [
            {"change": kind, "score": score} | compare(taught[kind][:, i], learnt[kind][:, i])
            for kind in taught
            for i, score in enumerate(SCORES)
        ]
    )


class Examination:
    """The same pairs of windows for every network that is held against a teacher."""

    def __init__(self, teacher: torch.nn.Module, fasta: str, gtf: str, interval: str, per_kind: int, seed: int):
        """At the transcript ends of `gtf` that lie in `interval`."""
        ends = real_ends(fasta, gtf, Interval.parse(interval))
        self.title = (
            f"{len(ends)} transcript ends in {interval}, {per_kind} pairs of windows per kind of change, seed {seed}."
        )
        self._pairs = make_pairs(ends, per_kind, seed)
        self._taught = self._effects(teacher)

    def table(self, model: torch.nn.Module) -> pd.DataFrame:
        """`fidelity_table` of a network."""
        return fidelity_table(self._taught, self._effects(model))

    def page(self, model: torch.nn.Module) -> str:
        """The table as Markdown, with a line that says what it is of."""
        table = self.table(model)
        lines = [f"{self.title}\n", f"| {' | '.join(table.columns)} |", f"|{'---|' * len(table.columns)}"]
        for row in table.itertuples(index=False):
            cells = (f"{value:.3f}" if isinstance(value, float) else str(value) for value in row)
            lines.append(f"| {' | '.join(cells)} |")
        return "\n".join(lines) + "\n"

    def _effects(self, model: torch.nn.Module) -> dict[str, np.ndarray]:
        return {kind: effects(model, part) for kind, part in self._pairs.items()}


def _open(path: str) -> torch.nn.Module:
    from pasvar.model import Aparent2Model, load_checkpoint

    return Aparent2Model.from_checkpoint(load_checkpoint(path))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compares the effects that two networks predict.")
    parser.add_argument("--teacher", required=True, help="checkpoint that is the measure")
    parser.add_argument("--model", required=True, help="checkpoint that is measured")
    parser.add_argument("--fasta", required=True, help="indexed FASTA of the genome")
    parser.add_argument("--gtf", required=True, help="annotation whose transcript ends give the windows")
    parser.add_argument("--interval", default=HELD_OUT, help="where (default: what was held out, %(default)s)")
    parser.add_argument("--pairs", type=int, default=PAIRS, help="per kind of change (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="(default: %(default)s)")
    args = parser.parse_args()
    examination = Examination(_open(args.teacher), args.fasta, args.gtf, args.interval, args.pairs, args.seed)
    print(examination.page(_open(args.model)), end="")
