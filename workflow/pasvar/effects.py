"""From scores of windows to effects per allele and site, and a summary per gene."""

from collections.abc import Iterable

import pandas as pd
import pyarrow as pa

from pasvar.competition import reference_usage
from pasvar.constants import WINDOW_LENGTH
from pasvar.context import References
from pasvar.errors import InputError
from pasvar.scores import delta_usage
from pasvar.sequence import encode_rows
from pasvar.tables import ALLELE, GENOTYPES


def score_sites(catalogue: pd.DataFrame, window_scores: pd.DataFrame, usage_floor: float) -> pd.DataFrame:
    """Table `sites`: the catalogue with reference log odds, and the usages that the gene's sites have in the reference."""
    sites = catalogue.merge(window_scores, on="site_id", how="left", validate="many_to_one")
    unscored = sites.logodds_narrow.isna()
    if unscored.any():
        raise InputError(
            f"site {sites.site_id[unscored].iloc[0]} has no reference score; remove results/ and run again"
        )
    return sites.drop(columns="usage_source").join(reference_usage(sites, usage_floor))


def score_alleles(
    alleles: pd.DataFrame, allele_scores: pd.DataFrame, windows: pd.DataFrame, sites: pd.DataFrame
) -> pd.DataFrame:
    """Table `scores` without the genotype columns: one row per allele, site and gene, in the order of `alleles`.

    Raises InputError where the scores are not those of these alleles.
    """
    key = [*ALLELE, "site_id"]
    if not alleles[key].reset_index(drop=True).equals(allele_scores[key].reset_index(drop=True)):
        raise InputError("the scores of a shard are not of its alleles; remove results/shards and run again")
    scored = alleles.assign(**{name: allele_scores[name].to_numpy() for name in allele_scores.columns.drop(key)})
    codes = encode_rows(alleles.window_alt.to_list(), WINDOW_LENGTH)
    return add_genes(References(windows, sites).compare(scored, codes), sites)


def add_genes(compared: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Rows of alleles and sites, as of `context.References.compare`, for each gene of the site, with the change of its usage."""
    columns = ["site_id", "gene_id", "gene_name", "strand", "usage_ref"]
    # A left merge keeps the order of the alleles; sites that several genes share give a row for each.
    rows = compared.merge(sites[columns], on="site_id", how="left")
    return rows.assign(delta_usage=delta_usage(rows.usage_ref, rows.delta_logodds))


def add_genotypes(scores: pd.DataFrame, carriers: pd.DataFrame) -> pd.DataFrame:
    """The scores with carriers and counts, and with `af` from the genotypes where there are any; nulls elsewhere."""
    joined = scores.merge(carriers.astype(dict.fromkeys(GENOTYPES, "Int32")), on=ALLELE, how="left")
    counted = (joined.allele_number.fillna(0) > 0).to_numpy()
    af = joined.allele_count[counted].astype(float) / joined.allele_number[counted].astype(float)
    joined.loc[counted, "af"] = af.astype("float32")
    return joined


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
    columns = [*ALLELE, "id", "gene_id", "site_id", "delta_logodds_narrow"]
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
