"""`snakemake --sdm conda` with a real conda, from a local channel that the developers' tools make out of the package index.

It shows that the environments hold all that their scripts import, and that a run in them gives the same bytes. That their pins
exist on the public channels it cannot show.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from test_repository import CONDA_NAMES, ENVIRONMENTS
from test_workflow import digests

from cluster import REPOSITORY, command, run_here

TOOLS = REPOSITORY.parent / "shared" / "tools" / "conda"
PIP_NAMES = {conda: pip for pip, conda in CONDA_NAMES.items()}
FROM_BIOCONDA = {"cyvcf2", "pysam", "pyfaidx", "pyranges", "gtfparse", "ncls", "sorted-nearest"}

pytestmark = [
    pytest.mark.conda,
    pytest.mark.skipif(not TOOLS.exists(), reason="needs the developers' shared folder, which makes a conda client"),
]


def with_dependencies(*packages: str) -> dict[str, str]:
    """Versions of packages and of all that they need, as installed here."""
    found: dict[str, str] = {}
    waiting = list(packages)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        found[name] = metadata.version(name)
        needs = [Requirement(text) for text in metadata.requires(name) or []]
        waiting += [need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})]
    return found


def pinned() -> dict[str, str]:
    """Every package of the environments by its name on the package index, with its version."""
    dependencies = [line for path in ENVIRONMENTS for line in yaml.safe_load(path.read_text())["dependencies"]]
    pins = dict(re.fullmatch(r"([\w.-]+) =?=(\S+)", line).groups() for line in dependencies)
    return {
        PIP_NAMES.get(name, name): version for name, version in pins.items() if name not in ("python", "cuda-version")
    }


def call(*words: object, **options: object) -> str:
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def conda(tmp_path_factory) -> Path:
    """The folder of a conda client whose channels hold our environments."""
    folder = tmp_path_factory.mktemp("conda")
    call(
        "bash",
        TOOLS / "bootstrap_client.sh",
        folder / "client",
        folder / "channels",
        env={**os.environ, "PYTHON": sys.executable},
    )
    packages = with_dependencies(*pinned())
    wheels = [f"{name}=={version.split('+')[0]}" for name, version in packages.items()]
    call(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder / "wheels", *wheels)
    spec: dict = {"wheels": {}, "meta": [["conda-forge", "cuda-version", "12.9", "0", "noarch", [], []]]}
    for wheel in sorted((folder / "wheels").glob("*.whl")):
        name = canonicalize_name(wheel.name.split("-")[0])
        options = {"channel": "bioconda" if name in FROM_BIOCONDA else "conda-forge"}
        if name in CONDA_NAMES:
            options["name"] = CONDA_NAMES[name]
            # What other wheels call it.
            version = packages[name].split("+")[0]
            spec["meta"].append(["conda-forge", name, version, "0", "noarch", [f"{CONDA_NAMES[name]} =={version}"], []])
        spec["wheels"][str(wheel)] = options
    (folder / "spec.json").write_text(json.dumps(spec))
    call(folder / "client/bin/python", TOOLS / "mkchannel.py", folder / "channels", folder / "spec.json")
    shutil.rmtree(folder / "wheels")
    return folder / "client"


@pytest.fixture(scope="module")
def only_snakemake(tmp_path_factory) -> Path:
    """The Python of an environment that holds Snakemake alone: with `script:`, its packages would fill gaps of the others."""
    folder = tmp_path_factory.mktemp("snakemake")
    call(sys.executable, "-m", "venv", folder)
    packages = with_dependencies("snakemake")
    pins = [f"{name}=={version}" for name, version in packages.items()]
    call(folder / "bin/pip", "install", "--quiet", "--no-deps", *pins)
    return folder / "bin" / "python"


def test_a_run_in_conda_environments_gives_the_same_bytes(conda, only_snakemake, tmp_path):
    for missing in ("pandas", "pyarrow", "cyvcf2", "torch"):
        assert subprocess.run([only_snakemake, "-c", f"import {missing}"], capture_output=True, check=False).returncode
    here = run_here(tmp_path / "here")
    assert here.returncode == 0, here.stderr
    words = command(tmp_path / "run", "--cores", 2, "--sdm", "conda")
    environment = {**os.environ, "PATH": f"{conda / 'condabin'}:{os.environ['PATH']}"}
    messages = call(only_snakemake, *words[1:], cwd=REPOSITORY, env=environment)
    assert digests(tmp_path / "run") == digests(tmp_path / "here")
    assert messages.count("Environment for") == 3
    # A pin file that cannot be used is only warned of.
    assert "Failed to create" not in messages
