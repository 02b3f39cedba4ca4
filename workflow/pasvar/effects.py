"""From scores of windows to effects: per allele and site, per allele and gene, per gene."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import pyarrow as pa

from pasvar import genotypes
from pasvar.competition import GeneSites, genes_of, reference_usage
from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH
from pasvar.errors import InputError
from pasvar.scores import WINDOW_SCORES, delta_usage
from pasvar.tables import TABLES, empty_frame
from pasvar.usage import FITS

_KEY = ["chrom", "pos", "ref", "alt"]


def score_sites(catalogue: pd.DataFrame, window_scores: pd.DataFrame, usage_floor: float) -> pd.DataFrame:
    """Table `sites`: the catalogue with reference log odds, and the usages that the gene's sites have in the reference."""
    sites = catalogue.merge(window_scores, on="site_id", how="left", validate="many_to_one")
    unscored = sites.logodds_narrow.isna()
    if unscored.any():
        raise InputError(
            f"site {sites.site_id[unscored].iloc[0]} has no reference score; remove results/ and run again"
        )
    usage = [reference_usage(gene, usage_floor) for _, gene in sites.groupby("gene_id", sort=False)]
    return sites.drop(columns="usage_source").join(pd.concat(usage))


def score_alleles(
    alleles: pd.DataFrame, allele_scores: pd.DataFrame, windows: pd.DataFrame, sites: pd.DataFrame
) -> pd.DataFrame:
    """Table `scores` without the genotype columns: one row per allele, site and gene, in the order of `alleles`.

    Raises InputError where the scores are not those of these alleles.
    """
    key = [*_KEY, "site_id"]
    if not alleles[key].reset_index(drop=True).equals(allele_scores[key].reset_index(drop=True)):
        raise InputError("the scores of a shard are not of its alleles; remove results/shards and run again")
    columns = ["site_id", "gene_id", "gene_name", "strand", "usage_ref", *WINDOW_SCORES]
    of_window = [f"{name}_alt" for name in WINDOW_SCORES]
    scores = alleles.assign(**{name: allele_scores[name].to_numpy() for name in of_window})
    # A left merge keeps the order of the alleles; sites that several genes share give a row for each.
    scores = scores.merge(sites[columns], on="site_id", how="left").merge(
        windows[["site_id", "window"]], on="site_id", how="left"
    )
    scores = scores.rename(columns={name: f"{name}_ref" for name in WINDOW_SCORES})
    for name in WINDOW_SCORES:
        scores[f"delta_{name}"] = scores[f"{name}_alt"] - scores[f"{name}_ref"]
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


def gene_effects(scores: pd.DataFrame, sites: pd.DataFrame, min_usage_shift: float) -> pd.DataFrame:
    """Table `gene_effects`: per allele and gene the site hit hardest, and what becomes of the usage of all the gene's sites.

    The hardest hit is the largest |delta_logodds_narrow|, the most proximal of equals: a loss is not hidden by a weaker gain.
    scores: as `score_alleles` gives them. min_usage_shift: total variation from which the shift has a direction.
    """
    if scores.empty:
        return empty_frame("gene_effects")
    key = [*_KEY, "gene_id"]
    ranked = scores.merge(sites[["gene_id", "site_id", "rank"]], on=["gene_id", "site_id"], how="left")
    ranked["_allele"] = ranked.groupby(key, sort=False).ngroup()
    ranked["_size"] = ranked.delta_logodds_narrow.abs()
    hardest = ranked.sort_values(["_allele", "_size", "rank"], ascending=[True, False, True]).drop_duplicates("_allele")
    genes = dict(genes_of(sites[sites.gene_id.isin(scores.gene_id)]))
    usage = pd.concat(
        [_usage_vectors(hits, genes[gene], min_usage_shift) for gene, hits in ranked.groupby("gene_id", sort=False)]
    )
    hardest = hardest.drop(columns="usage_ref").join(usage, on="_allele")
    return hardest[TABLES["gene_effects"].schema.names].reset_index(drop=True)


def _usage_vectors(hits: pd.DataFrame, gene: GeneSites, min_usage_shift: float) -> pd.DataFrame:
    """The gene's usage before and after each of its alleles, by `_allele`. hits: one row per allele and site that it changes."""
    allele, n_hit = np.unique(hits["_allele"], return_counts=True)
    place = np.searchsorted(allele, hits["_allele"]), hits["rank"].to_numpy() - 1
    delta = {}
    for score in {fit.score for fit in FITS}:
        delta[score] = np.zeros((len(allele), len(gene.site_ids)))
        delta[score][place] = hits[f"delta_{score}"]
    usage_alt = gene.usage_alt(delta["logodds_narrow"])
    pdui, length = gene.delta_pdui(usage_alt), gene.delta_utr_length(usage_alt)
    shift = usage_alt - gene.usage_ref
    total_variation = np.abs(shift).sum(axis=1) / 2
    site_ids = np.array(gene.site_ids, dtype=object)
    moved = total_variation > 0
    return pd.DataFrame(
        {
            "n_sites": len(gene.site_ids),
            "n_sites_hit": n_hit,
            "site_ids": [gene.site_ids] * len(allele),
            "usage_ref": [gene.usage_ref.tolist()] * len(allele),
            "usage_alt": usage_alt.tolist(),
            "usage_measured": gene.is_measured,
            "delta_pdui": pdui,
            "delta_utr_length": length,
            "total_variation": total_variation,
            "direction": _directions(length, pdui, total_variation, min_usage_shift),
            "gaining_site": np.where(moved, site_ids[shift.argmax(axis=1)], None),
            "losing_site": np.where(moved, site_ids[shift.argmin(axis=1)], None),
            "delta_truncated": gene.delta_truncated(usage_alt),
            **_spread(gene, delta),
        },
        index=allele,
    )


def _directions(
    length: np.ndarray, pdui: np.ndarray, total_variation: np.ndarray, min_usage_shift: float
) -> np.ndarray:
    """shortening, lengthening or none, by the expected 3' UTR length, or by the distal usage where no site has a 3' UTR."""
    change = np.where(np.isnan(length), pdui, length)
    named = np.select([change < 0, change > 0], ["shortening", "lengthening"], "none")
    return np.where(total_variation >= min_usage_shift, named, "none")


def _spread(gene: GeneSites, delta: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The extremes of delta_pdui and delta_utr_length over the published fits, NaN where the usages are measured."""
    before, after = gene.by_fit(delta)
    unknown = np.full(after.shape[1], np.nan)
    spread = {}
    for name, of_fits in (
        ("delta_pdui", gene.delta_pdui(after, before)),
        ("delta_utr_length", gene.delta_utr_length(after, before)),
    ):
        spread[f"{name}_low"] = unknown if gene.is_measured else of_fits.min(axis=0)
        spread[f"{name}_high"] = unknown if gene.is_measured else of_fits.max(axis=0)
    return spread


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
    carriers = people.groupby("gene_id").people.apply(genotypes.union)
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
