"""Commands of `pasvar.cli` around functions of the library that the workflow calls too."""

import argparse
from contextlib import nullcontext
from pathlib import Path

from pasvar.config import SITE_KEYS, fill_sites, read_schema
from pasvar.files import index_suffix


def add_sites_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run_sites`; what the configuration also has, with its default and description."""
    parser.add_argument("--gtf", required=True, help="gene annotation")
    parser.add_argument("--fasta", required=True, help="reference genome of the same assembly")
    parser.add_argument("--out", required=True, help="parquet file to write; usages per tissue go beside it")
    parser.add_argument(
        "--config", help="a configuration file (YAML) for all that has no option here; its other keys are ignored"
    )
    parser.add_argument("--atlas", nargs="*", default=[], help="files of measured sites, formats guessed")
    properties = read_schema()["properties"]
    for key, kind in (("biotypes", str), ("merge_distance", int), ("min_canonical_share", float)):
        option = properties[key]
        many = {"nargs": "*"} if option["type"] == "array" else {}
        parser.add_argument(f"--{key.replace('_', '-')}", type=kind, help=option["description"], **many)


def run_sites(parsed: argparse.Namespace) -> None:
    """``pasvar sites``: table `catalogue` as a file, and table `tissue_usage` beside it where there are tissues."""
    from pasvar.catalogue import make_sites
    from pasvar.genome import Genome
    from pasvar.tables import content_sha256, write_table

    out = Path(parsed.out)
    with Genome(parsed.fasta, out.parent) as genome:
        sites = make_sites(parsed.gtf, genome, _site_settings(parsed))
    digest = content_sha256(sites.catalogue, "catalogue")
    write_table(out, sites.catalogue, "catalogue", {"sites_sha256": digest, "site_notes": "; ".join(sites.notes)})
    if len(sites.tissue_usage):
        write_table(out.with_name(f"{out.stem}.tissues.parquet"), sites.tissue_usage, "tissue_usage")
    for note in sites.notes:
        print(note)
    print(f"{len(sites.catalogue)} sites of {sites.catalogue.gene_id.nunique()} genes: {out}, content sha256 {digest}")


def _site_settings(parsed: argparse.Namespace) -> dict:
    """The config keys of the catalogue: of the options given, else of the configuration file, else the defaults."""
    import yaml

    given = yaml.safe_load(Path(parsed.config).read_text()) if parsed.config else {}
    given |= {key: value for key in SITE_KEYS if (value := getattr(parsed, key, None))}
    return fill_sites({key: value for key, value in given.items() if key in SITE_KEYS})


def add_annotate_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run_annotate`."""
    parser.add_argument("--vcf", required=True, help="VCF or BCF with an index")
    parser.add_argument("--scores", required=True, help="scores.parquet or saturation.parquet of a run")
    parser.add_argument("--out", required=True, help="VCF to write, .vcf.gz; an index is written beside it")
    parser.add_argument(
        "--fasta", help="reference genome: finds the scores of indels that the VCF has at another place"
    )
    strong = read_schema()["properties"]["min_effect"]
    parser.add_argument("--min-effect", type=float, default=strong["default"], help=strong["description"])
    parser.add_argument("--gene-effects", help="gene_effects.parquet of the run, for INFO/PASVAR_GENE")
    parser.add_argument("--new-sites", help="new_sites.parquet of the run, for INFO/PASVAR_NEW")


def run_annotate(parsed: argparse.Namespace) -> None:
    """``pasvar annotate``: a VCF with INFO/PASVAR."""
    from pasvar.annotate import GENE, NEW_SITE, annotate_vcf
    from pasvar.contigs import ContigNames
    from pasvar.genome import Genome
    from pasvar.tables import SCORED_ALLELES, read_made_by, read_pieces

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
        )
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
