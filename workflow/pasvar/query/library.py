"""The main job as calls: from a genome, its sites and some variants to the rows that a run of the workflow would write.

The functions are those that the rules call, one after the other and in memory, and give the same digits.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
from tqdm import tqdm

from pasvar.config import fill_settings, recorded_settings
from pasvar.effects import (
    compute_gene_effects,
    compute_structural_effects,
    find_new_sites,
    score_alleles,
    score_sites,
    scored_windows,
    with_structural,
)
from pasvar.errors import InputError, reading
from pasvar.genome import Genome, gene_spans
from pasvar.model import resolve_model
from pasvar.progress import no_progress
from pasvar.scoring import LazyEngine, reference_windows, score_alternates, score_windows
from pasvar.sites import make_sites as make_catalogue, predict_sites, prediction_rules, site_calibration_of
from pasvar.tables import GENOTYPES, TABLES, as_read, read_made_by, read_table
from pasvar.variants import Structure, check_htslib, make_scan, read_shard, read_structure, write_alleles

_NEAR = 10_000
"""Sites and genes within this many nt of a variant, beyond config key `extension`, are looked at."""


@dataclass(frozen=True)
class SiteSet:
    """The polyadenylation sites of a genome, scored by one network.

    sites, exons, tissue_usage: the tables of these names. settings: the config keys that made them and that variants are scored
    with. made_by: what the tables say of the network. notes: what was found and left out.
    """

    sites: pd.DataFrame
    exons: pd.DataFrame
    tissue_usage: pd.DataFrame
    settings: Mapping
    made_by: Mapping[str, str]
    notes: list[str] = field(default_factory=list)

    @cached_property
    def genes(self) -> pd.DataFrame:
        """A row per gene of the annotation, see `genome.gene_spans`."""
        return gene_spans(self.exons)

    def near(self, places: pd.DataFrame) -> "SiteSet":
        """The sites of the genes near some intervals (chrom, start, end), and the genes' exons."""
        margin = self.settings["extension"] + _NEAR
        genes = {gene for place in places.itertuples() for gene in self._genes_at(place, margin)}
        sites = self.sites[self.sites.gene_id.isin(genes)]
        return SiteSet(
            sites.reset_index(drop=True),
            self.exons[self.exons.gene_id.isin(genes)].reset_index(drop=True),
            self.tissue_usage[self.tissue_usage.gene_id.isin(genes)].reset_index(drop=True),
            self.settings,
            self.made_by,
        )

    def _genes_at(self, place, margin: int) -> set[str]:
        found: set[str] = set()
        for table, start, end in ((self.genes, "start", "end"), (self.sites, "window_start", "window_end")):
            here = (
                (table.chrom == place.chrom) & (table[start] < place.end + margin) & (table[end] > place.start - margin)
            )
            found |= set(table.gene_id[here])
        return found


@dataclass(frozen=True)
class VariantEffects:
    """What some variants do: tables `ledger`, `scores`, `gene_effects`, `new_sites`; table `sites` of the genes near them; and
    the windows that the scores are of, as `effects.scored_windows` gives them."""

    ledger: pd.DataFrame
    scores: pd.DataFrame
    gene_effects: pd.DataFrame
    new_sites: pd.DataFrame
    sites: pd.DataFrame
    windows: pd.DataFrame


def open_engine(
    model: str = "aparent2", device: str = "auto", precision: str = "exact", threads: int | None = None
) -> LazyEngine:
    """A network that scores windows, loaded when the first one comes.

    model: `aparent2` (downloaded once), a bundled name such as `aparent2-mini`, a path, or a Hugging Face id. device: `cpu`,
    `cuda` or `auto`. precision: `exact` (float32) or `fast` (16 bits). threads: of the CPU; default: all that it may use.
    Raises InputError where the model cannot be had.
    """
    return LazyEngine(resolve_model(model), device, threads, precision)


