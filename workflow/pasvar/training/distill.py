"""Makes a small network that imitates a released one, as the bundled one does: ``pasvar distill``.

The student starts as the teacher with most residual blocks taken out. It then learns, on endless families of windows,
the teacher's residual streams (dense targets, in the first part), its cleavage distributions, and the differences
between the windows of a family, which are what variants are scored by. A second phase goes on from the average of the
first without the dense targets. Repeatable: the seed decides all, up to the order of floating-point sums, and a run that
is broken off goes on from its last saved state as if nothing had happened.
"""

import argparse
import copy
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from pasvar.engine import choose_device
from pasvar.errors import InputError
from pasvar.files import whole
from pasvar.model.architecture import tensor_shapes
from pasvar.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pasvar.model.fetch import resolve_model
from pasvar.model.modeling import Aparent2ForSequencePrediction
from pasvar.progress import lines, silent
from pasvar.training.examples import FamilySampler, Interval, genome_hits, real_ends
from pasvar.training.fidelity import HELD_OUT, PAIRS, SEED, Examination
from pasvar.training.losses import family_loss
from pasvar.training.state import STATE, read_state, write_state

Plan = tuple[tuple[int, tuple[int, ...]], ...]
"""What the student keeps of the teacher: for each of its groups a group of the teacher's, and blocks of that."""

PLAN: Plan = ((0, (0, 2)), (2, (0, 1)), (3, (0, 1)), (4, (0, 1)))
"""Eight of 28 blocks, of dilations 1, 4, 8, 4. Taking out any single block of the teacher's moves the effects of
substitutions by 1 % of their variance or less, but for those of the widest dilation and the one after it; of the plans
as fast as this one it learnt best."""

WEIGHTS = {"cuts": 1.0, "score": 0.2, "effect": 6.0, "shift": 0.5, "stream": 0.3}
ALTERNATES = 3
FAMILIES = {"cpu": 48, "cuda": 512}
"""In a step, by the kind of device: a GPU is idle on few."""
WARM_UP = 200  # steps
AVERAGE = 0.998  # of the weights, per step: the average is what is kept
HITS = 20_000
REPEATS, REMEMBERED = 3, 4800
"""Every batch is learnt from `REPEATS` times on average, drawn from the last ones, of `REMEMBERED` families together."""


@dataclass(frozen=True)
class Phase:
    """`steps` of training. The learning rate is held at `peak` for the share `steady` of them, while the dense targets fade
    out, and then falls to 0 in a line; dense targets are none where `steady` is 0."""

    steps: int
    peak: float
    steady: float

    def learning_rate(self, step: int) -> float:
        """At a step, after a warm-up."""
        return self.peak * min(1.0, (step + 1) / WARM_UP, (self.steps - step) / (self.steps * (1 - self.steady)))

    def dense(self, step: int) -> float:
        """Weight of the dense targets at a step: from 1 down to 0 in a line."""
        return max(0.0, 1 - step / (self.steady * self.steps)) if self.steady else 0.0


@dataclass(frozen=True)
class Settings:
    """How to distil; the shape and the steps are those of the bundled model."""

    steps: int = 9000
    second_steps: int = 2400
    families: int = FAMILIES["cpu"]
    """In a step, of 1 + `ALTERNATES` windows each."""
    plan: Plan = PLAN
    hidden_size: int = 32
    """Channels, at least as many as the teacher's."""
    seed: int = 20

    def __post_init__(self):
        for field, least in (("steps", 1), ("second_steps", 0), ("families", 1)):
            if getattr(self, field) < least:
                raise InputError(f"distillation setting {field} must be at least {least}, not {getattr(self, field)}")

    @property
    def phases(self) -> tuple[Phase, Phase]:
        return Phase(self.steps, 3e-3, 0.5), Phase(self.second_steps, 1.5e-3, 0.0)

    @property
    def all_steps(self) -> int:
        return self.steps + self.second_steps


def parse_plan(texts: Sequence[str]) -> Plan:
    """From ``group:block,block`` for each group of the student, counted from 0. Raises InputError."""
    plan = []
    for text in texts:
        group, _, blocks = text.partition(":")
        if not (group.isdecimal() and all(block.isdecimal() for block in blocks.split(","))):
            raise InputError(f"--keep {text}: expected GROUP:BLOCK,BLOCK..., all counted from 0, as in 0:0,2")
        plan.append((int(group), tuple(map(int, blocks.split(",")))))
    return tuple(plan)


