"""``pasvar docs``: the documentation that is made from code."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """``pasvar docs`` has none."""


def run(parsed: argparse.Namespace) -> None:
    """``pasvar docs``."""
    from pasvar.tables import write_pages

    write_pages()
