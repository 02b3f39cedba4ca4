"""The faults: which modules get them and which tests must see them, a copy of the clone that has them, and what each changes."""

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

MODULES = {
    "variants/alleles": (
        "tests/variants/test_alleles.py",
        "tests/variants/test_haplotype_windows.py",
        "tests/variants/test_classify.py",
        "tests/effects/test_new_sites.py",
    ),
    "variants/classify": ("tests/variants/test_classify.py", "tests/variants/test_ledger.py"),
    "variants/ledger": ("tests/variants/test_ledger.py",),
    "sites/windows": ("tests/sites/test_window_codes.py", "tests/scoring/test_windows.py"),
    "sites/usage": ("tests/sites/test_usage.py",),
    "scoring/windows": ("tests/scoring/test_windows.py", "tests/variants/test_rival_windows.py"),
    "scoring/alternates": ("tests/scoring/test_alternates.py",),
    "scoring/scores": ("tests/scoring/test_scores.py", "tests/scoring/test_store.py"),
    "cohort/site_haplotypes": ("tests/cohort/test_haplotypes.py",),
    "cohort/haplotypes": ("tests/cohort/test_haplotypes.py",),
    "effects/competition": (
        "tests/effects/test_competition.py",
        "tests/effects/test_impact.py",
        "tests/effects/test_gene_effects.py",
        "tests/effects/test_allele_effects.py",
    ),
    "effects/impact": ("tests/effects/test_impact.py", "tests/effects/test_gene_effects.py"),
}
"""Modules that numbers come from, each with the tests that specify it."""

_BESIDE = ("tests", "resources", "config", "docs", "envs", "profiles", "workflow", "Snakefile")

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
    """name: as mutmut has it. module: of `MODULES`. diff: the lines of the function that it changes."""

    name: str
    module: str
    is_counted: bool
    diff: str


def stage(folder: Path) -> None:
    """A copy of the clone as mutmut wants it, the library in `src/`; in `mutants/` a second one that has all faults at once."""
    no_caches = shutil.ignore_patterns("__pycache__", "pasvar")
    for name in _BESIDE:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=no_caches)
        else:
            shutil.copy(ROOT / name, folder / name)
    shutil.copytree(ROOT / "workflow/pasvar", folder / "src/pasvar", ignore=shutil.ignore_patterns("__pycache__"))
    settings = _SETTINGS.format(
        modules=json.dumps([f"src/pasvar/{name}.py" for name in MODULES]),
        others=json.dumps([name for name in _BESIDE if name != "tests"]),
    )
    (folder / "pyproject.toml").write_text(settings)
    (folder / "mutants").mkdir()
    subprocess.run([sys.executable, "-c", _MAKE], cwd=folder, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=True)


def make_faults(folder: Path) -> list[Fault]:
    """All faults of the copy in `folder`."""
    return [fault for module in MODULES for fault in _faults_of(folder, module)]


def _faults_of(folder: Path, module: str) -> Iterator[Fault]:
    """The functions of a module stand in mutmut's copy as they are (`..._orig`) and with each fault (`..._1`)."""
    tree = ast.parse((folder / f"mutants/src/pasvar/{module}.py").read_text())
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for name, function in functions.items():
        stem, mark, number = name.rpartition("__mutmut_")
        if mark and number.isdecimal():
            original = functions[f"{stem}__mutmut_orig"]
            original.name = function.name = stem
            lines = (ast.unparse(node).splitlines() for node in (original, function))
            diff = "\n".join(list(unified_diff(*lines, lineterm="", n=1))[2:])
            is_counted = _without_words(original) != _without_words(function)
            yield Fault(f"pasvar.{module.replace('/', '.')}.{name}", module, is_counted, diff)


def _without_words(function: ast.FunctionDef) -> str:
    """The function without what its errors and warnings say, and without `strict` of `zip`."""
    return ast.dump(_Silent().visit(ast.parse(ast.unparse(function))))


class _Silent(ast.NodeTransformer):
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
