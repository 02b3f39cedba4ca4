"""``pasvar plot``: a picture of a gene or of a variant, from a finished run."""

import argparse
import sys
from pathlib import Path

from pasvar.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument(
        "what",
        metavar="GENE|VARIANT",
        help="name or ID of a gene of the run, or a variant as for `pasvar variant`, which is scored again",
    )
    parser.add_argument(
        "--run", dest="finished", metavar="DIR", default=".", help="folder of a finished run (default: this one)"
    )
    parser.add_argument("--out", metavar="FILE", required=True, help="FILE.svg, FILE.png or FILE.pdf")


def run(parsed: argparse.Namespace) -> int:
    """``pasvar plot``: write the picture."""
    from pasvar.report import draw_gene, gene_of_run, require_format

    require_format(parsed.out)
    gene_id = gene_of_run(parsed.finished, parsed.what)
    if gene_id is not None:
        draw_gene(parsed.finished, gene_id, parsed.out)
    else:
        _draw_variant(parsed.what, parsed.finished, parsed.out)
    print(f"wrote {parsed.out}", file=sys.stderr)
    return 0


def _draw_variant(text: str, finished: str | Path, out: str) -> None:
    """The card of a variant and the gene on which its expected impact is highest."""
    from pasvar.query import answer, make_cards, open_assembly
    from pasvar.report import draw_card

    if not any(mark in text for mark in ":-_ \t>"):
        raise InputError(
            f"{text}: no gene of {finished} has this name or ID, and it is not a variant such as 20:1161216:C:T"
        )
    assembly = open_assembly(finished)
    answers = answer([(text, assembly.reader.read(text))], assembly)
    hit = [each for each in answers if each.get("window_ref")]
    if not hit:
        raise InputError(f"{text} has no effect on a site of a gene, so that there is nothing to draw")
    highest = max(hit, key=lambda each: each["expected_impact"] or 0)
    draw_card(make_cards([highest], assembly, finished)[0], out)
