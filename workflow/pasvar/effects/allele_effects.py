"""From scores of windows to effects per allele and site, and a summary per gene."""

from collections.abc import Mapping

import pandas as pd

from pasvar.constants import WINDOW_LENGTH
from pasvar.effects.calibration import effect_calibration_of
from pasvar.effects.competition import reference_usage
from pasvar.effects.context import References, with_flag
from pasvar.effects.rivals import prefer_rivals
from pasvar.errors import InputError
from pasvar.scoring import delta_usage
from pasvar.sequence import encode_rows
from pasvar.sites import WORST_TIER, coding_kept, fit_for
from pasvar.tables import ALLELE, GENOTYPES


def score_sites(
    catalogue: pd.DataFrame, window_scores: pd.DataFrame, exons: pd.DataFrame, usage_floor: float, network_sha256: str
) -> pd.DataFrame:
    """Table `sites`: the catalogue with reference log odds, and the reference usages of each gene's sites.

    exons: table `exons`. usage_floor: as in `usage.complete_usage`. network_sha256: of the weights that gave the
    scores; it selects the coefficients of the usage. Raises InputError if a site has no score.
    """
    sites = catalogue.merge(window_scores, on="site_id", how="left", validate="many_to_one")
    unscored = sites.logodds_narrow.isna()
    if unscored.any():
        raise InputError(
            f"site {sites.site_id[unscored].iloc[0]} has no reference score; remove results/ and run again"
        )
    sites = sites.join(coding_kept(sites, exons))
    sites["hexamer"] = sites.hexamer.where(sites.hexamer_tier.between(0, WORST_TIER - 1), None)
    usage = reference_usage(sites, usage_floor, *fit_for(network_sha256))
    return sites.drop(columns="usage_source").join(usage)


def score_alleles(
    alleles: pd.DataFrame,
    allele_scores: pd.DataFrame,
    windows: pd.DataFrame,
    sites: pd.DataFrame,
    made_by: Mapping[str, str],
) -> pd.DataFrame:
    """Table `scores` without the genotype columns: one row per allele, site and gene, in the order of `alleles`.

    made_by: of the scores, for the error bars. Raises InputError if the scores are not those of these alleles.
    """
    key = [*ALLELE, "site_id"]
    if not alleles[key].reset_index(drop=True).equals(allele_scores[key].reset_index(drop=True)):
        raise InputError("the scores of a shard do not belong to its alleles; remove results/shards and run again")
    scored = alleles.assign(**{name: allele_scores[name].to_numpy() for name in allele_scores.columns.drop(key)})
    codes = encode_rows(alleles.window_alt.to_list(), WINDOW_LENGTH)
    calibration = effect_calibration_of(made_by)
    compared = References(windows, sites, calibration).compare(scored, codes)
    return add_genes(prefer_rivals(compared, scored, sites, calibration), sites)


def add_genes(compared: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Rows of alleles and sites, as of `context.References.compare`, for each gene of the site, with the change of its
    usage."""
    columns = ["site_id", "gene_id", "gene_name", "strand", "usage_ref", "outside_fit"]
    # A left merge keeps the order of the alleles; a site of several genes gives one row for each gene.
    rows = compared.merge(sites[columns], on="site_id", how="left")
    return rows.assign(
        delta_usage=delta_usage(rows.usage_ref, rows.get("delta_site_logodds", rows.delta_logodds_narrow)),
        flags=with_flag(rows["flags"], "outside_fit", rows.outside_fit.to_numpy()),
    )


def add_genotypes(scores: pd.DataFrame, carriers: pd.DataFrame) -> pd.DataFrame:
    """The scores with carriers and counts, and with `af` from the genotypes if there are any; other rows have nulls."""
    joined = scores.merge(carriers.astype(dict.fromkeys(GENOTYPES, "Int32")), on=ALLELE, how="left")
    counted = (joined.allele_number.fillna(0) > 0).to_numpy()
    af = joined.allele_count[counted].astype(float) / joined.allele_number[counted].astype(float)
    joined.loc[counted, "af"] = af.astype("float32")
    return joined
