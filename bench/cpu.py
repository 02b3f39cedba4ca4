"""The CPU engine compared with others and with the machine's matrix products, all in turns within one run."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable

import pandas as pd

from bench.engines import matrix_windows
from pasvar.paths import ROOT

PEERS = {"multimolecule": "multimolecule==0.2.2", "keras": "tensorflow-cpu"}
BATCH_SIZES = (8, 16, 32, 64, 128, 512)


class Worker:
    """A contestant in its own process. Raises RuntimeError with the last line of its complaint where it does not start."""

    def __init__(self, name: str, python: str, threads: int):
        self.name = name
        environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'workflow'}", "OMP_NUM_THREADS": str(threads)}
        self.complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115  (a pipe that nobody reads would fill up)
        command = [python, "-W", "ignore", "-m", "bench.worker", name, str(threads)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.complaints, text=True, env=environment
        )
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(self.complaint())

    def complaint(self) -> str:
        self.process.wait()
        self.complaints.seek(0)
        return (self.complaints.read().strip().splitlines() or ["no answer"])[-1]

    def time(self, windows: int, batch_size: int) -> dict[str, float]:
        """Windows per second on the wall, and per second of one core."""
        print(windows, batch_size, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.name}: {self.complaint()}")
        seconds = json.loads(answer)
        done = matrix_windows(windows) if self.name.startswith("matrix") else windows
        return {"per_second": done / seconds["wall"], "per_core_second": done / seconds["cpu"]}

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def start(names: Iterable[str], pythons: dict[str, str], threads: int) -> tuple[dict[str, Worker], dict[str, str]]:
    """(workers, reasons of those that could not start)."""
    workers, reasons = {}, {}
    for name in names:
        try:
            workers[name] = Worker(name, pythons[name], threads)
        except (RuntimeError, OSError) as error:
            hint = (
                f"; `python -m venv .venv/peers/{name} && .venv/peers/{name}/bin/pip install {PEERS[name]}`"
                if name in PEERS
                else ""
            )
            reasons[name] = f"{error}{hint}"
    return workers, reasons


def measure(workers: dict[str, Worker], rounds: int, windows: int) -> pd.DataFrame:
    """One row per contestant, batch size and round. A slow spell of the machine hits all engines of a round."""
    sizes = {name: (64,) if name.startswith("matrix") else BATCH_SIZES for name in workers}
    rows = []
    for turn in range(-1, rounds):  # the first turn warms up
        for size in BATCH_SIZES:
            for name, worker in workers.items():
                if size in sizes[name]:
                    count = max(windows, size)
                    rows.append({"contestant": name, "batch_size": size, "round": turn} | worker.time(count, size))
    return pd.DataFrame(rows).query("round >= 0")


MEASURES = {"per_second": "windows/s, all threads", "per_core_second": "per core-second"}
"""What users wait for, and what stays comparable where the cores are shared with other work."""


def summary(measured: pd.DataFrame) -> pd.DataFrame:
    """Per contestant and measure: the batch size that was best, the median rate there, and the engine's advantage.

    `x`: "exact" over the contestant, each at its best batch size, median over rounds of the ratio in a round.
    """
    parts = []
    for measure, title in MEASURES.items():
        rates = measured.pivot(index="round", columns=["contestant", "batch_size"], values=measure)
        medians = rates.median()
        best = medians.groupby("contestant").idxmax()
        ahead = rates[best["exact"]]
        rows = {
            name: {title: medians[at], "batch": at[1], "exact is x as fast": (ahead / rates[at]).median()}
            for name, at in best.items()
        }
        parts.append(pd.DataFrame(rows).T)
    return pd.concat(parts, axis=1).sort_values(MEASURES["per_second"], ascending=False)
