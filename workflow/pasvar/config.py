"""The configuration of a run: checked against its schema and against the files that it names, before any job starts.

Imports neither pandas nor torch: Snakemake reads its Snakefile again in every job.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from pasvar.config_schema import read_schema, validated
from pasvar.constants import MAX_SITE_SHARDS
from pasvar.errors import InputError
from pasvar.files import INDEX_SUFFIXES, index_path, n_samples, require_file, vcf_stem
from pasvar.genotype_files import find_genotype_files
from pasvar.paths import KNOWN_ATLASES
from pasvar.regions import bed_files, check_regions

SITE_KEYS = (
    *(
        "biotypes",
        "atlas",
        "extension",
        "atlas_gene_distance",
        "site_classes",
        "merge_distance",
        "min_atlas_usage",
        "a_rich",
        "min_canonical_share",
    ),
    *("catalogue", "tissue_expression", "predicted_sites", "min_confidence", "min_usage_confidence"),
)
"""The keys that decide which sites there are."""


ALLELE_KEYS = ("max_allele_length", "filters", "min_af", "max_af", "regions")
"""The keys that decide which alleles are scored."""

RESULT_KEYS = (
    *(key for key in SITE_KEYS if key != "min_canonical_share"),
    *ALLELE_KEYS,
    *("new_sites", "usage_floor", "min_effect", "min_usage_shift", "percentiles", "min_cell", "min_genotype_effect"),
)
"""The keys that decide, with inputs and network, what the tables of results contain."""


COMPLETE_BYTES = 20 * 10**9
"""Of the cohort's files, up to which `ledger: auto` reads every record. Those of the 1000 Genomes project have about as many."""


MAX_ALL_GENOTYPES = 50_000
"""People of the largest VCF up to which `min_genotype_effect: auto` reads the genotypes of every scored allele: as many as were
measured (docs/scale.md)."""


ATLAS_FOLDER = "results/atlases"
"""Where the atlases that are fetched by name lie."""


def check_config(config: Mapping, directory: Path | None = None) -> dict:
    """The configuration with defaults filled in, `vcf` as a list of paths, `atlas` as a list of mappings. `genotype_files`
    has, by the path in `vcf` of the VCF that will be made of it, each cohort in another format.

    Raises InputError, one line, where it cannot be run.
    directory: what relative paths are relative to (default: the working directory).
    """
    filled = validated(config, {})
    directory = directory or Path.cwd()
    for key in ("fasta", "gtf"):
        _require_file(directory / filled[key], filled[key], key)
    _check_sites(filled, directory)
    _find_cohort(filled, directory)
    filled["ledger"] = _choose_ledger(filled, directory)
    filled["min_genotype_effect"] = _choose_genotype_effect(filled, directory)
    filled["known"] = check_known(filled["known"], directory)
    filled["regions"] = _listed(filled["regions"])
    check_regions(filled["regions"], directory)
    if filled["min_af"] > filled["max_af"]:
        raise InputError(
            f"config key `min_af` is {filled['min_af']}, more than `max_af`, {filled['max_af']}: no allele passes"
        )
    if filled["min_cell"] is not None and filled["annotated_genotypes"] is True:
        raise InputError(
            "config key `annotated_genotypes` is true, but `min_cell` keeps people out of results; leave one of the two out"
        )
    names = [vcf_stem(path) for path in filled["vcf"]]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"config key `vcf`: two files are called {name}; give them different names")
    return filled


def fill_sites(config: Mapping) -> dict:
    """As `check_config`, for the keys `SITE_KEYS` alone."""
    filled = validated(config, {"required": []})
    _check_sites(filled, Path.cwd())
    return {key: filled[key] for key in SITE_KEYS}


def with_absolute_paths(value: Any, directory: Path | None = None) -> Any:
    """A checked configuration, or a part of it, with the names of files and folders that are there as absolute paths."""
    if isinstance(value, Mapping):
        return {key: with_absolute_paths(part, directory) for key, part in value.items()}
    if isinstance(value, list):
        return [with_absolute_paths(part, directory) for part in value]
    path = (directory or Path.cwd()) / value if isinstance(value, str) and value else None
    return str(path) if path and path.exists() else value


_OF_A_RUN = ("fasta", "gtf", "vcf")


def fill_settings(config: Mapping) -> dict:
    """As `check_config`, for all keys but those that every run must have; unknown ones are refused."""
    filled = validated(config, {"required": []})
    _check_sites(filled, Path.cwd())
    return {key: value for key, value in filled.items() if key not in _OF_A_RUN}


def recorded_settings(config: Mapping) -> dict:
    """As `fill_settings`, of a configuration that a run has recorded: its files need not be there any more."""
    defaults = {key: value.get("default") for key, value in read_schema()["properties"].items()}
    return {key: config.get(key, value) for key, value in defaults.items() if key not in _OF_A_RUN}


