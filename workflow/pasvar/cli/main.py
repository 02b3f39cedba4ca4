"""`pasvar ...`: the library's functions for people outside a workflow.

A command is a module with two functions, one that adds its arguments and one that runs it. Only the module of the
command that was asked for is imported, because some of them load torch.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from tempfile import NamedTemporaryFile

from pasvar import __version__
from pasvar.allocation import cpus
from pasvar.errors import InputError, explain

COMMANDS = {
    "run": "the workflow: arguments of snakemake follow after --",
    "variant": "what single variants do: a verdict, the gene's sites, the error bar",
    "plot": "a picture of a gene or of a variant of a finished run",
    "predict": "log odds of cleavage of sequences",
    "effect": "effect of one sequence against another, or of many pairs",
    "sites": "the catalogue of polyadenylation sites of a GTF",
    "annotate": "add existing scores to a VCF, without a model",
    "export": "tables of a run for burden tests and spreadsheets",
    "carriers": "how many people carry what in each gene, by direction, impact and population",
    "merge": "finished runs over different people, joined into the tables of all; genotypes stay where they are",
    "report": "the report of a finished run, written again from its tables",
    "store": "what is in a store of scores; join its files",
    "doctor": "versions, device, and known variants scored on it",
    "train": "train a network, or fine-tune one",
    "distill": "make a small network that imitates another one",
    "docs": "write the documentation that is made from code",
}
"""What each command is for. Command `x` is module `pasvar.cli.x`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status.

    What the user must mend is one line on stderr. So is a fault of pasvar's own, with the file that has its traceback.
    """
    # Read by torch, numpy's BLAS and Arrow when they are imported: without it each takes all cores of a node. In a workflow
    # Snakemake sets it.
    os.environ.setdefault("OMP_NUM_THREADS", str(cpus()))
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser("pasvar", description="Genetic variants and 3' cleavage and polyadenylation.")
    parser.add_argument("--version", action="version", version=f"pasvar {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    try:
        for name, help_text in COMMANDS.items():
            command = commands.add_parser(name, help=help_text, description=help_text)
            if name in arguments[:1]:
                module = import_module(f"pasvar.cli.{name}")
                module.add_arguments(command)
                command.set_defaults(run=module.run)
        parsed = parser.parse_args(arguments)
        return parsed.run(parsed) or 0
    except BrokenPipeError:  # whoever reads, as `head` does, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("pasvar: stopped", file=sys.stderr)
        return 130
    except Exception as error:
        expected = isinstance(error, (InputError, OSError))
        print(f"pasvar: error: {explain(error) if expected else _report(error)}", file=sys.stderr)
        return 1


def _report(error: Exception) -> str:
    """One line on an error that nobody foresaw; its traceback goes to a file, for those who can mend it."""
    said = f"a fault of pasvar's own ({type(error).__name__}: {explain(error)})"
    if isinstance(error, MemoryError):
        return "there is not enough memory for this; give it more, or less to do"
    try:
        with NamedTemporaryFile("w", prefix="pasvar-error-", suffix=".log", delete=False) as file:
            file.write("".join(traceback.format_exception(error)))
    except OSError:
        traceback.print_exception(error)
        return f"{said}; please report it with the lines above"
    return f"{said}; please report it with {file.name}"
