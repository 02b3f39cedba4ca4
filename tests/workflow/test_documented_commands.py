"""Commands of the documentation that have something to run on, run: in a folder with a finished run, as the pages have it."""

import os
import re
import shutil
import subprocess
import sys

import pytest
from cyvcf2 import VCF

from documented import PAGES, Command, commands
from pasvar.paths import ROOT

TUTORIAL = ROOT / "docs" / "tutorial.md"
NOT_RUN = {
    "--known": "names files of one's own",
    "--fasta": "a genome of the reader's",
    "--assembly": "a configuration of the reader's",
    "--vcf": "a cohort of the reader's",
    "--tracks": "asks for the assembly where a contig is cut short, as the example's",
}
"""Options whose commands are only parsed, and why."""


def can_run(command: Command) -> bool:
    """A command on a finished run: of the tutorial, in the folder of the run; on other pages, on `my_run`."""
    if command.is_piped or NOT_RUN.keys() & set(command.words):
        return False
    if command.page == "docs/tutorial.md":
        return command.words[0] in ("pasvar", "bcftools")
    return command.words[0] == "pasvar" and any(word.split("/")[0] == "my_run" for word in command.words)


RUN = [command for page in PAGES for command in commands(page) if can_run(command)]


def test_commands_to_run_are_found():
    assert {"docs/tutorial.md", "docs/variant.md"} <= {command.page for command in RUN}


@pytest.fixture(scope="module")
def folder(results, tmp_path_factory):
    """A finished run of one VCF, as the tutorial has it, which is also its own `my_run`."""
    folder = tmp_path_factory.mktemp("documented") / "run"
    shutil.copytree(results.parent, folder, symlinks=True, ignore=shutil.ignore_patterns(".snakemake"))
    for suffix in ("", ".tbi"):
        shutil.copy(folder / f"results/annotated/first.vcf.gz{suffix}", folder / f"results/annotated.vcf.gz{suffix}")
    (folder / "my_run").symlink_to(folder)
    people = VCF(str(folder / "results/annotated.vcf.gz")).samples
    labels = [f"{name}\t{'AB'[number % 2]}\n" for number, name in enumerate(people)]
    (folder / "populations.tsv").write_text("".join(labels))
    return folder


@pytest.mark.parametrize("command", RUN, ids=str)
def test_a_documented_command_runs(command, folder):
    program, *arguments = command.words
    if program == "pasvar":
        words = [sys.executable, "-m", "pasvar", *arguments]
    elif shutil.which(program) is None:
        pytest.skip(f"needs {program}")
    else:
        words = [program, *arguments]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr


def test_the_python_of_the_tutorial_runs(folder):
    (code,) = re.findall(r"^```python\n(.*?)^```", TUTORIAL.read_text(), re.MULTILINE | re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=folder, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4
