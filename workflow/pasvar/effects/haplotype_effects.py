"""The joint effect of the variants of a haplotype, compared with the effect of each variant alone."""

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH
from pasvar.effects.alone import effects_alone
from pasvar.errors import InputError
from pasvar.tables import ALLELE, empty_frame

_SCORES = ["logodds_narrow", "logodds"]
_SET = ["site_id", "haplotype"]


def set_effects(
    site_haplotypes: pd.DataFrame, haplotype_scores: pd.DataFrame, allele_scores: pd.DataFrame, sites: pd.DataFrame
) -> pd.DataFrame:
    """Table `site_haplotypes` with names and effects, on an index from 0, computed from the shard's tables.

    Adds these columns. `variants`: the names of the variants. `delta_logodds_narrow` and `delta_logodds`: the effect of
    the set, NaN if the variants contradict each other. `sum_...` of both: the sum of the effects of each variant alone.
    `delta_site_logodds`: the narrow effect of the set, together with the effect of the rival hexamers that its variants
    hit. `max_abs_alone`: the largest |delta_logodds_narrow| of one of the variants alone, in the window in which it is
    larger.
    Raises InputError if the scores are not those of these haplotypes.
    """
    sets = site_haplotypes.reset_index(drop=True)
    joint = sets.index[sets.window_alt.notna()]
    if not sets.loc[joint, _SET].reset_index(drop=True).equals(haplotype_scores[_SET].reset_index(drop=True)):
        raise InputError("the scores of a shard do not belong to its haplotypes; remove results/shards and run again")
    reference = sites.drop_duplicates("site_id").set_index("site_id")
    row = sets.alleles.explode().astype(np.int64)
    single = sets.alleles.str.len() == 1
    for score in _SCORES:
        at_allele, at_set = (
            reference.loc[ids, score].to_numpy() for ids in (allele_scores.site_id, sets.site_id[joint])
        )
        alone = (allele_scores[f"{score}_alt"].to_numpy() - at_allele).astype(np.float64)[row]
        by_set = pd.Series(alone, index=row.index).groupby(level=0)
        sets[f"sum_delta_{score}"] = by_set.sum()
        sets[f"delta_{score}"] = sets[f"sum_delta_{score}"].where(single)
        sets.loc[joint, f"delta_{score}"] = haplotype_scores[f"{score}_alt"].to_numpy() - at_set
    largest, more = effects_alone(reference.loc[allele_scores.site_id, "logodds_narrow"], allele_scores)
    sets["max_abs_alone"] = largest[row].set_axis(row.index).groupby(level=0).max()
    sets["delta_site_logodds"] = sets.delta_logodds_narrow + more[row].set_axis(row.index).groupby(level=0).sum()
    names = [f"{chrom}:{pos}:{ref}:{alt}" for chrom, pos, ref, alt in allele_scores[ALLELE].itertuples(index=False)]
    return sets.assign(variants=[[names[i] for i in rows] for rows in sets.alleles])


def compute_haplotype_effects(
    effects: pd.DataFrame, sites: pd.DataFrame, windows: pd.DataFrame, min_effect: float
) -> pd.DataFrame:
    """Table `haplotypes`, by site and gene, from `set_effects`."""
    # Different spellings of one haplotype are one row.
    together = effects[(effects.alleles.str.len() > 1) & (effects.same_as == effects.haplotype)]
    if together.empty:
        return empty_frame("haplotypes")
    hexamer = slice(HEXAMER_INDEX, HEXAMER_INDEX + HEXAMER_LENGTH)
    columns = ["site_id", "chrom", "gene_id", "gene_name", "strand", "logodds_narrow"]
    # A left merge keeps the order of the sites; a site of several genes gives one row for each gene.
    found = sites[columns].merge(together, on="site_id").merge(windows[["site_id", "window"]], on="site_id")
    narrow, summed = found.delta_logodds_narrow, found.sum_delta_logodds_narrow
    strong = np.maximum(narrow.abs(), summed.abs()) >= min_effect
    return found.assign(
        n_variants=found.alleles.str.len(),
        frequency=found.haplotype_count / found.haplotype_number,
        hexamer_ref=found.window.str[hexamer],
        hexamer_alt=found.window_alt.str[hexamer],
        logodds_narrow_ref=found.logodds_narrow,
        interaction_narrow=narrow - summed,
        interaction=found.delta_logodds - found.sum_delta_logodds,
        interacts=((narrow - summed).abs() >= min_effect) | (strong & (narrow * summed < 0)),
    )
