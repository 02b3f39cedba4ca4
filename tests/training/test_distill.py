"""The distillation: the pruned start, a few steps that can be taken up again, the fidelity measures."""

import numpy as np
import pytest
import torch

from builders import write_fasta
from pasvar.cli.main import main
from pasvar.errors import InputError
from pasvar.model import (
    Aparent2Config,
    Aparent2ForSequencePrediction,
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
    tensor_shapes,
)
from pasvar.sequence import decode, encode
from pasvar.training import distillation as distill
from pasvar.training.distillation import Distillation, DistillSettings, Stream
from pasvar.training.examples import FamilySampler
from pasvar.training.fidelity import KINDS, compare, fidelity_table, make_pairs
from pasvar.training.optimizer import MUON, Optimizer
from pasvar.training.student import PLAN, matched_streams, parse_plan, prune, widen


@pytest.fixture
def teacher() -> Checkpoint:
    """A small network with random weights: three groups of two blocks."""
    torch.manual_seed(0)
    model = Aparent2ForSequencePrediction(
        Aparent2Config(hidden_size=4, num_groups=3, num_blocks=2, dilations=[1, 4, 2])
    )
    return model.to_checkpoint("teacher")


def test_the_pruned_network_has_the_plans_shape(released):
    student = prune(released)
    assert {name: tensor.shape for name, tensor in student.tensors.items()} == tensor_shapes(student.config)
    assert student.config["dilations"] == [1, 4, 8, 4]
    assert matched_streams(PLAN) == [(0, 0), (1, 2), (2, 3), (3, 4)]


def test_pruning_keeps_every_skip_branch_once(released):
    """With no blocks at all the residual stream never changes, so the sum of the skips must not depend on where they are."""
    sums = []
    for checkpoint in (released, prune(released)):
        skips = [t for name, t in checkpoint.tensors.items() if ".skip.weight" in name or "encoder.conv.weight" in name]
        sums.append(np.sum(skips, axis=0))
    np.testing.assert_allclose(*sums, atol=1e-5)


def test_stream_error_counts_in_variances():
    teacher = torch.randn(50, 205, 4, generator=torch.Generator().manual_seed(0)) * 3
    stream = Stream.of(teacher)
    assert stream.error(teacher).item() == pytest.approx(0, abs=1e-5)  # it is kept in 8 bits
    assert stream.error(torch.zeros_like(teacher)).item() == pytest.approx(1, abs=0.02)
    channel = torch.zeros_like(teacher)
    channel[..., 0] = 6.0  # two deviations
    assert stream.error(teacher + channel).item() == pytest.approx(4 / 4, abs=0.05)
    assert stream.error(torch.cat([teacher, channel], -1)).item() == pytest.approx(0, abs=1e-5)  # channels of its own


def test_the_first_step_is_as_large_in_every_direction(teacher):
    """Of a convolution, whose 4 x 12 matrix becomes orthogonal up to what 5 iterations in bfloat16 leave; of all else a
    step is the learning rate times the gradient's sign. Weights also shrink, by 1 % and 0.01 % of the rate."""
    network = Aparent2ForSequencePrediction.from_checkpoint(teacher)
    before = {name: value.detach().clone() for name, value in network.named_parameters()}
    for value in network.parameters():
        value.grad = torch.randn(value.shape, generator=torch.Generator().manual_seed(1))
    Optimizer(network).step(0.001)
    for name, value in network.named_parameters():
        convolution = ".blocks." in name and value.ndim == 3
        rate, decay = (MUON * 0.001, 0.01) if convolution else (0.001, 0.0001)
        step = before[name] * (1 - rate * decay) - value.detach()
        if convolution:
            size = torch.linalg.svdvals(step.flatten(1)) / (
                rate * 0.2 * 12**0.5
            )  # Moonshot's scale: as large as AdamW's
            assert ((size > 0.6) & (size < 1.3)).all(), name
        else:
            torch.testing.assert_close(step, rate * value.grad.sign(), atol=1e-6, rtol=1e-3)


def test_learning_rate_rises_stays_and_falls():
    settings = DistillSettings(steps=10_000)
    rates = [settings.learning_rate(step) / 3e-3 for step in (0, 199, 4000, 7500, 9999)]
    assert rates == pytest.approx([0.005, 1, 1, 0.5, 0.0002])
    assert [settings.dense(step) for step in (0, 2500, 5000, 9000)] == [1, 0.5, 0, 0]


def test_plans_from_text(teacher):
    assert parse_plan(["0:0,2", "2:0,1", "3:0,1", "4:0,1"]) == PLAN
    assert prune(teacher, parse_plan(["1:1", "1:0"])).config["dilations"] == [4, 4]


