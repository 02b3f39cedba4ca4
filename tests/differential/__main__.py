"""`python -m differential`: pasvar against the reference on random genomes, until the time is up or something differs."""

import argparse
import pickle
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from differential import cases
from differential.compare import Comparison, compare, facts, record_names
from differential.pipeline import run

WORDINGS = {
    "shards": cases.in_shards,
    "files": cases.in_files,
    "contig names": cases.with_prefix,
    "order of people": cases.shuffled,
    "reverse complement": cases.mirrored,
    "names of all contigs": cases.renamed,
    "places of indels": cases.respelled,
}
EVERY = 4
"""Every fourth case is said in other words, too, which takes nine more runs."""


def check_case(seed: int, check: Comparison) -> int:
    """Compare one case; returns the number of runs."""
    is_reworded = seed % EVERY == 0
    case = cases.make_case(seed, is_plain=is_reworded)
    with tempfile.TemporaryDirectory(prefix="pasvar-differential-") as folder:
        tables = run(case, Path(folder, "case"))
        compare(case, tables, check)
        if not is_reworded:
            return 1
        _compare_wordings(case, tables, WORDINGS, Path(folder), check)
        joined = cases.with_third_alleles(case)
        tables = run(joined, Path(folder, "joined"))
        _compare_wordings(joined, tables, {"records, one per ALT": cases.split}, Path(folder), check)
    return 3 + len(WORDINGS)


def _compare_wordings(
    case: cases.Case,
    tables: dict[str, pd.DataFrame],
    wordings: Mapping[str, Callable[[cases.Case], cases.Case]],
    folder: Path,
    check: Comparison,
) -> None:
    first = dict(facts(tables, record_names(case)))
    for wording, reword in wordings.items():
        other = reword(case)
        for name, rows in facts(run(other, folder / wording), record_names(other)):
            expected, found = Counter(first[name]), Counter(rows)
            check.same(f"{name}, other {wording}", "all", (found - expected, expected - found), (Counter(), Counter()))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m differential", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long to go on (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=0, help="of the first case (default: %(default)d)")
    parser.add_argument("--cases", type=int, help="stop after so many cases")
    parser.add_argument(
        "--out", type=Path, default=Path("differential.pickle"), help="where a case that differs is written"
    )
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    begin, seed, n_runs, check = time.monotonic(), options.seed, 0, Comparison()
    while time.monotonic() - begin < options.seconds and seed - options.seed != options.cases:
        n_runs += check_case(seed, check)
        if check.difference is not None:
            options.out.write_bytes(pickle.dumps(cases.make_case(seed, is_plain=seed % EVERY == 0)))
            print(
                f"seed {seed}: {check.difference}\nThe case is in {options.out}; again: --seed {seed} --cases 1",
                file=sys.stderr,
            )
            break
        seed += 1
    n_cases = seed - options.seed
    print(f"{n_cases} cases of {cases.N_GENOMES} random genomes, {n_runs} runs, {sum(check.n.values())} comparisons:")
    for what, n in sorted(check.n.items()):
        print(f"  {n:8d}  {what}")
    return int(check.difference is not None)


if __name__ == "__main__":
    sys.exit(main())
