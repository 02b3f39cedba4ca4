"""Round trips with the multimolecule package, which other users of the network have.

It is AGPL-3.0 and no dependency of ours: give an interpreter of an environment of its own (multimolecule 0.2.2) in
PASVAR_MULTIMOLECULE_PYTHON.
"""

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch

from pasvar.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pasvar.model.modeling import Aparent2ForSequencePrediction
from pasvar.sequence import encode

INTERPRETER = os.environ.get("PASVAR_MULTIMOLECULE_PYTHON")
pytestmark = pytest.mark.skipif(
    not INTERPRETER, reason="PASVAR_MULTIMOLECULE_PYTHON names no interpreter with multimolecule"
)


def _theirs(model: Path, codes: np.ndarray, tmp_path: Path, copy: Path | None = None) -> np.ndarray:
    np.save(tmp_path / "codes.npy", codes)
    script = Path(__file__).with_name("multimolecule_logits.py")
    command = [INTERPRETER, script, model, tmp_path / "codes.npy", tmp_path / "logits.npy", *([copy] if copy else [])]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return np.load(tmp_path / "logits.npy")


@torch.no_grad()
def _ours(checkpoint: Checkpoint, codes: np.ndarray) -> np.ndarray:
    return Aparent2ForSequencePrediction.from_checkpoint(checkpoint).double()(torch.from_numpy(codes)).logits.numpy()


def test_there_and_back(released, keras_parity, tmp_path):
    codes = np.stack([encode(str(sequence)) for sequence in keras_parity["sequences"]])
    save_checkpoint(released, tmp_path / "ours")
    theirs = _theirs(tmp_path / "ours", codes, tmp_path, copy=tmp_path / "theirs")
    np.testing.assert_allclose(_ours(released, codes), theirs, rtol=0, atol=1e-11)
    back = load_checkpoint(tmp_path / "theirs")
    assert all(np.array_equal(back.tensors[name], tensor) for name, tensor in released.tensors.items())
    np.testing.assert_allclose(_ours(back, codes), theirs, rtol=0, atol=1e-11)
