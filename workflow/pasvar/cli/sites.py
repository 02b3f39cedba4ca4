"""``pasvar sites``: the catalogue of polyadenylation sites of a GTF."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pasvar.cli.arguments import finite
from pasvar.config import SITE_KEYS, fill_sites
from pasvar.config_schema import read_config, read_schema
from pasvar.counts import plural
from pasvar.files import refuse_inputs

if TYPE_CHECKING:
    from pasvar.genome import Genome
    from pasvar.sites import Judged, PredictionRules, Sites


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`; what the configuration also has, with its default and description."""
    parser.add_argument("--gtf", required=True, help="gene annotation")
    parser.add_argument("--fasta", required=True, help="reference genome of the same assembly")
    parser.add_argument("--out", required=True, help="parquet file to write; usages per tissue go into the same folder")
    parser.add_argument(
        "--config", help="a configuration file (YAML) for keys that have no option here; other keys are ignored"
    )
    parser.add_argument(
        "--atlas",
        nargs="*",
        help="files of measured sites, formats guessed, or names that config key `atlas` knows",
    )
    parser.add_argument(
        "--model",
        help="a network, as config key `model`: adds the sites it predicts, and the others are judged by strength too",
    )
    properties = read_schema()["properties"]
    for key, kind in (("biotypes", str), ("merge_distance", int), ("min_canonical_share", finite)):
        option = properties[key]
        many = "*" if option["type"] == "array" else None
        parser.add_argument(f"--{key.replace('_', '-')}", type=kind, nargs=many, help=option["description"])


def run(parsed: argparse.Namespace) -> None:
    """``pasvar sites``: table `catalogue` as a file, and table `tissue_usage` in the same folder if there are tissues."""
    from pasvar.genome import Genome
    from pasvar.sites import make_sites, prediction_rules
    from pasvar.tables import content_sha256, write_table

    out = Path(parsed.out)
    tissues = out.parent / f"{out.stem}.tissues.parquet"
    refuse_inputs([out, tissues], [parsed.gtf, parsed.fasta, parsed.config, *(parsed.atlas or [])])
    with Genome(parsed.fasta, out.parent) as genome:
        settings = _site_settings(parsed)
        sites = make_sites(parsed.gtf, genome, settings)
        if parsed.model:
            judged = _predict(parsed.model, sites, genome, prediction_rules(settings))
            sites = sites._replace(catalogue=judged.catalogue, notes=[*sites.notes, *judged.notes])
    digest = content_sha256(sites.catalogue, "catalogue")
    write_table(out, sites.catalogue, "catalogue", {"sites_sha256": digest, "site_notes": "; ".join(sites.notes)})
    if len(sites.tissue_usage):
        write_table(tissues, sites.tissue_usage, "tissue_usage")
    for note in sites.notes:
        print(note)
    n_sites, n_genes = plural(len(sites.catalogue), "site"), plural(sites.catalogue.gene_id.nunique(), "gene")
    print(f"{n_sites} of {n_genes}: {out}, content sha256 {digest}")


def _predict(model: str, sites: "Sites", genome: "Genome", rules: "PredictionRules") -> "Judged":
    """The catalogue with the sites that the network finds."""
    from pasvar.model import resolve_model
    from pasvar.progress import log_progress
    from pasvar.scoring import LazyEngine, score_windows
    from pasvar.sites import predict_sites, site_calibration_of

    engine = LazyEngine(resolve_model(model))
    score = partial(score_windows, engine, progress=log_progress)
    return predict_sites(sites.catalogue, sites.exons, genome, rules, site_calibration_of(engine.network), score)


def _site_settings(parsed: argparse.Namespace) -> dict:
    """The config keys of the catalogue: of the options given, else of the configuration file, else the defaults."""
    given = read_config(parsed.config) if parsed.config else {}
    # None is an option that was not given; 0 and an empty list were.
    given |= {key: value for key in SITE_KEYS if (value := getattr(parsed, key, None)) is not None}
    return fill_sites({key: value for key, value in given.items() if key in SITE_KEYS})
