"""`pasvar ...`: the library's functions for people outside a workflow.

A command is a module with two functions, one that adds its arguments and one that runs it. Only the module of the
command that was asked for is imported, because some of them load torch.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from pasvar import __version__
from pasvar.allocation import cpus
from pasvar.errors import InputError

COMMANDS = {
    "sites": ("pasvar.commands", "add_sites_arguments", "run_sites", "the catalogue of polyadenylation sites of a GTF"),
    "annotate": (
        "pasvar.commands",
        "add_annotate_arguments",
        "run_annotate",
        "add existing scores to a VCF, without a model",
    ),
    "store": (
        "pasvar.commands",
        "add_store_arguments",
        "run_store",
        "what is in a store of scores; join its files",
    ),
    "predict": ("pasvar.model.predict", "add_predict_arguments", "run_predict", "log odds of cleavage of sequences"),
    "effect": ("pasvar.model.predict", "add_effect_arguments", "run_effect", "effect of one sequence against another"),
    "doctor": ("pasvar.model.doctor", "add_arguments", "run", "versions, device, and known variants scored on it"),
    "train": ("pasvar.training.trainer", "add_arguments", "run", "train a network, or fine-tune one"),
    "distill": ("pasvar.training.distill", "add_arguments", "run", "make a small network that imitates another one"),
    "docs": ("pasvar.commands", "add_docs_arguments", "run_docs", "write the documentation that is made from code"),
}
"""Module, function that adds the arguments, function that runs, help."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. What the user must mend is one line on stderr."""
    # Read by torch, numpy's BLAS and Arrow when they are imported: without it each takes all cores of a node. In a workflow
    # Snakemake sets it.
    os.environ.setdefault("OMP_NUM_THREADS", str(cpus()))
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser("pasvar", description="Genetic variants and 3' cleavage and polyadenylation.")
    parser.add_argument("--version", action="version", version=f"pasvar {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, (module, add_arguments, run, help_text) in COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=help_text)
        if name in arguments[:1]:
            imported = import_module(module)
            getattr(imported, add_arguments)(command)
            command.set_defaults(run=getattr(imported, run))
    parsed = parser.parse_args(arguments)
    try:
        return parsed.run(parsed) or 0
    except (InputError, OSError) as error:
        print(f"pasvar: error: {error}", file=sys.stderr)
        return 1
