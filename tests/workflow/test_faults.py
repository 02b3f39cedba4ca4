"""What goes wrong on a cluster, done to a real one: whatever it is, the same command ends with the same bytes, and nothing
that was whole is scored twice.

Each test begins with a finished run whose scores of some shards are gone, so that there are a few jobs to do. A job is caught at
work by its open log and stopped (SIGSTOP) until the fault has struck.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from cluster import EXAMPLE, edited_profile, needed, run_here, running

pytestmark = [*needed, pytest.mark.faults]

SHARDS = [f"{shard}-of-4" for shard in range(1, 5)]
SCORES = [f"results/shards/{shard}/allele_scores.zip" for shard in SHARDS]
TWO = SCORES[:2]
NO_RETRY = ("--retries", "0")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A finished run, with its scores."""
    directory = tmp_path_factory.mktemp("finished")
    done = run_here(directory, "results/scores.parquet", shards=4)
    assert done.returncode == 0, done.stderr
    return directory


@pytest.fixture
def begun(finished, tmp_path) -> Path:
    """The same run without the scores of its shards."""
    directory = tmp_path / "run"
    shutil.copytree(finished, directory)
    for scores in SCORES:
        (directory / scores).unlink()
    return directory


@pytest.fixture(autouse=True)
def nothing_left(cluster):
    """No job of one test runs on into the next."""
    yield
    cluster.command("scancel", "--user", "root")
    wait_until(lambda: not cluster.command("squeue", "--noheader").strip(), "an empty queue")


def wait_until(done: Callable[[], object], what: str, seconds: float = 90) -> object:
    """What `done` returns, once it is true."""
    end = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        time.sleep(0.1)
    return found


def process_at_work(directory: Path, log: str) -> int | None:
    """The process that has a job's log open."""
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(link) == str(directory / "logs" / log):
                return int(link.parts[2])
        except OSError:  # it has ended meanwhile
            continue
    return None


@contextmanager
def held(directory: Path, *shards: str):
    """The processes that score these shards (the first one), each stopped at work; they go on afterwards if they still can.

    All are looked for at a time, for they may begin in any order and are done in a second.
    """
    caught: dict[str, int] = {}
    wanted = shards or SHARDS[:1]

    def all_caught() -> bool:
        for shard in wanted:
            if shard not in caught and (process := process_at_work(directory, f"score_alleles/{shard}.log")):
                os.kill(process, signal.SIGSTOP)
                caught[shard] = process
        return len(caught) == len(wanted)

    try:
        wait_until(all_caught, f"the jobs of shards {', '.join(wanted)}")
        yield [caught[shard] for shard in wanted]
    finally:
        for process in caught.values():
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)


def slurm_job(cluster, directory: Path, shard: str = SHARDS[0]) -> str:
    """The Slurm job that scores a shard now, by the comment that Snakemake gives it."""
    jobs = cluster.command("squeue", "--noheader", "--states=running", "--format=%A|%k|%Z").splitlines()
    found = [
        job
        for job, comment, place in (line.split("|") for line in jobs)
        if shard in comment and place == str(directory)
    ]
    assert len(found) == 1, jobs
    return found[0]


def states(cluster, directory: Path) -> list[str]:
    return sorted(job["JobState"] for job in cluster.jobs(directory))


def assert_same(directory: Path, finished: Path, made: list[str] = TWO) -> None:
    for scores in made:
        assert (directory / scores).read_bytes() == (finished / scores).read_bytes()
    assert not list(directory.rglob(".part.*"))


def identity(path: Path) -> int:
    """Another one after the file has been made again. (Its time is none: Snakemake touches what it finds good.)"""
    return path.stat().st_ino


def end(process: subprocess.Popen, directory: Path, good: bool = True) -> str:
    """Wait for a run; returns its messages."""
    code = process.wait(240)
    log = (directory / "snakemake.log").read_text()
    assert (code == 0) == good, log[-3000:]
    return log


