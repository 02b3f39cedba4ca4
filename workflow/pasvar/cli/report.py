"""``pasvar report``: the report of a finished run, written again from its tables."""

import argparse

from pasvar.counts import plural


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument(
        "--run", dest="folder", required=True, metavar="DIR", help="folder of a finished run, or its results/"
    )
    parser.add_argument("--out", metavar="DIR", help="folder for the report (default: where the run has it)")
    parser.add_argument("--pdf", action="store_true", help="the overview's figures also as PDF, for papers")


def run(parsed: argparse.Namespace) -> None:
    """``pasvar report``: the address of the overview on stdout."""
    from pasvar.report import build_report_of

    index, built = build_report_of(parsed.folder, parsed.out, parsed.pdf)
    print(f"{index}, {plural(built.n_genes, 'page')} of genes and {plural(built.n_cards, 'card')} of variants")
