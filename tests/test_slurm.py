"""`snakemake --profile slurm` on a real Slurm cluster: three nodes on this machine, which the developers' tools start."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from test_workflow import EXAMPLE, REPOSITORY, digests

TOOLS = REPOSITORY.parent / "shared" / "tools" / "slurm"

pytestmark = [
    pytest.mark.skipif(shutil.which("sbatch") is None, reason="needs Slurm (Debian packages slurm-wlm and munge)"),
    pytest.mark.skipif(not TOOLS.exists(), reason="needs the developers' shared folder, which starts the cluster"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to start the cluster"),
]


@pytest.fixture
def cluster(tmp_path):
    """The folder of a running cluster."""
    folder = tmp_path / "cluster"
    # Its daemons outlive the command, so its output goes to a file: they would hold a pipe open.
    with open(tmp_path / "start.log", "w") as log:
        subprocess.run(["bash", TOOLS / "start", folder], check=True, stdout=log, stderr=log)
    yield folder
    subprocess.run(["bash", TOOLS / "stop", folder], check=True, capture_output=True)


def run(directory: Path, *arguments: str) -> subprocess.CompletedProcess:
    config = {
        "fasta": EXAMPLE / "chr20_1-4Mb.fa.gz",
        "gtf": EXAMPLE / "chr20_1-4Mb.gtf.gz",
        "vcf": EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz",
        "model": "aparent2-mini",
        "shards": 2,
    }
    command = [sys.executable, "-m", "snakemake", "--directory", str(directory), *arguments]
    command += ["--config", *(f"{key}={value}" for key, value in config.items())]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)


def test_the_cluster_gives_the_bytes_of_a_local_run(cluster, tmp_path):
    on_cluster, here = tmp_path / "on_cluster", tmp_path / "here"
    done = run(
        on_cluster,
        *("--profile", "slurm", "--slurm-init-seconds-before-status-checks", "3", "--latency-wait", "20"),
        *("--set-resources", "score_alleles:gpu=1", "score_alleles:slurm_partition=gpu"),
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert run(here, "--cores", "2").returncode == 0
    assert digests(on_cluster) == digests(here)
    # Every job but the local ones went through Slurm, and only those that score alleles asked for a GPU.
    jobs = (cluster / "log" / "jobcomp.txt").read_text().splitlines()
    assert len(jobs) == 19 - len(["all", "prepare_model"])
    assert sum("Partition=gpu" in job for job in jobs) == 2
    assert all("JobState=COMPLETED" in job for job in jobs)
