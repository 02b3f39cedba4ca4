"""`python -m interrupt.writers`: what writes scores to the store, and tables, is killed (-9) at random moments and begun again.

A process that has loaded all libraries is forked for each attempt, so that the moments fall on the writing and not on the start
of Python. After each kill the same work is done to its end: the table must have the bytes of an undisturbed one, and the store
all scores.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from pasvar.files import whole
from pasvar.scoring.scores import WINDOW_SCORES
from pasvar.scoring.store import Store
from pasvar.tables import TABLES, table_writer, to_arrow

KIND = {"model": "test", "precision": "exact", "device": "cpu", "processor": "Maker avx", "torch": "2"}
N_WINDOWS, AT_ONCE = 40_000, 8_000


def work(folder: Path) -> None:
    """Score the windows that the store lacks, tidy the store, write a table of all scores and a text: as the jobs of a run do."""
    store = Store(folder / "store", KIND)
    for first in range(0, N_WINDOWS, AT_ONCE):
        numbers = np.arange(first, first + AT_ONCE)
        lacking = numbers[store.find(windows(numbers)).isna().any(axis=1).to_numpy()]
        if len(lacking):
            store.add(windows(lacking), scores(lacking))
    store.compact()
    found = store.find(windows(np.arange(N_WINDOWS)))
    with table_writer(folder / "windows.parquet", "window_scores") as write:
        for first in range(0, N_WINDOWS, AT_ONCE):
            write(_rows(found[first : first + AT_ONCE]))
    with whole(folder / "total.txt") as temporary:
        temporary.write_text(f"{found.sum().sum():.6g}\n" * 1000)


def windows(numbers: np.ndarray) -> np.ndarray:
    """(n, 205) codes that tell the number."""
    codes = np.zeros((len(numbers), 205), dtype=np.uint8)
    codes[:, :10] = numbers[:, None] // 4 ** np.arange(10) % 4
    return codes


def scores(numbers: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame(np.float32(np.outer(numbers, np.arange(1, len(WINDOW_SCORES) + 1))), columns=WINDOW_SCORES)


def _rows(found: pd.DataFrame):
    others = {name: None for name in TABLES["window_scores"].schema.names if name not in found}
    return to_arrow(found.assign(**others), "window_scores")


def attempt(folder: Path, after: float | None) -> float:
    """Do the work in a process of its own, which is killed after so many seconds; returns how long it took."""
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        work(folder)
        os._exit(0)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert after is not None or status == 0, f"the work ended with {status}"
    return time.monotonic() - begin


def state(folder: Path) -> str:
    """How far an attempt has come."""
    if (folder / "total.txt").exists():
        return "all written"
    if (folder / "windows.parquet").exists() or list(folder.glob(".part.*")):
        return "in the table or after it"
    return "in the store" if list(folder.glob("store/*/*")) else "before the first file"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m interrupt.writers", description=__doc__)
    parser.add_argument("--kills", type=int, default=50, help="how many (default: %(default)d)")
    parser.add_argument("--seed", type=int, default=1, help="other moments for another number (default: %(default)d)")
    options = parser.parse_args()
    moments, outcomes = random.Random(options.seed), Counter[tuple[str, str]]()
    with tempfile.TemporaryDirectory(prefix="pasvar-writers-") as temporary:
        clean = Path(temporary, "clean")
        clean.mkdir()
        seconds = attempt(clean, None)
        right = {name: (clean / name).read_bytes() for name in ("windows.parquet", "total.txt")}
        for number in range(options.kills):
            folder = Path(temporary, str(number))
            folder.mkdir()
            attempt(folder, moments.uniform(0, seconds))
            reached = state(folder)
            attempt(folder, None)
            same = right == {name: (folder / name).read_bytes() for name in right}
            clean_up = not list(folder.glob(".part.*"))
            outcomes[reached, "same bytes" if same and clean_up else "other bytes"] += 1
    for (reached, outcome), n in sorted(outcomes.items()):
        print(f"| kill -9 of what writes, {reached} | {n} | {outcome} |")
    return int(any(outcome != "same bytes" for _, outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
