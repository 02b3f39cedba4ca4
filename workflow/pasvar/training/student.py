"""The shape of a student, and where it starts: the teacher with most of its residual blocks taken out."""

from collections.abc import Sequence

import numpy as np

from pasvar.errors import InputError
from pasvar.model import Checkpoint, tensor_shapes

Plan = tuple[tuple[int, tuple[int, ...]], ...]
"""What the student keeps of the teacher: for each of its groups a group of the teacher's, and blocks of that."""

PLAN: Plan = ((0, (0, 2)), (2, (0, 1)), (3, (0, 1)), (4, (0, 1)))
"""Eight of 28 blocks, of dilations 1, 4, 8, 4. Taking out any single block of the teacher's moves the effects of
substitutions by 1 % of their variance or less, but for those of the widest dilation and the one after it; of the plans
as fast as this one it learnt best."""


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
