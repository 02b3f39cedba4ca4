"""The distillation: its examples, the pruned start, a few steps that can be taken up again, the fidelity measures."""

import numpy as np
import pytest
import torch

from pasvar.model.architecture import tensor_shapes
from pasvar.sequence import decode, encode, reverse_complement
from pasvar.training.distill import PLAN, Distillation, learning_rate, matched_streams, prune, stream_loss
from pasvar.training.examples import (
    HEXAMER_HIT,
    INDEL,
    MARGIN,
    NEIGHBOURHOOD,
    SUBSTITUTION,
    FamilySampler,
    Interval,
    change,
    genome_hits,
    random_neighbourhood,
    real_ends,
)
from pasvar.training.fidelity import KINDS, compare, fidelity_table, make_pairs


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def neighbourhoods(rng) -> np.ndarray:
    return np.stack([random_neighbourhood(rng) for _ in range(20)])


def test_intervals():
    assert Interval.parse("chr20:40,000,000-63,025,520") == Interval("chr20", 40_000_000, 63_025_520)
    for text in ("20", "20:5", "20:9-5", ":1-2", "20:a-b"):
        with pytest.raises(ValueError, match="is not chrom:start-end"):
            Interval.parse(text)


@pytest.fixture
def genome(tmp_path, rng):
    """A contig of 2,000 random bases without A or T but for one AATAAA per strand, and a GTF with the ends after them."""
    codes = rng.integers(1, 3, 2000).astype(np.uint8)
    codes[500:506] = encode("AATAAA")
    codes[1494:1500] = reverse_complement(encode("AATAAA"))
    (tmp_path / "genome.fa").write_text(f">1\n{decode(codes)}\n")
    line = '1\ttest\ttranscript\t{}\t{}\t.\t{}\t.\tgene_id "g"; transcript_id "t{}"; transcript_biotype "protein_coding";\n'
    (tmp_path / "genes.gtf").write_text(line.format(101, 520, "+", 1) + line.format(1481, 1900, "-", 2))
    return tmp_path / "genome.fa", tmp_path / "genes.gtf"


def test_real_ends_of_both_strands_have_the_hexamer_at_70(genome):
    ends = real_ends(*genome, Interval("1", 0, 2000))
    assert ends.shape == (2, NEIGHBOURHOOD)
    assert [decode(end[MARGIN + 70 : MARGIN + 76]) for end in ends] == ["AATAAA", "AATAAA"]


def test_ends_outside_the_interval_are_left_out(genome):
    assert len(real_ends(*genome, Interval("1", 0, 1000))) == 1
    assert len(real_ends(*genome, Interval("1", 400, 1000))) == 0  # its neighbourhood would begin before 400


def test_genome_hits_of_both_strands(genome, rng):
    hits = genome_hits(genome[0], Interval("1", 0, 2000), 10, rng)
    assert [decode(hit[MARGIN + 70 : MARGIN + 76]) for hit in hits] == ["AATAAA", "AATAAA"]


def test_substitutions(neighbourhoods, rng):
    for background in neighbourhoods:
        window = background[MARGIN : MARGIN + 205]
        assert (change(background, MARGIN, SUBSTITUTION, rng) != window).sum() == 1
        places = np.flatnonzero(change(background, MARGIN, HEXAMER_HIT, rng) != window)
        assert len(places) == 1
        assert 70 <= places[0] < 76


def test_indels_keep_the_window_anchored(neighbourhoods, rng):
    kept = 0
    for background in neighbourhoods:
        window, edited = background[MARGIN : MARGIN + 205], change(background, MARGIN, INDEL, rng)
        assert len(edited) == 205
        # one side of the indel is untouched, and it is the side that the hexamer is on
        kept += np.array_equal(edited[:70], window[:70]) or np.array_equal(edited[76:], window[76:])
    assert kept == len(neighbourhoods)


def test_families_are_the_same_for_the_same_seed_and_go_on_from_a_state(neighbourhoods):
    one, other = (FamilySampler(neighbourhoods, neighbourhoods, seed=3) for _ in range(2))
    first = one.draw(4, 2)
    assert first.shape == (4, 3, 205)
    assert first.max() <= 4
    np.testing.assert_array_equal(first, other.draw(4, 2))
    state = one.state
    following = one.draw(4, 2)
    other.state = state
    np.testing.assert_array_equal(other.draw(4, 2), following)


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


def test_stream_loss_counts_in_variances():
    teacher = torch.randn(50, 205, 4, generator=torch.Generator().manual_seed(0)) * 3
    assert stream_loss([teacher], [teacher]).item() == 0
    assert stream_loss([torch.zeros_like(teacher)], [teacher]).item() == pytest.approx(1, abs=0.02)


def test_learning_rate_rises_stays_and_falls():
    shares = [learning_rate(step, 10_000) for step in (0, 199, 4000, 7500, 9999)]
    assert shares == pytest.approx([1 / 200, 1, 1, 0.5, 0.0002])


def test_steps_learn_and_the_state_holds_all(released, neighbourhoods):
    def begin() -> Distillation:
        return Distillation(released, FamilySampler(neighbourhoods, neighbourhoods, seed=1), steps=100)

    work = begin()
    losses = [work.advance()["cuts"] for _ in range(3)]
    assert all(np.isfinite(losses))
    again = begin()
    again.load(work.state())
    assert again.step == 3
    for mine, other in zip(work.average.parameters(), again.average.parameters(), strict=True):
        assert torch.equal(mine, other)


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
