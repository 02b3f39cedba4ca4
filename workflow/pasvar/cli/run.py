"""``pasvar run``: the workflow, from wherever pasvar is installed."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from pasvar.errors import InputError
from pasvar.paths import PROFILES, SNAKEFILE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.usage = "pasvar run [-h] -- [SNAKEMAKE ARGUMENT ...]"
    parser.epilog = "Example: pasvar run -- --cores 8 --configfile cohort.yaml"
    parser.add_argument(
        "arguments",
        nargs="*",
        metavar="ARGUMENT",
        help="arguments of snakemake, after --; --profile takes pasvar's by name",
    )


def run(parsed: argparse.Namespace) -> int:
    """``pasvar run``: the exit status of Snakemake."""
    if find_spec("snakemake") is None:
        raise InputError('Snakemake is not installed; install it with: pip install "pasvar[workflow]"')
    return subprocess.call(snakemake_command(parsed.arguments))


def snakemake_command(arguments: Sequence[str]) -> list[str]:
    """The command that runs pasvar's workflow in the working directory with these arguments of Snakemake."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE)]
    for before, argument in zip(("", *arguments), arguments, strict=False):
        bundled = PROFILES / argument
        is_ours = before == "--profile" and (bundled / "config.yaml").is_file() and not Path(argument).exists()
        command.append(str(bundled) if is_ours else argument)
    return command
