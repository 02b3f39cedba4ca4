"""The alleles that have a card in the report, and the windows that their cards examine in detail."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pasvar.effects.window_pairs import scored_windows
from pasvar.tables import ALLELE, read_arrow, without_alleles

_EFFECT = [*ALLELE, "gene_id", "site_id", "expected_impact", "delta_logodds_narrow"]


def leading_effects(effects: pa.Table, n: int) -> pa.Table:
    """The `n` rows of `gene_effects` with the highest expected impact; of equal ones those with the largest effect,
    then the first."""
    size = np.nan_to_num(np.abs(effects["delta_logodds_narrow"].to_numpy()))  # a structural change has none
    return effects.take(np.lexsort((-size, -effects["expected_impact"].to_numpy()))[:n])


def choose_card_windows(
    gene_effects: str | Path,
    scores: str | Path,
    alleles: Iterable[str | Path],
    windows: pd.DataFrame,
    hidden: pd.DataFrame,
    n: int,
) -> pd.DataFrame:
    """The `n` pairs of allele and gene with the highest expected impact, sorted by it, highest first: the columns of
    the allele, gene_id, site_id (of the site hit hardest), and window_ref, window_alt and hexamer_start of
    `scored_windows`.

    gene_effects, scores, alleles: paths of the tables of these names, `alleles` of all shards. windows: table
    `windows`. hidden: alleles that are left out, see `tables.hidden_alleles`. Structural changes have no windows and so
    no card.
    """
    effects = without_alleles(read_arrow(gene_effects, "gene_effects", _EFFECT), hidden)
    scored = effects.filter(pc.is_valid(effects["delta_logodds_narrow"]))
    chosen = leading_effects(scored, n).select([*ALLELE, "gene_id", "site_id"])
    of_scores = _rows(read_arrow(scores, "scores", [*ALLELE, "site_id", "flags"]), chosen)
    of_alleles = [_rows(read_arrow(path, "alleles"), chosen) for path in alleles]
    pairs = scored_windows(pd.concat(of_alleles, ignore_index=True), windows, of_scores)
    return chosen.to_pandas().merge(pairs, on=[*ALLELE, "site_id"], how="left", validate="many_to_one")


def _rows(table: pa.Table, chosen: pa.Table) -> pd.DataFrame:
    """The rows of a table that have the allele and the site of a chosen pair."""
    near = table.filter(pc.and_(pc.is_in(table["pos"], chosen["pos"]), pc.is_in(table["site_id"], chosen["site_id"])))
    key = [*ALLELE, "site_id"]
    return near.to_pandas().merge(chosen.select(key).to_pandas().drop_duplicates(), on=key)