@pytest.mark.parametrize(
    ("keep", "message"),
    [
        (["0"], "--keep 0: expected GROUP:BLOCK,BLOCK"),
        (["0:1,"], "--keep 0:1,: expected GROUP:BLOCK,BLOCK"),
        (["0:1", "3:0"], "--keep 3:0: the teacher has groups 0 to 2 of blocks 0 to 1"),
        (["0:2"], "--keep 0:2: the teacher has groups 0 to 2 of blocks 0 to 1"),
        (["0:0,1", "1:0"], "as many blocks as the others"),
        (["1:0", "0:0"], "in the teacher's order"),
    ],
)
def test_plans_that_make_no_sense(keep, message, teacher):
    with pytest.raises(InputError, match=message):
        prune(teacher, parse_plan(keep))


def test_a_wider_network_begins_with_the_same_logits_and_learns_with_all_channels(teacher):
    wide = widen(teacher, 7, seed=0)
    assert {name: tensor.shape for name, tensor in wide.tensors.items()} == tensor_shapes(wide.config)
    codes = torch.from_numpy(np.random.default_rng(0).integers(0, 5, (3, 205)))
    before, after = (Aparent2ForSequencePrediction.from_checkpoint(network) for network in (teacher, wide))
    torch.testing.assert_close(after(codes).logits, before(codes).logits)
    after(codes).logits.square().sum().backward()
    assert (after.model.prediction.weight.grad != 0).all()
    with pytest.raises(InputError, match="at least the teacher's 4, not 3"):
        widen(teacher, 3, seed=0)


@pytest.mark.parametrize("field", ["steps", "families", "threads"])
def test_settings_that_make_no_sense(field):
    with pytest.raises(InputError, match=f"{field} must be from 1 to 100000000, not 0"):
        DistillSettings(**{field: 0})


def _begin(teacher: Checkpoint, neighbourhoods: np.ndarray, **settings) -> Distillation:
    chosen = DistillSettings(**{"plan": ((0, (0,)), (1, (1,))), "hidden_size": 6, "families": 3, "seed": 1} | settings)
    return Distillation(teacher, FamilySampler(neighbourhoods, neighbourhoods, seed=1), chosen, torch.device("cpu"))


def _weights(model: torch.nn.Module) -> bytes:
    return b"".join(tensor.numpy().tobytes() for tensor in model.state_dict().values())


class Broken(Exception):
    """What a run is broken off with."""


@pytest.mark.parametrize(("after", "threads"), [(4, 1), (8, 2), (10, 1), (14, 3)])
def test_a_run_broken_off_ends_with_the_same_bits(after, threads, teacher, neighbourhoods, tmp_path, monkeypatch):
    """With the dense targets or after them."""
    steps = {"steps": 16, "threads": threads}
    monkeypatch.setattr(distill, "REMEMBERED", 6)  # two batches: some are forgotten
    straight = distill.distill(_begin(teacher, neighbourhoods, **steps), tmp_path / "straight.pt", 2)

    def stop(work: Distillation) -> None:
        if work.step == after:
            work.advance()  # a step whose result is lost
            raise Broken

    with pytest.raises(Broken):
        distill.distill(_begin(teacher, neighbourhoods, **steps), tmp_path / "broken.pt", 2, stop)
    again = _begin(teacher, neighbourhoods, **steps)
    assert _weights(distill.distill(again, tmp_path / "broken.pt", 2)) == _weights(straight)
    assert _weights(again.student) != _weights(_begin(teacher, neighbourhoods).student)


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_share_a_step(threads, teacher, neighbourhoods):
    """Three families: one and two, one each, and four threads with none."""
    gradients, losses = [], []
    for count in (1, threads):
        work = _begin(teacher, neighbourhoods, threads=count)
        work._differentiate(0.7)
        gradients.append(torch.cat([parameter.grad.flatten() for parameter in work.student.parameters()]))
        losses.append(work.losses(1))
    assert set(losses[0]) == {"cuts", "score", "effect", "shift", "stream"}
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    assert gradients[0].abs().max() > 1e-3
    torch.testing.assert_close(*gradients, rtol=0.02, atol=1e-3 * gradients[0].abs().max().item())


def test_what_is_kept_is_the_average_of_the_students(teacher, neighbourhoods, tmp_path):
    """After two steps nothing of the start is left in it, and 1/11 of the first."""
    work = _begin(teacher, neighbourhoods, steps=2)
    seen = []
    for _ in range(2):
        work.advance()
        seen.append([parameter.detach().clone() for parameter in work.student.parameters()])
    for first, second, kept in zip(*seen, work.average.parameters(), strict=True):
        torch.testing.assert_close(kept, first / 11 + second * 10 / 11)
    assert _weights(distill.distill(work, tmp_path / "state.pt", 2)) == _weights(work.average)