def input_files(config: Mapping) -> dict[str, str]:
    """The files that a checked configuration names, but for the network's, by `<key>/<name>`; equal names are numbered."""
    given = {
        **{key: _listed(config[key]) for key in ("fasta", "gtf")},
        "vcf": [path for vcf in config["vcf"] for path in vcf_sources(config, vcf)],
        "atlas": [atlas["path"] for atlas in config["atlas"]],
        **{key: _listed(config[key] or []) for key in ("catalogue", "tissue_expression")},
        "regions": bed_files(config["regions"]),
        "known": known_files(config),
    }
    named: dict[str, str] = {}
    for key, paths in given.items():
        for number, path in enumerate(paths, start=1):
            name = f"{key}/{Path(path).name}"
            named[f"{key}/{number}.{Path(path).name}" if name in named else name] = path
    return named


def site_shards(config: Mapping) -> int:
    """Into how many parts the genome is cut to find sites: it does not grow with the cohort, and so not beyond this number."""
    return min(config["shards"], MAX_SITE_SHARDS)


def vcf_sources(config: Mapping, vcf: str) -> list[str]:
    """The user's files behind an entry of a checked configuration's `vcf`: itself, or what it is made of."""
    files = config["genotype_files"].get(vcf)
    return [path for path in files.values() if path] if files else [vcf]


def result_settings(config: Mapping, keys: Sequence[str] = RESULT_KEYS) -> dict:
    """The values of `keys` in a checked configuration, without the paths of files: equal files elsewhere give equal results."""
    found = {key: config[key] for key in keys if key not in ("catalogue", "tissue_expression")}
    # Nothing left out: the same tables, to the byte, as of a run that did not know the key.
    if found.get("min_genotype_effect") == 0:
        del found["min_genotype_effect"]
    if "atlas" in found:
        found["atlas"] = [{key: value for key, value in atlas.items() if key != "path"} for atlas in found["atlas"]]
    if "regions" in found:
        beds = bed_files(found["regions"])
        found["regions"] = [region for region in found["regions"] if region not in beds]
    return found


def _check_sites(filled: dict, directory: Path) -> None:
    """`atlas` as a list of mappings, with the defaults of its keys; the files of the sites must be there, but for those that are
    fetched."""
    for key in ("catalogue", "tissue_expression"):
        if filled[key] is not None:
            _require_file(directory / filled[key], filled[key], key)
    filled["atlas"] = [
        {"path": atlas} if isinstance(atlas, str) else dict(atlas) for atlas in _listed(filled["atlas"] or [])
    ]
    for atlas in filled["atlas"]:
        if atlas["path"] in known_atlases():
            _name_known(atlas)
        else:
            _require_file(directory / atlas["path"], atlas["path"], "atlas")
    names = [atlas.get("name") for atlas in filled["atlas"]]
    if len(names) > 1 and (None in names or len(set(names)) < len(names)):
        raise InputError("config key `atlas`: of several, each needs a `name` of its own")


def check_known(given: Sequence[Mapping], directory: Path | None = None) -> list[dict]:
    """Config key `known`, with `path` as a list of files that are there. Raises InputError where one is not, or a limit is of a
    field that is not carried."""
    directory = directory or Path.cwd()
    sources: list[dict] = []
    for source in given:
        where = f"known.{source['name']}"
        if source["name"] in [other["name"] for other in sources]:
            raise InputError(f"config key `known`: two sources are called {source['name']}; give them different names")
        limits = dict(source.get("hide_above", {}))
        if missing := sorted(set(limits) - set(source["fields"])):
            raise InputError(
                f"config key `{where}.hide_above` names {missing[0]}, which is not among its `fields`: "
                f"{', '.join(source['fields'])}"
            )
        frequency = source.get("frequency", "AF" if "AF" in source["fields"] else None)
        if frequency is not None and frequency not in source["fields"]:
            raise InputError(
                f"config key `{where}.frequency` is {frequency}, which is not among its `fields`: {', '.join(source['fields'])}"
            )
        paths = [path for each in _listed(source["path"]) for path in _expand(each, directory, where)]
        for path in paths:
            _require_file(directory / path, path, where)
        given_keys = {"name": source["name"], "path": paths, "fields": list(source["fields"])}
        sources.append({**given_keys, "hide_above": limits, "frequency": frequency})
    return sources


def fill_known(given: object, directory: Path | None = None) -> list[dict]:
    """As `check_known`, of a value that its schema has not met yet."""
    return check_known(validated({"known": given}, {"required": []})["known"], directory)


def known_files(config: Mapping) -> list[str]:
    """The files of config key `known` in a checked configuration."""
    return [path for source in config["known"] for path in source["path"]]


