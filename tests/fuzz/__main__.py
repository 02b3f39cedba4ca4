"""`python -m fuzz`: damaged and hostile inputs for every reader until the time is up; figures by reader, and every input that
ended otherwise than it may."""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from fuzz.readers import READERS
from fuzz.run import BAD, ENDS, Case, run_cases, sound_files

AT_ONCE = 25


def table(counts: dict[str, Counter[str]]) -> str:
    """Markdown: a row per reader, and one of the sums."""
    total = sum(counts.values(), Counter[str]())
    rows = [f"| reader | inputs | {' | '.join(ENDS)} |", f"|{'---|' * (len(ENDS) + 2)}"]
    for name, of in [*counts.items(), ("all", total)]:
        rows.append(f"| {name} | {of.total()} | {' | '.join(str(of[end]) for end in ENDS)} |")
    return "\n".join(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long to go on (default: %(default)g)")
    parser.add_argument("--seed", type=int, default=0, help="other inputs for another number (default: %(default)d)")
    parser.add_argument("--reader", action="append", choices=READERS, help="these alone (default: all)")
    parser.add_argument("--case", type=int, help="this one alone")
    parser.add_argument(
        "--out", type=Path, default=Path("fuzz-failures"), help="where bad inputs are put (default: %(default)s)"
    )
    options = parser.parse_args()
    names = options.reader or list(READERS)
    counts = {name: Counter[str]() for name in names}
    begin, first, n_bad = time.monotonic(), options.case or 0, 0
    with tempfile.TemporaryDirectory(prefix="pasvar-fuzz-") as temporary:
        sound = sound_files(Path(temporary))
        while (first == (options.case or 0)) or (time.monotonic() - begin < options.seconds and options.case is None):
            for name in names:
                numbers = [options.case] if options.case is not None else range(first, first + AT_ONCE)
                for end in run_cases(
                    [Case(name, options.seed, number) for number in numbers], sound, Path(temporary), options.out
                ):
                    counts[name][end.kind] += 1
                    if end.kind in BAD or options.case is not None:
                        n_bad += end.kind in BAD
                        print(
                            f"{name}, --seed {options.seed} --case {end.number}: {end.kind}: {end.said}",
                            file=sys.stderr,
                            flush=True,
                        )
            first += AT_ONCE
    print(table(counts))
    return int(n_bad > 0)


if __name__ == "__main__":
    sys.exit(main())
