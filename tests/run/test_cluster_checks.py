"""`pasvar doctor --cluster`: what it says of a cluster that Slurm's commands describe, and of folders as they are."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cluster import edited_profile, needed, running
from pasvar.cli.main import main
from pasvar.run import cluster
from pasvar.run.cluster import (
    Request,
    check_clone,
    check_folder,
    check_home,
    check_nodes,
    check_preemption,
    check_slurm,
    check_submission,
    file_system,
    read_profile,
    requests,
)

PROFILE = {
    "executor": "slurm",
    "default-resources": {"slurm_partition": "cpu", "mem_mb": "attempt * 2000", "runtime": "attempt * 60"},
    "set-resources": {
        "score_alleles": {"slurm_partition": "gpu", "gpu": 1, "mem_mb": "attempt * 4000", "runtime": "attempt * 240"},
        "annotate_sites": {"mem_mb": 16000},
    },
    "set-threads": {"score_alleles": 4, "annotate_sites": 8, "train_model": 64},
}
CPU = Request("cpu", None, 8, 16000, 60, 0, "annotate_sites")
GPU = Request("gpu", None, 4, 4000, 240, 1, "score_alleles")


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Programs that answer as set, before all others on PATH: name, what they print, their exit status."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def add(name: str, text: str, code: int = 0) -> None:
        path = folder / name
        path.write_text(f"#!/bin/sh\ncat >&{2 if code else 1} <<'END'\n{text}\nEND\nexit {code}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    return add


def test_what_the_rules_of_a_profile_ask_for():
    assert requests(PROFILE) == [CPU, GPU]
    assert requests({}) == [Request(None, None, 1, 1000, 60, 0, "all others")]
    assert {request.cpus for request in requests(read_profile("slurm"))} == {4}


def test_nodes_that_are_too_small_are_named_with_what_to_write():
    assert list(check_nodes(PROFILE, "cpu|4|64000|idle\ncpu|2|8000|mix\nbig|64|512000|idle\n")) == [
        (
            "WRONG",
            "partition cpu: annotate_sites asks for 8 CPUs and the largest node has 4: such jobs never start; set 4 under "
            "`set-threads` of the profile",
        ),
        ("WRONG", "partition gpu: not in Slurm, which has big, cpu; edit `slurm_partition` of the profile"),
    ]
    assert list(check_nodes(PROFILE, "cpu|8|8000|idle\ngpu|16+|4000+|idle\n")) == [
        (
            "WRONG",
            "partition cpu: a rule asks for 16000 MB and the largest node has 8000 MB: such jobs never start; lower `mem_mb` "
            "in the profile",
        ),
        ("ok", "partition gpu: up to 16 CPUs and 4000 MB a node; asked: 4 and 4000"),
    ]
    assert next(iter(check_nodes(PROFILE, ""))) == ("WRONG", "sinfo names no node; ask which partitions you may use")


def test_slurm_is_asked_whether_it_would_take_the_jobs(commands):
    commands(
        "sbatch", "sbatch: Job 5 to start at 2026-11-27T01:00:00 using 4 processors on nodes gpu0 in partition gpu"
    )
    options = "--partition=gpu --gpus=1 --cpus-per-task=4 --mem=4000 --time=240"
    assert check_submission(GPU) == ("ok", f"sbatch {options}: would start")
    commands("sbatch", "allocation failure: Invalid account or account/partition combination specified", code=1)
    assert check_submission(GPU) == (
        "WRONG",
        f"sbatch {options}: Invalid account or account/partition combination specified; edit partition, account and limits in "
        "the profile",
    )


def test_no_slurm_and_a_controller_that_is_away(commands, monkeypatch):
    commands("sinfo", "slurm_load_partitions: Unable to contact slurm controller (connect failure)", code=1)
    assert list(check_slurm(PROFILE))[-1] == (
        "WRONG",
        "sinfo: slurm_load_partitions: Unable to contact slurm controller (connect failure); ask whether Slurm's controller is "
        "up, and look at SLURM_CONF",
    )
    monkeypatch.setenv("PATH", "")
    assert list(check_slurm(PROFILE))[-1] == (
        "WRONG",
        "sinfo is not found: this is no node of a Slurm cluster, or `module load slurm` is missing",
    )
    assert list(check_slurm({"cores": "all"})) == [
        ("note", "the profile's executor is this machine: Slurm is not looked at")
    ]


@pytest.mark.parametrize(
    ("mode", "profile", "expected"),
    [
        ("OFF", {}, ("ok", "PreemptMode OFF: no job is taken off its node for another")),
        (
            "REQUEUE",
            {},
            (
                "note",
                "PreemptMode REQUEUE, JobRequeue 1: a job may lose its node to another, and counts as failed; add "
                "`slurm-requeue: true` to the profile, or raise `retries`",
            ),
        ),
        (
            "CANCEL",
            {"slurm-requeue": True},
            ("ok", "PreemptMode CANCEL: jobs that lose their node are queued again (`slurm-requeue`)"),
        ),
    ],
)
def test_preemption(commands, mode, profile, expected):
    commands(
        "scontrol", f"Configuration data as of now\nJobRequeue              = 1\nPreemptMode             = {mode}\n"
    )
    assert list(check_preemption(profile)) == [expected]


def test_a_folder_that_can_be_written(tmp_path):
    kind = file_system(tmp_path)
    found = check_folder("TMPDIR", tmp_path, 1, "export TMPDIR=/scratch/...", shared=None)
    assert found.verdict == "ok"
    assert found.line.startswith(f"TMPDIR ({tmp_path}): writes, locks and renames; ")
    assert found.line.endswith(f" GB free, {kind}")
    assert list(tmp_path.iterdir()) == []
    # One that is to be made is looked at by what it will lie in.
    assert check_folder("the store", tmp_path / "a" / "store", 1, "", shared=None).verdict == "ok"


def test_a_folder_with_too_little_room(tmp_path):
    free = shutil.disk_usage(tmp_path).free >> 20
    verdict, line = check_folder("TMPDIR", tmp_path, 1 << 40, "export TMPDIR=/scratch/...", shared=None)
    assert verdict == "WRONG"
    assert line.startswith(f"TMPDIR ({tmp_path}): {str(free)[:2]}")
    assert line.endswith(f" MB are free, {1 << 40} MB are needed at least; make room or export TMPDIR=/scratch/...")


def test_a_folder_that_cannot_be_written_says_why(tmp_path, monkeypatch):
    def fail(folder: Path) -> None:
        raise OSError(122, "Disk quota exceeded")

    monkeypatch.setattr(cluster, "_try_writing", fail)
    remedy = "export XDG_CACHE_HOME=/scratch/... (Snakemake keeps copies of scripts there, pasvar the weights)"
    assert list(check_home({"HOME": str(tmp_path)})) == [
        ("WRONG", f"XDG_CACHE_HOME ({tmp_path}/.cache): Disk quota exceeded; {remedy}")
    ]
    assert list(check_home({})) == [("WRONG", f"HOME and XDG_CACHE_HOME are not set; {remedy}")]


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="needs root to mount a file system")
def test_file_systems_that_are_full_or_read_only(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this machine lets nobody mount a file system")
    try:
        assert file_system(place) == "tmpfs"
        assert check_folder("TMPDIR", place, 1, "make room", shared=None) == (
            "WRONG",
            f"TMPDIR ({place}): No space left on device; make room",
        )
        subprocess.run(["mount", "-o", "remount,ro", place], check=True)
        assert check_folder("TMPDIR", place, 1, "make room", shared=None) == (
            "WRONG",
            f"TMPDIR ({place}): Read-only file system; make room",
        )
    finally:
        subprocess.run(["umount", place], check=True)


def test_the_kind_of_file_system_is_that_of_the_innermost_mount(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"disk / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    assert file_system(tmp_path / "run", mounts) == "nfs4"
    assert file_system(Path("/"), mounts) == "ext4"
    assert file_system(tmp_path, tmp_path / "none") == "unknown"


def test_a_clone_of_another_owner(commands, tmp_path):
    (tmp_path / ".git").mkdir()
    commands("git", f"fatal: detected dubious ownership in repository at '{tmp_path}'", code=128)
    assert check_clone(tmp_path) == (
        "note",
        f"{tmp_path}: belongs to somebody else, and git refuses it (`snakemake --archive` fails); git config --global --add "
        f"safe.directory {tmp_path}",
    )
    commands("git", "0123abc")
    assert check_clone(tmp_path) == ("ok", f"{tmp_path}: commit 0123abc")


def test_the_command_counts_what_is_to_be_mended(commands, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(cluster, "RUN_MB", 1)
    monkeypatch.setattr(cluster, "TEMPORARY_MB", 1)
    commands("sinfo", "normal|2|64000|idle")
    commands("sbatch", "Job 5 to start at once")
    commands("scontrol", "PreemptMode = OFF")
    assert main(["doctor", "--cluster", "--directory", str(tmp_path)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert (
        "WRONG  the nodes: score_alleles asks for 4 CPUs and the largest node has 2: such jobs never start; set 2 under "
        "`set-threads` of the profile" in lines
    )
    assert lines[-1] == "1 to correct before the run"
    assert main(["doctor", "--cluster", "--profile", "no-such-profile"]) == 1
    assert "no-such-profile/config.yaml: no such profile" in capsys.readouterr().err


@pytest.mark.faults
@needed[0]
@needed[1]
@needed[2]
def test_on_a_real_cluster(tmp_path):
    profile = edited_profile(tmp_path / "profile", gpu="gqu")
    with running(tmp_path / "cluster") as real:
        words = [sys.executable, "-m", "pasvar", "doctor", "--cluster", "--directory", tmp_path, "--profile"]
        plain, edited = (real.command(*words, name, check=False) for name in ("slurm", profile))
    assert "ok     the nodes: up to 4 CPUs and 8000 MB a node; asked: 4 and 8000" in plain
    assert "WRONG  partition gqu: not in Slurm, which has cpu, gpu" in edited
