"""`snakemake --profile slurm` on a real Slurm cluster: three nodes on this machine, which the developers' tools start."""

import re

import pytest
from test_workflow import digests

from cluster import PROFILE, edited_profile, needed, run_here, running
from pasvar.allocation import cpus

pytestmark = needed


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A finished run without a cluster."""
    directory = tmp_path_factory.mktemp("here")
    done = run_here(directory)
    assert done.returncode == 0, done.stderr
    return directory


def test_the_cluster_gives_the_bytes_of_a_local_run(cluster, here, tmp_path):
    directory = tmp_path / "on_cluster"
    cluster.run(directory, profile=edited_profile(tmp_path / "slurm"))
    assert digests(directory) == digests(here)
    # Every job but the local ones went through Slurm, and only those that run the network had a GPU.
    jobs = cluster.jobs(directory)
    assert len(jobs) == 33 - len(["all", "prepare_model"])
    assert all(job["JobState"] == "COMPLETED" for job in jobs)
    logs = {
        path.relative_to(directory / "logs").as_posix(): path.read_text()
        for path in (directory / "logs").rglob("*.log")
    }
    with_gpu = {
        name for name, text in logs.items() if re.search(r"CUDA_VISIBLE_DEVICES=[01], SLURM_STEP_GPUS=[01]", text)
    }
    sharded = ("score_proposed_sites", "score_alleles")
    assert with_gpu == {
        "score_windows.log",
        "score_card_windows.log",
        *(f"{rule}/{i}-of-2.log" for rule in sharded for i in (1, 2)),
    }
    assert sum(job["Partition"] == "gpu" for job in jobs) == len(with_gpu)
    # As many CPUs as were allocated (and this machine has), whatever the node has.
    assert all(f"gpu0: {min(4, cpus())} CPUs" in logs[name] for name in with_gpu)
    assert re.search(r"cpu[01]: 1 CPUs", logs["gather_effects.log"])
    # The pretended GPUs are none that torch sees; the first job with a window that the store lacks says so.
    assert re.search(r"CUDA_VISIBLE_DEVICES is [01], but torch", logs["score_proposed_sites/1-of-2.log"])


def test_groups_make_few_submissions_of_many_shards(cluster, here, tmp_path):
    directory = tmp_path / "grouped"
    ready = run_here(directory, "results/ledger.parquet", "results/sites.parquet", shards=6)
    assert ready.returncode == 0, ready.stderr
    cluster.run(directory, "results/scores.parquet", profile=edited_profile(tmp_path / "slurm", groups=3), shards=6)
    # 6 read_genotypes, 6 score_alleles and 6 compute_effects in groups of 3, and gather_effects.
    jobs = cluster.jobs(directory)
    assert sorted(job["Partition"] for job in jobs) == ["cpu"] * 5 + ["gpu"] * 2
    # A group has one GPU, on which its jobs take turns, and the CPUs of one of them.
    assert {job["ProcCnt"] for job in jobs if job["Partition"] == "gpu"} == {"4"}
    scores = "results/scores.parquet"
    assert (directory / scores).read_bytes() == (here / scores).read_bytes()


def score_windows(cluster, here, directory, **options):
    """Run the one job on the cluster, on what the run without a cluster has made; returns its log."""
    target = "results/scores/windows.parquet"
    (directory / "results").mkdir(parents=True)
    for made in ("model", "windows", "reference", "sites"):
        (directory / "results" / made).symlink_to(here / "results" / made)
    cluster.run(directory, target, "--allowed-rules", "score_windows", **options)
    assert (directory / target).read_bytes() == (here / target).read_bytes()
    return (directory / "logs/score_windows.log").read_text()


@pytest.mark.parametrize("form", ["gpu: 1", 'gres: "gpu:1"', "gpu: 1\n    gpu_model: fake"])
def test_the_ways_to_ask_for_a_gpu(cluster, here, tmp_path, form):
    log = score_windows(cluster, here, tmp_path / "run", profile=edited_profile(tmp_path / "slurm", form=form))
    assert "CUDA_VISIBLE_DEVICES=0, SLURM_STEP_GPUS=0" in log


def test_the_profile_runs_unedited_where_there_is_no_gpu_partition(cluster, here, tmp_path):
    cluster.command("scontrol", "update", "PartitionName=gpu", "State=DOWN")
    try:
        log = score_windows(cluster, here, tmp_path, profile=PROFILE.parent)
    finally:
        cluster.command("scontrol", "update", "PartitionName=gpu", "State=UP")
    assert re.search(r"cpu[01]: \d CPUs, SLURM_JOB_ID", log)
