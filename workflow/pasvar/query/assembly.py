"""A genome with its sites and a network, ready to be asked: of a finished run, or made once and kept."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from pasvar import __version__
from pasvar.annotate import Source, known_sources
from pasvar.config import check_known, fill_known
from pasvar.digest import code_digest
from pasvar.errors import InputError
from pasvar.files import whole
from pasvar.genome import Genome
from pasvar.model import default_cache
from pasvar.progress import log_progress
from pasvar.query.library import SiteSet, make_sites, open_engine, read_record, read_sites
from pasvar.scoring import LazyEngine
from pasvar.tables import write_table
from pasvar.variants import VariantReader

_log = logging.getLogger(__name__)

_FILES = ("fasta", "gtf")


@dataclass(frozen=True)
class Assembly:
    """What variants are asked of. Close with `genome.close()` or by leaving the program."""

    genome: Genome
    sites: SiteSet
    engine: LazyEngine
    known: Sequence[Source] = ()

    @cached_property
    def reader(self) -> VariantReader:
        """Reads variants of this genome and annotation."""
        return VariantReader(self.genome, self.sites.exons)

    def describe_model(self) -> str:
        """The network's name, and what must be said of it."""
        made_by = self.engine.made_by
        return ": ".join(made_by[key] for key in ("model", "model_note") if key in made_by)


def open_assembly(
    run: str | Path | None = None,
    settings: Mapping | None = None,
    cache: str | Path | None = None,
    device: str = "auto",
    precision: str = "exact",
) -> Assembly:
    """The assembly of a finished run, or of the config keys `fasta`, `gtf` and what else decides the sites.

    Config key `known` of a run, or of the settings, which come before it, says what else is reported about the variants.
    cache: folder in which sites are kept from call to call, by what made them (default: that of pasvar in the user's cache).
    Raises InputError where neither a run nor fasta and gtf are given.
    """
    settings = dict(settings or {})
    if run is not None:
        sites = read_sites(run)
        run = Path(run) if (Path(run) / "results").is_dir() else Path(run).absolute().parent
        given = _given(run)
        known = _sources(settings["known"]) if settings.get("known") else _sources_of(run, given.pop("known", []))
        settings = {**given, **settings}
        if not settings.get("fasta"):
            raise InputError(
                f"{_record_of(run)}: no such file; it records the genome of the run. Finish the run, or name the genome: "
                "--fasta GENOME.fa"
            )
        _require(settings, "fasta")
        genome = Genome(settings["fasta"], Path(run) / "results" / "reference")
        return Assembly(genome, sites, open_engine(_model_of(run, settings, sites), device, precision), known)
    for key in _FILES:
        _require(settings, key)
    known = _sources(settings.get("known") or [])
    engine = open_engine(str(settings.get("model") or "aparent2"), device, precision)
    keys = {key: value for key, value in settings.items() if key not in (*_FILES, "vcf", "model", "known")}
    folder = Path(cache or default_cache()) / "sites" / _digest(settings, keys, engine)
    folder.mkdir(parents=True, exist_ok=True)
    genome = Genome(settings["fasta"], folder)
    if not (folder / "results").is_dir():
        _log.info("the sites of %s are computed once and kept in %s", settings["gtf"], folder)
        _keep(make_sites(settings["gtf"], genome, engine, log_progress, **keys), folder)
    return Assembly(genome, read_sites(folder), engine, known)


def _sources(given: object) -> list[Source]:
    return known_sources(fill_known(given))


def _sources_of(run: str | Path, given: list[dict]) -> list[Source]:
    """Those that a run has recorded, whose paths are taken from its folder; without those whose files are there no more."""
    found: list[Source] = []
    for source in given:
        try:
            found += known_sources(check_known([source], Path(run)))
        except InputError as error:
            _log.warning("%s; it is left out", error)
    return [source._replace(paths=[Path(run) / path for path in source.paths]) for source in found]


def _require(settings: Mapping, key: str) -> None:
    if not settings.get(key):
        raise InputError(f"--{key} is missing; give --run DIR of a finished run, --assembly YAML, or --fasta and --gtf")
    if not isinstance(settings[key], str):
        raise InputError(f"config key `{key}` is {settings[key]!r}, expected the name of a file")


def _given(run: str | Path) -> dict:
    """The configuration of a finished run, whose paths are taken from its folder."""
    record = _record_of(run)
    if not record.is_file():
        return {}
    config = read_record(record)
    return {key: str(Path(run) / str(config.get(key))) for key in _FILES} | {
        "model": str(config.get("model")),
        "known": config.get("known") or [],
    }


def _record_of(run: str | Path) -> Path:
    """Where a finished run says what made it. run: its folder, that holds `results/`."""
    return Path(run) / "results" / "provenance.json"


def _model_of(run: str | Path, settings: Mapping, sites: SiteSet) -> str:
    """The network of a run: the copy that it keeps."""
    kept = Path(run) / "results" / "model"
    return str(kept) if kept.is_dir() else str(settings.get("model") or sites.made_by["model"])


def _digest(settings: Mapping, keys: Mapping, engine: LazyEngine) -> str:
    """What decides the sites: files by path, size and time, settings, network, code."""
    files = [settings[key] for key in _FILES]
    files += [path for key in ("atlas", "catalogue", "tissue_expression") for path in _paths(keys.get(key))]
    found = []
    for file in files:
        path = Path(file)
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        found.append((str(path.resolve()), path.stat().st_size, path.stat().st_mtime_ns))
    text = json.dumps([found, keys, engine.kind, code_digest(__file__), __version__], sort_keys=True, default=str)
    return sha256(text.encode()).hexdigest()[:16]


def _paths(given: object) -> list[str]:
    if given is None:
        return []
    listed = given if isinstance(given, list) else [given]
    return [str(each["path"]) if isinstance(each, Mapping) else str(each) for each in listed]


def _keep(sites: SiteSet, folder: Path) -> None:
    """Write sites where `read_sites` finds them; they appear whole or not at all."""
    made_by = {**sites.made_by, "settings": json.dumps(dict(sites.settings), sort_keys=True)}
    with whole(folder / "results") as temporary:
        write_table(temporary / "sites.parquet", sites.sites, "sites", made_by)
        write_table(temporary / "sites" / "exons.parquet", sites.exons, "exons")
        write_table(temporary / "sites" / "tissue_usage.parquet", sites.tissue_usage, "tissue_usage")
