"""Makes a small network that imitates a released one, as the bundled one does: ``pasvar distill``.

The student starts as the teacher with most residual blocks taken out. It then learns, on endless families of windows,
the teacher's residual streams (dense targets, in the first half), its cleavage distributions, and the differences
between the windows of a family, which are what variants are scored by. Repeatable: the seed decides all, up to the order
of floating-point sums, and a run that is broken off goes on from its last saved state as if nothing had happened.
"""

import copy
import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from pasvar.errors import InputError
from pasvar.model import Aparent2ForSequencePrediction, Checkpoint
from pasvar.progress import no_progress
from pasvar.scoring import keep_freed_memory
from pasvar.training.examples import FamilySampler, Interval
from pasvar.training.losses import family_loss
from pasvar.training.optimizer import Optimizer
from pasvar.training.state import read_state, write_state
from pasvar.training.student import PLAN, Plan, matched_streams, prune, widen

WEIGHTS = {"cuts": 1.0, "score": 0.2, "effect": 6.0, "shift": 0.5, "stream": 0.3}
ALTERNATES = 3
FAMILIES = {"cpu": 48, "cuda": 512}
"""In a step, by the kind of device: a GPU is idle on few."""
_MOST = 100_000_000
"""Steps, families and threads: far above what makes sense."""

PEAK = 3e-3
"""Learning rate."""
WARM_UP = 200  # steps
AVERAGE = 0.998  # of the weights, per step: the average is what is kept
HITS = 20_000
REPEATS, REMEMBERED = 3, 4800
"""Every batch is learnt from `REPEATS` times on average, drawn from the last ones, of `REMEMBERED` families together."""


@dataclass(frozen=True)
class DistillSettings:
    """How to distil; the shape and the steps are those of the bundled model."""

    steps: int = 20_000
    families: int = FAMILIES["cpu"]
    """In a step, of 1 + `ALTERNATES` windows each."""
    plan: Plan = PLAN
    hidden_size: int = 32
    """Channels, at least as many as the teacher's."""
    seed: int = 20
    threads: int = 1
    """Which share the families of a step; of another number the sums round otherwise."""

    def __post_init__(self):
        for field in ("steps", "families", "threads"):
            if not 1 <= getattr(self, field) <= _MOST:
                raise InputError(f"distillation setting {field} must be from 1 to {_MOST}, not {getattr(self, field)}")
        if not 0 <= self.seed < 2**32:
            raise InputError(f"distillation setting seed must be from 0 to {2**32 - 1}, not {self.seed}")

    def learning_rate(self, step: int) -> float:
        """At a step: held at `PEAK` after a warm-up, in the second half falling to 0 in a line."""
        return PEAK * min(1.0, (step + 1) / WARM_UP, 2 * (1 - step / self.steps))

    def dense(self, step: int) -> float:
        """Weight of the dense targets at a step: in the first half from 1 down to 0 in a line."""
        return max(0.0, 1 - 2 * step / self.steps)


@dataclass(frozen=True)
class Stream:
    """A residual stream of the teacher's (batch, positions, channels), and one over the deviation of each channel, by which
    the stream is already multiplied."""

    scaled: Tensor
    unit: Tensor

    @classmethod
    def of(cls, taught: Tensor) -> "Stream":
        taught = taught.float()
        unit = (taught.var((0, 1), keepdim=True) + 1e-3).rsqrt()
        return cls((taught * unit).bfloat16(), unit)  # thousands of windows are remembered

    def error(self, learnt: Tensor) -> Tensor:
        """Mean squared error of the student's stream, (), in units of the variance of the teacher's channel. Channels that
        only the student has are free."""
        return mse_loss(learnt[..., : self.scaled.shape[-1]].float() * self.unit, self.scaled.float())


@dataclass(frozen=True)
class Lesson:
    """Windows (n, 205), and the teacher's logits (n, 206) and matched residual streams for them."""

    windows: Tensor
    logits: Tensor
    streams: list[Stream]

    def part(self, rows: slice) -> "Lesson":
        streams = [Stream(stream.scaled[rows], stream.unit) for stream in self.streams]
        return Lesson(self.windows[rows], self.logits[rows], streams)


