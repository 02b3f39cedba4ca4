"""The effects of structural changes on genes: the sites that they remove or duplicate, and which sites then make the 3'
ends.

The network is not used. A deleted site has no usage left, and the gene's other sites share its usage, as they share the
loss of a weakened site. A site that is present n times has n times its odds, as if each copy were cut like the
original. This is a convention: how often each copy is cut was not measured.
"""

import numpy as np
import pandas as pd

from pasvar.effects.competition import GeneSites, TissueSites, genes_of
from pasvar.effects.gene_effects import HITS, TOP_TISSUE, Deltas, top_tissue, usage_vectors
from pasvar.genome import gene_spans
from pasvar.tables import ALLELE, TABLES, empty_frame

_WHOLE = ["gene_duplicated", "gene_deleted"]
"""Directions of changes that contain a whole gene."""

_LOST = ["gaining_site", "losing_site", "utr_lost", "coding_lost"]
"""Columns that compare the sites before and after; if all sites are deleted, there is nothing to compare."""


def compute_structural_effects(
    structural: pd.DataFrame,
    sites: pd.DataFrame,
    exons: pd.DataFrame,
    tissue_usage: pd.DataFrame,
    usage_floor: float,
    min_usage_shift: float,
) -> pd.DataFrame:
    """Rows of table `gene_effects`, without the genotype columns, of the alleles in table `structural_alleles`.

    sites, exons, tissue_usage: the tables. usage_floor, min_usage_shift: as of `gene_effects.compute_gene_effects`.
    """
    if structural.empty:
        return empty_frame("gene_effects")
    hits = _hits(structural, sites, exons)
    genes = dict(genes_of(sites[sites.gene_id.isin(hits.gene_id)]))
    parts = []
    for gene_id, of_gene in hits.groupby("gene_id", sort=False):
        gene, delta = genes[gene_id], Deltas(of_gene[HITS], genes[gene_id])
        part = _of_gene(delta, gene, min_usage_shift)
        rows = tissue_usage[tissue_usage.gene_id == gene_id]
        left = ~np.isneginf(delta.narrow).all(axis=1)
        if len(rows) and left.any():
            kept = Deltas(of_gene.loc[of_gene["_allele"].isin(delta.allele[left]), HITS], gene)
            part = part.join(top_tissue(kept, TissueSites(gene, rows, usage_floor)))
        parts.append(part)
    usage = pd.concat([part.reindex(columns=[*_columns(parts[0]), *TOP_TISSUE]) for part in parts])
    found = _most_used(hits).drop(columns="usage_ref").join(usage, on="_allele")
    whole = np.select([found["_is_whole"] & (found.copies > 0), found["_is_whole"] & found["_is_gone"]], _WHOLE, "")
    found["direction"] = np.where(whole == "", found.direction, whole)
    return found[TABLES["gene_effects"].schema.names].reset_index(drop=True)


def with_structural(effects: pd.DataFrame, structural: pd.DataFrame, chroms: pd.Series) -> pd.DataFrame:
    """Table `gene_effects` of scored and of structural alleles, by position. chroms: contigs in the genome's order."""
    if structural.empty:
        return effects
    parts = [part for part in (effects, structural) if len(part)]
    both = pd.concat(parts, ignore_index=True)
    order = {chrom: i for i, chrom in enumerate(chroms.unique())}
    ranked = both.assign(_contig=both.chrom.map(order)).sort_values(["_contig", *ALLELE[1:]], kind="stable")
    return both.loc[ranked.index].reset_index(drop=True)


def _hits(structural: pd.DataFrame, sites: pd.DataFrame, exons: pd.DataFrame) -> pd.DataFrame:
    """One row per allele, site and gene, with the columns of table `gene_effects` that come from the site or the
    record.

    `_is_whole`: the change contains the whole gene.
    """
    columns = [
        *("site_id", "gene_id", "gene_name", "strand", "rank", "hexamer", "logodds_narrow", "usage_ref"),
        *("outside_fit", "a_rich"),
    ]
    hits = structural.merge(sites[columns], on=["site_id", "gene_id"], how="left", validate="many_to_one")
    hits["_allele"] = hits.groupby([*ALLELE, "gene_id"], sort=False).ngroup()
    with np.errstate(divide="ignore"):  # without copies the odds are 0
        hits["_delta"] = np.log(hits.copies.to_numpy(dtype=np.float64))
    hits["_is_whole"] = _whole_genes(hits, exons)
    # Each copy of a gene has its own sites.
    hits.loc[hits["_is_whole"] & (hits.copies > 0), "_delta"] = 0.0
    flags = [("imprecise", hits.imprecise), ("a_rich", hits.a_rich), ("outside_fit", hits.outside_fit)]
    set_flags = zip(*(np.where(is_set.astype(bool), name, "") for name, is_set in flags), strict=True)
    return hits.assign(
        _low=hits["_delta"],
        _high=hits["_delta"],
        mechanism=np.where(hits.copies == 0, "site_deleted", "site_duplicated"),
        flags=["&".join(filter(None, names)) or None for names in set_flags],
        hexamer_ref=hits.hexamer,
        logodds_narrow_ref=hits.logodds_narrow,
        structural_end=hits.end,
        **_nothing_scored(),
    )


def _nothing_scored() -> dict[str, object]:
    numbers = (
        *("delta_logodds_narrow", "delta_logodds_narrow_other", "delta_logodds", "delta_expected", "delta_low"),
        *("delta_high", "direction_probability"),
    )
    return {**dict.fromkeys(numbers, np.nan), "region": None, "hexamer_alt": None}


def _of_gene(delta: Deltas, gene: GeneSites, min_usage_shift: float) -> pd.DataFrame:
    """The change in the gene's usage, by `_allele`, with `_is_gone`: no used site is left."""
    part = usage_vectors(delta, gene, min_usage_shift).astype(dict.fromkeys(_LOST[:2], object))
    is_gone = gene.is_gone(delta.narrow)
    part.loc[is_gone, _LOST[:2]] = None
    part.loc[is_gone, _LOST[2:]] = np.nan
    part.loc[is_gone, "impact"] = 1.0
    part["expected_impact"] = part.impact * part.confidence.fillna(1.0)
    part.loc[is_gone, "direction"] = "all_sites_deleted"
    # Error bars belong to predictions, and there is none here.
    spread = [name for name in part.columns if name.startswith("delta_") and name.endswith(("_low", "_high"))]
    return part.assign(**dict.fromkeys(spread, np.nan), _is_gone=is_gone)


def _columns(part: pd.DataFrame) -> list[str]:
    return [name for name in part.columns if name not in TOP_TISSUE]


def _most_used(hits: pd.DataFrame) -> pd.DataFrame:
    """For each allele and gene, the site with the largest usage; of equals the most proximal."""
    ordered = hits.sort_values(["_allele", "usage_ref", "rank"], ascending=[True, False, True])
    return ordered.drop_duplicates("_allele")


def _whole_genes(hits: pd.DataFrame, exons: pd.DataFrame) -> pd.Series:
    """Which rows are of changes that contain the whole gene, from its first exon to its last."""
    spans = gene_spans(exons[exons.gene_id.isin(hits.gene_id)]).set_index("gene_id")
    first, last = (hits.gene_id.map(spans[name]) for name in ("start", "end"))
    return (hits.start <= first) & (last <= hits.end)