def make_sites(
    gtf: str | Path,
    genome: Genome,
    model: str | LazyEngine = "aparent2",
    progress: Callable[..., tqdm] = no_progress,
    **settings: object,
) -> SiteSet:
    """The polyadenylation sites of an annotation, with predicted ones among them, their reference scores and usages.

    model: as for `open_engine`, or what it gave. settings: config keys (config/README.md), for example `atlas`, `biotypes`,
    `extension`; the others have their defaults. Raises InputError where an input cannot be used.
    """
    engine = open_engine(model) if isinstance(model, str) else model
    filled = fill_settings(settings)
    made = make_catalogue(gtf, genome, filled)
    known, exons = as_read(made.catalogue, "catalogue"), as_read(made.exons, "exons")

    def score(windows: pd.Series) -> pd.DataFrame:
        return score_windows(engine, windows, progress)

    judged = predict_sites(known, exons, genome, prediction_rules(filled), site_calibration_of(engine.network), score)
    catalogue = as_read(judged.catalogue, "catalogue")
    windows = as_read(reference_windows(catalogue, genome), "windows")
    scores = as_read(windows.join(score(windows.window)), "window_scores")
    sites = score_sites(catalogue, scores, exons, filled["usage_floor"], engine.made_by["model_sha256"])
    tissue_usage = as_read(made.tissue_usage, "tissue_usage")
    notes = [*made.notes, *judged.notes]
    return SiteSet(as_read(sites, "sites"), exons, tissue_usage, filled, engine.made_by, notes)


def read_sites(run: str | Path) -> SiteSet:
    """The sites of a finished run, from its folder (that holds `results/`). Raises InputError where they are not there."""
    results = Path(run) / "results" if (Path(run) / "results").is_dir() else Path(run)
    paths = [results / name for name in ("sites.parquet", "sites/exons.parquet", "sites/tissue_usage.parquet")]
    missing = [path for path in paths if not path.is_file()]
    if missing:
        raise InputError(
            f"{missing[0]}: no such file; give the folder of a finished run, which has results/sites.parquet"
        )
    sites, exons, tissue_usage = (
        read_table(path, name) for path, name in zip(paths, ("sites", "exons", "tissue_usage"), strict=True)
    )
    made_by = read_made_by(paths[0])
    record = results / "provenance.json"
    given = read_record(record) if record.is_file() else json.loads(made_by.get("settings", "{}"))
    return SiteSet(sites, exons, tissue_usage, recorded_settings(given), made_by)


def read_record(path: Path) -> dict:
    """The configuration of a run, of its provenance.json. Raises InputError where the file is damaged."""
    with reading(path, "the record of a run", "run again"):
        record = json.loads(path.read_bytes())
    if not isinstance(record, dict) or not isinstance(record.get("config"), dict):
        raise InputError(f"{path}: has no configuration of a run in it; run again")
    return record["config"]


def score_variants(
    variants: pd.DataFrame | str | Path,
    genome: Genome,
    sites: SiteSet,
    model: str | LazyEngine = "aparent2",
    progress: Callable[..., tqdm] = no_progress,
) -> pd.DataFrame:
    """Table `scores`: a row per allele, site and gene, as a run of the workflow writes them.

    variants: a frame with chrom, pos (1-based), ref and alt (and info, INFO of a VCF, where an ALT is symbolic), or the path of
    an indexed VCF or BCF. Alleles that are not scored have no row; `find_effects` says why. Without genotypes: carriers and
    percentiles are null.
    """
    return find_effects(variants, genome, sites, model, progress).scores


