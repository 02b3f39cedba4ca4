"""Makes the bundled small network from a released one: ``python -m pasvar.training.distill --help``.

The student starts as the teacher with most residual blocks taken out. It then learns, on endless families of windows,
the teacher's residual streams (dense targets, in the first part), its cleavage distributions, and the differences
between the windows of a family, which are what variants are scored by. Repeatable: the seed decides all, up to the
order of floating-point sums.
"""

import argparse
import copy
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pasvar.files import whole
from pasvar.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pasvar.model.modeling import Aparent2ForSequencePrediction
from pasvar.training import fidelity
from pasvar.training.examples import FamilySampler, Interval, genome_hits, real_ends
from pasvar.training.losses import family_loss

Plan = tuple[tuple[tuple[int, int], ...], ...]
"""What the student keeps of the teacher: for each of its groups the teacher's blocks (group, block), of one dilation."""

PLAN: Plan = (((0, 0), (0, 2)), ((2, 0), (2, 1)), ((3, 0), (3, 1)), ((4, 0), (4, 1)))
"""Eight of 28 blocks, of dilations 1, 4, 8, 4. Taking out any single block of the teacher's moves the effects of
substitutions by 1 % of their variance or less, but for those of the widest dilation and the one after it; of the plans
as fast as this one it learnt best."""

WEIGHTS = {"cuts": 1.0, "score": 0.2, "effect": 6.0, "shift": 0.5, "stream": 0.3}
ALTERNATES = 3
FAMILIES = 48
PEAK_RATE, WARM_UP, STEADY = 3e-3, 200, 0.5
"""Learning rate after `WARM_UP` steps; it is held for the share `STEADY` of the steps and then falls to 0 in a line."""
SECOND_PEAK_RATE = 1.5e-3
"""For a run that starts from a student; its rate falls from the beginning."""
AVERAGE = 0.998  # of the weights, per step: the average is what is kept
HITS = 20_000
REPEATS, REMEMBERED = 3, 100
"""Every batch is learnt from `REPEATS` times on average, drawn from the last `REMEMBERED`."""


def prune(teacher: Checkpoint, plan: Plan = PLAN) -> Checkpoint:
    """A network of the blocks that the plan keeps, with the teacher's heads.

    Each skip branch stays where its stream is; those whose group is gone are added to the next one along.
    """
    old = teacher.tensors
    encoder = "model.encoder"
    new = {
        name: tensor
        for name, tensor in old.items()
        if ".groups." not in name and not name.startswith(f"{encoder}.conv.")
    }
    for i, blocks in enumerate(plan):
        for j, (group, block) in enumerate(blocks):
            prefix = f"{encoder}.groups.{group}.blocks.{block}."
            for name in (name for name in old if name.startswith(prefix)):
                new[f"{encoder}.groups.{i}.blocks.{j}.{name.removeprefix(prefix)}"] = old[name]
    last = teacher.config["num_groups"]
    for tensor in ("weight", "bias"):
        skips = [f"{encoder}.groups.{group}.skip.{tensor}" for group in range(last)] + [f"{encoder}.conv.{tensor}"]
        kept = [f"{encoder}.groups.{i}.skip.{tensor}" for i in range(len(plan))] + [f"{encoder}.conv.{tensor}"]
        for group, name in enumerate(skips):
            target = next((i for i, blocks in enumerate(plan) if blocks[0][0] >= group), len(plan))
            new[kept[target]] = new.get(kept[target], 0) + old[name]
        for name in kept:  # a second group from the same group of the teacher's starts without a skip of its own
            new.setdefault(name, np.zeros_like(old[f"{encoder}.conv.{tensor}"]))
    dilations = [teacher.config["dilations"][blocks[0][0]] for blocks in plan]
    shape = {"num_groups": len(plan), "num_blocks": len(plan[0]), "dilations": dilations}
    return Checkpoint("pruned", teacher.config | shape, new)


