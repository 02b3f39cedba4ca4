"""``pasvar variant``: what some variants do, without a workflow."""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pasvar.cli.predict import add_model_arguments
from pasvar.errors import InputError

if TYPE_CHECKING:
    from pasvar.query import Assembly

_KEYS = ("fasta", "gtf", "atlas", "model")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument(
        "variants",
        nargs="*",
        metavar="VARIANT",
        help="11:5225488:A:G, chr11-5225488-A-G, NC_000011.10:g.5225488A>G, HBB:c.*110T>C, ENST00000335295.4:c.*110T>C, "
        "11:5224000-5226000:DEL; none, or -: one a line on standard input, lines of a VCF too",
    )
    parser.add_argument(
        "--assembly",
        metavar="YAML",
        help="a configuration file with fasta, gtf and the other keys that decide the sites",
    )
    parser.add_argument(
        "--run",
        dest="finished",
        metavar="DIR",
        help="folder of a finished run, whose sites, genome and model are used",
    )
    parser.add_argument("--fasta", help="reference genome")
    parser.add_argument("--gtf", help="gene annotation of the same assembly")
    parser.add_argument("--atlas", nargs="*", help="files of measured sites")
    parser.add_argument(
        "--known",
        action="append",
        metavar="NAME=PATH:FIELD,...",
        help="a VCF or BCF whose fields are added to the answer, such as clinvar=clinvar.vcf.gz:CLNSIG,CLNREVSTAT; several "
        "times for several files (default: config key `known`)",
    )
    parser.add_argument(
        "--cache", metavar="DIR", help="where sites are kept from call to call (default: the user's cache)"
    )
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument(
        "--json", action="store_true", help="a list of objects, one per variant and gene, with all digits"
    )
    forms.add_argument("--tsv", action="store_true", help="a line per variant and gene")
    parser.add_argument(
        "--html",
        metavar="FILE",
        help="also write the cards, a page to print for each variant and gene; opens without internet",
    )
    parser.add_argument(
        "--plot", metavar="FILE", help="also draw the card of one variant: FILE.svg, FILE.png or FILE.pdf"
    )
    add_model_arguments(parser)
    parser.set_defaults(model=None)


def run(parsed: argparse.Namespace) -> int:
    """``pasvar variant``: a paragraph per variant and gene on stdout, or JSON or lines; 1 where a variant could not be read."""
    from pasvar.query import answer, as_lines, as_text, open_assembly

    if parsed.plot:
        from pasvar.report import require_format

        require_format(parsed.plot)
    texts = list(_texts(parsed.variants))
    if not texts:
        raise InputError(
            "no variant is given; for example: pasvar variant 11:5225488:A:G --fasta GENOME.fa --gtf GENES.gtf"
        )
    assembly = open_assembly(parsed.finished, _settings(parsed), parsed.cache, parsed.device, parsed.precision)
    print(f"model: {assembly.describe_model()}", file=sys.stderr)
    alleles, faults = [], []
    for text in texts:
        try:
            alleles.append((text, assembly.reader.read(text)))
        except InputError as error:
            faults.append(str(error))
    answers = answer(alleles, assembly)
    if parsed.html or parsed.plot:
        _write_pictures(answers, assembly, parsed)
    if parsed.json:
        print(json.dumps(answers, indent=2))
    else:
        print((as_lines if parsed.tsv else as_text)(answers), end="")
    for fault in faults:
        print(f"pasvar: error: {fault}", file=sys.stderr)
    return int(bool(faults))


def _write_pictures(answers: list[dict], assembly: "Assembly", parsed: argparse.Namespace) -> None:
    """The files of --html and --plot."""
    from pasvar.query import make_cards
    from pasvar.report import draw_card, write_cards

    cards = make_cards(answers, assembly, parsed.finished)
    if not cards:
        raise InputError("no variant given has an effect on a gene's site, so that there is no card to write")
    if parsed.html:
        write_cards(cards, assembly.engine.made_by, parsed.html)
        print(f"wrote {parsed.html}", file=sys.stderr)
    if parsed.plot:
        if len(cards) > 1:
            genes = ", ".join(card.title for card in cards)
            raise InputError(
                f"--plot draws one card, but there are {len(cards)}: {genes}; give one variant, or use --html"
            )
        draw_card(cards[0], parsed.plot)
        print(f"wrote {parsed.plot}", file=sys.stderr)


def _texts(given: list[str]) -> Iterator[str]:
    """The variants of the command line, `-` being the lines of standard input."""
    for text in given or ["-"]:
        if text != "-":
            yield text
            continue
        yield from (line.rstrip("\n") for line in sys.stdin if line.strip() and not line.startswith("#"))


def _settings(parsed: argparse.Namespace) -> dict:
    """The config keys of the file given by --assembly and of the options."""
    from pasvar.config_schema import read_config

    given = read_config(parsed.assembly) if parsed.assembly else {}
    if parsed.known:
        given = {**given, "known": [_source(text) for text in parsed.known]}
    return given | {key: value for key in _KEYS if (value := getattr(parsed, key)) is not None}


def _source(text: str) -> dict:
    """An entry of config key `known` from NAME=PATH:FIELD,..."""
    parts = re.fullmatch(r"(?P<name>\w+)=(?P<path>.+):(?P<fields>[\w,.]+)", text)
    if parts is None:
        raise InputError(f"--known {text}: expected NAME=PATH:FIELD,... such as gnomad=gnomad.vcf.gz:AF")
    return {"name": parts["name"], "path": parts["path"], "fields": parts["fields"].split(",")}
