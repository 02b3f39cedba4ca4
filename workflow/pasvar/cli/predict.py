"""``pasvar predict``: the scores of windows."""

import argparse
import sys

from pasvar.cli.output import add_output_arguments, print_rows
from pasvar.constants import TOLERANCE, WINDOW_LENGTH
from pasvar.model import BUNDLED, Checkpoint
from pasvar.scoring import describe_model, open_network, predict


def say_which_model(checkpoint: Checkpoint, precision: str) -> None:
    """One line on stderr, so that no number is taken for another network's."""
    rounded = "" if precision == "exact" else f"; precision {precision}"
    print(f"model: {describe_model(checkpoint)}{rounded}", file=sys.stderr)


def add_model_arguments(parser: argparse.ArgumentParser) -> None:
    """--model, --device and --precision."""
    parser.add_argument(
        "--model", default=BUNDLED, help="bundled name, aparent2, path or Hugging Face id (default: %(default)s)"
    )
    parser.add_argument("--device", default="auto", help="cpu, cuda or auto (default: %(default)s)")
    parser.add_argument(
        "--precision", choices=TOLERANCE, default="exact", help="as the config key (default: %(default)s)"
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument("sequences", nargs="+", metavar="SEQUENCE", help="205 letters, the hexamer at letter 71")
    add_position_argument(parser)
    add_output_arguments(parser)
    add_model_arguments(parser)


def add_position_argument(parser: argparse.ArgumentParser) -> None:
    """--position."""
    parser.add_argument(
        "--position",
        type=_index,
        action="append",
        default=[],
        metavar="INDEX",
        help="also the log odds and the probability of a cut at this index of the window, 0 to 204 (the hexamer is 70 to 75); "
        "may be given several times",
    )


def _index(text: str) -> int:
    if not text.isdecimal() or int(text) >= WINDOW_LENGTH:
        raise argparse.ArgumentTypeError(f"{text!r} is no index of the window, 0 to {WINDOW_LENGTH - 1}")
    return int(text)


def run(args: argparse.Namespace) -> None:
    """``pasvar predict``: rows on stdout."""
    network, checkpoint = open_network(args.model, args.device, args.precision)
    say_which_model(checkpoint, args.precision)
    print_rows(predict(network, args.sequences, args.position), args)
