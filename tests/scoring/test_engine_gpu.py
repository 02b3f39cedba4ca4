"""The fused kernel against the layer-by-layer engine. Without a GPU it runs in Triton's interpreter."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from pasvar.model import RELEASED_CONFIG, load_checkpoint, tensor_shapes
from pasvar.scoring.engine import Engine
from pasvar.sequence import encode_rows

ON_GPU = torch.cuda.is_available()  # else conftest.py has set TRITON_INTERPRET
pytest.importorskip("triton", reason="needs Triton, which torch for CUDA brings along (or: pip install triton)")
from pasvar.scoring import engine_gpu  # noqa: E402

SHARED = Path(__file__).resolve().parents[3] / "shared"
SMALL = RELEASED_CONFIG | {"hidden_size": 16, "num_groups": 2, "num_blocks": 2, "dilations": [8, 1]}


def random_network(config: dict, seed: int = 0) -> dict[str, np.ndarray]:
    """Tensors of the size that keeps activations near 1."""
    rng = np.random.default_rng(seed)
    tensors = {}
    for name, shape in tensor_shapes(config).items():
        values = rng.normal(size=shape) / np.sqrt(np.prod(shape[1:])) if len(shape) > 1 else rng.normal(size=shape) / 4
        if ".norm" in name and name.endswith(("weight", "running_var")):
            values = 1 + np.abs(values)
        tensors[name] = values.astype(np.float32)
    return tensors


def windows(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 5, (count, 205), dtype=np.uint8)


def plain(tensors: dict | None = None, config: dict = SMALL) -> Engine:
    """The reference: layer by layer, float32."""
    return Engine(config, tensors or random_network(config), "cpu")


def weights_of(engine: Engine) -> tuple:
    return engine._table, engine._groups, engine._last_skip, engine._position_bias


def fused(precision: str, tensors: dict | None = None, config: dict = SMALL) -> engine_gpu.FusedNetwork:
    if not ON_GPU:
        return engine_gpu.FusedNetwork(*weights_of(plain(tensors, config)), precision)
    on_gpu = Engine(config, tensors or random_network(config), "cuda")
    return engine_gpu.FusedNetwork(*weights_of(on_gpu), precision)


def logits(network: engine_gpu.FusedNetwork, codes: np.ndarray) -> np.ndarray:
    return network(torch.from_numpy(codes).to(network.device)).cpu().numpy()


def test_exact_gives_the_float32_logits():
    codes = windows(7)
    codes[3] = 4  # nothing known
    np.testing.assert_allclose(logits(fused("exact"), codes), plain().logits(codes), atol=2e-5)


def test_fast_keeps_eleven_bits():
    codes = windows(4)
    error = np.abs(logits(fused("fast"), codes) - plain().logits(codes)).max()
    assert 1e-5 < error < 1e-2


def test_a_window_does_not_depend_on_those_before_it():
    network, codes = fused("exact"), windows(5)
    assert np.array_equal(logits(network, codes), logits(network, codes[::-1].copy())[::-1])
    assert np.array_equal(logits(network, codes), np.concatenate([logits(network, row[None]) for row in codes]))


def test_nothing_in_nothing_out():
    assert logits(fused("exact"), windows(0)).shape == (0, 206)


def test_the_released_network_gives_the_authors_logits():
    weights = "aparent_all_libs_resnet_no_clinvar_wt_ep_5_var_batch_size_inference_mode_no_drop.h5"
    parity = SHARED / "golden" / "keras_parity_chr20.npz"
    if not parity.exists():
        pytest.skip("needs ../shared, which does not come with the clone")
    checkpoint = load_checkpoint(SHARED / "weights" / weights)
    with np.load(parity) as golden:
        sequences, expected = golden["sequences"], golden["logits"]
    count = len(sequences) if ON_GPU else 3
    network = fused("exact", checkpoint.tensors, checkpoint.config)
    found = logits(network, encode_rows(list(sequences[:count]), 205))
    np.testing.assert_allclose(found, expected[:count], atol=5e-5)


@pytest.fixture
def _short_check(monkeypatch):
    monkeypatch.setattr(engine_gpu, "CHECK_WINDOWS", 2)  # the interpreter takes its time


@pytest.mark.usefixtures("_short_check")
def test_a_kernel_that_disagrees_is_not_used():
    other = plain(random_network(SMALL, seed=9))
    with pytest.warns(RuntimeWarning, match="not used.*log odds are off by"):
        assert engine_gpu.fused_or(other._forward, weights_of(plain()), "exact") == other._forward


@pytest.mark.usefixtures("_short_check")
def test_all_check_windows_are_compared():
    seen = []

    def network(codes: torch.Tensor) -> torch.Tensor:
        seen.append(tuple(codes.shape))
        return torch.zeros(len(codes), 206)

    assert engine_gpu.disagreement(network, network, torch.device("cpu")) == 0
    assert seen == [(2, 205)] * 2


@pytest.mark.usefixtures("_short_check")
def test_a_kernel_that_agrees_is_used():
    engine = plain()
    assert isinstance(engine_gpu.fused_or(engine._forward, weights_of(engine), "exact"), engine_gpu.FusedNetwork)


def test_a_network_that_the_kernel_does_not_fit_is_run_layer_by_layer():
    engine = plain(config=SMALL | {"hidden_size": 24})
    with pytest.warns(RuntimeWarning, match="hidden_size 24"):
        assert engine_gpu.fused_or(engine._forward, weights_of(engine), "exact") == engine._forward


@pytest.mark.parametrize("capability", [80, 90])
def test_the_kernel_compiles_for_cards_that_are_not_here(capability):
    """Every type and shape in the kernel, which the interpreter takes lightly."""
    script = f"from bench.kernel import compiled\nfor parts in (1, 2): compiled({capability}, parts)"
    root = Path(__file__).resolve().parents[2]
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment["PYTHONPATH"] = os.pathsep.join([str(root), str(root / "workflow")])
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
