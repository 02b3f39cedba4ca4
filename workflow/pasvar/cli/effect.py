"""``pasvar effect``: the effect of one window against another, with its error bar."""

import argparse

import pandas as pd

from pasvar.cli.output import add_output_arguments, print_rows
from pasvar.cli.predict import add_model_arguments, add_position_argument, say_which_model
from pasvar.effects import add_error_bars
from pasvar.errors import InputError
from pasvar.scoring import open_network, predict_effects, read_pairs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument("ref", nargs="?", help="reference window: 205 letters, the hexamer at letter 71")
    parser.add_argument("alt", nargs="?", help="alternate window, likewise")
    parser.add_argument(
        "--pairs",
        metavar="FILE",
        help="many pairs: a tab-separated file with the columns ref and alt; other columns are kept",
    )
    add_position_argument(parser)
    add_output_arguments(parser)
    add_model_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """``pasvar effect``: a row per pair on stdout. Raises InputError where a window or the file cannot be used."""
    pairs = _pairs(args)
    network, checkpoint = open_network(args.model, args.device, args.precision)
    say_which_model(checkpoint, args.precision)
    where = [f"{args.pairs}, line {line}: " if args.pairs else "" for line in pairs.index]
    effects = predict_effects(network, pairs.ref, pairs.alt, lambda i, allele: where[i] + allele, args.position)
    effects = add_error_bars(effects, {"model": checkpoint.name, "model_sha256": checkpoint.sha256})
    others = pairs.drop(columns=["ref", "alt"]).reset_index(drop=True)
    if both := others.columns.intersection([*effects.columns, "model"]).to_list():
        raise InputError(
            f"{args.pairs}: has columns with the names of output columns: {', '.join(both)}; give them other names"
        )
    print_rows(others.join(effects).assign(model=checkpoint.name), args)


def _pairs(args: argparse.Namespace) -> pd.DataFrame:
    """Windows ref and alt, and what else the file has, by the line of the file."""
    given = [window for window in (args.ref, args.alt) if window is not None]
    if len(given) != (0 if args.pairs else 2):
        raise InputError("pasvar effect takes two windows, REF and ALT, or --pairs FILE")
    return read_pairs(args.pairs) if args.pairs else pd.DataFrame({"ref": given[:1], "alt": given[1:]}, index=[1])
