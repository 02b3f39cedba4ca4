"""`python -m mutation`: small faults put into the modules that numbers come from, one at a time (mutmut), and how many of
them the tests catch.

mutmut wants the library in `src/`, so it works in a copy. Only the tests of TESTS look at a fault; whole runs of the
workflow would catch more, but take a minute each.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MODULES = (
    "variants/alleles",
    "variants/classify",
    "variants/ledger",
    "sites/windows",
    "sites/usage",
    "scoring/windows",
    "scoring/alternates",
    "scoring/scores",
    "cohort/haplotypes",
    "cohort/site_haplotypes",
    "effects/competition",
    "effects/impact",
)
TESTS = ("tests/variants", "tests/scoring/test_scores.py", "tests/scoring/test_windows.py", "tests/sites/test_usage.py")
TESTS += ("tests/effects", "tests/cohort/test_haplotypes.py", "tests/cohort/test_genotypes.py")

BESIDE = ("tests", "resources", "config", "docs", "envs", "profiles", "workflow", "Snakefile")
CAUGHT = {1: "caught", 3: "caught", -24: "caught", 24: "caught", 36: "caught", 152: "caught", 255: "caught"}
"""What mutmut notes for a fault that fails a test, or that makes one run without end."""

SETTINGS = """
[tool.pytest.ini_options]
pythonpath = ["src", "tests"]
addopts = "-p no:cacheprovider -p no:cov -p no:xdist"
markers = ["faults: a cluster", "conda: conda"]

[tool.mutmut]
source_paths = ["src"]
only_mutate = {modules}
also_copy = {others}
pytest_add_cli_args_test_selection = {tests}
use_git_change_detection = false
"""


def stage(folder: Path) -> None:
    """A copy of the clone as mutmut wants it."""
    no_caches = shutil.ignore_patterns("__pycache__", "pasvar")
    for name in BESIDE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=no_caches)
        else:
            shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "workflow/pasvar", folder / "src/pasvar", ignore=shutil.ignore_patterns("__pycache__"))
    settings = SETTINGS.format(
        modules=json.dumps([f"src/pasvar/{name}.py" for name in MODULES]),
        others=json.dumps([name for name in BESIDE if name != "tests"]),
        tests=json.dumps(TESTS),
    )
    (folder / "pyproject.toml").write_text(settings)


MAKE = """
from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants, set_mutant_under_test, setup_source_paths
set_mutant_under_test("mutant_generation")
copy_src_dir(), copy_also_copy_files(), setup_source_paths(), create_mutants(1)
"""


def python(folder: Path, *arguments: str) -> None:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CI": "1"}
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=False)


def results(folder: Path) -> dict[str, dict[str, int | None]]:
    """Of each module the exit code of each fault; None where it was not tried."""
    metas = {name: folder / f"mutants/src/pasvar/{name}.py.meta" for name in MODULES}
    return {name: json.loads(path.read_text())["exit_code_by_key"] for name, path in metas.items() if path.exists()}


def table(codes: dict[str, dict[str, int | None]]) -> str:
    """Markdown: a row per module, and one of the sums."""
    counts = {
        name: Counter(CAUGHT.get(code, "missed") for code in of.values() if code is not None)
        for name, of in codes.items()
    }
    counts["all"] = sum(counts.values(), Counter())
    rows = [
        f"| {name} | {of.total()} | {of['caught']} | {of['caught'] / max(of.total(), 1):.1%} |"
        for name, of in counts.items()
    ]
    return "\n".join(["| module | faults | caught | share |", "|---|---|---|---|", *rows])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__)
    parser.add_argument("--sample", type=int, help="so many faults, drawn at random (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="other faults for another number (default: %(default)d)")
    parser.add_argument(
        "--folder", type=Path, help="where it works; what it found stays there (default: a temporary one)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pasvar-mutation-") as temporary:
        folder = options.folder or Path(temporary)
        if not (folder / "pyproject.toml").exists():
            folder.mkdir(parents=True, exist_ok=True)
            stage(folder)
        names: list[str] = []
        if options.sample:
            (folder / "mutants").mkdir(exist_ok=True)
            python(folder, "-c", MAKE)
            every = sorted(name for of in results(folder).values() for name in of)
            names = random.Random(options.seed).sample(every, min(options.sample, len(every)))
        python(folder, "-m", "mutmut", "run", "--max-children", str(os.cpu_count() or 1), *names)
        codes = results(folder)
        print(table(codes))
        for of in codes.values():
            for name, code in sorted(of.items()):
                if code is not None and code not in CAUGHT:
                    print(f"missed: {name}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