class Distillation:
    """A student on its way, which can be put aside and taken up again."""

    def __init__(self, teacher: Checkpoint, sampler: FamilySampler, settings: DistillSettings, device: torch.device):
        self.settings, self.device, self._sampler = settings, device, sampler
        if device.type == "cpu":
            keep_freed_memory()
        inputs = hashlib.sha256(f"{teacher.digest} {sampler.digest}".encode()).hexdigest()
        self._kept_settings = asdict(settings) | {"inputs": inputs, "optimizer": "Muon, AdamW"}
        student = widen(prune(teacher, settings.plan), settings.hidden_size, settings.seed)
        self.teacher, self.student = (
            Aparent2ForSequencePrediction.from_checkpoint(weights).to(device) for weights in (teacher, student)
        )
        self.pairs = matched_streams(settings.plan)
        self.average = copy.deepcopy(self.student)
        self.optimizer = Optimizer(self.student)
        self.step = 0
        self._lessons: dict[int, Lesson] = {}
        self._sums: dict[str, Tensor] = {}
        self._pool = ThreadPoolExecutor(settings.threads)
        ends = np.linspace(0, settings.families, settings.threads + 1).astype(int) * (1 + ALTERNATES)
        self._parts = [slice(start, end) for start, end in pairwise(ends.tolist()) if start < end]

    def advance(self) -> None:
        """One step. The networks stay in evaluation mode: batch normalisation is a learnt scale and shift here."""
        self._differentiate(self.settings.dense(self.step))
        nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimizer.step(self.settings.learning_rate(self.step))
        self._follow(min(AVERAGE, self.step / (self.step + 10)))
        self.step += 1

    def _differentiate(self, dense: float) -> None:
        """Set the gradients: means over the threads' parts, which are added up in order."""
        lesson = self._lesson(dense > 0)
        parameters = list(self.student.parameters())

        def differentiate(rows: slice) -> tuple[tuple[Tensor, ...], dict[str, Tensor]]:
            share = (rows.stop - rows.start) / len(lesson.windows)
            terms = {name: share * term for name, term in self._terms(lesson.part(rows), dense).items()}
            loss = sum(WEIGHTS[name] * (dense if name == "stream" else 1.0) * term for name, term in terms.items())
            return torch.autograd.grad(loss, parameters), terms

        self.student.zero_grad()
        for gradients, terms in self._pool.map(differentiate, self._parts):
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter.grad = gradient if parameter.grad is None else parameter.grad.add_(gradient)
            for name, term in terms.items():  # no number leaves the device here: it would wait for every step
                self._sums[name] = self._sums.get(name, 0) + term.detach()

    def _terms(self, lesson: Lesson, dense: float) -> dict[str, Tensor]:
        """Terms of the loss."""
        with torch.autocast(self.device.type, torch.bfloat16):
            learnt = self.student(lesson.windows, output_hidden_states=True)
        families = len(lesson.windows) // (1 + ALTERNATES)
        shape = (families, 1 + ALTERNATES, -1)
        terms = family_loss(learnt.logits.float().view(shape), lesson.logits.view(shape))
        if dense:
            errors = [
                stream.error(learnt.hidden_states[mine + 1])
                for (mine, _), stream in zip(self.pairs, lesson.streams, strict=True)
            ]
            terms["stream"] = torch.stack(errors).mean()
        return terms

    def _lesson(self, dense: bool) -> Lesson:
        """A batch: new at every `REPEATS`-th step, else an earlier one again, because the teacher takes as long as a step.

        The seed and the step decide which, so a run that goes on makes again what it had in memory.
        """
        newest, remembered = self.step // REPEATS, max(1, REMEMBERED // self.settings.families)
        batch = newest
        if self.step % REPEATS:
            back = np.random.default_rng([self.settings.seed, self.step, 1]).integers(min(remembered, newest + 1))
            batch = newest - int(back)
        if batch not in self._lessons:
            self._lessons = {old: lesson for old, lesson in self._lessons.items() if old > newest - remembered}
            self._lessons[batch] = self._teach(batch, dense)
        return self._lessons[batch]

    def _teach(self, batch: int, dense: bool) -> Lesson:
        drawn = self._sampler.draw(batch, self.settings.families, ALTERNATES)
        windows = torch.from_numpy(drawn).flatten(0, 1).to(self.device)

        @torch.no_grad()
        def teach(rows: slice) -> tuple[Tensor, ...]:
            # the 8 bits of bfloat16 move effects by 0.008 (RMSE), and on a CPU it is 3 times as fast
            with torch.autocast(self.device.type, torch.bfloat16):
                taught = self.teacher(windows[rows], output_hidden_states=True)
            streams = [taught.hidden_states[its + 1] for _, its in self.pairs] if dense else []
            return taught.logits.float(), *streams

        logits, *streams = (torch.cat(parts) for parts in zip(*self._pool.map(teach, self._parts), strict=True))
        return Lesson(windows, logits, [Stream.of(stream) for stream in streams])

    @torch.no_grad()
    def _follow(self, share: float) -> None:
        for mean, value in zip(self.average.parameters(), self.student.parameters(), strict=True):
            mean.lerp_(value, 1 - share)

    def losses(self, steps: int) -> dict[str, float]:
        """Means of the loss terms over the `steps` since the last call, before they are weighted."""
        sums, self._sums = self._sums, {}
        return {name: float(total) / steps for name, total in sums.items()}

    def save(self, path: Path) -> None:
        """Write all that `load` needs to go on."""
        state = {
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }
        write_state(path, self._kept_settings, state)

    def load(self, path: Path) -> None:
        """Go on from a state. Raises InputError where it is of other settings, another teacher or other sequences."""
        state = read_state(path, self._kept_settings, self.device)
        self.student.load_state_dict(state["student"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]


def distill(
    work: Distillation,
    state: Path,
    every: int,
    look: Callable[[Distillation], object] = lambda work: None,
    progress: Callable = no_progress,
) -> Aparent2ForSequencePrediction:
    """Take all steps, from `state` where there is one; returns the averaged student.

    `state` is written every so many steps and at the end, and then `look` is called.
    """
    if state.exists():
        work.load(state)
    total = work.settings.steps
    with progress(total=total, unit="steps") as bar:
        bar.n = bar.initial = work.step
        while work.step < total:
            work.advance()
            bar.update()
            if work.step % every == 0 or work.step == total:
                work.save(state)
                look(work)
    return work.average


def require_apart(intervals: dict[str, str]) -> None:
    """Raises InputError where two of the intervals, by option, share a base."""
    parsed = [(name, Interval.parse(text)) for name, text in intervals.items()]
    for i, (name, interval) in enumerate(parsed):
        for other, another in parsed[:i]:
            if interval.overlaps(another):
                raise InputError(
                    f"{name} {interval} overlaps {other} {another}: what is measured must not be learnt on"
                )
