"""`python -m mutation`: small faults put into the modules that numbers come from, one at a time (mutmut makes them), and how
many of them the tests of each module catch.

A fault has to be caught by the few test files that specify its module (`MODULES`); whole runs of the workflow would catch
more, but take a minute each. Not counted are faults that only change what an error or a warning says, and `strict` of `zip`,
which is a check itself.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from mutation.faults import MODULES, Fault, diffs, make_faults, stage

ENDS = ("caught", "endless")
"""Outcomes of a fault that a test fails on, or that makes one run without end."""


def outcomes(folder: Path) -> dict[str, str]:
    """Of each fault that was tried, by name."""
    path = folder / "outcomes.tsv"
    return dict(line.split("\t") for line in path.read_text().splitlines()) if path.exists() else {}


def table(faults: list[Fault], found: dict[str, str]) -> str:
    """Markdown: a row per module, and one of the sums."""
    n_faults = Counter(fault.module for fault in faults)
    tried = Counter(fault.module for fault in faults if fault.name in found)
    caught = Counter(fault.module for fault in faults if found.get(fault.name) in ENDS)
    rows = [(module, n_faults[module], tried[module], caught[module]) for module in MODULES if tried[module]]
    rows.append(("all", n_faults.total(), tried.total(), caught.total()))
    lines = [f"| {name} | {n} | {of} | {good} | {good / max(of, 1):.1%} |" for name, n, of, good in rows]
    return "\n".join(["| module | faults | tried | caught | share |", "|---|---|---|---|---|", *lines])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="so many faults, drawn at random (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="other faults for another number (default: %(default)d)")
    parser.add_argument(
        "--module", choices=MODULES, action="append", help="of these only those in such a module (default: all)"
    )
    parser.add_argument("--fault", action="append", help="only these, by name")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time (default: %(default)d)")
    parser.add_argument(
        "--folder",
        type=Path,
        help="where it works; what it found stays there and is not tried again (default: a new one)",
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pasvar-mutation-") as temporary:
        folder = (options.folder or Path(temporary)).resolve()
        if not (folder / "mutants").exists():
            folder.mkdir(parents=True, exist_ok=True)
            stage(folder)
        faults = make_faults(folder)
        chosen = [fault for fault in faults if fault.is_counted]
        if options.sample:
            chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
        chosen = [fault for fault in chosen if fault.module in (options.module or MODULES)]
        if options.fault:
            chosen = [fault for fault in faults if fault.name in options.fault]
        done = outcomes(folder)
        for module in MODULES:
            names = [fault.name for fault in chosen if fault.module == module and fault.name not in done]
            if names:
                (folder / "chosen.txt").write_text("\n".join(names))
                worker = [sys.executable, "-m", "mutation.worker", *map(str, (folder, options.jobs)), *MODULES[module]]
                environment = os.environ | {"OMP_NUM_THREADS": "1"}
                subprocess.run(worker, cwd=folder / "mutants", env=environment, check=True)
        found = outcomes(folder)
        for module in MODULES:
            missed = [fault.name for fault in chosen if fault.module == module and found[fault.name] not in ENDS]
            for name, diff in diffs(folder, module, missed).items():
                print(f"{found[name]}: {name}\n{diff}\n")
        print(
            table([fault for fault in faults if fault.is_counted], {fault.name: found[fault.name] for fault in chosen})
        )
        print(f"not counted: {sum(not fault.is_counted for fault in faults)} of {len(faults)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
