"""`pasvar ...`: the library's functions for people outside a workflow."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pasvar import __version__
from pasvar.config import read_schema
from pasvar.errors import InputError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status. What the user must mend is one line on stderr."""
    parsed = _parser().parse_args(arguments)
    try:
        parsed.run(parsed)
    except (InputError, OSError) as error:
        print(f"pasvar: error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("pasvar", description="Genetic variants and 3' cleavage and polyadenylation.")
    parser.add_argument("--version", action="version", version=f"pasvar {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    sites = commands.add_parser("sites", help="the catalogue of polyadenylation sites of a GTF, as a table")
    sites.add_argument("--gtf", required=True, help="gene annotation")
    sites.add_argument("--fasta", required=True, help="reference genome of the same assembly")
    sites.add_argument("--out", required=True, help="parquet file to write")
    properties = read_schema()["properties"]
    for key, kind in (("biotypes", str), ("merge_distance", int), ("min_canonical_share", float)):
        option = properties[key]
        many = {"nargs": "*"} if option["type"] == "array" else {}
        sites.add_argument(
            f"--{key.replace('_', '-')}", type=kind, default=option["default"], help=option["description"], **many
        )
    sites.set_defaults(run=_sites)

    annotate = commands.add_parser("annotate", help="add existing scores to a VCF, without a model")
    annotate.add_argument("--vcf", required=True, help="VCF or BCF with an index")
    annotate.add_argument("--scores", required=True, help="scores.parquet of a run")
    annotate.add_argument("--out", required=True, help="VCF to write, .vcf.gz; an index is written beside it")
    annotate.set_defaults(run=_annotate)

    docs = commands.add_parser("docs", help="write the pages of the documentation that are made from code")
    docs.set_defaults(run=_docs)
    return parser


def _sites(parsed: argparse.Namespace) -> None:
    from pasvar.annotation import read_transcripts
    from pasvar.genome import Genome
    from pasvar.sites import find_sites
    from pasvar.tables import write_table

    out = Path(parsed.out)
    with Genome(parsed.fasta, out.parent) as genome:
        transcripts, notes = read_transcripts(parsed.gtf, genome, parsed.biotypes)
        catalogue = find_sites(transcripts, genome, parsed.merge_distance, parsed.min_canonical_share)
    write_table(out, catalogue, "catalogue")
    for note in notes:
        print(note)
    print(f"{len(transcripts)} transcripts gave {len(catalogue)} sites of {catalogue.gene_id.nunique()} genes: {out}")


def _annotate(parsed: argparse.Namespace) -> None:
    from pasvar.annotate import annotate_vcf
    from pasvar.contigs import ContigNames
    from pasvar.tables import read_arrow, read_made_by

    names = ContigNames(read_arrow(parsed.scores, "scores", columns=["chrom"])["chrom"].unique().to_pylist())
    n_annotated = annotate_vcf(parsed.vcf, parsed.scores, parsed.out, names, read_made_by(parsed.scores))
    print(f"{n_annotated} records annotated: {parsed.out}")


def _docs(parsed: argparse.Namespace) -> None:
    from pasvar.docs import write_pages

    write_pages()
