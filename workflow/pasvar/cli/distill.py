"""``pasvar distill``: make a small network that imitates another one."""

import argparse
from pathlib import Path

import numpy as np
import torch

from pasvar.errors import InputError
from pasvar.files import refuse_inputs, whole
from pasvar.model import checkpoint_files, load_checkpoint, require_own_name, resolve_model, save_checkpoint
from pasvar.progress import log_progress
from pasvar.scoring import choose_device
from pasvar.training import (
    ALTERNATES,
    FAMILIES,
    HELD_OUT,
    HITS,
    PAIRS,
    PLAN,
    SEED,
    STATE,
    Distillation,
    DistillSettings,
    Examination,
    FamilySampler,
    Interval,
    distill,
    genome_hits,
    parse_plan,
    real_ends,
    require_apart,
)


def run(args: argparse.Namespace) -> None:
    """``pasvar distill``."""
    require_apart({"--train": args.train, "--validation": args.validation, "--held-out": args.held_out})
    require_own_name(args.name)
    for option in ("watch_every", "validation_pairs", "pairs"):
        if getattr(args, option) < 1:
            raise InputError(f"--{option.replace('_', '-')} must be at least 1, not {getattr(args, option)}")
    device, out, train = choose_device(args.device), Path(args.out), Interval.parse(args.train)
    written = [out / STATE, out / "fidelity.md", *checkpoint_files(out / "model")]
    refuse_inputs(written, [args.teacher, args.fasta, args.gtf])
    teacher = load_checkpoint(resolve_model(args.teacher))
    settings = DistillSettings(
        args.steps,
        args.families or FAMILIES.get(device.type, FAMILIES["cpu"]),
        parse_plan(args.keep) if args.keep else PLAN,
        args.hidden_size or teacher.config["hidden_size"],
        args.seed,
        args.threads if device.type == "cpu" else 1,
    )
    torch.set_num_threads(1)  # the threads have a part of each step
    hits = genome_hits(args.fasta, train, HITS, np.random.default_rng(args.seed))
    sampler = FamilySampler(real_ends(args.fasta, args.gtf, train), hits, args.seed)
    work = Distillation(teacher, sampler, settings, device)
    watch = Examination(work.teacher, args.fasta, args.gtf, args.validation, args.validation_pairs, seed=1)
    held_out = Examination(work.teacher, args.fasta, args.gtf, args.held_out, args.pairs, SEED)

    def look(work: Distillation) -> None:
        steps = (work.step - 1) % args.watch_every + 1
        losses = ", ".join(f"{name} {value:.4f}" for name, value in work.losses(steps).items())
        print(f"step {work.step}/{settings.steps}, losses: {losses}\n{watch.page(work.average)}", flush=True)

    student = distill(work, out / STATE, args.watch_every, look, log_progress)
    save_checkpoint(student.to_checkpoint(args.name, f"distilled from {teacher.source}"), out / "model")
    page = held_out.page(student)
    with whole(out / "fidelity.md") as temporary:
        temporary.write_text(page)
    print(f"{page}\nthe model: {out / 'model'}")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    defaults = DistillSettings()
    parser.add_argument("--fasta", required=True, help="indexed FASTA of the genome")
    parser.add_argument("--gtf", required=True, help="annotation with the transcript ends to train on")
    parser.add_argument(
        "--out", required=True, help="directory for model/, fidelity.md and the state that a second call continues from"
    )
    parser.add_argument(
        "--teacher", default="aparent2", help="model to learn from, as in --model (default: %(default)s)"
    )
    parser.add_argument(
        "--name", default="my-student", help="name of the student in tables and reports (default: %(default)s)"
    )
    parser.add_argument("--train", default="20:0-35000000", help="interval to train on (default: %(default)s)")
    parser.add_argument(
        "--validation",
        default="20:35000000-40000000",
        help="interval for validation during training (default: %(default)s)",
    )
    parser.add_argument(
        "--held-out", default=HELD_OUT, help="test interval, for the final table (default: %(default)s)"
    )
    parser.add_argument("--steps", type=int, default=defaults.steps, help="steps to take (default: %(default)s)")
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
    parser.add_argument(
        "--seed", type=int, default=defaults.seed, help="decides all random numbers (default: %(default)s)"
    )
    parser.add_argument(
        "--threads",
        type=int,
        default=2,
        help="CPU threads; with another number the rounding differs (default: %(default)s)",
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default: %(default)s)")
