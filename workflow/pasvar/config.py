"""The configuration of a run: checked against its schema and against the files that it names, before any job starts.

Imports neither pandas nor torch: Snakemake reads its Snakefile anew in every job.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Formatter

import jsonschema
import yaml
from jsonschema.exceptions import best_match

from pasvar.errors import InputError
from pasvar.files import INDEX_SUFFIXES, index_path
from pasvar.regions import bed_files, check_regions

SCHEMA_PATH = Path(__file__).parents[1] / "schemas" / "config.schema.yaml"


SITE_KEYS = (
    *(
        "biotypes",
        "atlas",
        "extension",
        "site_classes",
        "merge_distance",
        "min_atlas_usage",
        "a_rich",
        "min_canonical_share",
    ),
    *("catalogue", "tissue_expression"),
)
"""The keys that decide which sites there are."""


ALLELE_KEYS = ("max_allele_length", "filters", "min_af", "max_af", "regions")
"""The keys that decide which alleles are scored."""

RESULT_KEYS = (
    *(key for key in SITE_KEYS if key != "min_canonical_share"),
    *ALLELE_KEYS,
    *("new_sites", "usage_floor", "min_effect", "min_usage_shift", "percentiles"),
)
"""The keys that decide, beside inputs and network, what stands in the tables of results."""


def read_schema() -> dict:
    """The JSON schema of the configuration."""
    return yaml.safe_load(SCHEMA_PATH.read_text())


def check_config(config: Mapping, directory: Path | None = None) -> dict:
    """The configuration with defaults filled in, `vcf` as a list of paths, `atlas` as a list of mappings.

    Raises InputError, one line, where it cannot be run.
    directory: what relative paths are relative to (default: the working directory).
    """
    filled = _validated(config, {})
    directory = directory or Path.cwd()
    for key in ("fasta", "gtf"):
        _require_file(directory / filled[key], filled[key], key)
    _check_sites(filled, directory)
    filled["vcf"] = [str(path) for given in _listed(filled["vcf"]) for path in _expand(given, directory)]
    for path in filled["vcf"]:
        _require_index(directory / path, path)
    filled["regions"] = _listed(filled["regions"])
    check_regions(filled["regions"], directory)
    if filled["min_af"] > filled["max_af"]:
        raise InputError(
            f"config key `min_af` is {filled['min_af']}, more than `max_af`, {filled['max_af']}: no allele passes"
        )
    names = [Path(path).name.split(".vcf")[0].split(".bcf")[0] for path in filled["vcf"]]
    for name in names:
        if names.count(name) > 1:
            raise InputError(f"config key `vcf`: two files are called {name}; give them different names")
    return filled


def fill_sites(config: Mapping) -> dict:
    """As `check_config`, for the keys `SITE_KEYS` alone."""
    filled = _validated(config, {"required": []})
    _check_sites(filled, Path.cwd())
    return {key: filled[key] for key in SITE_KEYS}


def input_files(config: Mapping) -> dict[str, str]:
    """The files that a checked configuration names, but for the network's, by `<key>/<name>`; equal names are numbered."""
    given = {
        **{key: _listed(config[key]) for key in ("fasta", "gtf", "vcf")},
        "atlas": [atlas["path"] for atlas in config["atlas"]],
        **{key: _listed(config[key] or []) for key in ("catalogue", "tissue_expression")},
        "regions": bed_files(config["regions"]),
    }
    named: dict[str, str] = {}
    for key, paths in given.items():
        for number, path in enumerate(paths, start=1):
            name = f"{key}/{Path(path).name}"
            named[f"{key}/{number}.{Path(path).name}" if name in named else name] = path
    return named


def result_settings(config: Mapping, keys: Sequence[str] = RESULT_KEYS) -> dict:
    """The values of `keys` in a checked configuration, without the paths of files: equal files elsewhere give equal results."""
    found = {key: config[key] for key in keys if key not in ("catalogue", "tissue_expression")}
    if "atlas" in found:
        found["atlas"] = [{key: value for key, value in atlas.items() if key != "path"} for atlas in found["atlas"]]
    if "regions" in found:
        beds = bed_files(found["regions"])
        found["regions"] = [region for region in found["regions"] if region not in beds]
    return found


