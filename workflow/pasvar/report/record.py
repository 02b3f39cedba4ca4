"""The data about the run itself on the pages: the ledger, the inputs, the settings, the network's accuracy. No files,
no HTML."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pasvar.effects import CALIBRATION_FILE, COVERAGE, measured_network
from pasvar.paths import ACCURACY
from pasvar.report.content import records
from pasvar.tables import STATUSES

_UNTOLD_SETTINGS = ("shards", "device", "model")
"""Config keys that the report leaves out: the first two do not change a result; the tables already record the model."""

_FILE_SETTINGS = ("fasta", "gtf", "vcf", "catalogue", "tissue_expression")


def origins(sources: Iterable[Mapping]) -> str:
    """The sources of the sites of a run, for its methods: "the annotation, polyadb3 and the network's predictions"."""
    names = {"gtf": "the annotation", "predicted": "the network's predictions"}
    parts = {part for row in sources for part in row["source"].split("+")}
    named = [
        names.get(part, part) for part in sorted(parts, key=lambda part: (part == "predicted", part != "gtf", part))
    ]
    return " and ".join(filter(None, (", ".join(named[:-1]), *named[-1:])))


def accuracy(made_by: Mapping[str, str]) -> dict:
    """The comparison of the network in use with measurements: the data on which its error bars were fitted, and, for
    each strength of the site, the number of measured substitutions, R2, how many of them were predicted large, and the
    share of those with the right sign."""
    source = json.loads(CALIBRATION_FILE.read_text())["source"]
    network = measured_network(made_by)
    measured = json.loads(ACCURACY.read_text(encoding="utf-8")).get(network, [])
    keys = ("reference log odds, narrow", "variants", "R\N{SUPERSCRIPT TWO} narrow", "large", "right direction")
    rows = [dict(zip(("strength", "n", "r2", "n_large", "right"), map(row.get, keys), strict=True)) for row in measured]
    return {
        "is_own": network is not None,
        "network": network,
        "n_variants": source["variants"],
        "n_genes": source["genes"],
        "coverage": COVERAGE,
        "rows": rows,
    }


def ledger_rows(totals: pd.DataFrame) -> list[dict]:
    """Status, its meaning, number and share of the alleles."""
    whole = int(totals.n_alleles.sum())
    return [
        {
            "status": row.status,
            "meaning": STATUSES[row.status],
            "n": row.n_alleles,
            "share": row.n_alleles / (whole or 1),
        }
        for row in totals.itertuples()
    ]


def reconcile(totals: pd.DataFrame, files: pd.DataFrame) -> dict:
    """The rows per VCF file, and whether the ledger has all alleles of the files.

    Records that a run with `ledger: in_range` did not read are counted from the index, as alleles that are `not_read`.
    """
    unread = (files.n_indexed - files.n_records).fillna(0).clip(lower=0).astype(int)
    in_files = int(files.n_alleles.sum() + unread.sum())
    in_ledger = int(totals.n_alleles.sum())
    return {
        "files": records(files.assign(n_unread=unread)),
        "in_files": in_files,
        "in_ledger": in_ledger,
        "agree": in_files == in_ledger,
    }


def input_rows(made_by: Mapping[str, str]) -> list[dict]:
    """Names and sha256 of the inputs and of the network, from the tables' metadata about what made them."""
    rows = []
    for key, digests in made_by.items():
        if key.endswith("_sha256") and key != "settings_sha256":
            for digest in digests.split(" "):
                file, _, sha256 = digest.rpartition("=")
                rows.append({"name": f"{key.removesuffix('_sha256')} {file}".strip(), "sha256": sha256})
    return rows


def setting_rows(settings: Mapping, descriptions: Mapping[str, str]) -> list[dict]:
    """Key, value and meaning of each setting. Files are given by name, because their folders say nothing about the
    results."""
    return [
        {"key": key, "value": _setting(key, value), "meaning": descriptions.get(key, "")}
        for key, value in settings.items()
        if key not in _UNTOLD_SETTINGS
    ]


def _setting(key: str, value: Any) -> str:
    if value is None:
        return "not set"
    if key == "atlas":
        value = [f"{Path(atlas['path']).name} ({atlas.get('format', 'format guessed')})" for atlas in value] or ["none"]
    if key == "known":
        value = [_known_setting(source) for source in value] or ["none"]
    values: Iterable = value if isinstance(value, (list, tuple)) else [value]
    texts = [Path(v).name if key in _FILE_SETTINGS else v if isinstance(v, str) else json.dumps(v) for v in values]
    return ", ".join(texts) or "an empty list"


def _known_setting(source: Mapping) -> str:
    limits = hiding_limits({"known": [source]})
    files = ", ".join(Path(path).name for path in source["path"])
    return f"{source['name']}: {', '.join(source['fields'])} of {files}" + (f"; hidden: {limits}" if limits else "")


def hiding_limits(settings: Mapping) -> str:
    """The rule that hides alleles: "gnomad AF above 0.01"."""
    return " or ".join(
        f"{source['name']} {field} above {limit:g}"
        for source in settings.get("known", ())
        for field, limit in source["hide_above"].items()
    )
