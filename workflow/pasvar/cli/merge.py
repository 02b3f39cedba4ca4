"""``pasvar merge``: runs over different people, joined into one."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help="folder of a finished run, or its results/, in the order of the people"
    )
    parser.add_argument(
        "--out", required=True, metavar="DIR", help="new folder, whose results/ will have the joined tables"
    )


def run(parsed: argparse.Namespace) -> None:
    """``pasvar merge``: where the tables are."""
    from pasvar.run import merge_runs

    print(*merge_runs(parsed.runs, parsed.out), sep="\n")
