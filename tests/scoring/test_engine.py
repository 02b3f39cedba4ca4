"""The engine against the authors' network and against `pasvar.model`, element by element."""

import numpy as np
import pytest
import torch

from builders import needs_bfloat16
from pasvar.constants import TOLERANCE
from pasvar.errors import InputError
from pasvar.model import RELEASED_CONFIG, summarise_logits, tensor_shapes
from pasvar.scoring import engine as engine_module
from pasvar.scoring.engine import Engine, choose_device, convolution_dtype
from pasvar.sequence import encode, encode_rows


def random_tensors(config: dict, seed: int = 0) -> dict[str, np.ndarray]:
    """Weights of a plausible scale for every tensor of a configuration."""
    rng = np.random.default_rng(seed)
    tensors = {name: rng.normal(0, 0.2, shape).astype(np.float32) for name, shape in tensor_shapes(config).items()}
    return {name: np.abs(array) + 0.5 if name.endswith("running_var") else array for name, array in tensors.items()}


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(RELEASED_CONFIG, random_tensors(RELEASED_CONFIG), "cpu", batch_size=8)


@pytest.fixture(scope="module")
def windows() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 5, (21, 205)).astype(np.uint8)


@pytest.fixture(scope="module")
def released_engine(released) -> Engine:
    return Engine(released.config, released.tensors, "cpu")


def test_logits_are_those_of_the_authors_network(released_engine, keras_parity):
    logits = released_engine.logits(encode_rows(keras_parity["sequences"].tolist(), 205))
    np.testing.assert_allclose(logits, keras_parity["logits"], rtol=0, atol=1e-4)


def test_golden_variants_within_their_tolerances(released_engine, golden_variants):
    for variant in golden_variants:
        scores = released_engine.scores(np.stack([encode(variant["ref"]), encode(variant["alt"])]))
        narrow, wide = scores[:, :2].T
        assert narrow[1] - narrow[0] == pytest.approx(variant["delta_logodds_narrow"], abs=variant["tolerance"])
        assert wide[1] - wide[0] == pytest.approx(variant["delta_logodds"], abs=variant["tolerance"])


@pytest.mark.parametrize("changes", [{}, {"num_groups": 2, "dilations": [1, 3], "num_blocks": 1}, {"hidden_size": 8}])
def test_logits_are_those_of_the_plain_model(windows, changes):
    from pasvar.model import Aparent2Config, Aparent2Model

    config = RELEASED_CONFIG | changes
    tensors = random_tensors(config)
    model = Aparent2Model(Aparent2Config(**config)).eval()
    names = {name: torch.from_numpy(array) for name, array in tensors.items()}
    missing, unexpected = model.load_state_dict({k.removeprefix("model."): v for k, v in names.items()}, strict=False)
    assert not unexpected
    assert all(name.endswith("num_batches_tracked") for name in missing)
    with torch.inference_mode():
        expected = model(torch.from_numpy(windows).long()).logits.numpy()
    np.testing.assert_allclose(Engine(config, tensors, "cpu").logits(windows), expected, rtol=1e-5, atol=1e-4)


@needs_bfloat16
def test_fast_is_another_result_within_its_tolerance(engine, windows):
    fast = Engine(RELEASED_CONFIG, random_tensors(RELEASED_CONFIG), "cpu", batch_size=8, precision="fast")
    differences = np.abs(fast.scores(windows) - engine.scores(windows))[:, :2]
    assert 1e-4 < differences.max() < TOLERANCE["fast"]


def test_fast_is_refused_where_the_cpu_has_no_bfloat16(monkeypatch):
    """In float32 it would be the other precision under this one's name, and emulated it would take longer."""
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    with pytest.raises(InputError, match="`precision`: fast was chosen, but this CPU does not multiply bfloat16"):
        Engine(RELEASED_CONFIG, random_tensors(RELEASED_CONFIG), "cpu", precision="fast")
    assert convolution_dtype("exact", torch.device("cpu")) == torch.float32
    assert convolution_dtype("fast", torch.device("cuda")) == torch.float16


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="'quick', expected one of exact, fast"):
        Engine(RELEASED_CONFIG, random_tensors(RELEASED_CONFIG), "cpu", precision="quick")


