"""Profiles of LSF, Grid Engine and PBS: what they ask, and what they make of the answers. No scheduler is here: its
commands are stand-ins that say what they were asked."""

import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from test_repository import REPOSITORY

PROFILES = REPOSITORY / "workflow" / "profiles"


def shell(command: str, tools: Path, folder: Path, *arguments: str) -> str:
    """What a command of a profile prints, where `tools` holds the scheduler's."""
    done = subprocess.run(
        f"{command} {' '.join(arguments)}",
        shell=True,
        cwd=folder,
        env={"PATH": f"{tools}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def command(profile: str, name: str) -> str:
    return yaml.safe_load((PROFILES / profile / "config.yaml").read_text())[f"cluster-generic-{name}-cmd"]


def stand_in(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("profile", "tool", "answer", "job", "asked", "with_gpu"),
    [
        (
            "lsf", "bsub", "Job <71> is submitted to default queue <normal>.", "71",
            ["-J pasvar.score_alleles", "-n 4", "-W 240", "-M 8000MB", "-R span[hosts=1] rusage[mem=8000MB]"], "-gpu num=1",
        ),
        (
            "sge", "qsub", "71", "71",
            ["-terse", "-N pasvar.score_alleles", "-pe smp 4", "-l h_vmem=2000M", "-l h_rt=14400"], "-l gpu=1",
        ),
        (
            "pbs", "qsub", "71.head", "71.head",
            ["-N pasvar.score_al", "-l select=1:ncpus=4:mem=8000mb", "-l walltime=04:00:00"], ":ngpus=1",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("gpu", [0, 1])
def test_what_is_asked_of_a_scheduler(tmp_path, profile, tool, answer, job, asked, with_gpu, gpu):
    stand_in(tmp_path / "bin", tool, f'echo "$@" > asked\necho "{answer}"')
    resources = SimpleNamespace(mem_mb=8000, runtime=240, gpu=gpu)
    text = command(profile, "submit").format(rule="score_alleles", threads=4, resources=resources)
    assert shell(text, tmp_path / "bin", tmp_path, "job.sh").strip() == job
    said = (tmp_path / "asked").read_text()
    assert [word for word in asked if word not in said] == []
    assert (with_gpu in said) == bool(gpu)
    assert said.endswith(" job.sh\n")
    assert (tmp_path / "logs" / profile).is_dir()


ACCOUNTS = "==============\nfailed       {failed}\nexit_status  {status}\n"
JOB = "Job Id: 71.head\n    job_state = {state}\n    Exit_status = {status}\n"


@pytest.mark.parametrize(
    ("profile", "answers", "status"),
    [
        ("lsf", {"bjobs": "PEND"}, "running"),
        ("lsf", {"bjobs": "RUN"}, "running"),
        ("lsf", {"bjobs": ""}, "running"),
        ("lsf", {"bjobs": "DONE"}, "success"),
        ("lsf", {"bjobs": "EXIT"}, "failed"),
        ("sge", {"qstat": "71 0.5 pasvar me r 11/27/2026"}, "running"),
        ("sge", {"qstat": "71 0.5 pasvar me Eqw 11/27/2026"}, "failed"),
        ("sge", {"qstat": "712 0.5 pasvar me r 11/27/2026", "qacct": ""}, "running"),
        ("sge", {"qstat": "", "qacct": ACCOUNTS.format(failed=0, status=0)}, "success"),
        ("sge", {"qstat": "", "qacct": ACCOUNTS.format(failed=0, status=137)}, "failed"),
        ("sge", {"qstat": "", "qacct": ACCOUNTS.format(failed="100 : assumedly after job", status=0)}, "failed"),
        ("pbs", {"qstat": JOB.format(state="Q", status="")}, "running"),
        ("pbs", {"qstat": JOB.format(state="F", status=0)}, "success"),
        ("pbs", {"qstat": JOB.format(state="F", status=-29)}, "failed"),
        ("pbs", {"qstat": ""}, "running"),
    ],
)
def test_what_an_answer_means(tmp_path, profile, answers, status):
    for tool, answer in answers.items():
        stand_in(tmp_path / "bin", tool, f"cat <<'.'\n{answer}\n.")
    assert shell(command(profile, "status"), tmp_path / "bin", tmp_path, "'71'") == f"{status}\n"


def test_the_profiles_ask_for_what_the_slurm_profile_asks():
    def asked(name: str) -> dict:
        found = yaml.safe_load((PROFILES / name / "config.yaml").read_text())
        return {key: found[key] for key in ("jobs", "retries", "latency-wait", "set-resources", "set-threads")}

    for name in ("lsf", "sge", "pbs"):
        assert asked(name) == asked("slurm")
