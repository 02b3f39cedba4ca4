"""The clone as a whole: names that must agree, pins that must be equal."""

import ast
import importlib
import re
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from pasvar.digest import library_modules
from pasvar.paths import ROOT as REPOSITORY

RULES = {
    rule: text
    for path in sorted((REPOSITORY / "workflow" / "rules").glob("*.smk"))
    for rule, text in re.findall(
        r"^(?:rule|checkpoint) (\w+):\n(.*?)(?=^\S|\Z)", path.read_text(), re.MULTILINE | re.DOTALL
    )
    if rule not in {"saturation", "train"}  # which only name what they want
}
ENVIRONMENTS = sorted((REPOSITORY / "envs").glob("*.yaml"))
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base", "huggingface-hub": "huggingface_hub"}


def locked() -> dict[str, str]:
    """Version of each package by its conda name."""
    text = "".join((REPOSITORY / name).read_text() for name in ("requirements.lock", "requirements-torch.txt"))
    pins = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s\\]+)", text, re.MULTILINE)
    return {CONDA_NAMES.get(name, name): version for name, version in pins}


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_conda_pins_are_exact_and_those_of_the_lock(path):
    environment = yaml.safe_load(path.read_text())
    assert environment["channels"] == ["conda-forge", "bioconda"]
    lines = [line for line in environment["dependencies"] if isinstance(line, str) and line != "pip"]
    lines += [line for part in environment["dependencies"] if isinstance(part, dict) for line in part["pip"]]
    pins = dict(re.fullmatch(r"([\w.-]+) =?=(\S+)", line).groups() for line in lines)
    pins.pop("cuda-version", None)
    assert pins.pop("python") == "3.11"
    assert pins == {name: locked()[name] for name in pins}


def test_only_environments_that_run_the_network_have_torch():
    with_torch = {path.stem for path in ENVIRONMENTS if "pytorch" in path.read_text()}
    assert with_torch == {"score", "train"}


@pytest.mark.parametrize("rule", RULES)
def test_script_and_log_are_named_after_their_rule(rule):
    text = RULES[rule]
    assert f'"../scripts/{rule}.py"' in text
    assert re.search(rf'log:\s+"logs/{rule}[./]', text)
    assert "benchmark:" not in text  # a file more per job; what it cost stands at the end of its log
    assert f'code=code_of("{rule}"' in text


IMPORT_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base", "yaml": "pyyaml", "lazy_loader": "lazy-loader"}
OPTIONAL = {"triton"}  # comes with torch's CUDA builds, and the engine does without


def imports(path: Path) -> set[str]:
    """Packages that a script and the library modules behind it import, anywhere in their text, by conda name."""
    names = set()
    for module in {path, *library_modules(path)}:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module.split(".")[0])
    names -= sys.stdlib_module_names | OPTIONAL | {"pasvar"}
    return {IMPORT_NAMES.get(name, name) for name in names}


@pytest.mark.parametrize("rule", RULES)
def test_the_environment_of_a_rule_has_what_its_script_imports(rule):
    environment = re.search(r'conda:\s+"../../(envs/\w+.yaml)"', RULES[rule]).group(1)
    listed = re.findall(r"^ +- ([\w.-]+) ", (REPOSITORY / environment).read_text(), re.MULTILINE)
    assert imports(REPOSITORY / "workflow" / "scripts" / f"{rule}.py") - set(listed) == set()


@pytest.mark.parametrize("module", ["__main__", "growth", "known", "plan", "run", "scale", "startup", "worker"])
def test_benchmarks_follow_the_library(module):
    """Nobody runs them with every change, but a name that they import and that is gone shows here."""
    importlib.import_module(f"bench.{module}")


PACKAGE = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
EXTRAS = PACKAGE["optional-dependencies"]


def required(requirements: list[str]) -> set[str]:
    """Names of packages, by conda name."""
    names = {re.match(r"[\w.-]+", line).group() for line in requirements}
    return {CONDA_NAMES.get(name, name) for name in names}


def test_the_package_asks_for_what_the_library_imports():
    modules = sorted((REPOSITORY / "workflow" / "pasvar").rglob("*.py"))
    found = set().union(*(imports(path) for path in modules))
    extras = (line for name in ("carriers", "formats", "tracks", "train", "workflow") for line in EXTRAS[name])
    conda = required([*PACKAGE["dependencies"], *extras])
    assert found - {"urllib3", "markupsafe"} - conda == set()  # which come with requests and with jinja2


def test_what_the_package_asks_for_is_locked():
    every = required(
        [
            *PACKAGE["dependencies"],
            *EXTRAS["carriers"],
            *EXTRAS["formats"],
            *EXTRAS["tracks"],
            *EXTRAS["train"],
            *EXTRAS["workflow"],
        ]
    )
    assert every - set(locked()) == set()


def test_every_script_belongs_to_a_rule():
    assert {path.stem for path in (REPOSITORY / "workflow" / "scripts").glob("*.py")} == set(RULES)


def test_versions_agree():
    from pasvar import __version__

    assert f'version = "{__version__}"' in (REPOSITORY / "pyproject.toml").read_text()
    assert f"version: {__version__}" in (REPOSITORY / "CITATION.cff").read_text()
    assert f"## {__version__}" in (REPOSITORY / "CHANGELOG.md").read_text()