def test_jobs_that_are_killed_are_tried_again(cluster, begun, finished):
    # What a job finds in the store it has done before three of them are caught.
    shutil.rmtree(begun / "store")
    process = cluster.start(begun, *SCORES, "--set-threads", "score_alleles=1", shards=4)
    try:
        with held(begun, *SHARDS[:3]) as (first, *_):
            other = begun / SCORES[3]
            wait_until(other.exists, "the other shard")
            whole = identity(other)
            # As if it had been in the middle of writing.
            (begun / SCORES[0]).with_name(".part.cpu0.1+allele_scores.zip").write_bytes(b"PAR1 half a file")
            os.kill(first, signal.SIGKILL)
            cluster.command("scancel", slurm_job(cluster, begun, SHARDS[1]))
            cluster.command("scontrol", "update", f"JobId={slurm_job(cluster, begun, SHARDS[2])}", "TimeLimit=00:00:01")
            killed = ["CANCELLED", "FAILED", "TIMEOUT"]
            wait_until(lambda: set(killed) <= set(states(cluster, begun)), "three jobs to be killed")
        end(process, begun)
    finally:
        process.kill()
    assert_same(begun, finished, SCORES)
    assert states(cluster, begun) == sorted([*killed, *["COMPLETED"] * 4])
    assert identity(other) == whole


def test_a_job_on_a_node_that_goes_down_is_tried_again_elsewhere(cluster, begun, finished):
    process = cluster.start(begun, SCORES[0], shards=4)
    with held(begun):
        node = cluster.command("squeue", "--noheader", f"--jobs={slurm_job(cluster, begun)}", "--format=%N").strip()
        # The node's daemon is gone at once, and the job's process is what runs on unseen on a node that lost its network.
        os.kill(int((cluster.folder / "run" / f"slurmd-{node}.pid").read_text()), signal.SIGKILL)
        cluster.command("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=test")
        try:
            end(process, begun)
        finally:
            process.kill()
            cluster.command("slurmd", "-N", node)
            cluster.command("scontrol", "update", f"NodeName={node}", "State=RESUME")
        assert_same(begun, finished, SCORES[:1])
        assert [(job["JobState"], job["NodeList"] == node) for job in cluster.jobs(begun)] == [
            ("NODE_FAIL", True),
            ("COMPLETED", False),
        ]
    # Now the lost process wakes up and finishes its work, too.
    wait_until(lambda: process_at_work(begun, f"score_alleles/{SHARDS[0]}.log") is None, "the lost process to end")
    assert_same(begun, finished, SCORES[:1])


def test_a_job_out_of_memory_is_tried_again_with_more(cluster, begun, finished):
    # Slurm kills the job by watching it every two seconds. (With cgroups, which other clusters use, the state is OUT_OF_MEMORY.)
    log = cluster.run(begun, *TWO, "--set-resources", "score_alleles:mem_mb=120+(attempt-1)*2000", shards=4)
    assert_same(begun, finished)
    jobs = cluster.jobs(begun)
    assert sorted(job["JobState"] for job in jobs) == ["COMPLETED", "COMPLETED", "FAILED", "FAILED"]
    assert "Exceeded job memory limit" in log
    assert log.count("Trying to restart job") == 2


def test_a_controller_that_is_away_for_a_while(cluster, begun, finished):
    process = cluster.start(begun, *TWO, shards=4)
    try:
        with held(begun):
            daemon = int((cluster.folder / "run" / "slurmctld.pid").read_text())
            os.kill(daemon, signal.SIGTERM)
            # Slurm's commands give up after nine seconds; Snakemake asks once or twice in this time.
            time.sleep(25)
            cluster.command("slurmctld")
        log = end(process, begun)
    finally:
        process.kill()
    assert_same(begun, finished)
    assert states(cluster, begun) == ["COMPLETED", "COMPLETED"]
    assert "Trying to restart" not in log


