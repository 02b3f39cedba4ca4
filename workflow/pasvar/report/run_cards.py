"""The cards of a run, from its tables."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow.compute as pc

from pasvar.constants import WINDOW_LENGTH
from pasvar.report.card import Card, known_rows
from pasvar.report.content import ALLELE, records
from pasvar.report.run_tables import Run


def cards_of(run: Run, settings: Mapping) -> Iterator[Card]:
    """One card for each row of table `card_windows`, in its order. settings: config key `known` names the sources
    asked."""
    sources = [source["name"] for source in settings.get("known", ())]
    for found in records(run.card_windows):
        allele = {name: found[name] for name in ALLELE}
        yield Card(
            _row(run, found),
            found["window_ref"],
            found["window_alt"],
            found["hexamer_start"],
            found["profile_ref"],
            found["profile_alt"],
            np.reshape(found["effects"], (4, WINDOW_LENGTH)),
            run.assembly,
            known_rows(run.known.get(tuple(allele.values()), {}), sources),
        )


def _row(run: Run, found: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of `scores` and `gene_effects` at the site hit hardest, and the gene's `sites`, as `query.answer` has them."""
    (score,) = _rows_of(run.scores, found, ("site_id", "gene_id"))
    (effect,) = _rows_of(run.gene_effects, found, ("gene_id",))
    usage = dict(zip(effect["site_ids"], map(float, effect["usage_alt"]), strict=True))
    sites = records(run.sites[run.sites.gene_id == found["gene_id"]].sort_values("rank"))
    of_gene = {"gene_name": sites[0]["gene_name"], "strand": sites[0]["strand"]}
    with_usage = [site | {"usage_alt": usage.get(site["site_id"], site["usage_ref"])} for site in sites]
    return score | effect | of_gene | {"sites": with_usage}


def _rows_of(table: Any, found: Mapping[str, Any], more: tuple[str, ...]) -> list[dict]:
    """The rows of a table that have the same allele as another row, and the same values in further named columns."""
    rows = table.filter(pc.equal(table["pos"], found["pos"]))
    for name in ("chrom", "ref", "alt", *more):
        rows = rows.filter(pc.equal(rows[name], found[name]))
    return records(rows.to_pandas())