def test_a_window_scores_the_same_bits_whatever_it_is_scored_with(engine, windows):
    logits = engine.logits(windows)
    order = np.random.default_rng(2).permutation(len(windows))
    assert (engine.logits(windows[order]) == logits[order]).all()
    assert (engine.logits(windows[:3]) == logits[:3]).all()


def test_threads_change_no_bit(engine, windows):
    """Each thread has whole batches."""
    threaded = Engine(RELEASED_CONFIG, random_tensors(RELEASED_CONFIG), "cpu", batch_size=2, threads=3)
    alone = Engine(RELEASED_CONFIG, random_tensors(RELEASED_CONFIG), "cpu", batch_size=2)
    done = []
    assert (threaded.logits(windows, done.append) == alone.logits(windows)).all()
    assert done == [2] * 10 + [1]


def test_a_fault_in_a_thread_is_raised(engine, windows, monkeypatch):
    broken = Engine(RELEASED_CONFIG, random_tensors(RELEASED_CONFIG), "cpu", batch_size=2, threads=2)
    monkeypatch.setattr(broken, "_network", lambda codes: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        broken.logits(windows)


def test_scores_are_read_from_the_logits(engine, windows):
    expected = summarise_logits(torch.from_numpy(engine.logits(windows))).numpy()
    assert (engine.scores(windows) == expected).all()
    assert expected.shape == (21, 6)


@pytest.mark.parametrize(
    ("seconds_per_batch", "other_bits", "chosen"),
    [
        ({64: 4, 16: 1, 32: 2, 128: 8}, (), 64),  # all the same
        ({64: 4, 16: 1, 32: 1.5, 128: 7}, (), 32),
        ({64: 4, 16: 1, 32: 1.5, 128: 7}, (32,), 128),
        ({64: 4, 16: 0.5, 32: 1.5, 128: 6}, (16, 32, 128), 64),
    ],
)
def test_the_fastest_batch_of_the_same_bits_is_chosen(seconds_per_batch, other_bits, chosen, windows, monkeypatch):
    engine = Engine(RELEASED_CONFIG, random_tensors(RELEASED_CONFIG), "cpu")
    now = 0.0

    def network(codes: torch.Tensor) -> torch.Tensor:
        nonlocal now
        now += seconds_per_batch[len(codes)]
        return torch.full((len(codes), 206), float(len(codes) in other_bits))

    monkeypatch.setattr(engine, "_network", network)
    monkeypatch.setattr(engine_module, "thread_time", lambda: now)
    monkeypatch.setattr(engine_module, "MEASURED", 128)
    monkeypatch.setattr(engine_module, "MEASURE_FROM", 300)
    codes = np.zeros((300, 205), dtype=np.uint8)
    engine.logits(codes[:299])
    assert engine.batch_size == 64
    assert engine.logits(codes).shape == (300, 206)
    assert engine.batch_size == chosen


def test_a_measured_batch_size_changes_no_bit(windows, monkeypatch):
    monkeypatch.setattr(engine_module, "MEASURE_FROM", 21)
    weights = RELEASED_CONFIG, random_tensors(RELEASED_CONFIG), "cpu"
    measured, usual = Engine(*weights, threads=2), Engine(*weights, batch_size=64)
    assert (measured.scores(windows) == usual.scores(windows)).all()


def test_every_batch_is_reported(engine, windows):
    done = []
    engine.logits(windows, done.append)
    assert done == [8, 8, 5]


def test_no_windows_give_no_logits(engine):
    assert engine.logits(np.empty((0, 205), dtype=np.uint8)).shape == (0, 206)


@pytest.mark.parametrize(
    ("windows", "message"),
    [
        (np.zeros((2, 204), dtype=np.uint8), r"uint8 \(2, 204\)"),
        (np.zeros((2, 205), dtype=np.int64), "int64"),
        (np.full((1, 205), 5, dtype=np.uint8), "code 5"),
    ],
)
def test_what_is_no_window_is_refused(engine, windows, message):
    with pytest.raises(ValueError, match=message):
        engine.logits(windows)


def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="CUDA devices"):
        choose_device("cuda:7")
