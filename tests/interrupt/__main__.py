"""`python -m interrupt`: a small run is killed at random moments, meets a full disk, another run in its folder and another one on
its store. After each the same command is given again, and its results are compared with those of a run that nobody disturbed."""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from interrupt.cohort import begin, contents, copy, differences, prepare, processes_in, run, unlock

AGAIN_AT_MOST = 5
"""Kills of one run, one after another, before it is left to end."""


class Trial:
    """The state that runs begin from, what they must make of it, how long that takes (s), and what became of them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.prepared, self.vcf = prepare(folder)
        clean = copy(self.prepared, folder / "clean")
        start = time.monotonic()
        done = run(clean, self.vcf)
        self.seconds = time.monotonic() - start
        assert done.returncode == 0, done.stderr[-3000:]
        self.right = contents(clean)
        self.store_bytes = sum(path.stat().st_size for path in (clean / "store").rglob("*") if path.is_file())
        self.result_bytes = sum(map(len, self.right.values()))
        self.before_bytes = sum(map(len, contents(self.prepared).values()))
        self.outcomes: dict[str, Counter[str]] = {}

    def note(self, what: str, outcome: str, detail: str = "") -> None:
        self.outcomes.setdefault(what, Counter())[outcome] += 1
        print(f"{what}: {outcome}{': ' if detail else ''}{detail}", file=sys.stderr, flush=True)

    def compare(self, what: str, directory: Path, done: subprocess.CompletedProcess[str], times: int = 1) -> None:
        """Note whether a run has ended as it must; `times`: as often as it was disturbed before."""
        other = differences(directory, self.right)
        for _ in range(times):
            if done.returncode:
                self.note(what, "the rerun failed", done.stderr[-1000:])
            else:
                self.note(what, "other bytes" if other else "same bytes", ", ".join(other[:5]))


def kills(trial: Trial, n: int, rng: random.Random, until: float) -> None:
    """kill -9 of Snakemake and all its jobs at once, at random moments, some of them in the rerun after another kill."""
    left = n
    while left and time.monotonic() < until:
        directory = copy(trial.prepared, trial.folder / f"killed-{left}")
        killed = 0
        for _ in range(min(left, rng.randint(1, AGAIN_AT_MOST))):
            process = begin(directory, trial.vcf)
            try:
                process.wait(rng.uniform(0, 0.9 * trial.seconds))
                break  # it was faster
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                killed += 1
            end = time.monotonic() + 20
            while processes_in(directory) and time.monotonic() < end:
                time.sleep(0.1)
            for lost in processes_in(directory):
                trial.note("processes left behind by kill -9", "one", " ".join(lost.cmdline())[:200])
                lost.kill()
            unlock(directory, trial.vcf)
        trial.compare("kill -9 of the whole run", directory, run(directory, trial.vcf), killed)
        left -= killed
        shutil.rmtree(directory)


@contextmanager
def small_disk(place: Path, size: int) -> Iterator[None]:
    """A file system of so many bytes."""
    place.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def full_disks(trial: Trial, n: int, until: float) -> None:
    """The run's folder, then the store, on disks that hold more and more of what is written."""
    logs = 600_000  # of Snakemake, and what it writes of jobs
    for what in ("results", "store"):
        for number in range(n if time.monotonic() < until else 0):
            share = (number + 0.5) / n
            directory = trial.folder / f"full-{what}-{number}"
            if what == "results":
                size, place = (
                    trial.before_bytes + logs + int(share * (trial.result_bytes - trial.before_bytes)),
                    directory,
                )
            else:
                size, place = int(share * trial.store_bytes), trial.folder / f"small-store-{number}"
            with small_disk(place, size):
                config = {"store": trial.folder / "other-store" if what == "results" else place}
                shutil.rmtree(trial.folder / "other-store", ignore_errors=True)
                try:
                    copy(trial.prepared, directory)
                except OSError:
                    trial.note(f"disk full: {what}", "too small to begin")
                    continue
                done = run(directory, trial.vcf, **config)
                said = done.stdout + done.stderr
                logs_said = "".join(path.read_text(errors="replace") for path in (directory / "logs").rglob("*.log"))
                if done.returncode == 0:
                    trial.note(f"disk full: {what}", "had room")
                elif "No space left" in said + logs_said:
                    line = next((line for line in (said + logs_said).splitlines() if "No space left" in line), "")
                    trial.note(f"disk full: {what}", "said so", line[:300])
                else:
                    trial.note(f"disk full: {what}", "unclear message", said[-800:])
                subprocess.run(["mount", "-o", f"remount,size={size + 200_000_000}", place], check=True)
                trial.compare(f"disk full: {what}, with room again", directory, run(directory, trial.vcf, **config))
            shutil.rmtree(directory, ignore_errors=True)


def two_runs(trial: Trial) -> None:
    """A second run in a folder is refused, and the first one ends well."""
    directory = copy(trial.prepared, trial.folder / "two-runs")
    first = begin(directory, trial.vcf)
    while not list((directory / ".snakemake" / "locks").glob("*")) and first.poll() is None:
        time.sleep(0.05)
    second = run(directory, trial.vcf)
    refused = second.returncode != 0 and "lock" in second.stderr.lower()
    trial.note("a second run in the folder", "refused" if refused else "not refused", second.stderr.strip()[-300:])
    done = subprocess.CompletedProcess([], first.wait(), "", (directory / "said.log").read_text())
    trial.compare("the first run at the same time", directory, done)


def one_store(trial: Trial, n: int) -> None:
    """Runs at the same time, in folders of their own, on one store."""
    for number in range(n):
        store = trial.folder / f"common-store-{number}"
        directories = [copy(trial.prepared, trial.folder / f"store-{number}-{each}") for each in "ab"]
        started = [begin(directory, trial.vcf, store=store) for directory in directories]
        for directory, process in zip(directories, started, strict=True):
            done = subprocess.CompletedProcess([], process.wait(), "", (directory / "said.log").read_text())
            trial.compare("two runs at once on one store", directory, done)


def table(outcomes: Mapping[str, Counter[str]]) -> str:
    """Markdown: a row per thing that was done and its outcome."""
    rows = ["| what was done | how often | outcome |", "|---|---|---|"]
    return "\n".join(
        [
            *rows,
            *(f"| {what} | {n} | {outcome} |" for what, counts in outcomes.items() for outcome, n in counts.items()),
        ]
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m interrupt", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="how many (default: %(default)d)")
    parser.add_argument("--disks", type=int, default=8, help="how many sizes of each disk (default: %(default)d)")
    parser.add_argument("--stores", type=int, default=2, help="pairs of runs on one store (default: %(default)d)")
    parser.add_argument("--seed", type=int, default=1, help="other moments for another number (default: %(default)d)")
    parser.add_argument("--minutes", type=float, default=60, help="begin nothing after these (default: %(default)g)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pasvar-interrupt-") as folder:
        trial = Trial(Path(folder))
        print(f"a run that nobody disturbs takes {trial.seconds:.0f} s", file=sys.stderr, flush=True)
        until = time.monotonic() + 60 * options.minutes
        two_runs(trial)
        if os.geteuid() == 0:
            full_disks(trial, options.disks, until)
        kills(trial, options.kills, random.Random(options.seed), until)
        one_store(trial, options.stores)
    print(table(trial.outcomes))
    bad = ("the rerun failed", "other bytes", "unclear message", "not refused", "one")
    return int(any(counts[outcome] for counts in trial.outcomes.values() for outcome in bad))


if __name__ == "__main__":
    sys.exit(main())