def matched_streams(plan: Plan) -> list[tuple[int, int]]:
    """Pairs of a student's group and the teacher's group after which their residual streams should agree."""
    last = {blocks[-1][0]: i for i, blocks in enumerate(plan)}
    return [(i, group) for group, i in last.items()]


def stream_loss(student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
    """Mean over streams (batch, positions, channels) of the squared error, in units of the variance of the teacher's channel."""
    terms = []
    for learnt, taught in zip(student, teacher, strict=True):
        taught = taught.float()
        scale = taught.var((0, 1), keepdim=True) + 1e-3
        terms.append(((learnt.float() - taught).square() / scale).mean())
    return torch.stack(terms).mean()


def learning_rate(step: int, steps: int, steady: float = STEADY) -> float:
    """Share of the peak rate at a step: a warm-up, a plateau for the share `steady` of all steps, a line down to 0."""
    return min(1.0, (step + 1) / WARM_UP, (steps - step) / (steps * (1 - steady)))


@dataclass(frozen=True)
class Lesson:
    """Windows (n, 205), and the teacher's logits (n, 206) and matched residual streams for them."""

    windows: Tensor
    logits: Tensor
    streams: list[Tensor]


class Distillation:
    """A student on its way, which can be put aside and taken up again."""

    def __init__(self, teacher: Checkpoint, sampler: FamilySampler, steps: int, start: Checkpoint | None = None):
        """`start`: a student to improve, without the dense targets, instead of the pruned teacher."""
        self.teacher = Aparent2ForSequencePrediction.from_checkpoint(teacher)
        self.student = Aparent2ForSequencePrediction.from_checkpoint(start or prune(teacher))
        self.peak, self.steady = (PEAK_RATE, STEADY) if start is None else (SECOND_PEAK_RATE, 0.0)
        self.average = copy.deepcopy(self.student)
        self.sampler, self.steps, self.step = sampler, steps, 0
        self.pairs = matched_streams(PLAN)
        self._lessons: deque[Lesson] = deque(maxlen=REMEMBERED)
        self._choice = np.random.default_rng(sampler.seed)
        self.optimizer = torch.optim.AdamW(
            self.student.parameters(), lr=self.peak, betas=(0.9, 0.98), weight_decay=1e-4
        )

    def advance(self) -> dict[str, float]:
        """One step. The networks stay in evaluation mode: batch normalisation is a learnt scale and shift here."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.peak * learning_rate(self.step, self.steps, self.steady)
        lesson = self._lesson()
        with torch.autocast("cpu", torch.bfloat16):
            learnt = self.student(lesson.windows, output_hidden_states=True)
        shape = (FAMILIES, 1 + ALTERNATES, -1)
        terms = family_loss(learnt.logits.float().view(shape), lesson.logits.view(shape))
        if self.fading:
            terms["stream"] = stream_loss([learnt.hidden_states[mine + 1] for mine, _ in self.pairs], lesson.streams)
        loss = sum(WEIGHTS[name] * (self.fading if name == "stream" else 1.0) * term for name, term in terms.items())
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimizer.step()
        self._follow(min(AVERAGE, self.step / (self.step + 10)))
        self.step += 1
        return {name: term.item() for name, term in terms.items()}

    @property
    def fading(self) -> float:
        """Weight of the dense targets: down to 0 in a line, while the learning rate is held."""
        return max(0.0, 1 - self.step / (self.steady * self.steps)) if self.steady else 0.0

    def _lesson(self) -> "Lesson":
        """A batch: new at every `REPEATS`-th step, else an earlier one again, because the teacher takes as long as a step."""
        if self.step % REPEATS and self._lessons:
            return self._lessons[int(self._choice.integers(len(self._lessons)))]
        windows = torch.from_numpy(self.sampler.draw(FAMILIES, ALTERNATES)).flatten(0, 1)
        # the 8 bits of bfloat16 move effects by 0.008 (RMSE), and it is 3 times as fast
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            taught = self.teacher(windows, output_hidden_states=True)
        streams = [taught.hidden_states[its + 1] for _, its in self.pairs] if self.fading else []
        self._lessons.append(Lesson(windows, taught.logits.float(), streams))
        return self._lessons[-1]

    @torch.no_grad()
    def _follow(self, share: float) -> None:
        for mean, value in zip(self.average.parameters(), self.student.parameters(), strict=True):
            mean.lerp_(value, 1 - share)

    def state(self) -> dict:
        """All that `load` needs to go on."""
        return {
            "student": self.student.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "sampler": self.sampler.state,
        }

    def load(self, state: dict) -> None:
        """Continue from a `state`."""
        self.student.load_state_dict(state["student"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = state["step"]
        self.sampler.state = state["sampler"]


def run(args: argparse.Namespace) -> None:
    """Train, watch the fidelity on the validation interval, and write the student to ``args.out``."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    teacher = load_checkpoint(args.teacher)
    train, watch = Interval.parse(args.train), Interval.parse(args.validation)
    hits = genome_hits(args.fasta, train, HITS, np.random.default_rng(args.seed))
    sampler = FamilySampler(real_ends(args.fasta, args.gtf, train), hits, args.seed)
    work = Distillation(teacher, sampler, args.steps, load_checkpoint(args.start) if args.start else None)
    pairs = fidelity.make_pairs(real_ends(args.fasta, args.gtf, watch), args.validation_pairs, seed=1)
    taught = {kind: fidelity.effects(work.teacher, part) for kind, part in pairs.items()}
    state = Path(args.out) / "state.pt"
    state.parent.mkdir(parents=True, exist_ok=True)
    if state.exists():
        work.load(torch.load(state, weights_only=True))  # weights_only: tensors and plain values, no pickled code
    began, first, sums = time.monotonic(), work.step, {}
    while work.step < args.steps:
        for name, value in work.advance().items():
            sums[name] = sums.get(name, 0.0) + value
        if work.step % 100 == 0:
            rate = (work.step - first) / (time.monotonic() - began)
            terms = " ".join(f"{name} {total / 100:.4f}" for name, total in sums.items())
            left = (args.steps - work.step) / rate / 60
            print(
                f"step {work.step}/{args.steps} {rate * FAMILIES * (1 + ALTERNATES):.0f} windows/s, {left:.1f} min left: {terms}",
                flush=True,
            )
            sums = {}
        if work.step % args.watch_every == 0 or work.step == args.steps:
            with whole(state) as beside:
                torch.save(work.state(), beside)
            save_checkpoint(work.average.to_checkpoint(args.name, f"distilled from {teacher.source}"), args.out)
            learnt = {kind: fidelity.effects(work.average, part) for kind, part in pairs.items()}
            print(fidelity.fidelity_table(taught, learnt).round(4).to_string(index=False), flush=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument(
        "--teacher", required=True, help="checkpoint to learn from: the authors' .h5 or a model directory"
    )
    parser.add_argument("--fasta", required=True, help="indexed FASTA of the genome")
    parser.add_argument("--gtf", required=True, help="annotation whose transcript ends are learnt on")
    parser.add_argument("--train", default="20:0-35000000", help="interval to learn on (0-based, half-open)")
    parser.add_argument(
        "--validation", default="20:35000000-40000000", help="interval to watch; neither may touch what is held out"
    )
    parser.add_argument(
        "--out", required=True, help="directory for the model and the state that a second call continues from"
    )
    parser.add_argument("--start", help="student to improve, a model directory (default: the pruned teacher)")
    parser.add_argument("--name", default="aparent2-mini", help="the model's name in its metadata")
    parser.add_argument("--steps", type=int, default=15_000, help=f"steps of {FAMILIES * (1 + ALTERNATES)} windows")
    parser.add_argument("--watch-every", type=int, default=1000, help="steps between looks at the validation interval")
    parser.add_argument("--validation-pairs", type=int, default=1000, help="pairs of windows per kind of change")
    parser.add_argument("--seed", type=int, default=20, help="decides the windows and their order")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_arguments(parser)
    run(parser.parse_args())
