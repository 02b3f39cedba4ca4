"""Commands of `pasvar.cli` around functions of the library that the workflow calls too."""

import argparse
from pathlib import Path

from pasvar.config import read_schema


def add_sites_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run_sites`; what the configuration also has, with its default and description."""
    parser.add_argument("--gtf", required=True, help="gene annotation")
    parser.add_argument("--fasta", required=True, help="reference genome of the same assembly")
    parser.add_argument("--out", required=True, help="parquet file to write")
    properties = read_schema()["properties"]
    for key, kind in (("biotypes", str), ("merge_distance", int), ("min_canonical_share", float)):
        option = properties[key]
        many = {"nargs": "*"} if option["type"] == "array" else {}
        flag = f"--{key.replace('_', '-')}"
        parser.add_argument(flag, type=kind, default=option["default"], help=option["description"], **many)


def run_sites(parsed: argparse.Namespace) -> None:
    """``pasvar sites``: table `catalogue` as a file."""
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


def add_annotate_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run_annotate`."""
    parser.add_argument("--vcf", required=True, help="VCF or BCF with an index")
    parser.add_argument("--scores", required=True, help="scores.parquet of a run")
    parser.add_argument("--out", required=True, help="VCF to write, .vcf.gz; an index is written beside it")


def run_annotate(parsed: argparse.Namespace) -> None:
    """``pasvar annotate``: a VCF with INFO/PASVAR."""
    from pasvar.annotate import annotate_vcf
    from pasvar.contigs import ContigNames
    from pasvar.tables import read_arrow, read_made_by

    names = ContigNames(read_arrow(parsed.scores, "scores", columns=["chrom"])["chrom"].unique().to_pylist())
    n_annotated = annotate_vcf(parsed.vcf, parsed.scores, parsed.out, names, read_made_by(parsed.scores))
    print(f"{n_annotated} records annotated: {parsed.out}")


def add_store_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run_store`."""
    parser.add_argument("folder", help="the folder of config key `store`")
    parser.add_argument(
        "--compact", action="store_true", help="join the files of each kind into one; jobs may use the store meanwhile"
    )


def run_store(parsed: argparse.Namespace) -> None:
    """``pasvar store``: a line per kind of engine."""
    from pasvar.store import stores_in

    for store in stores_in(parsed.folder):
        if parsed.compact:
            print(f"{store.folder}: {store.compact()} files joined")
        print(store.describe())


def add_docs_arguments(parser: argparse.ArgumentParser) -> None:
    """``pasvar docs`` has none."""


def run_docs(parsed: argparse.Namespace) -> None:
    """``pasvar docs``."""
    from pasvar.docs import write_pages

    write_pages()
