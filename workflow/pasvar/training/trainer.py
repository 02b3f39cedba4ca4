"""The authors' training procedure, from scratch or from released weights (Linder et al. 2022; johli/aparent-resnet).

Adam on half the divergence of the isoform proportion and half that of the cleavage distribution, with dropout and
early stopping. A run that is broken off goes on from its last finished epoch and ends with the same network.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from pasvar.errors import InputError
from pasvar.files import whole
from pasvar.model import (
    RELEASED_CONFIG,
    Aparent2Config,
    Aparent2ForSequencePrediction,
    Checkpoint,
    cleavage_loss,
    distribution_kl,
    isoform_share,
    read_weights,
    require_own_name,
    save_checkpoint,
    sigmoid_kl,
)
from pasvar.scoring import choose_device
from pasvar.training.state import STATE, read_state, write_state
from pasvar.training.table import TrainingTable

_MOST = 10_000_000
"""Epochs, and samples of a batch: far above what makes sense."""


@dataclass(frozen=True)
class TrainSettings:
    """How to train; the defaults are the authors'."""

    epochs: int = 5
    batch_size: int = 64
    learning_rate: float = 1e-3
    patience: int = 4
    """Epochs without a better validation loss after which training stops."""
    validation_share: float = 0.025
    test_share: float = 0.025
    dropout: float = 0.25
    weigh_reads: bool = False
    """Whether samples count by log2(1 + reads)."""
    seed: int = 0
    device: str = "auto"
    """cpu, cuda, or auto for a GPU where there is one."""
    name: str = "my-model"
    """What the trained network is called in tables and reports."""

    def __post_init__(self):
        for field in ("epochs", "batch_size", "patience"):
            if not 1 <= getattr(self, field) <= _MOST:
                raise InputError(f"training setting {field} must be from 1 to {_MOST}, not {getattr(self, field)}")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"training setting seed must be from 0 to {2**32 - 1}, not {self.seed}")
        if not 0 < self.learning_rate < 1e3:
            raise InputError(f"training setting learning_rate must be above 0 and below 1000, not {self.learning_rate}")
        if not 0 <= self.dropout < 1:
            raise InputError(f"training setting dropout must be at least 0 and below 1, not {self.dropout}")
        require_own_name(self.name)
        if not (self.validation_share > 0 and self.test_share > 0 and self.validation_share + self.test_share < 1):
            raise InputError("validation_share and test_share must be above 0 and leave something to train on")


@dataclass(frozen=True)
class Split:
    """The table's three parts, drawn by the seed."""

    train: TrainingTable
    validation: TrainingTable
    test: TrainingTable


def split_table(table: TrainingTable, settings: TrainSettings) -> Split:
    """Random parts; the validation and test parts have at least one row each. Raises InputError for fewer than 3 rows."""
    if len(table) < 3:
        raise InputError(
            f"{len(table)} rows cannot be split into training, validation and test rows; at least 3 are needed"
        )
    order = np.random.default_rng(settings.seed).permutation(len(table))
    n_validation, n_test = (
        max(1, round(share * len(table))) for share in (settings.validation_share, settings.test_share)
    )
    return Split(
        table[order[n_validation + n_test :]],
        table[order[:n_validation]],
        table[order[n_validation : n_validation + n_test]],
    )


def train(
    table: TrainingTable,
    out: str | Path,
    settings: TrainSettings | None = None,
    start: Checkpoint | None = None,
    config: dict | None = None,
    say: Callable[[str], object] = print,
) -> Checkpoint:
    """Train, and return the network of the best validation loss.

    `start`: weights to fine-tune; batch normalisation then keeps their statistics. Without it the network begins at
    random, of the architecture `config` (default: the released one's). Written to `out`: ``model/`` (loadable),
    ``metrics.tsv`` (one row per epoch), ``test.json``, ``loss.png`` and ``state.pt`` (to go on from; a finished run
    is not run again). `say` is called after every epoch.
    """
    settings, out = settings or TrainSettings(), Path(out)
    out.mkdir(parents=True, exist_ok=True)
    split = split_table(table, settings)
    run = _Run(settings, table.digest(), start, config)
    if (out / STATE).exists():
        run.load(out / STATE)
    while not run.finished:
        began = time.monotonic()
        run.epoch(split)
        run.save(out / STATE)
        row = run.metrics[-1]
        say(
            f"epoch {row['epoch']}/{settings.epochs}: training loss {row['train_loss']:.4f}, validation loss "
            f"{row['validation_loss']:.4f}, {len(split.train) / (time.monotonic() - began):.0f} sequences/s"
        )
    best = run.best_checkpoint("" if start is None else f"fine-tuned from {start.name}")
    save_checkpoint(best, out / "model")
    with whole(out / "metrics.tsv") as temporary:
        pd.DataFrame(run.metrics).to_csv(temporary, sep="\t", index=False)
    with whole(out / "test.json") as temporary:
        temporary.write_text(json.dumps(run.test(split.test), indent=2) + "\n")
    with whole(out / "loss.png") as temporary:
        plot_losses(run.metrics, temporary)
    return best


