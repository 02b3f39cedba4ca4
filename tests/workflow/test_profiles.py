"""Profiles: what they ask for, for every rule that there is."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from snakemake.profiles import ProfileConfigFileParser
from test_repository import REPOSITORY, RULES

from cluster import edited_profile

PROFILES = REPOSITORY / "workflow" / "profiles"
RUN_THE_NETWORK = {rule for rule, text in RULES.items() if re.search(r"envs/(score|train)\.yaml", text)}
OTHER_SCHEDULERS = {"lsf", "sge", "pbs"}
"""They need a plugin that no other profile needs; `test_other_schedulers.py` has what they ask for."""
NOT_DEFAULT = sorted({path.parent.name for path in PROFILES.glob("*/config.yaml")} - {"default"} - OTHER_SCHEDULERS)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    """What a profile does to the environment of its process is undone."""
    for name in ("PATH", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.setenv(name, os.environ.get(name, ""))


def profile(path: Path) -> dict:
    """A profile as Snakemake reads it."""
    with open(path / "config.yaml") as file:
        return ProfileConfigFileParser().parse(file)


def dry_run(tmp_path: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--directory", str(tmp_path), *arguments]
    config = [
        f"{key}={value}" for key, value in yaml.safe_load((REPOSITORY / "config/config.yaml").read_text()).items()
    ]
    config = [word.replace("=resources", f"={REPOSITORY}/resources") for word in config]
    done = subprocess.run(
        [*command, "--config", *config],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", NOT_DEFAULT)
def test_a_profile_shares_no_key_with_the_default_one(name, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["snakemake", "--profile", name])
    assert not profile(PROFILES / "default").keys() & profile(PROFILES / name).keys()


@pytest.mark.parametrize("name", NOT_DEFAULT)
def test_a_profile_plans_the_example(tmp_path, name):
    assert "build_report" in dry_run(tmp_path, "--profile", f"profiles/{name}")


def test_a_cluster_is_found_by_its_name(tmp_path):
    assert "build_report" in dry_run(tmp_path, "--profile", "slurm")


def test_the_lines_to_edit_are_sound(tmp_path):
    edited = profile(edited_profile(tmp_path / "edited", groups=20))
    assert "slurm_partition=cpu" in edited["default-resources"]
    with_gpu = {line.split(":")[0] for line in edited["set-resources"] if line.endswith(":gpu=1")}
    assert with_gpu == RUN_THE_NETWORK
    assert with_gpu == {line.split(":")[0] for line in edited["set-resources"] if line.endswith(":slurm_partition=gpu")}
    # A group holds one rule: its jobs share one partition.
    assert {line.split("=")[0] for line in edited["groups"]} == {
        rule for rule, text in RULES.items() if "{scatteritem}/" in text and "gather" not in text
    }
    assert {line.split("=")[1] for line in edited["groups"]} == {
        line.split("=")[0] for line in edited["group-components"]
    }
    # Without it, one GPU in a group would be one GPU for the whole cluster.
    assert "gpu=local" in edited["set-resource-scopes"]


@pytest.mark.parametrize("name", ["slurm", "gpu", "cpu"])
def test_every_rule_that_runs_the_network_is_provided_for(name):
    assert {"score_windows", "score_alleles"} <= RUN_THE_NETWORK
    assert {line.split(":")[0] for line in profile(PROFILES / name)["set-resources"]} >= RUN_THE_NETWORK


@pytest.mark.parametrize("rule", sorted(RULES))
def test_memory_and_time_grow_when_a_job_is_tried_again(rule):
    slurm = profile(PROFILES / "slurm")
    asked = dict(line.split("=", 1) for line in slurm["default-resources"])
    asked |= {
        key.split(":")[1]: value
        for key, value in (line.split("=", 1) for line in slurm["set-resources"])
        if key.startswith(f"{rule}:")
    }
    for resource in ("mem_mb", "runtime"):
        first, second, third = (eval(asked[resource], {"attempt": attempt}) for attempt in (1, 2, 3))
        assert first < second < third
    assert int(slurm["retries"]) == 2


@pytest.mark.parametrize(
    ("arguments", "all_cores"),
    [(["-n"], True), (["--profile", "slurm"], False), (["--profile=slurm"], False), (["--executor", "slurm"], False)],
)
def test_threads_on_a_cluster_are_not_limited_by_the_cores_of_this_machine(monkeypatch, arguments, all_cores):
    monkeypatch.setattr(sys, "argv", ["snakemake", *arguments])
    monkeypatch.delenv("SNAKEMAKE_PROFILE", raising=False)
    assert ("cores" in profile(PROFILES / "default")) == all_cores
    monkeypatch.setenv("SNAKEMAKE_PROFILE", "slurm")
    assert "cores" not in profile(PROFILES / "default")


def test_the_cpu_profile_hides_a_gpu(tmp_path, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    profile(PROFILES / "cpu")
    assert os.environ["CUDA_VISIBLE_DEVICES"] == ""


def fake(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("answer", "asks_squeue"), [("exit 0", False), ("echo accounting storage is disabled >&2; exit 1", True)]
)
def test_sacct_is_asked_only_where_it_has_an_answer(tmp_path, monkeypatch, answer, asks_squeue):
    fake(tmp_path / "bin", "sacct", answer)
    fake(tmp_path / "bin", "squeue", 'echo "$@"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.chdir(REPOSITORY)
    profile(PROFILES / "slurm")
    query = "sacct -X --parsable2 --clusters all --noheader --format=JobIdRaw,State --endtime now --name run-1"
    asked = subprocess.run(query.split(), capture_output=True, text=True, check=False)
    assert ("--name run-1" in asked.stdout) == asks_squeue
    # Questions for anything else have no answer, and no hanging one.
    assert subprocess.run(["sacct", "-n", "-u", "me"], check=False).returncode == int(asks_squeue)


def test_squeue_is_asked_until_it_answers(tmp_path):
    counter = tmp_path / "count"
    fake(tmp_path / "bin", "squeue", f'echo x >> {counter}; [ "$(wc -l < {counter})" -ge 3 ] && echo "7|COMPLETED"')
    fake(tmp_path / "bin", "sleep", "exit 0")
    path = f"{tmp_path / 'bin'}:/usr/bin:/bin"
    done = subprocess.run(
        [PROFILES / "slurm/no-accounting/sacct", "--name", "run-1"],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "7|COMPLETED\n"
    assert counter.read_text() == "x\n" * 3
