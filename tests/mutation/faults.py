"""The faults: which modules get them and which tests must see them, a copy of the clone that has them, and what each changes."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MODULES = {
    "variants/alleles": (
        "tests/variants/test_alleles.py",
        "tests/variants/test_other_side.py",
        "tests/variants/test_other_side.py",
        "tests/variants/test_haplotype_windows.py",
        "tests/variants/test_classify.py",
        "tests/effects/test_new_sites.py",
    ),
    "variants/classify": ("tests/variants/test_classify.py",),
    "variants/ledger": ("tests/variants/test_closed_ledger.py", "tests/variants/test_ledger.py"),
    "sites/windows": ("tests/sites/test_window_codes.py", "tests/scoring/test_windows.py"),
    "sites/usage": ("tests/sites/test_usage.py",),
    "scoring/windows": ("tests/scoring/test_windows.py", "tests/variants/test_rival_windows.py"),
    "scoring/alternates": ("tests/scoring/test_alternates.py",),
    # Of those of the store these alone: others start processes that cannot import a fault.
    "scoring/scores": (
        "tests/scoring/test_scores.py",
        "tests/scoring/test_alternates.py",
        "tests/scoring/test_store.py::test_only_what_is_missing_is_scored_and_equal_windows_once",
        "tests/scoring/test_store.py::test_the_scores_are_the_same_bits_with_and_without_a_store",
        "tests/scoring/test_store.py::test_a_damaged_file_is_scored_anew_and_removed_by_compacting",
    ),
    "cohort/site_haplotypes": ("tests/cohort/test_site_haplotypes.py",),
    "cohort/haplotypes": ("tests/cohort/test_haplotypes.py", "tests/cohort/test_haplotype_tables.py"),
    "effects/competition": (
        "tests/effects/test_competition.py",
        "tests/effects/test_impact.py",
        "tests/effects/test_gene_effects.py",
        "tests/effects/test_allele_effects.py",
    ),
    "effects/impact": ("tests/effects/test_impact.py", "tests/effects/test_gene_effects.py"),
}
"""Modules that numbers come from, each with the tests that specify it."""

_COPIED = ("tests", "resources", "config", "docs", "envs", "profiles", "workflow", "Snakefile")

_MARK = "__mutmut_"
_ORIGINAL = _MARK + "orig"

_SETTINGS = """
[tool.pytest.ini_options]
pythonpath = ["src", "tests"]
addopts = "-p no:cacheprovider -p no:cov -p no:xdist --hypothesis-profile=mutation"
markers = ["faults: a cluster", "conda: conda"]

[tool.mutmut]
source_paths = ["src"]
only_mutate = {modules}
also_copy = {others}
"""

_MAKE = """
from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants, set_mutant_under_test, setup_source_paths
set_mutant_under_test("mutant_generation")
copy_src_dir(), copy_also_copy_files(), setup_source_paths(), create_mutants(1)
"""


@dataclass(frozen=True)
class Fault:
    """name: as mutmut has it. module: of `MODULES`. is_counted: whether it changes more than words."""

    name: str
    module: str
    is_counted: bool


def stage(folder: Path) -> None:
    """A copy of the clone as mutmut wants it, the library in `src/`; in `mutants/` a second one that has all faults at once."""
    no_caches = shutil.ignore_patterns("__pycache__", "pasvar")
    for name in _COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=no_caches)
        else:
            shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "workflow/pasvar", folder / "src/pasvar", ignore=shutil.ignore_patterns("__pycache__"))
    settings = _SETTINGS.format(
        modules=json.dumps([f"src/pasvar/{name}.py" for name in MODULES]),
        others=json.dumps([name for name in _COPIED if name != "tests"]),
    )
    (folder / "pyproject.toml").write_text(settings)
    (folder / "mutants").mkdir()
    subprocess.run([sys.executable, "-c", _MAKE], cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True)


def make_faults(folder: Path) -> list[Fault]:
    """All faults of the copy in `folder`."""
    return [fault for module in MODULES for fault in _faults_of(folder, module)]


def _faults_of(folder: Path, module: str) -> Iterator[Fault]:
    functions = _functions(folder, module)
    silent = {name: ast.dump(_Silent().visit(function)) for name, function in functions.items()}
    for name in functions:
        if not name.endswith(_ORIGINAL) and (stem := name.partition(_MARK)[0]) != name:
            original = silent[stem + _ORIGINAL]
            changed = silent[name].replace(repr(name), repr(stem + _ORIGINAL), 1)
            yield Fault(_module_name(module) + name, module, original != changed)


def diffs(folder: Path, module: str, names: Sequence[str]) -> dict[str, str]:
    """Of faults of one module, by name, the lines that they change."""
    functions = _functions(folder, module)
    found = {}
    for name in names:
        changed = name.removeprefix(_module_name(module))
        texts = (
            ast.unparse(functions[key]).splitlines()[1:] for key in (changed.partition(_MARK)[0] + _ORIGINAL, changed)
        )
        found[name] = "\n".join(list(unified_diff(*texts, lineterm="", n=1))[2:])
    return found


def _module_name(module: str) -> str:
    return f"pasvar.{module.replace('/', '.')}."


def _functions(folder: Path, module: str) -> dict[str, ast.FunctionDef]:
    """The functions of mutmut's copy of a module, in which each stands as it is and with each of its faults."""
    tree = ast.parse((folder / f"mutants/src/pasvar/{module}.py").read_text())
    bodies = [tree.body, *(node.body for node in tree.body if isinstance(node, ast.ClassDef))]
    return {node.name: node for body in bodies for node in body if isinstance(node, ast.FunctionDef)}


class _Silent(ast.NodeTransformer):
    """Takes away what errors and warnings say, and `strict` of `zip`."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        if isinstance(node.exc, ast.Call):
            node.exc.args = []
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "zip":
            node.keywords = [keyword for keyword in node.keywords if keyword.arg != "strict"]
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "_log":
            node.args = []
        return node
