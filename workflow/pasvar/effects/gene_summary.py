"""One row per gene: its number of alleles, and the allele with the highest impact."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa

from pasvar.tables import (
    ALLELE,
    empty_frame,
    hidden_alleles,
    hide_alleles,
    hide_carriers,
    known_of,
    known_texts,
    without_alleles,
)


def summarise_genes(
    sites: pd.DataFrame,
    effects: Iterable[pa.Table],
    counts: pd.DataFrame,
    people: pd.DataFrame,
    n_people: int,
    min_effect: float,
    known: pd.DataFrame | None = None,
    min_cell: int | None = None,
) -> pd.DataFrame:
    """Table `genes`: every gene that has a site, also genes without an allele, by genome position of the first site.

    effects: `gene_effects` in pieces. counts, people: the shards' `gene_counts` and `gene_carriers` one after the
    other. known: table `known`; alleles that it hides are only counted as alleles of the gene. n_people: in the cohort,
    0 without genotypes. min_cell: the config key, as `tables.hide_carriers` takes it.
    """
    known = empty_frame("known") if known is None else known
    hidden = hidden_alleles(known)
    genes = sites.groupby("gene_id", sort=False).agg(
        gene_name=("gene_name", "first"),
        chrom=("chrom", "first"),
        strand=("strand", "first"),
        n_sites=("site_id", "size"),
    )
    genes = genes.join(counts.groupby("gene_id")[["n_alleles", "n_scored"]].sum())
    shown = _ShownCarriers(min_effect, min_cell)
    top, strong = _top_alleles((without_alleles(piece, hidden) for piece in shown.watch(effects)), min_effect)
    top["top_variant_known"] = known_texts(top.pop("top_allele"), known_of(known))
    genes = genes.join(strong).fillna({"n_alleles": 0, "n_scored": 0, "n_strong": 0}).join(top)
    # All sites of a gene are in one shard, so that nobody is counted twice.
    carriers = people.set_index("gene_id").carriers
    carriers = carriers.reindex(genes.index, fill_value=0).astype("Int32")
    genes["carriers"] = hide_carriers(carriers, shown.counts, shown.others, n_people, min_cell) if n_people else pd.NA
    return genes.reset_index()


class _ShownCarriers:
    """By gene, the number of carriers of each of its strong alleles as the results show it (`counts`), and whether the
    gene has strong alleles whose number is not shown (`others`)."""

    def __init__(self, min_effect: float, min_cell: int | None):
        self._min_effect, self._min_cell = min_effect, min_cell
        self.counts: dict[str, np.ndarray] = {}
        self.others: dict[str, bool] = defaultdict(bool)

    def watch(self, effects: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """The same pieces of `gene_effects`; each is examined as it passes."""
        for piece in effects:
            if self._min_cell is not None:
                frame = hide_alleles(piece, self._min_cell).select(["gene_id", "delta_logodds_narrow", "n_carriers"])
                strong = frame.to_pandas().query(
                    "abs(delta_logodds_narrow) >= @limit", local_dict={"limit": self._min_effect}
                )
                for gene_id, counts in strong.groupby("gene_id").n_carriers:
                    seen = self.counts.get(gene_id, np.array([]))
                    self.counts[gene_id] = np.concatenate([seen, counts.dropna()])
                    self.others[gene_id] |= bool(counts.isna().any())
            yield piece


_ALLELE_COLUMNS = [
    *ALLELE,
    *(
        "id",
        "norm_pos",
        "norm_ref",
        "norm_alt",
        "gene_id",
        "site_id",
        "delta_logodds_narrow",
        "impact",
        "expected_impact",
        "direction",
    ),
]


def _top_alleles(effects: Iterable[pa.Table], min_effect: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """For each gene, the allele with the highest expected impact (of equals that with the largest effect, then the
    first), the number of strong alleles and the largest effect. Memory holds one piece and the result."""
    top = pd.DataFrame(columns=[*_ALLELE_COLUMNS, "size"])
    counts = pd.DataFrame(
        {"n_strong": pd.Series(dtype="int64"), "max_abs_delta_logodds_narrow": pd.Series(dtype="float32")}
    )
    for piece in effects:
        frame = piece.select(_ALLELE_COLUMNS).to_pandas()
        frame["size"] = frame.delta_logodds_narrow.abs()
        pieces = [part for part in (top, frame) if len(part)]
        if pieces:
            ranked = pd.concat(pieces).sort_values(["expected_impact", "size"], ascending=False, kind="stable")
            top = ranked.drop_duplicates("gene_id")
        # Different spellings of one change are one allele.
        again = frame.duplicated(["gene_id", "chrom", "norm_pos", "norm_ref", "norm_alt"])
        sizes = frame.assign(strong=(frame["size"] >= min_effect) & ~again).groupby("gene_id")
        found = sizes.agg(n_strong=("strong", "sum"), max_abs_delta_logodds_narrow=("size", "max"))
        parts = [part for part in (counts, found) if len(part)]
        if parts:
            both = pd.concat(parts).groupby(level=0)
            counts = both.agg({"n_strong": "sum", "max_abs_delta_logodds_narrow": "max"})
    top = top.set_index("gene_id")
    named = pd.DataFrame(
        {
            "max_expected_impact": top.expected_impact.astype("float32"),
            "top_variant": top.chrom + ":" + top.pos.astype(str) + ":" + top.ref + ":" + top.alt,
            "top_variant_id": top.id,
            "top_allele": pd.Series(list(zip(*(top[name] for name in ALLELE), strict=True)), top.index, dtype=object),
            "top_impact": top.impact.astype("float32"),
            "top_direction": top.direction,
            "top_delta_logodds_narrow": top.delta_logodds_narrow.astype("float32"),
            "top_site": top.site_id,
        }
    )
    return named, counts