def _validated(config: Mapping, change: Mapping) -> dict:
    """The configuration with defaults, after its schema with the keys of `change` in place of its own was met."""
    schema = {**read_schema(), **change}
    properties = schema["properties"]
    for error in sorted(jsonschema.Draft202012Validator(schema).iter_errors(dict(config)), key=lambda e: list(e.path)):
        raise InputError(_explain(error, properties))
    filled = {key: config.get(key, properties[key].get("default")) for key in properties}
    return filled | {"new_sites": properties["new_sites"]["default"] | filled["new_sites"]}


def _check_sites(filled: dict, directory: Path) -> None:
    """`atlas` as a list of mappings, with the defaults of its keys; the files of the sites must be there."""
    for key in ("catalogue", "tissue_expression"):
        if filled[key] is not None:
            _require_file(directory / filled[key], filled[key], key)
    filled["atlas"] = [
        {"path": atlas} if isinstance(atlas, str) else dict(atlas) for atlas in _listed(filled["atlas"] or [])
    ]
    for atlas in filled["atlas"]:
        _require_file(directory / atlas["path"], atlas["path"], "atlas")
    names = [atlas.get("name") for atlas in filled["atlas"]]
    if len(names) > 1 and (None in names or len(set(names)) < len(names)):
        raise InputError("config key `atlas`: of several, each needs a `name` of its own")


_NO_TEXTS = {
    "vcf": "a list that is empty or holds something else than text",
    "regions": "neither text nor a list of texts",
}


def _explain(error: jsonschema.ValidationError, properties: Mapping) -> str:
    if error.path and error.path[0] in _NO_TEXTS:
        key = error.path[0]
        return f"config key `{key}` is {_NO_TEXTS[key]}. {properties[key]['description']}"
    # Where a value may have one of several forms: the form that it comes closest to.
    error = best_match([error])
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path).lstrip(".")
    inside = f"{path}." if path else ""
    known = error.schema.get("properties", properties)
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(known))
        return f"config key `{inside}{unknown[0]}` is unknown; the keys are {', '.join(known)}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        described = properties[(*error.absolute_path, missing)[0]]["description"]
        return f"config key `{inside}{missing}` is missing: {described}"
    expected = properties[error.absolute_path[0]]["description"]
    return f"config key `{path}` is {error.instance!r}, {_rule(error)}. {expected}"


def _rule(error: jsonschema.ValidationError) -> str:
    if error.validator in ("anyOf", "not"):
        return "which is none of what it may be"
    limits = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "enum": "one of",
        "type": "of type",
    }
    return f"expected {limits.get(error.validator, error.validator)} {error.validator_value}"


def _listed(value: str | list) -> list:
    return [value] if isinstance(value, str) else list(value)


def _expand(given: str, directory: Path) -> list[str]:
    """The files that a path with `{chrom}` stands for, sorted; the path itself where it has no wildcard."""
    fields = [field for _, field, _, _ in Formatter().parse(given) if field is not None]
    if not fields:
        return [given]
    if set(fields) != {"chrom"}:
        raise InputError(f"config key `vcf`: {given}: the only wildcard is {{chrom}}")
    pattern = given.replace("{chrom}", "*")
    anchor = Path(pattern).anchor
    found = sorted((Path(anchor) if anchor else directory).glob(pattern.removeprefix(anchor)))
    found = [path for path in found if path.suffix not in INDEX_SUFFIXES]
    if not found:
        raise InputError(f"config key `vcf`: no file is called {given}, whatever {{chrom}} is")
    return [str(path if anchor else path.relative_to(directory)) for path in found]


def _require_file(path: Path, given: str, key: str) -> None:
    if not path.is_file():
        raise InputError(f"config key `{key}`: no such file: {given} (relative paths are taken from {Path.cwd()})")
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(f"config key `{key}`: {given} cannot be read ({error.strerror})") from error


def _require_index(path: Path, given: str) -> None:
    _require_file(path, given, "vcf")
    if index_path(path) is None:
        raise InputError(
            f"config key `vcf`: {given} has no index; make one with: bcftools index --tbi {given} "
            "(the file must be bgzipped and sorted by position)"
        )