def test_an_interrupted_run_goes_on(cluster, begun, finished):
    process = cluster.start(begun, *TWO, shards=4)
    with held(begun):
        wait_until((begun / SCORES[1]).exists, "the other shard")
        whole = identity(begun / SCORES[1])
        process.send_signal(signal.SIGINT)
        end(process, begun, good=False)
        wait_until(lambda: "CANCELLED" in states(cluster, begun), "the job to be cancelled")
    cluster.run(begun, *TWO, shards=4)
    assert_same(begun, finished)
    assert identity(begun / SCORES[1]) == whole


def test_a_killed_run_goes_on_once_its_jobs_and_its_lock_are_gone(cluster, begun, finished):
    process = cluster.start(begun, *TWO, shards=4)
    with held(begun):
        wait_until((begun / SCORES[1]).exists, "the other shard")
        whole = identity(begun / SCORES[1])
        process.kill()
        process.wait()
        # Its job runs on, and no other run may begin.
        assert "cannot be locked" in end(cluster.start(begun, *TWO, shards=4), begun, good=False)
        # What docs/hpc.md says to do.
        run_id = re.findall(r"SLURM run ID: (\S+)", (begun / "snakemake.log").read_text())[0]
        cluster.command("scancel", "--name", run_id)
        wait_until(lambda: "CANCELLED" in states(cluster, begun), "the job to be cancelled")
        end(cluster.start(begun, *TWO, "--unlock", shards=4), begun)
    cluster.run(begun, *TWO, shards=4)
    assert_same(begun, finished)
    assert identity(begun / SCORES[1]) == whole


def test_of_two_runs_in_one_directory_the_second_stops(cluster, begun, finished):
    first = cluster.start(begun, *TWO, shards=4)
    with held(begun):
        assert "cannot be locked" in end(cluster.start(begun, *TWO, shards=4), begun, good=False)
    end(first, begun)
    assert_same(begun, finished)
    assert states(cluster, begun) == ["COMPLETED", "COMPLETED"]


def test_a_damaged_table_between_jobs_is_made_again(cluster, begun, finished):
    damaged = begun / "results/shards/1-of-4/alleles.zip"
    good = damaged.read_bytes()
    damaged.write_bytes(good[:200] + bytes([good[200] ^ 0xFF]) + good[201:])
    messages = end(cluster.start(begun, *TWO, *NO_RETRY, shards=4), begun, good=False)
    assert "alleles.zip.damaged: run the same command again" in messages
    whole = identity(begun / SCORES[1])
    cluster.run(begun, *TWO, *NO_RETRY, shards=4)
    assert damaged.read_bytes() == good
    assert_same(begun, finished)
    assert identity(begun / SCORES[1]) == whole


@contextmanager
def mounted(*arguments: object):
    """A mounted file system; the last argument is the place."""
    subprocess.run(["mount", *map(str, arguments)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(arguments[-1])], check=True)