def test_other_settings_or_sequences_do_not_continue_a_run(teacher, neighbourhoods, tmp_path):
    state = tmp_path / "state.pt"
    _begin(teacher, neighbourhoods).save(state)
    with pytest.raises(InputError, match=r"has families = 3, now it is 4; remove .*state\.pt to start again"):
        _begin(teacher, neighbourhoods, families=4).load(state)
    with pytest.raises(InputError, match="has plan = "):
        _begin(teacher, neighbourhoods, plan=((0, (1,)), (1, (1,)))).load(state)
    with pytest.raises(InputError, match="has inputs = "):
        _begin(teacher, neighbourhoods[1:]).load(state)


def test_the_command_makes_a_model_and_its_table(teacher, tmp_path, rng, capsys, monkeypatch):
    """Three stretches of 1,000 bases with an AATAAA and a transcript end each."""
    monkeypatch.setattr(distill, "HITS", 4)
    codes = rng.integers(0, 4, 3000).astype(np.uint8)
    for start in (500, 1500, 2500):
        codes[start : start + 6] = encode("AATAAA")
    fasta = write_fasta(tmp_path / "genome.fa", {"1": decode(codes)})
    line = (
        '1\ttest\ttranscript\t{}\t{}\t.\t+\t.\tgene_id "g"; transcript_id "t{}"; transcript_biotype "protein_coding";\n'
    )
    (tmp_path / "genes.gtf").write_text("".join(line.format(end - 100, end, end) for end in (520, 1520, 2520)))
    save_checkpoint(teacher, tmp_path / "teacher")
    arguments = ["distill", "--fasta", str(fasta), "--gtf", str(tmp_path / "genes.gtf"), "--out", str(tmp_path / "out")]
    arguments += ["--teacher", str(tmp_path / "teacher"), "--keep", "0:0", "2:1", "--name", "small", "--device", "cpu"]
    arguments += [
        "--steps",
        "3",
        "--families",
        "2",
        "--watch-every",
        "2",
        "--validation-pairs",
        "9",
        "--pairs",
        "8",
    ]
    parts = ["--train", "1:0-1000", "--validation", "1:1000-2000", "--held-out"]
    assert main([*arguments, *parts, "1:2000-3000"]) == 0
    assert load_checkpoint(tmp_path / "out" / "model").config["dilations"] == [1, 2]
    assert load_checkpoint(tmp_path / "out" / "model").name == "small"
    page = (tmp_path / "out" / "fidelity.md").read_text()
    assert page.startswith(
        "1 transcript ends in 1:2000-3000, 8 pairs of windows per kind of change, seed 2022.\n\n| change |"
    )
    assert page.count("\n| ") == 1 + 2 * len(KINDS)
    printed = capsys.readouterr()
    assert "step 2/3, losses: cuts" in printed.out
    assert "3.00/3.00" in printed.err
    assert main([*arguments, *parts, "1:1999-3000"]) == 1
    assert "--held-out 1:1999-3000 overlaps --validation 1:1000-2000" in capsys.readouterr().err


def test_agreement_by_hand():
    taught = np.array([1.0, -1.0, 0.1, -0.1, 0.5])
    same = compare(taught, taught)
    assert (same["pearson"], same["rmse"], same["n_large"], same["sign_agreement"], same["top_recall"]) == (
        pytest.approx(1.0),
        0.0,
        3,
        1.0,
        1.0,
    )
    learnt = np.array([0.9, 0.2, 0.1, -0.1, 0.5])  # one of three large effects has the wrong sign
    assert compare(taught, learnt)["sign_agreement"] == pytest.approx(2 / 3)
    assert compare(taught, learnt)["rmse"] == pytest.approx(np.sqrt((0.1**2 + 1.2**2) / 5))


def test_fidelity_table_has_a_row_per_kind_and_score(neighbourhoods):
    pairs = make_pairs(neighbourhoods, 40, seed=0)
    assert list(pairs) == list(KINDS)
    assert all(part.shape == (40, 2, 205) for part in pairs.values())
    differ = pairs["substitution in the hexamer"][:, 0] != pairs["substitution in the hexamer"][:, 1]
    assert (differ.sum(1) == 1).all()
    assert not differ[:, :70].any()
    assert not differ[:, 76:].any()
    effects = {kind: np.random.default_rng(0).normal(size=(40, 2)) for kind in pairs}
    table = fidelity_table(effects, effects)
    assert len(table) == 2 * len(KINDS)
    assert (table.pearson > 0.999).all()
