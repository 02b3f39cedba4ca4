"""``pasvar annotate``: existing scores into a VCF, without a model."""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

from pasvar.cli.arguments import finite
from pasvar.config_schema import read_schema
from pasvar.counts import plural
from pasvar.files import index_suffix, is_stream, refuse_inputs


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument("--vcf", required=True, help="VCF or BCF with an index")
    parser.add_argument("--scores", required=True, help="scores.parquet or saturation.parquet of a run")
    parser.add_argument("--out", required=True, help="VCF to write, .vcf.gz; an index is written in the same folder")
    parser.add_argument(
        "--fasta", help="reference genome: finds the scores of indels that the VCF has at another place"
    )
    strong = read_schema()["properties"]["min_effect"]
    parser.add_argument("--min-effect", type=finite, default=strong["default"], help=strong["description"])
    parser.add_argument("--gene-effects", help="gene_effects.parquet of the run, for INFO/PASVAR_GENE")
    parser.add_argument("--new-sites", help="new_sites.parquet of the run, for INFO/PASVAR_NEW")


def run(parsed: argparse.Namespace) -> None:
    """``pasvar annotate``: a VCF with INFO/PASVAR."""
    from pasvar.annotate import GENE, NEW_SITE, annotate_vcf
    from pasvar.contigs import ContigNames
    from pasvar.genome import Genome
    from pasvar.tables import SCORED_ALLELES, min_cell_of, read_made_by, read_pieces

    if parsed.fasta:
        refuse_inputs([parsed.out], [parsed.fasta])
    notes = sys.stderr if is_stream(parsed.out) else sys.stdout
    pieces = read_pieces(parsed.scores, SCORED_ALLELES, columns=["chrom"])
    names = ContigNames({chrom for piece in pieces for chrom in piece.chrom.unique()})
    with Genome(parsed.fasta, Path(parsed.out).parent) if parsed.fasta else nullcontext() as genome:
        made_by, suffix = read_made_by(parsed.scores), index_suffix([parsed.vcf])
        more = {info: path for info, path in ((GENE, parsed.gene_effects), (NEW_SITE, parsed.new_sites)) if path}
        n_annotated = annotate_vcf(
            parsed.vcf,
            parsed.scores,
            parsed.out,
            names,
            made_by,
            parsed.min_effect,
            more=more,
            genome=genome,
            index_suffix=suffix,
            min_cell=min_cell_of(made_by),
        )
    print(
        f"{plural(n_annotated, 'record')} annotated: {parsed.out}; the others have no allele in {parsed.scores}",
        file=notes,
    )
    if genes := made_by.get("saturation_genes"):
        print(
            f"note: {parsed.scores} has only the sites of these genes, so that alleles at other sites get no entry: {genes}",
            file=notes,
        )