def check_plan(plan: Plan, teacher: dict) -> None:
    """Raises InputError where a teacher of this configuration has no such block, or the groups are not equally deep and in
    the teacher's order."""
    groups, blocks = teacher["num_groups"], teacher["num_blocks"]
    for group, kept in plan:
        if group >= groups or max(kept) >= blocks:
            raise InputError(
                f"--keep {group}:{','.join(map(str, kept))}: the teacher has groups 0 to {groups - 1} of blocks 0 to {blocks - 1}"
            )
    if len({len(kept) for _, kept in plan}) != 1:
        raise InputError("--keep: every group of the student must have as many blocks as the others")
    if [group for group, _ in plan] != sorted(group for group, _ in plan):
        raise InputError("--keep: the groups must be in the teacher's order")


def prune(teacher: Checkpoint, plan: Plan = PLAN) -> Checkpoint:
    """A network of the blocks that the plan keeps, with the teacher's heads.

    Each skip branch stays where its stream is; those whose group is gone are added to the next one along.
    Raises InputError where the teacher has no such blocks.
    """
    check_plan(plan, teacher.config)
    old = teacher.tensors
    encoder = "model.encoder"
    new = {
        name: tensor
        for name, tensor in old.items()
        if ".groups." not in name and not name.startswith(f"{encoder}.conv.")
    }
    for i, (group, blocks) in enumerate(plan):
        for j, block in enumerate(blocks):
            prefix = f"{encoder}.groups.{group}.blocks.{block}."
            for name in (name for name in old if name.startswith(prefix)):
                new[f"{encoder}.groups.{i}.blocks.{j}.{name.removeprefix(prefix)}"] = old[name]
    last = teacher.config["num_groups"]
    for tensor in ("weight", "bias"):
        skips = [f"{encoder}.groups.{group}.skip.{tensor}" for group in range(last)] + [f"{encoder}.conv.{tensor}"]
        kept = [f"{encoder}.groups.{i}.skip.{tensor}" for i in range(len(plan))] + [f"{encoder}.conv.{tensor}"]
        for group, name in enumerate(skips):
            target = next((i for i, (start, _) in enumerate(plan) if start >= group), len(plan))
            new[kept[target]] = new.get(kept[target], 0) + old[name]
        for name in kept:  # a second group from the same group of the teacher's starts without a skip of its own
            new.setdefault(name, np.zeros_like(old[f"{encoder}.conv.{tensor}"]))
    dilations = [teacher.config["dilations"][group] for group, _ in plan]
    shape = {"num_groups": len(plan), "num_blocks": len(plan[0][1]), "dilations": dilations}
    return Checkpoint("pruned", teacher.config | shape, new)


def widen(narrow: Checkpoint, hidden_size: int, seed: int) -> Checkpoint:
    """A network of more channels with the same logits: the new channels hold random mixtures, which nothing reads yet.

    Raises InputError where there would be fewer.
    """
    if hidden_size < narrow.config["hidden_size"]:
        raise InputError(
            f"--hidden-size must be at least the teacher's {narrow.config['hidden_size']}, not {hidden_size}"
        )
    rng = np.random.default_rng(seed)
    config = narrow.config | {"hidden_size": hidden_size}
    tensors = {}
    for name, shape in tensor_shapes(config).items():
        old = narrow.tensors[name]
        if len(shape) == 3:  # a convolution (out, in, width)
            new = rng.normal(0, (shape[1] * shape[2]) ** -0.5, shape)
            new[: len(old)] = 0
        else:
            new = np.full(shape, float(name.endswith(("norm1.weight", "norm2.weight", "running_var"))))
        new[tuple(map(slice, old.shape))] = old
        tensors[name] = new.astype(np.float32)
    return Checkpoint(narrow.name, config, tensors)


def matched_streams(plan: Plan) -> list[tuple[int, int]]:
    """Pairs of a student's group and the teacher's group after which their residual streams should agree."""
    last = {group: i for i, (group, _) in enumerate(plan)}
    return [(i, group) for group, i in last.items()]


