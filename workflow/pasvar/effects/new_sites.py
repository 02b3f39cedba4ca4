"""New sites: variants that make or improve a hexamer where the catalogue has no site.

The sequence of both alleles around a variant is scanned, on the strand of the gene. A position with a new or better
hexamer gets its own pair of windows, of the alternate and of the reference at the same position, with that hexamer at
index 70. The difference between the network's scores of the two is the gain. In the reference, the position makes the
share of ends that corresponds to its strength there. With the allele it competes with the gene's own sites like any of
them.
"""

import numpy as np
import pandas as pd

from pasvar.effects.competition import GeneSites, genes_of
from pasvar.genome import along, assign_genes, gene_spans
from pasvar.sites import WORST_TIER, Calibration, expected_length, probability, tier_of
from pasvar.tables import GENOTYPES, TABLES, empty_frame
from pasvar.variants import reference_offset


def find_new_sites(
    candidates: pd.DataFrame,
    candidate_scores: pd.DataFrame,
    sites: pd.DataFrame,
    exons: pd.DataFrame,
    limits,
    calibration: Calibration,
) -> pd.DataFrame:
    """Table `new_sites` without the genotype columns: the candidates that gain at least `limits.min_effect`, one row
    per allele, position and gene.

    candidate_scores: the table of that name, row by row as `candidates`. sites, exons: of the whole catalogue and
    annotation. limits: has min_effect, merge_distance, extension and new_sites by the names of the config keys.
    calibration: gives the probability that a position is a site, from the strength that it has with the allele. If the
    cuts of several positions of an allele are closer than merge_distance, the strongest is kept. No position is kept
    that is so close to a site of the catalogue.
    """
    frame = candidates.reset_index(drop=True).join(candidate_scores.reset_index(drop=True)[_SCORES])
    frame["delta_logodds_narrow"] = frame.logodds_narrow_alt - frame.logodds_narrow_ref
    frame["delta_logodds"] = frame.logodds_alt - frame.logodds_ref
    frame = frame[frame.delta_logodds_narrow >= limits.min_effect].reset_index(drop=True)
    if frame.empty:
        return empty_frame("new_sites")[_COLUMNS]
    frame["cut"] = _cuts(frame)
    frame = _strongest_apart(frame, sites, limits.merge_distance)
    frame["strength"] = _shares_below(sites.drop_duplicates("site_id").logodds_narrow, frame.logodds_narrow_alt)
    assigned = assign_genes(frame[["chrom", "strand", "cut"]], exons, limits.extension)
    wanted = assigned.gene_id.isin(sites.gene_id) & (
        limits.new_sites["introns"] | ~assigned.site_class.isin(["intron", "exon"])
    )
    assigned = assigned[wanted].set_index("point")
    rows = frame.join(assigned, how="inner")
    if rows.empty:
        return empty_frame("new_sites")[_COLUMNS]
    rows["site_id"] = rows.chrom + ":" + (rows.cut + 1).astype(str) + ":" + rows.strand
    rows = rows.assign(cut_pos=rows.cut + 1, source="variant").reset_index(drop=True)
    genes = dict(genes_of(sites[sites.gene_id.isin(rows.gene_id)]))
    effects = pd.DataFrame([_compete(row, genes[row.gene_id]) for row in rows.itertuples()], index=rows.index)
    rows = rows.join(effects).assign(confidence=_confidences(rows, exons, calibration))
    rows["expected_impact"] = rows.impact * rows.confidence.fillna(1.0)
    return rows[_COLUMNS]


_COLUMNS = [name for name in TABLES["new_sites"].schema.names if name not in GENOTYPES]

_SCORES = ["logodds_narrow_ref", "logodds_ref", "logodds_narrow_alt", "logodds_alt", "cut_mode_alt"]


def _cuts(frame: pd.DataFrame) -> pd.Series:
    """0-based most likely cut of each alternate window, in coordinates of the reference."""
    offset = frame.cut_mode_alt.astype(np.int64) - frame.change_index
    along = reference_offset(offset.to_numpy(), frame.n_replaced.to_numpy(), frame.n_inserted.to_numpy())
    return frame.change_pos - 1 + np.where(frame.strand == "+", along, -along)


def _strongest_apart(frame: pd.DataFrame, sites: pd.DataFrame, merge_distance: int) -> pd.DataFrame:
    """The rows that are not near a site of the catalogue; of rows near each other, the strongest."""
    known = {key: np.sort(cuts.to_numpy()) - 1 for key, cuts in sites.groupby(["chrom", "strand"]).cut_pos}
    kept: list[int] = []
    places: dict[tuple, list[int]] = {}
    for row in frame.sort_values("delta_logodds_narrow", ascending=False, kind="stable").itertuples():
        cuts = known.get((row.chrom, row.strand), np.empty(0))
        near = np.abs(cuts[max(np.searchsorted(cuts, row.cut) - 1, 0) :][:2] - row.cut)
        own = places.setdefault((row.chrom, row.pos, row.ref, row.alt, row.strand), [])
        if (near < merge_distance).any() or any(abs(row.cut - other) < merge_distance for other in own):
            continue
        own.append(row.cut)
        kept.append(row.Index)
    return frame.loc[sorted(kept)].reset_index(drop=True)


def _shares_below(reference: pd.Series, values: pd.Series) -> np.ndarray:
    """For each of `values`, the share of `reference` that is smaller."""
    ordered = np.sort(reference.to_numpy())
    return np.searchsorted(ordered, values.to_numpy()) / len(ordered)


def _compete(row, gene: GeneSites) -> dict[str, object]:
    """Usages before and after, with the new site among the gene's own sites."""
    usage_ref, usage_alt, place = gene.with_new_site(row.cut_pos, row.logodds_narrow_ref, row.logodds_narrow_alt)
    lengths = np.insert(gene.lengths, place, row.utr_length)
    return {
        "impact": np.abs(usage_alt - usage_ref).sum() / 2,
        "usage_ref": usage_ref[place],
        "usage_alt": usage_alt[place],
        "delta_usage": usage_alt[place] - usage_ref[place],
        "delta_pdui": usage_alt[-1] - usage_ref[-1],
        "delta_utr_length": expected_length(usage_alt, lengths) - expected_length(usage_ref, lengths),
    }


def _confidences(rows: pd.DataFrame, exons: pd.DataFrame, calibration: Calibration) -> np.ndarray:
    """(n,) probabilities that the positions are sites with the allele, as for predicted sites of that strength. NaN if
    such sites were not calibrated: with this network, in introns and coding exons, or without a hexamer of tier 0 to
    3."""
    spans = gene_spans(exons).set_index("gene_id").loc[rows.gene_id].reset_index(drop=True)
    last = (spans.end - 1).where(spans.strand == "+", -spans.start).to_numpy()
    places = pd.DataFrame(
        {
            "logodds_narrow": rows.logodds_narrow_alt.to_numpy(),
            "hexamer_tier": [tier_of(hexamer) for hexamer in rows.hexamer_alt],
            "nt_beyond": along(rows.cut, rows.strand).to_numpy() - last,
            "is_coding": spans.is_coding,
            "n_transcripts": 0,
        }
    )
    is_known = ~rows.site_class.isin(["intron", "exon"]).to_numpy() & (places.hexamer_tier < WORST_TIER).to_numpy()
    return np.where(is_known & calibration.is_fit, probability(places, calibration.predicted), np.nan)