def test_a_full_disk(cluster, finished, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=16m", "none", disk):
        begun = disk / "run"
        shutil.copytree(finished, begun)
        for scores in SCORES:
            (begun / scores).unlink()
        filler = disk / "filler"
        with suppress(OSError), open(filler, "wb", buffering=0) as file:
            while file.write(bytes(4096)):
                pass
        assert shutil.disk_usage(disk).free == 0
        process = cluster.start(begun, *TWO, *NO_RETRY, shards=4)
        assert process.wait(240) != 0
        assert not any((begun / scores).exists() for scores in TWO)
        filler.unlink()
        cluster.run(begun, *TWO, *NO_RETRY, shards=4)
        assert_same(begun, finished)


def test_a_full_disk_under_the_annotated_vcf(finished, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    arguments = ["annotate", "--vcf", EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz", "--out", disk / "annotated.vcf.gz"]
    arguments += ["--scores", finished / "results/scores.parquet"]
    with mounted("-t", "tmpfs", "-o", "size=1m", "none", disk):
        done = subprocess.run([sys.executable, "-m", "pasvar", *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "pasvar: error: " in done.stderr
        assert "Traceback" not in done.stderr
        assert not list(disk.iterdir())


def test_a_file_system_that_shows_files_late(cluster, begun, finished, tmp_path):
    # One node sees a folder of its own in place of results/, which a thread here copies over with delay: a file system of a
    # network that answers from its cache.
    seen_there, seen_here = tmp_path / "seen_by_the_node", begun / "results"
    shutil.copytree(seen_here, seen_there)
    done = threading.Event()
    copier = threading.Thread(target=copy_late, args=(seen_there, seen_here, 8, done))
    cluster.command("scontrol", "update", "NodeName=cpu0", "State=DRAIN", "Reason=test")
    restart_node(
        cluster, "cpu1", "unshare", "--mount", "sh", "-c", f"mount --bind {seen_there} {seen_here} && slurmd -N cpu1"
    )
    copier.start()
    process = cluster.start(begun, *TWO, shards=4)
    try:
        wait_until(lambda: states(cluster, begun), "a job to end")
        assert states(cluster, begun) == ["COMPLETED"]
        assert not any((begun / scores).exists() for scores in TWO)
        end(process, begun)
    finally:
        process.kill()
        done.set()
        copier.join()
        restart_node(cluster, "cpu1", "slurmd", "-N", "cpu1")
        cluster.command("scontrol", "update", "NodeName=cpu0", "State=RESUME")
    assert states(cluster, begun) == ["COMPLETED", "COMPLETED"]
    assert_same(begun, finished)


def restart_node(cluster, node: str, *words: object) -> None:
    pid_file = cluster.folder / "run" / f"slurmd-{node}.pid"
    daemon = int(pid_file.read_text())
    os.kill(daemon, signal.SIGTERM)
    wait_until(lambda: not Path(f"/proc/{daemon}").exists(), "the node's daemon to end")
    cluster.command(*words)
    wait_until(pid_file.exists, "the node's daemon")


def copy_late(there: Path, here: Path, seconds: float, done: threading.Event) -> None:
    """Copy files from `there` that `here` lacks once they are so old."""
    while not done.wait(0.5):
        for file in there.rglob("*.parquet"):
            copy = here / file.relative_to(there)
            if not copy.exists() and not file.name.startswith(".") and time.time() - file.stat().st_ctime > seconds:
                shutil.copy2(file, copy.with_name(".late"))
                copy.with_name(".late").replace(copy)


def test_what_a_group_had_done_when_it_failed_stays(cluster, begun, finished, tmp_path):
    profile = edited_profile(tmp_path / "slurm", groups=4)
    process = cluster.start(begun, *SCORES, *NO_RETRY, profile=profile, shards=4)
    # The jobs of the group take turns; it is the second one at the earliest that is killed.
    wait_until(lambda: any((begun / scores).exists() for scores in SCORES), "the first of the group")
    done = next(begun / scores for scores in SCORES if (begun / scores).exists())
    cluster.command("scancel", slurm_job(cluster, begun, "score"))
    end(process, begun, good=False)
    assert not all((begun / scores).exists() for scores in SCORES)
    whole = identity(done)
    cluster.run(begun, *SCORES, *NO_RETRY, profile=profile, shards=4)
    assert_same(begun, finished, SCORES)
    assert identity(done) == whole


def test_inputs_in_a_folder_that_nobody_may_write_to(finished, tmp_path):
    inputs = tmp_path / "inputs"
    inputs.mkdir()
    given = {"fasta": "chr20_1-4Mb.fa.gz", "gtf": "chr20_1-4Mb.gtf.gz", "vcf": "EUR503.chr20_1-4Mb.vcf.gz"}
    for name in [*given.values(), f"{given['vcf']}.tbi"]:  # and no index of the FASTA
        shutil.copy(EXAMPLE / name, inputs)
    ledger = "results/shards/1-of-4/ledger.zip"
    # (root, as which the tests run, may write where modes forbid it, but not to what is mounted so)
    with mounted("--bind", "-o", "ro", inputs, inputs):
        done = run_here(tmp_path / "run", ledger, shards=4, **{key: inputs / name for key, name in given.items()})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "run" / ledger).read_bytes() == (finished / ledger).read_bytes()
