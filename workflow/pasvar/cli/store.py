"""``pasvar store``: what is in a store of scores."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument("folder", help="the folder of config key `store`")
    parser.add_argument(
        "--compact",
        action="store_true",
        help="join the files of each kind into one; jobs may use the store at the same time",
    )


def run(parsed: argparse.Namespace) -> None:
    """``pasvar store``: a line per kind of engine."""
    from pasvar.scoring import stores_in

    for store in stores_in(parsed.folder):
        if parsed.compact:
            print(f"{store.folder}: {store.compact()} files joined")
        print(store.describe())