def find_effects(
    variants: pd.DataFrame | str | Path,
    genome: Genome,
    sites: SiteSet,
    model: str | LazyEngine = "aparent2",
    progress: Callable[..., tqdm] = no_progress,
) -> VariantEffects:
    """All that a run says of variants without people. Arguments as of `score_variants`.

    Raises InputError where the sites were scored by another network.
    """
    engine = open_engine(model) if isinstance(model, str) else model
    if sites.made_by.get("model_sha256") != engine.made_by["model_sha256"]:
        raise InputError(
            f"the sites were scored by {sites.made_by.get('model')}, the variants are to be scored by {engine.made_by['model']}; "
            "use one network for both"
        )
    with tempfile.TemporaryDirectory() as folder:
        if isinstance(variants, pd.DataFrame):
            vcf = write_alleles(variants, Path(folder) / "variants.vcf.gz")
            places = variants.assign(start=variants.pos - 1, end=variants.pos)
            places["chrom"] = places.chrom.map(genome.names.table(places.chrom.unique()))
            places = places.dropna(subset="chrom")
            near = sites.near(places.assign(end=_ends(places)))
            return _effects(vcf, _stretches(places, genome), genome, near, engine, progress)
        whole = pd.DataFrame({"chrom": list(genome.lengths), "start": 0, "end": list(genome.lengths.values())})
        check_htslib([variants])
        return _effects(Path(variants), whole, genome, sites, engine, progress)


def _ends(places: pd.DataFrame) -> list[int]:
    """Where what variants change ends."""
    ends = [pos - 1 + len(ref) for pos, ref in zip(places.pos, places.ref, strict=True)]
    for i, (pos, alt, info) in enumerate(zip(places.pos, places.alt, places.get("info", places.alt), strict=True)):
        change = read_structure(pos, alt, 0, info) if alt.startswith("<") else None
        ends[i] = change.end if isinstance(change, Structure) else ends[i]
    return ends


def _stretches(places: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """The bases that variants begin at, merged, as rows of table `shards`, in the genome's order."""
    order = {chrom: i for i, chrom in enumerate(genome.lengths)}
    distinct = places[["chrom", "start", "end"]].drop_duplicates()
    distinct = distinct[(distinct.start >= 0) & (distinct.end <= distinct.chrom.map(genome.lengths))]
    return distinct.sort_values(
        ["chrom", "start"], key=lambda column: column.map(order) if column.name == "chrom" else column
    )


def _effects(
    vcf: Path,
    stretches: pd.DataFrame,
    genome: Genome,
    sites: SiteSet,
    engine: LazyEngine,
    progress: Callable[..., tqdm],
) -> VariantEffects:
    settings = sites.settings
    catalogue = sites.sites[TABLES["catalogue"].schema.names]
    windows = as_read(reference_windows(catalogue, genome), "windows")
    found = read_shard(
        [vcf],
        stretches,
        windows,
        catalogue,
        genome,
        settings["max_allele_length"],
        unknown_contigs=True,
        scan=make_scan(sites.exons, settings["extension"], **settings["new_sites"]),
        spans=gene_spans(sites.exons),
    )
    alleles, candidates = (as_read(getattr(found, name), name) for name in ("alleles", "candidates"))
    no_haplotypes = pd.DataFrame({"window_alt": pd.Series(dtype="str")})
    scored = score_alternates(engine, alleles, no_haplotypes, candidates, progress)
    allele_scores, candidate_scores = (
        as_read(getattr(scored, name), name) for name in ("allele_scores", "candidate_scores")
    )
    nobody = dict.fromkeys(GENOTYPES, pd.NA)
    compared = score_alleles(
        alleles, allele_scores.assign(percentile=float("nan")), windows, sites.sites, engine.made_by
    )
    scores = as_read(compared.assign(**nobody), "scores")
    limits, calibration = SimpleNamespace(**settings), site_calibration_of(engine.network)
    new = find_new_sites(candidates, candidate_scores, sites.sites, sites.exons, limits, calibration)
    shifts = settings["usage_floor"], settings["min_usage_shift"]
    structural = as_read(found.structural_alleles, "structural_alleles").assign(**nobody)
    structural = compute_structural_effects(structural, sites.sites, sites.exons, sites.tissue_usage, *shifts)
    effects = compute_gene_effects(scores, sites.sites, sites.tissue_usage, *shifts)
    effects = with_structural(effects, structural, sites.sites.chrom)
    return VariantEffects(
        *(
            found.ledger,
            scores,
            as_read(effects, "gene_effects"),
            as_read(new.assign(**nobody), "new_sites"),
            sites.sites,
        ),
        scored_windows(alleles, windows, scores),
    )
