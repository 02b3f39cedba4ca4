"""How many people carry what in a gene, by direction and size of the impact and by population: counted by DuckDB, which keeps on
disk what does not fit into the memory that it is given.

A person counts once per gene, in the class of the allele with the highest expected impact among those that table `samples` names:
those at the site that the person's haplotypes hit hardest. Who has no row there, because nothing changes by `min_effect`, is no
carrier. Classes are those of the burden tests (`burden.SIZES`).
"""

import csv
import hashlib
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from pasvar.annotate.burden import SIZES
from pasvar.errors import InputError
from pasvar.files import require_file, whole
from pasvar.tables import TABLES, open_table, read_table

ALL, UNLABELLED = "all", "unlabelled"

COLUMNS = ["gene_id", "gene_name", "label", "direction", "size", "carriers", "people"]


def read_labels(path: str | Path) -> dict[str, str]:
    """Label of each person of a tab-separated file without header: sample, label. Raises InputError for what is not that."""
    labels: dict[str, str] = {}
    with open(require_file(path, "file of labels"), encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t"), start=1):
            if not row or row[0].startswith("#"):
                continue
            if len(row) != 2 or not all(row):
                raise InputError(
                    f"{path}: line {number} has {len(row)} columns; expected two, sample and label, with a tab between"
                )
            sample, label = row
            if labels.setdefault(sample, label) != label:
                raise InputError(f"{path}: line {number}: {sample} has two labels, {labels[sample]} and {label}")
            if label in (ALL, UNLABELLED):
                raise InputError(f"{path}: line {number}: {label} is a label that pasvar itself uses; use another one")
    return labels


def count_carriers(
    results: Path,
    out: Path,
    labels: Mapping[str, str],
    min_cell: int | None = None,
    memory_mb: int = 1000,
    threads: int = 1,
) -> int:
    """Write a tab-separated file with `COLUMNS`, a row per gene, label, direction and size that has a carrier; returns how many.

    results: of a finished run. labels: by sample; with any, there are rows of each label and of all. people: of the label in the
    cohort. min_cell: carriers from 1 to below it are left empty, as are those from which they would follow: where nearly all of
    a label carry, and the next larger one where a single label would be hidden.
    """
    if find_spec("duckdb") is None:
        raise InputError('DuckDB is not installed; install it with: pip install "pasvar[carriers]"')
    import duckdb

    tables = {name: results / TABLES[name].file for name in ("samples", "gene_effects")}
    for name, path in tables.items():
        with open_table(path, name):
            pass
    named = _people(results, labels)
    with TemporaryDirectory(dir=_near(out), prefix=".carriers-") as folder, duckdb.connect(":memory:") as connection:
        connection.execute(
            f"SET memory_limit = '{memory_mb}MB'; SET threads = {threads}; SET temp_directory = '{folder}'"
        )
        connection.execute("SET preserve_insertion_order = false")
        frame = pd.DataFrame({"sample": list(labels), "label": list(labels.values())}, dtype="str")
        connection.register("labels", frame)
        counts = _counted(connection, tables)
    counts = _with_all(counts, bool(labels))
    counts["people"] = counts.label.map(named).astype("Int64")
    counts = _hide(counts, min_cell)
    with whole(out) as temporary:
        counts[COLUMNS].to_csv(temporary, sep="\t", index=False, lineterminator="\n")
    return len(counts)


def _near(out: Path) -> Path:
    out.parent.mkdir(parents=True, exist_ok=True)
    return out.parent


def _people(results: Path, labels: Mapping[str, str]) -> dict[str, int]:
    """How many people of the cohort each label has."""
    digests = read_table(results / TABLES["people_digests"].file, "people_digests").sample_sha256
    there = {*digests}
    found = pd.Series(
        [label for name, label in labels.items() if hashlib.sha256(name.encode()).hexdigest() in there], dtype="str"
    )
    counts = {str(label): int(n) for label, n in found.value_counts().items()}
    return {**counts, UNLABELLED: len(there) - len(found), ALL: len(there)}


# Limits as FLOAT: the table has float32, and what stands there for 0.2 is to reach 0.2.
_QUERY = """
    WITH alleles AS (
        SELECT gene_id, gene_name, concat_ws(':', chrom, pos, ref, alt) AS variant, expected_impact,
               coalesce(direction, 'none') AS direction
        FROM read_parquet(?) WHERE expected_impact >= ?::FLOAT
    ),
    carried AS (SELECT gene_id, "sample", unnest(variants) AS variant FROM read_parquet(?)),
    classed AS (
        SELECT gene_id, any_value(gene_name) AS gene_name, "sample",
               max({'impact': expected_impact, 'variant': variant, 'direction': direction}) AS strongest
        FROM carried JOIN alleles USING (gene_id, variant)
        GROUP BY gene_id, "sample"
    )
    SELECT gene_id, any_value(gene_name) AS gene_name, coalesce(label, ?) AS label, strongest.direction AS direction,
           CASE WHEN strongest.impact >= ?::FLOAT THEN 'high'
                WHEN strongest.impact >= ?::FLOAT THEN 'moderate' ELSE 'low' END AS size,
           count(*) AS carriers
    FROM classed LEFT JOIN labels USING ("sample")
    GROUP BY ALL
"""


def _counted(connection: Any, tables: Mapping[str, Path]) -> pd.DataFrame:
    high, moderate, low = SIZES.values()
    asked = [str(tables["gene_effects"]), low, str(tables["samples"]), UNLABELLED, high, moderate]
    return connection.execute(_QUERY, asked).df()


def _with_all(counts: pd.DataFrame, with_labels: bool) -> pd.DataFrame:
    """The rows of each label, where there are any, and of all people, by gene."""
    key = ["gene_id", "gene_name", "direction", "size"]
    everybody = counts.groupby(key, as_index=False).carriers.sum().assign(label=ALL)
    both = pd.concat([everybody, counts]) if with_labels else everybody
    rank = {size: i for i, size in enumerate(SIZES)}
    both = both.assign(_rank=both["size"].map(rank), _is_label=both.label != ALL)
    both = both.sort_values(["gene_name", "gene_id", "_rank", "direction", "_is_label", "label"], kind="stable")
    return both.drop(columns=["_rank", "_is_label"]).astype({"carriers": "Int64"}).reset_index(drop=True)


def _hide(counts: pd.DataFrame, min_cell: int | None) -> pd.DataFrame:
    if not min_cell:
        return counts
    rest = counts.people - counts.carriers
    few = (counts.carriers < min_cell) | ((rest > 0) & (rest < min_cell))
    key = ["gene_id", "direction", "size"]
    labels = counts.label != ALL
    for _, rows in counts[labels].groupby(key, sort=False):
        hidden = few[rows.index]
        if hidden.sum() == 1 and not hidden.all():
            # What is missing of the sum would tell the one.
            few[rows.carriers[~hidden].idxmin()] = True
        elif hidden.all() and len(rows) == 1:
            is_same = (counts[key] == rows.iloc[0][key]).all(axis=1)
            few[counts.index[is_same]] = True
    return counts.assign(carriers=counts.carriers.mask(few))