def stream_loss(student: Sequence[Tensor], teacher: Sequence[Tensor]) -> Tensor:
    """Mean over streams (batch, positions, channels) of the squared error, in units of the variance of the teacher's channel.

    Channels that only the student has are free."""
    terms = []
    for learnt, taught in zip(student, teacher, strict=True):
        taught = taught.float()
        scale = taught.var((0, 1), keepdim=True) + 1e-3
        terms.append(((learnt[..., : taught.shape[-1]].float() - taught).square() / scale).mean())
    return torch.stack(terms).mean()


@dataclass(frozen=True)
class Lesson:
    """Windows (n, 205), and the teacher's logits (n, 206) and matched residual streams for them."""

    windows: Tensor
    logits: Tensor
    streams: list[Tensor]


class Distillation:
    """A student on its way, which can be put aside and taken up again."""

    def __init__(self, teacher: Checkpoint, sampler: FamilySampler, settings: Settings, device: torch.device):
        self.settings, self.device, self._sampler = settings, device, sampler
        inputs = hashlib.sha256(f"{teacher.digest} {sampler.digest}".encode()).hexdigest()
        self._kept_settings = asdict(settings) | {"inputs": inputs}
        student = widen(prune(teacher, settings.plan), settings.hidden_size, settings.seed)
        self.teacher, self.student = (
            Aparent2ForSequencePrediction.from_checkpoint(weights).to(device) for weights in (teacher, student)
        )
        self.pairs = matched_streams(settings.plan)
        self.step = 0
        self._lessons: dict[int, Lesson] = {}
        self._sums: dict[str, Tensor] = {}
        self._begin()

    def _begin(self) -> None:
        """A phase: an optimiser that remembers nothing, and an average of what is to come."""
        self.average = copy.deepcopy(self.student)
        # the learning rate is set at every step
        self.optimizer = torch.optim.AdamW(self.student.parameters(), betas=(0.9, 0.98), weight_decay=1e-4)

    def advance(self) -> None:
        """One step. The networks stay in evaluation mode: batch normalisation is a learnt scale and shift here."""
        first, second = self.settings.phases
        if self.step == first.steps:
            self.student.load_state_dict(self.average.state_dict())
            self._begin()
        phase, step = (first, self.step) if self.step < first.steps else (second, self.step - first.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = phase.learning_rate(step)
        self.optimizer.zero_grad()
        self._loss(phase.dense(step)).backward()
        nn.utils.clip_grad_norm_(self.student.parameters(), 1.0)
        self.optimizer.step()
        self._follow(min(AVERAGE, step / (step + 10)))
        self.step += 1

    def _loss(self, dense: float) -> Tensor:
        lesson = self._lesson(dense > 0)
        with torch.autocast(self.device.type, torch.bfloat16):
            learnt = self.student(lesson.windows, output_hidden_states=True)
        shape = (self.settings.families, 1 + ALTERNATES, -1)
        terms = family_loss(learnt.logits.float().view(shape), lesson.logits.view(shape))
        if dense:
            terms["stream"] = stream_loss([learnt.hidden_states[mine + 1] for mine, _ in self.pairs], lesson.streams)
        for name, term in terms.items():  # no number leaves the device here: it would wait for every step
            self._sums[name] = self._sums.get(name, 0) + term.detach()
        return sum(WEIGHTS[name] * (dense if name == "stream" else 1.0) * term for name, term in terms.items())

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

    @torch.no_grad()
    def _teach(self, batch: int, dense: bool) -> Lesson:
        drawn = self._sampler.draw(batch, self.settings.families, ALTERNATES)
        windows = torch.from_numpy(drawn).flatten(0, 1).to(self.device)
        # the 8 bits of bfloat16 move effects by 0.008 (RMSE), and on a CPU it is 3 times as fast
        with torch.autocast(self.device.type, torch.bfloat16):
            taught = self.teacher(windows, output_hidden_states=True)
        streams = [taught.hidden_states[its + 1] for _, its in self.pairs] if dense else []
        return Lesson(windows, taught.logits.float(), streams)

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
    progress: Callable = silent,
) -> nn.Module:
    """Take all steps, from `state` where there is one; returns the averaged student.

    `state` is written every so many steps and at the end, and then `look` is called.
    """
    if state.exists():
        work.load(state)
    total = work.settings.all_steps
    with progress(total=total, unit="steps") as bar:
        bar.n = bar.initial = work.step
        while work.step < total:
            work.advance()
            bar.update()
            if work.step % every == 0 or work.step == total:
                work.save(state)
                look(work)
    return work.average


