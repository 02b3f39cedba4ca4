"""From scores of windows to effects: per allele and site, per allele and gene, per gene."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa

from pasvar.competition import GeneSites, genes_of
from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH
from pasvar.errors import InputError
from pasvar.scores import delta_usage
from pasvar.tables import TABLES, empty_frame
from pasvar.usage import POLYADB_V3, predict_usage

_KEY = ["chrom", "pos", "ref", "alt"]


def score_sites(catalogue: pd.DataFrame, window_scores: pd.DataFrame) -> pd.DataFrame:
    """Table `sites`: the catalogue with reference log odds, and usages predicted from them where none are measured."""
    sites = catalogue.merge(window_scores, on="site_id", how="left", validate="many_to_one")
    unscored = sites.logodds_narrow.isna()
    if unscored.any():
        raise InputError(
            f"site {sites.site_id[unscored].iloc[0]} has no reference score; remove results/ and run again"
        )
    usage = sites.usage_ref.to_numpy(dtype=np.float64, copy=True)
    source = sites.usage_source.to_numpy(dtype=object, copy=True)
    for _, gene in sites.sort_values("rank").groupby("gene_id", sort=False):
        if gene.usage_ref.isna().any():
            usage[gene.index] = predict_usage(gene.logodds_narrow.to_numpy(), gene.cut_pos.to_numpy())
            source[gene.index] = f"predicted:{POLYADB_V3.name}"
    return sites.assign(usage_ref=usage, usage_source=source)


def score_alleles(
    alleles: pd.DataFrame, allele_scores: pd.DataFrame, windows: pd.DataFrame, sites: pd.DataFrame
) -> pd.DataFrame:
    """Table `scores` without the genotype columns: one row per allele, site and gene, in the order of `alleles`.

    Raises InputError where the scores are not those of these alleles.
    """
    key = [*_KEY, "site_id"]
    if not alleles[key].reset_index(drop=True).equals(allele_scores[key].reset_index(drop=True)):
        raise InputError("the scores of a shard are not of its alleles; remove results/shards and run again")
    columns = ["site_id", "gene_id", "gene_name", "strand", "usage_ref", "logodds_narrow", "logodds"]
    scores = alleles.assign(
        logodds_narrow_alt=allele_scores.logodds_narrow_alt.to_numpy(), logodds_alt=allele_scores.logodds_alt.to_numpy()
    )
    # A left merge keeps the order of the alleles; sites that several genes share give a row for each.
    scores = scores.merge(sites[columns], on="site_id", how="left").merge(
        windows[["site_id", "window"]], on="site_id", how="left"
    )
    scores = scores.rename(columns={"logodds_narrow": "logodds_narrow_ref", "logodds": "logodds_ref"})
    scores["delta_logodds_narrow"] = scores.logodds_narrow_alt - scores.logodds_narrow_ref
    scores["delta_logodds"] = scores.logodds_alt - scores.logodds_ref
    scores["delta_usage"] = delta_usage(scores.usage_ref, scores.delta_logodds)
    hexamer = slice(HEXAMER_INDEX, HEXAMER_INDEX + HEXAMER_LENGTH)
    scores["hexamer_ref"] = scores.window.str[hexamer]
    scores["hexamer_alt"] = scores.window_alt.str[hexamer]
    return scores


def add_genotypes(scores: pd.DataFrame, carriers: pd.DataFrame) -> pd.DataFrame:
    """The scores with carriers and counts, and with `af` from the genotypes where there are any; nulls elsewhere."""
    columns = ["n_carriers", "allele_count", "allele_number"]
    joined = scores.merge(carriers.astype(dict.fromkeys(columns, "Int32")), on=_KEY, how="left")
    counted = (joined.allele_number.fillna(0) > 0).to_numpy()
    af = joined.allele_count[counted].astype(float) / joined.allele_number[counted].astype(float)
    joined.loc[counted, "af"] = af.astype("float32")
    return joined


def gene_effects(scores: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Table `gene_effects`: per allele and gene the site hit hardest, and what becomes of the usage of all the gene's sites.

    The hardest hit is the largest |delta_logodds_narrow|, the most proximal of equals: a loss is not hidden by a weaker gain.
    """
    if scores.empty:
        return empty_frame("gene_effects")
    key = [*_KEY, "gene_id"]
    ranked = scores.merge(sites[["gene_id", "site_id", "rank"]], on=["gene_id", "site_id"], how="left")
    ranked["_allele"] = ranked.groupby(key, sort=False).ngroup()
    ranked["_size"] = ranked.delta_logodds_narrow.abs()
    hardest = ranked.sort_values(["_allele", "_size", "rank"], ascending=[True, False, True]).drop_duplicates("_allele")
    genes = dict(genes_of(sites[sites.gene_id.isin(scores.gene_id)]))
    usage = pd.concat([_usage_vectors(hits, genes[gene]) for gene, hits in ranked.groupby("gene_id", sort=False)])
    hardest = hardest.drop(columns="usage_ref").join(usage, on="_allele")
    return hardest[TABLES["gene_effects"].schema.names].reset_index(drop=True)


