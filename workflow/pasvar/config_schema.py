"""The form of a configuration: what YAML or JSON may hold, and what the schema says of each key.

Imports neither pandas nor torch: Snakemake reads its Snakefile again in every job.
"""

import json
import math
import re
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from jsonschema.exceptions import best_match

from pasvar.errors import InputError, reading
from pasvar.files import require_file
from pasvar.paths import CONFIG_SCHEMA


def read_schema() -> dict:
    """The JSON schema of the configuration."""
    return yaml.safe_load(CONFIG_SCHEMA.read_text())


def read_config(path: str | Path) -> dict:
    """The content of a configuration file, YAML or JSON, not yet checked. Raises InputError, with the line where there is one,
    for what is not a mapping of text, and for a key that is there twice: of two values YAML would keep the last."""
    require_file(path, "configuration file")
    with reading(path, "a configuration in YAML", "mend that line"):
        text = Path(path).read_text(encoding="utf-8-sig")
        found = json.loads(text, object_pairs_hook=_once) if Path(path).suffix == ".json" else yaml.load(text, _Once)
    if found is not None and not isinstance(found, dict):
        raise InputError(f"{path}: expected keys and values such as `fasta: genome.fa`, found {str(found)[:60]!r}")
    _require_plain(found)
    return found or {}


def _once(pairs: list[tuple[str, Any]]) -> dict:
    for key in (keys := [key for key, _ in pairs]):
        if keys.count(key) > 1:
            raise InputError(f"config key `{key}` is there twice; keep only one")
    return dict(pairs)


class _Once(yaml.SafeLoader):
    """YAML whose mappings have each key once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [(key.value, key.start_mark.line + 1) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for number, (key, line) in enumerate(keys):
            for other, first in keys[:number]:
                if key == other:
                    raise yaml.YAMLError(f"line {line}: key `{key}` is there already, in line {first}; leave one")
        return super().construct_mapping(node, deep)


def validated(config: Mapping, change: Mapping) -> dict:
    """The configuration with defaults filled in. change: keys that stand in place of the schema's own.

    Raises InputError, one line, for the first thing that the schema does not allow.
    """
    _require_plain(config)
    _require_finite(config)
    schema = {**read_schema(), **change}
    config = _with_words(config, schema)
    properties = schema["properties"]
    for error in sorted(_Validator(schema).iter_errors(dict(config)), key=lambda e: list(map(str, e.path))):
        raise InputError(_explain(error, properties))
    filled = {key: config.get(key, properties[key].get("default")) for key in properties}
    nested = ("new_sites", "predicted_sites")
    return filled | {key: properties[key]["default"] | filled[key] for key in nested}


_WORDS = {"true": True, "True": True, "false": False, "False": False, "null": None}


def _with_words(value: Any, schema: Mapping) -> Any:
    """A value in which `true`, `false` and `null` mean what they mean in YAML, where the schema allows that: in
    `--config KEY=VALUE`, Snakemake leaves these words as text."""
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        return {key: _with_words(inside, known.get(key, {})) for key, inside in value.items()}
    if isinstance(value, str) and value in _WORDS:
        meant, kinds = _WORDS[value], schema.get("type", [])
        allowed = ("null" if meant is None else "boolean") in ([kinds] if isinstance(kinds, str) else kinds)
        if allowed or any(meant is one for one in schema.get("enum", ())):
            return meant
    return value


def _fullmatch(
    validator: object, pattern: str, instance: object, schema: object
) -> Iterator[jsonschema.ValidationError]:
    """`pattern` of a schema, of the whole text: to Python's `$` a line may end before its end."""
    if isinstance(instance, str) and not re.fullmatch(pattern, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


def _is_integer(checker: object, instance: object) -> bool:
    """Whether a value is written as a whole number: JSON schema takes 1.0 for one, Python's `range` does not."""
    return isinstance(instance, int) and not isinstance(instance, bool)


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator,
    {"pattern": _fullmatch},
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)

_DEEPEST, _MOST_VALUES = 20, 100_000


def _require_plain(config: object) -> None:
    """Raise InputError where a configuration is nested without end, as YAML's aliases can make it, or a key is no text."""
    waiting, n_values = [(config, 0)], 0
    while waiting:
        value, depth = waiting.pop()
        n_values += 1
        if depth > _DEEPEST or n_values > _MOST_VALUES:
            raise InputError(
                f"the configuration is nested deeper than {_DEEPEST} levels or has more than {_MOST_VALUES} values; "
                "look at its anchors (&) and aliases (*)"
            )
        if isinstance(value, Mapping):
            for key in value:
                if not isinstance(key, str):
                    raise InputError(f"config key `{key}` is not text; write it in quotes, or leave it out")
            waiting += [(inside, depth + 1) for inside in value.values()]
        elif isinstance(value, (list, tuple)):
            waiting += [(inside, depth + 1) for inside in value]


def _require_finite(value: object, path: str = "") -> None:
    """Raise InputError for `.nan` and `.inf`: no comparison with them is true, so that no limit of the schema would be."""
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"config key `{path}` is {value}, which is not a finite number; give a finite number")
    if isinstance(value, Mapping):
        for key, inside in value.items():
            _require_finite(inside, f"{path}.{key}".lstrip("."))
    elif isinstance(value, (list, tuple)):
        for i, inside in enumerate(value):
            _require_finite(inside, f"{path}[{i}]")


_LONGEST_SHOWN = 100
"""Characters of a value that a message shows."""

_NO_TEXTS = {
    "vcf": "a list that is empty or holds something else than paths",
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
        return f"config key `{inside}{unknown[0][:60]}` is unknown; the keys are {', '.join(known)}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        described = properties[(*error.absolute_path, missing)[0]]["description"]
        return f"config key `{inside}{missing}` is missing: {described}"
    expected = properties[error.absolute_path[0]]["description"]
    shown = repr(error.instance)
    shown = shown if len(shown) <= _LONGEST_SHOWN else f"{shown[:_LONGEST_SHOWN]}..."
    return f"config key `{path}` is {shown}, {_rule(error)}. {expected}"


def _rule(error: jsonschema.ValidationError) -> str:
    if error.validator in ("anyOf", "not"):
        return "which is none of what it may be"
    limits = {
        "minimum": "at least",
        "maximum": "at most",
        "exclusiveMinimum": "more than",
        "exclusiveMaximum": "less than",
        "enum": "one of",
        "type": "of type",
    }
    return f"expected {limits.get(error.validator, error.validator)} {error.validator_value}"
