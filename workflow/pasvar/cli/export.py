"""``pasvar export``: the tables of a finished run in the forms that other programs read."""

import argparse
from pathlib import Path

from pasvar.errors import InputError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument("results", help="folder of a finished run, or its results/")
    parser.add_argument(
        "--regenie", metavar="PREFIX", help="annotation, set list and mask files for regenie's gene tests"
    )
    parser.add_argument("--saige", metavar="FILE", help="group file for SAIGE-GENE+")
    parser.add_argument(
        "--ids",
        choices=("alleles", "vcf"),
        default="alleles",
        help="the name of an allele in the genotype file: chrom:pos:ref:alt, or the ID of the VCF record (default: %(default)s)",
    )
    parser.add_argument(
        "--tracks",
        metavar="DIR",
        help="files for genome browsers: BED, bigBed, bigWig, a UCSC track hub, an IGV session",
    )
    parser.add_argument(
        "--genome",
        metavar="NAME",
        help="UCSC's name of the assembly for --tracks (default: hg19 or hg38, by the lengths of the chromosomes)",
    )
    parser.add_argument("--tsv", metavar="DIR", help="every table as DIR/<table>.tsv.gz, safe to open in a spreadsheet")


def run(parsed: argparse.Namespace) -> None:
    """``pasvar export``: a line per file written."""
    from pasvar.annotate import write_tracks
    from pasvar.files import refuse_inputs
    from pasvar.tables import TABLES

    results = Path(parsed.results)
    results = results / "results" if (results / "results").is_dir() else results
    if not (parsed.regenie or parsed.saige or parsed.tracks or parsed.tsv):
        raise InputError("nothing to export; name at least one of --regenie, --saige, --tracks and --tsv")
    effects = results / TABLES["gene_effects"].file
    if not effects.is_file():
        raise InputError(f"{effects}: no such file; give the folder of a finished run")
    if parsed.saige:
        refuse_inputs([parsed.saige], results.rglob("*"))
    if parsed.regenie or parsed.saige:
        _write_burden(parsed, effects, results / TABLES["known"].file)
    if parsed.tracks:
        print(*write_tracks(results, parsed.tracks, parsed.genome), sep="\n")
    if parsed.tsv:
        _write_tsv(results, Path(parsed.tsv))


def _write_burden(parsed: argparse.Namespace, effects: Path, known: Path) -> None:
    from pasvar.annotate import (
        BURDEN_COLUMNS,
        burden_alleles,
        on_chromosomes,
        saige_masks,
        write_regenie,
        write_saige,
    )
    from pasvar.tables import hidden_alleles, read_table, without_alleles

    rows = read_table(effects, "gene_effects", BURDEN_COLUMNS)
    if known.is_file():
        rows = without_alleles(rows, hidden_alleles(read_table(known, "known")))
    alleles = burden_alleles(rows, parsed.ids)
    print(f"{len(alleles)} alleles of {alleles.gene_id.nunique()} genes with an expected impact")
    if parsed.regenie:
        numbered, said = on_chromosomes(alleles)
        print(*write_regenie(numbered, parsed.regenie), *([said] if said else []), sep="\n")
    if parsed.saige:
        write_saige(alleles, parsed.saige)
        print(parsed.saige)
        print(f'its masks: --annotation_in_groupTest "{saige_masks(alleles)}"')


def _write_tsv(results: Path, folder: Path) -> None:
    from pasvar.annotate import write_tsv
    from pasvar.tables import TABLES, USER_TABLES, min_cell_of, read_made_by

    for name in USER_TABLES:
        path = results / TABLES[name].file
        if name == "samples" and path.is_file() and min_cell_of(read_made_by(path)) is not None:
            print(f"{path}: not exported, because it has a row per person and config key `min_cell` was set")
            continue
        if path.is_file():
            out = folder / f"{name}.tsv.gz"
            print(f"{out}: {write_tsv(path, name, out)} rows")