class _Run:
    """A network, its optimiser and how far it has come."""

    def __init__(self, settings: TrainSettings, table: str, start: Checkpoint | None, config: dict | None):
        self.settings = settings
        # what must not change when a run is continued
        self._kept_settings = {key: value for key, value in asdict(settings).items() if key not in {"epochs", "device"}}
        self._kept_settings |= {"table": table, "start": start.digest if start else "from scratch"}
        self.device = choose_device(settings.device)
        torch.manual_seed(settings.seed)
        if start is None:
            network = Aparent2ForSequencePrediction(
                Aparent2Config(**(config or RELEASED_CONFIG), dropout=settings.dropout)
            )
        else:
            network = Aparent2ForSequencePrediction.from_checkpoint(start, settings.dropout)
        self.network = nn.Module.to(network, self.device)
        self.frozen_statistics = start is not None
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=settings.learning_rate)
        self.metrics: list[dict[str, float]] = []
        self.best = {name: tensor.clone() for name, tensor in self.network.state_dict().items()}

    @property
    def finished(self) -> bool:
        losses = [row["validation_loss"] for row in self.metrics]
        waited = len(losses) - 1 - int(np.argmin(losses)) if losses else 0
        return len(losses) >= self.settings.epochs or waited >= self.settings.patience

    def epoch(self, split: Split) -> None:
        """Once through the training rows; the order and the dropout depend on the seed and the epoch's number alone."""
        number = len(self.metrics)
        order = np.random.default_rng([self.settings.seed, number]).permutation(len(split.train))
        torch.manual_seed(int(np.random.SeedSequence([self.settings.seed, number]).generate_state(1)[0]))
        weights = read_weights(torch.from_numpy(split.train.read_count)) if self.settings.weigh_reads else None
        self.network.train()
        if self.frozen_statistics:
            for layer in self.network.modules():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.eval()
        total = 0.0
        for start in range(0, len(order), self.settings.batch_size):
            rows = order[start : start + self.settings.batch_size]
            part = split.train[rows]
            loss = self._loss(part, None if weights is None else weights[torch.from_numpy(rows)])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(rows)
        measured = self._measure(split.validation)
        if all(measured["loss"] < row["validation_loss"] for row in self.metrics):
            self.best = {name: tensor.clone() for name, tensor in self.network.state_dict().items()}
        self.metrics.append(
            {"epoch": number + 1, "train_loss": total / len(order)}
            | {f"validation_{key}": value for key, value in measured.items()}
        )

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def _loss(self, part: TrainingTable, weight: Tensor | None) -> Tensor:
        logits = self.network(self._tensor(part.codes), library=self._tensor(part.library)).logits
        weight = None if weight is None else weight.to(self.device)
        return cleavage_loss(logits, self._tensor(part.cuts), self._tensor(part.proportion), weight)

    @torch.no_grad()
    def _measure(self, part: TrainingTable) -> dict[str, float]:
        """Loss and its two terms, and the correlation of predicted and measured proportions (Pearson)."""
        self.network.eval()
        predicted = torch.cat([logits.softmax(-1) for logits in self._predict(part)])
        share = isoform_share(predicted)
        proportion = torch.from_numpy(part.proportion)
        isoform = sigmoid_kl(share, proportion).mean().item()
        cuts = distribution_kl(predicted, torch.from_numpy(part.cuts)).mean().item()
        varied = len(part) > 2 and share.std() > 0 and proportion.std() > 0
        correlation = float(np.corrcoef(share, proportion)[0, 1]) if varied else float("nan")
        return {"loss": 0.5 * isoform + 0.5 * cuts, "isoform_kl": isoform, "cut_kl": cuts, "proportion_r": correlation}

    def _predict(self, part: TrainingTable) -> Iterator[Tensor]:
        for start in range(0, len(part), 512):
            rows = slice(start, start + 512)
            yield self.network(self._tensor(part.codes[rows]), library=self._tensor(part.library[rows])).logits.cpu()

    def test(self, part: TrainingTable) -> dict[str, float]:
        """The best network's measures on rows that neither trained nor chose it."""
        self.network.load_state_dict(self.best)
        return {"n": len(part)} | self._measure(part)

    def best_checkpoint(self, source: str) -> Checkpoint:
        self.network.load_state_dict(self.best)
        return self.network.to_checkpoint(self.settings.name, source or "trained from scratch")

    def save(self, path: Path) -> None:
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "metrics": self.metrics,
            "best": self.best,
        }
        write_state(path, self._kept_settings, state)

    def load(self, path: Path) -> None:
        """Go on from a state. Raises InputError where it is of another table, start or settings (but for the epochs)."""
        state = read_state(path, self._kept_settings, self.device)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.metrics, self.best = state["metrics"], state["best"]


def plot_losses(metrics: list[dict[str, float]], path: str | Path) -> None:
    """Training and validation loss over the epochs, as an image."""
    from matplotlib.figure import Figure  # no pyplot: no window system, no global state

    table = pd.DataFrame(metrics)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(table.epoch, table.train_loss, marker="o", label="training (with dropout)")
    axes.plot(table.epoch, table.validation_loss, marker="o", label="validation")
    axes.set(xlabel="epoch", ylabel="loss (nats)", xticks=table.epoch)
    axes.legend()
    figure.savefig(path, dpi=120, metadata={"Software": None})
