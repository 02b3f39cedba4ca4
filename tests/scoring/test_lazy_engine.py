"""The engine that is made when it is needed, and what it says of the scores it gives."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from builders import needs_bfloat16
from pasvar.model import RELEASED_CONFIG, Checkpoint, save_checkpoint, tensor_shapes
from pasvar.scoring import lazy_engine as network_module
from pasvar.scoring.lazy_engine import LazyEngine
from pasvar.scoring.scores import score_codes
from pasvar.scoring.store import open_store

SMALL = RELEASED_CONFIG | {"num_blocks": 1}


def save(folder, config=SMALL, seed=0, **changes) -> str:
    """A small network of random weights as a model directory."""
    rng = np.random.default_rng(seed)
    tensors = {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in tensor_shapes(config).items()}
    tensors = {name: np.abs(array) + 0.5 if name.endswith("running_var") else array for name, array in tensors.items()}
    save_checkpoint(Checkpoint("random", config, tensors | changes, sha256="0" * 64), folder)
    return str(folder)


@pytest.fixture
def model(tmp_path) -> str:
    return save(tmp_path / "random")


def test_the_kind_follows_the_network_and_not_its_claims(tmp_path, model):
    """All of these carry the same name and the same sha256 of a source."""
    kinds = [
        LazyEngine(path, "cpu").kind
        for path in (
            model,
            save(tmp_path / "copy"),
            save(tmp_path / "weights", seed=1),
            save(tmp_path / "library", config=SMALL | {"library_index": 3}),
        )
    ]
    assert kinds[0] == kinds[1]
    assert kinds[2] != kinds[0] != kinds[3]
    assert all(kind["model"] == "random" for kind in kinds)


@needs_bfloat16
def test_scores_of_the_precisions_never_meet_in_a_store(tmp_path, model):
    codes = np.random.default_rng(0).integers(0, 4, (70, 205)).astype(np.uint8)
    exact, fast = (LazyEngine(model, "cpu", precision=precision) for precision in ("exact", "fast"))
    assert (exact.made_by["precision"], fast.made_by["precision"]) == ("exact", "fast")
    found = {}
    for turn in range(2):
        for engine in (exact, fast):
            found[engine, turn] = score_codes(engine, codes, store=open_store(tmp_path / "store", engine))
    for engine in (exact, fast):
        pd.testing.assert_frame_equal(found[engine, 0], found[engine, 1], check_exact=True)
        pd.testing.assert_frame_equal(found[engine, 0], score_codes(engine, codes), check_exact=True)
    assert (found[exact, 0] != found[fast, 0]).to_numpy().any()
    assert len(list((tmp_path / "store").iterdir())) == 2


def test_the_kind_has_what_may_move_the_last_bit(model, monkeypatch):
    kind = LazyEngine(model, "cpu").kind
    assert {"network", "precision", "scores", "code", "torch", "numpy", "processor", "device"} <= set(kind)
    assert kind["device"] == "cpu"
    monkeypatch.setattr(network_module, "_processor", lambda: "another")
    assert LazyEngine(model, "cpu").kind["processor"] == "another"


def test_auto_is_the_cpu_where_there_is_no_gpu(model, monkeypatch):
    monkeypatch.setattr(network_module, "_has_no_gpu", lambda: True)
    assert LazyEngine(model, "auto").kind == LazyEngine(model, "cpu").kind


def test_the_processor_is_told_by_maker_and_instruction_sets(tmp_path, monkeypatch):
    cpuinfo = tmp_path / "cpuinfo"
    core = "vendor_id\t: GenuineIntel\nmodel name\t: X\nflags\t\t: fpu sse4_2 avx2 avx hypervisor fma amx_bf16\n\n"
    cpuinfo.write_text(core * 2)
    monkeypatch.setattr(network_module, "_CPUINFO", cpuinfo)
    assert network_module._processor() == "GenuineIntel amx_bf16 avx avx2 fma sse4_2"
    monkeypatch.setattr(network_module, "_CPUINFO", tmp_path / "none")
    assert network_module._processor()


@pytest.mark.parametrize("precision", ["exact", pytest.param("fast", marks=needs_bfloat16)])
def test_any_batch_gives_a_window_the_same_bits(model, precision):
    """Without it, scores from a store would differ from those of a run without one."""
    codes = np.random.default_rng(0).integers(0, 5, (300, 205)).astype(np.uint8)
    engine = LazyEngine(model, "cpu", precision=precision)
    whole = score_codes(engine, codes)
    for chosen in (np.arange(300)[::-1], [7], range(13, 80), [299, 0]):
        assert score_codes(engine, codes[chosen]).to_numpy().tobytes() == whole.iloc[chosen].to_numpy().tobytes()


def test_torch_is_not_loaded_where_the_store_has_every_window(tmp_path, model):
    codes = np.random.default_rng(0).integers(0, 4, (5, 205)).astype(np.uint8)
    engine = LazyEngine(model, "cpu")
    scores = score_codes(engine, codes, store=open_store(tmp_path / "store", engine))
    code = f"""
import sys
import numpy as np
from pasvar.scoring.lazy_engine import LazyEngine
from pasvar.scoring.scores import score_codes
from pasvar.scoring.store import open_store

engine = LazyEngine({model!r}, "cpu")
codes = np.random.default_rng(0).integers(0, 4, (5, 205)).astype(np.uint8)
print(score_codes(engine, codes, store=open_store({str(tmp_path / "store")!r}, engine)).to_numpy().tobytes().hex())
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [scores.to_numpy().tobytes().hex(), "False"]


def test_no_store_is_opened_where_none_is_wanted(model):
    assert open_store(None, LazyEngine(model, "cpu")) is None