def _apart(intervals: dict[str, str]) -> None:
    """Raises InputError where two of the intervals, by option, share a base."""
    parsed = [(name, Interval.parse(text)) for name, text in intervals.items()]
    for i, (name, interval) in enumerate(parsed):
        for other, another in parsed[:i]:
            if interval.overlaps(another):
                raise InputError(
                    f"{name} {interval} overlaps {other} {another}: what is measured must not be learnt on"
                )


def run(args: argparse.Namespace) -> None:
    """``pasvar distill``."""
    _apart({"--train": args.train, "--validation": args.validation, "--held-out": args.held_out})
    device, out, train = choose_device(args.device), Path(args.out), Interval.parse(args.train)
    teacher = load_checkpoint(resolve_model(args.teacher))
    settings = Settings(
        args.steps,
        args.second_steps,
        args.families or FAMILIES.get(device.type, FAMILIES["cpu"]),
        parse_plan(args.keep) if args.keep else PLAN,
        args.hidden_size or teacher.config["hidden_size"],
        args.seed,
    )
    hits = genome_hits(args.fasta, train, HITS, np.random.default_rng(args.seed))
    sampler = FamilySampler(real_ends(args.fasta, args.gtf, train), hits, args.seed)
    work = Distillation(teacher, sampler, settings, device)
    watch = Examination(work.teacher, args.fasta, args.gtf, args.validation, args.validation_pairs, seed=1)
    held_out = Examination(work.teacher, args.fasta, args.gtf, args.held_out, args.pairs, SEED)

    def look(work: Distillation) -> None:
        steps = (work.step - 1) % args.watch_every + 1
        losses = ", ".join(f"{name} {value:.4f}" for name, value in work.losses(steps).items())
        print(f"step {work.step}/{settings.all_steps}, losses: {losses}\n{watch.page(work.average)}", flush=True)

    student = distill(work, out / STATE, args.watch_every, look, lines)
    save_checkpoint(student.to_checkpoint(args.name, f"distilled from {teacher.source}"), out / "model")
    page = held_out.page(student)
    with whole(out / "fidelity.md") as beside:
        beside.write_text(page)
    print(f"{page}\nthe model: {out / 'model'}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    defaults = Settings()
    parser.add_argument("--fasta", required=True, help="indexed FASTA of the genome")
    parser.add_argument("--gtf", required=True, help="annotation whose transcript ends are learnt on")
    parser.add_argument(
        "--out", required=True, help="directory for model/, fidelity.md and the state that a second call continues from"
    )
    parser.add_argument(
        "--teacher", default="aparent2", help="model to learn from, as in --model (default: %(default)s)"
    )
    parser.add_argument(
        "--name", default="my-student", help="what the student is called in tables and reports (default: %(default)s)"
    )
    parser.add_argument("--train", default="20:0-35000000", help="interval to learn on (default: %(default)s)")
    parser.add_argument(
        "--validation", default="20:35000000-40000000", help="interval to watch meanwhile (default: %(default)s)"
    )
    parser.add_argument("--held-out", default=HELD_OUT, help="interval of the final table (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=defaults.steps, help="of the first phase (default: %(default)s)")
    parser.add_argument(
        "--second-steps", type=int, default=defaults.second_steps, help="of the second phase (default: %(default)s)"
    )
    parser.add_argument(
        "--families",
        type=int,
        help=f"batch size: families of {1 + ALTERNATES} windows per step (default: {FAMILIES['cpu']} on a CPU, "
        f"{FAMILIES['cuda']} on a GPU)",
    )
    parser.add_argument(
        "--keep",
        nargs="+",
        metavar="GROUP:BLOCKS",
        help="shape: for each group of the student a group of the teacher's and which of its blocks to keep "
        f"(default: {' '.join(f'{group}:' + ','.join(map(str, blocks)) for group, blocks in PLAN)})",
    )
    parser.add_argument(
        "--hidden-size", type=int, help="shape: channels; GPUs want a power of two (default: the teacher's)"
    )
    parser.add_argument(
        "--watch-every",
        type=int,
        default=1000,
        help="steps from one saved state, and look at the validation interval, to the next (default: %(default)s)",
    )
    parser.add_argument(
        "--validation-pairs", type=int, default=1000, help="pairs of windows per kind of change (default: %(default)s)"
    )
    parser.add_argument("--pairs", type=int, default=PAIRS, help="the same, of the final table (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="decides all (default: %(default)s)")
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default: %(default)s)")
