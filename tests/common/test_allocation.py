"""A job uses what it was given, not what the machine has."""

import os
import subprocess
import sys

import numpy as np
import pytest

from pasvar import allocation
from pasvar.allocation import cpus, describe, gpus


@pytest.fixture(autouse=True)
def nothing_given(monkeypatch):
    for name in [*os.environ]:
        if name.startswith("SLURM") or name == "CUDA_VISIBLE_DEVICES":
            monkeypatch.delenv(name)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)))
    monkeypatch.setattr(allocation, "_quota", lambda: None)


def test_all_cores_where_nobody_limits_them():
    assert cpus() == 64


@pytest.mark.parametrize(("given", "expected"), [("4", 4), ("128", 64), ("0", 1), ("", 64), ("4(x2)", 64)])
def test_slurm_says_how_many(monkeypatch, given, expected):
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", given)
    assert cpus() == expected


@pytest.mark.parametrize(
    ("here", "above", "expected"),
    [
        ("max 100000", "max 100000", None),
        ("150000 100000", "max 100000", 2),
        ("max 100000", "300000 100000", 3),
        ("800000 100000", "50000 100000", 1),
    ],
)
def test_the_least_quota_of_the_cgroup_and_those_above_it(monkeypatch, tmp_path, here, above, expected):
    monkeypatch.undo()
    inner = tmp_path / "slurm" / "job_1"
    inner.mkdir(parents=True)
    (inner / "cpu.max").write_text(here + "\n")
    (inner.parent / "cpu.max").write_text(above + "\n")
    process = tmp_path / "cgroup"
    process.write_text("1:name=systemd:/old\n0::/slurm/job_1\n")
    assert allocation._quota(process, tmp_path) == expected


def test_no_cgroup_is_no_quota(monkeypatch, tmp_path):
    monkeypatch.undo()
    assert allocation._quota(tmp_path / "nothing", tmp_path) is None


@pytest.mark.parametrize(("visible", "expected"), [(None, ""), ("0,1", "0,1"), ("-1", ""), ("", "")])
def test_gpus_are_those_that_cuda_may_see(monkeypatch, visible, expected):
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpus() == expected


def test_a_job_on_a_cluster_in_words(monkeypatch):
    settings = {"SLURMD_NODENAME": "n7", "SLURM_CPUS_PER_TASK": "4", "SLURM_JOB_ID": "12", "SLURM_STEP_ID": "0"}
    for name, value in {**settings, "CUDA_VISIBLE_DEVICES": "1", "SLURM_STEP_GPUS": "3"}.items():
        monkeypatch.setenv(name, value)
    assert describe() == "n7: 4 CPUs, CUDA_VISIBLE_DEVICES=1, SLURM_STEP_GPUS=3, SLURM_JOB_ID=12, SLURM_STEP_ID=0"


@pytest.mark.parametrize(
    "library", ["import torch; print(torch.get_num_threads())", "import pyarrow; print(pyarrow.cpu_count())"]
)
def test_the_command_line_limits_the_libraries_that_count_cores_themselves(library):
    code = f"from pasvar.cli.main import main\ntry: main(['--version'])\nexcept SystemExit: pass\n{library}"
    environment = {**os.environ, "SLURM_CPUS_PER_TASK": "1"}
    environment.pop("OMP_NUM_THREADS", None)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split()[-1] == "1"


def test_an_engine_takes_no_more_threads_than_were_given(monkeypatch, tmp_path):
    from pasvar.model.fetch import BUNDLED_MODELS
    from pasvar.scoring import LazyEngine, engine

    asked = []
    pool = engine.ThreadPoolExecutor
    monkeypatch.setattr(engine, "ThreadPoolExecutor", lambda threads: asked.append(threads) or pool(threads))
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "3")
    for threads in (None, 2, 8):
        LazyEngine(BUNDLED_MODELS / "aparent2-mini", "cpu", threads).scores(np.zeros((1, 205), dtype=np.uint8))
    assert asked == [3, 2, 3]


def test_a_gpu_that_torch_does_not_see_is_told_of(monkeypatch, caplog):
    import torch

    from pasvar.scoring import choose_device

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == "cpu"
    assert not caplog.text
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert choose_device("auto").type == "cpu"
    assert "CUDA_VISIBLE_DEVICES is 0, but torch" in caplog.text