def _usage_vectors(hits: pd.DataFrame, gene: GeneSites) -> pd.DataFrame:
    """The gene's usage before and after each of its alleles, by `_allele`. hits: one row per allele and site that it changes."""
    allele, n_hit = np.unique(hits["_allele"], return_counts=True)
    delta = np.zeros((len(allele), len(gene.site_ids)))
    delta[np.searchsorted(allele, hits["_allele"]), hits["rank"].to_numpy() - 1] = hits.delta_logodds_narrow
    usage_alt = gene.usage_alt(delta)
    return pd.DataFrame(
        {
            "n_sites": len(gene.site_ids),
            "n_sites_hit": n_hit,
            "site_ids": [gene.site_ids] * len(allele),
            "usage_ref": [gene.usage_ref.tolist()] * len(allele),
            "usage_alt": usage_alt.tolist(),
            "delta_pdui": gene.delta_pdui(usage_alt),
            "delta_utr_length": gene.delta_utr_length(usage_alt),
        },
        index=allele,
    )


def summarise_genes(
    sites: pd.DataFrame,
    effects: Iterable[pa.Table],
    counts: pd.DataFrame,
    people: pd.DataFrame,
    with_genotypes: bool,
    min_effect: float,
) -> pd.DataFrame:
    """Table `genes`: every gene that has a site, also those without an allele, by genome position of its first site.

    effects: `gene_effects` in pieces. counts, people: the shards' `gene_counts` and `gene_carriers` one after the other.
    """
    genes = sites.groupby("gene_id", sort=False).agg(
        gene_name=("gene_name", "first"),
        chrom=("chrom", "first"),
        strand=("strand", "first"),
        n_sites=("site_id", "size"),
    )
    genes = genes.join(counts.groupby("gene_id")[["n_alleles", "n_scored"]].sum())
    top, strong = _strongest(effects, min_effect)
    genes = genes.join(strong.rename("n_strong")).fillna({"n_alleles": 0, "n_scored": 0, "n_strong": 0}).join(top)
    # All sites of a gene are in one shard, so that nobody is counted twice.
    carriers = people.set_index("gene_id").carriers
    genes["carriers"] = carriers.reindex(genes.index, fill_value=0).astype("Int32") if with_genotypes else pd.NA
    return genes.reset_index()


def _strongest(effects: Iterable[pa.Table], min_effect: float) -> tuple[pd.DataFrame, pd.Series]:
    """Per gene the strongest allele, and the number of strong ones; holds one piece and the result in memory."""
    columns = [*_KEY, "id", "gene_id", "site_id", "delta_logodds_narrow"]
    top, strong = pd.DataFrame(columns=[*columns, "size"]), pd.Series(dtype="int64")
    for piece in effects:
        frame = piece.select(columns).to_pandas()
        frame["size"] = frame.delta_logodds_narrow.abs()
        pieces = [part for part in (top, frame) if len(part)]
        if pieces:
            top = pd.concat(pieces).sort_values("size", ascending=False, kind="stable").drop_duplicates("gene_id")
        strong = strong.add(frame[frame["size"] >= min_effect].groupby("gene_id").size(), fill_value=0)
    top = top.set_index("gene_id")
    return pd.DataFrame(
        {
            "max_abs_delta_logodds_narrow": top["size"].astype("float32"),
            "top_delta_logodds_narrow": top.delta_logodds_narrow.astype("float32"),
            "top_variant": top.chrom + ":" + top.pos.astype(str) + ":" + top.ref + ":" + top.alt,
            "top_variant_id": top.id,
            "top_site": top.site_id,
        }
    ), strong
