"""The content of table `known`, by allele: for pages, for people, and to be joined to other tables."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from pasvar.tables.schema import ALLELE

Allele = tuple[str, int, str, str]
"""chrom, pos, ref and alt, in the spelling of the tables."""

Facts = Mapping[str, Mapping[str, str | float | None]]
"""By source, then by field and `id`: a number if the field is numeric, else text; None if the source has no value."""

T = TypeVar("T", pd.DataFrame, pa.Table)


def known_of(known: pd.DataFrame) -> dict[Allele, Facts]:
    """The known values of each allele: `known_of(table)["20", 340318, "A", "G"]["clinvar"]["CLNSIG"]`. Alleles that no
    source has are left out. known: table `known`."""
    found: dict[Allele, dict[str, dict[str, str | float | None]]] = {}
    columns = [*ALLELE, "source", "id", "field", "value", "number"]
    for *allele, source, record, field, value, number in known[columns].itertuples(index=False, name=None):
        facts = found.setdefault((allele[0], allele[1], allele[2], allele[3]), {}).setdefault(source, {})
        facts["id"] = None if pd.isna(record) else record
        facts[field] = number if not pd.isna(number) else None if pd.isna(value) else value
    return {**found}


def describe_known(facts: Facts) -> list[str]:
    """The known values of an allele, one text `source field=value` each. If a source has no value, its name alone."""
    return [f"{name}={value}" if value else name for name, value in list_known(facts)]


def list_known(facts: Facts) -> list[tuple[str, str]]:
    """The known values of an allele: `source field` and the value, for each. If a source has no value, its name alone,
    and an empty text."""
    listed = []
    for source, fields in facts.items():
        entries = [
            (f"{source} {name}", _text(value)) for name, value in fields.items() if value is not None and name != "id"
        ]
        listed += entries or [(source, "")]
    return listed


def _text(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.6g}"


def pivot_known(known: pd.DataFrame) -> pd.DataFrame:
    """Table `known` with one row per allele and one column `<source>_<field>` each, to be merged with another table on
    the allele. A column has numbers if the field is numeric, else text."""
    kinds = known.assign(
        column=known.source + "_" + known.field,
        cell=known.number.astype(object).where(known.number.notna(), known.value),
    )
    wide = kinds.pivot(index=ALLELE, columns="column", values="cell").reset_index()
    order = list(dict.fromkeys(kinds.column))
    numbers = kinds.number.notna().groupby(kinds.column).any()
    texts = (kinds.value.notna() & kinds.number.isna()).groupby(kinds.column).any()
    wide = wide[[*ALLELE, *order]].rename_axis(columns=None)
    return wide.astype({name: "float64" for name in order if numbers[name] and not texts[name]})


def known_frequencies(known: pd.DataFrame, field: str = "AF", source: str | None = None) -> pd.DataFrame:
    """The largest number that the sources, or one of them, have in a field (an allele frequency) for each allele: the
    columns of the allele, and `known_af`. Alleles without a value are left out."""
    rows = known[(known.field == field) & known.number.notna() & (source is None or known.source == source)]
    return rows.groupby(ALLELE, sort=False).number.max().rename("known_af").reset_index()


def hidden_alleles(known: pd.DataFrame) -> pd.DataFrame:
    """The alleles that `hide_above` of config key `known` leaves out of report, ranking and burden tests, each once."""
    return known.loc[known.hides, ALLELE].drop_duplicates(ignore_index=True)


def without_alleles(rows: T, hidden: pd.DataFrame) -> T:
    """The rows of a table, or of a frame, without those of these alleles."""
    if hidden.empty:
        return rows
    spelled = rows.select(ALLELE).to_pandas() if isinstance(rows, pa.Table) else rows[ALLELE]
    stay = ~np.asarray(pd.MultiIndex.from_frame(spelled).isin(pd.MultiIndex.from_frame(hidden[ALLELE])))
    return rows.filter(pa.array(stay)) if isinstance(rows, pa.Table) else rows[stay]


def known_texts(alleles: Iterable[Allele], known: Mapping[Allele, Facts]) -> list[str | None]:
    """The known values of each allele in one text; None if there are none."""
    return [", ".join(describe_known(known.get(allele, {}))) or None for allele in alleles]