def known_atlases() -> dict[str, dict]:
    """The atlases that config key `atlas` knows by name, as `resources/atlases.yaml` describes them."""
    return yaml.safe_load(KNOWN_ATLASES.read_text())


def _name_known(atlas: dict) -> None:
    """Where rule `fetch_atlas` puts a known atlas, and all that is known of it."""
    name = atlas["path"]
    known = known_atlases()[name]
    atlas |= {"path": f"{ATLAS_FOLDER}/{name}", "known": {"name": name, **known}}
    atlas.setdefault("name", name)
    atlas.setdefault("format", known["format"])


def _listed(value: str | Mapping | list) -> list:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _find_cohort(filled: dict, directory: Path) -> None:
    """`vcf` and `genotype_files` of `check_config`."""
    vcfs: list[str] = []
    filled["genotype_files"] = {}
    for entry in _listed(filled["vcf"]):
        for given in _expand(entry, directory, "vcf") if isinstance(entry, str) else [entry]:
            files = find_genotype_files(given, directory)
            if files is None:
                _require_index(directory / given, given)
                vcfs.append(given)
            else:
                vcfs.append(files.converted)
                filled["genotype_files"][files.converted] = files._asdict()
    filled["vcf"] = vcfs


def _choose_ledger(filled: Mapping, directory: Path) -> str:
    """Config key `ledger` in its own words; of `auto` what it means for these files."""
    if filled["ledger"] != "auto":
        return filled["ledger"]
    files = [path for vcf in filled["vcf"] for path in vcf_sources(filled, vcf)]
    return "in_range" if sum(_size(directory / path) for path in files) > COMPLETE_BYTES else "complete"


def _choose_genotype_effect(filled: Mapping, directory: Path) -> float:
    """Config key `min_genotype_effect` as a number; of `auto` what it means for these files."""
    given, strong = filled["min_genotype_effect"], filled["min_effect"]
    if given == "auto":
        vcfs = [directory / path for path in filled["vcf"] if path not in filled["genotype_files"]]
        # One header, for the configuration is read in every job.
        largest = max(vcfs, key=_size, default=None)
        return strong if largest and n_samples(largest) > MAX_ALL_GENOTYPES else 0
    if given > strong:
        raise InputError(
            f"config key `min_genotype_effect` is {given}, more than `min_effect`, {strong}: strong alleles would lack carriers"
        )
    return given


def _size(path: Path) -> int:
    """Bytes of a file, or of all in a folder."""
    return sum(file.stat().st_size for file in path.rglob("*")) if path.is_dir() else path.stat().st_size


def _expand(given: str, directory: Path, key: str) -> list[str]:
    """The files that a path with `{chrom}`, `*`, `?` or `[]` stands for, sorted; the path itself where it has no wildcard, or
    where a file has this very name."""
    try:
        fields = [field for _, field, _, _ in Formatter().parse(given) if field is not None]
    except ValueError as error:
        raise InputError(f"config key `vcf`: {given}: {error}; the only wildcard in braces is {{chrom}}") from error
    if not fields and (not set("*?[") & set(given) or _exists(directory / given)):
        return [given]
    if set(fields) - {"chrom"}:
        raise InputError(f"config key `{key}`: {given}: the only wildcard in braces is {{chrom}}")
    pattern = given.replace("{chrom}", "*")
    anchor = Path(pattern).anchor
    try:
        found = sorted((Path(anchor) if anchor else directory).glob(pattern.removeprefix(anchor)))
    except (ValueError, NotImplementedError, OSError) as error:
        raise InputError(f"config key `vcf`: {given}: cannot be looked for ({error})") from error
    found = [path for path in found if path.suffix not in INDEX_SUFFIXES]
    if not found:
        which = ", whatever {chrom} is" if fields else f", whatever its *, ? and [] are (looked for from {directory})"
        raise InputError(f"config key `{key}`: no file is called {given}{which}")
    return [str(path if anchor else path.relative_to(directory)) for path in found]


def _require_file(path: Path, given: str, key: str) -> None:
    try:
        require_file(path)
    except InputError as error:
        if not _exists(path):
            where = f"relative paths are taken from {Path.cwd()}"
            raise InputError(f"config key `{key}`: no such file: {given} ({where})") from error
        raise InputError(f"config key `{key}`: {error}") from error
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"config key `{key}`: {given} cannot be read ({error.strerror})") from error


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _require_index(path: Path, given: str) -> None:
    _require_file(path, given, "vcf")
    if index_path(path) is None:
        raise InputError(
            f"config key `vcf`: {given} has no index; make one with: bcftools index --tbi {given} "
            "(the file must be bgzipped and sorted by position)"
        )
