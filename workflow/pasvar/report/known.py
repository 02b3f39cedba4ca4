"""The data of table `known` on the pages: columns of the list of variants, and the frequency by which effects are
drawn."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pyarrow as pa

from pasvar.report import content
from pasvar.tables import ALLELE, known_frequencies, pivot_known

MAX_CHOICES = 30
"""Maximum number of distinct texts of a field for which the list of variants offers a choice."""

KINDS = ("share", "number", "choice", "text")
"""The kind of a field, for the list's filters: numbers that are all from 0 to 1, other numbers, few distinct texts,
many."""


def add_known(rows: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with an additional column `<source>_<field>` for each field of the table `known`; and a description of these
    columns: column, source, field, kind (of `KINDS`).

    rows: alleles, each any number of times. Null if no source has the allele, or the source has no value.
    """
    fields = known[["source", "field"]].drop_duplicates()
    added = [(f"{source}_{name}", source, name) for source, name in fields.itertuples(index=False)]
    names = [name for name, *_ in added]
    if rows.empty:
        joined = rows.assign(**dict.fromkeys(names))
    else:
        joined = rows.merge(pivot_known(known), on=ALLELE, how="left", validate="many_to_one")
    kinds = [_kind(joined[name]) for name in names]
    return joined, pd.DataFrame(added, columns=["column", "source", "field"]).assign(kind=kinds)


def _kind(values: pd.Series) -> str:
    given = values.dropna()
    if pd.api.types.is_numeric_dtype(values):
        return "share" if given.between(0, 1).all() else "number"
    return "choice" if given.nunique() <= MAX_CHOICES else "text"


def frequency_field(settings: Mapping) -> tuple[str, str] | None:
    """Source and field by which effects are drawn: those of the first source of config key `known` that has a
    frequency."""
    found = ((source["name"], source.get("frequency")) for source in settings.get("known", ()))
    return next(((name, field) for name, field in found if field), None)


def known_frequency_groups(
    scores: pa.Table, known: pd.DataFrame, wanted: tuple[str, str] | None
) -> list[tuple[str, np.ndarray]]:
    """As `content.frequency_groups`, by the frequency in a source; the first group has the alleles that the source does
    not have. Empty if the source has none of them. wanted: of `frequency_field`."""
    if wanted is None:
        return []
    source, field = wanted
    frequencies = known_frequencies(known, field, source)
    hits = content.allele_hits(scores).merge(frequencies, on=ALLELE, how="left")
    groups = content.by_frequency(hits, hits.known_af)
    absent = hits.delta_logodds_narrow[hits.known_af.isna()].abs().to_numpy(np.float64)
    return [(f"not in {source}", absent), *groups] if groups else []
