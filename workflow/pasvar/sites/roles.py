"""The role of a site among the sites of its gene: its rank, its class, and whether it is counted in the gene's
usage."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from pasvar.genome import along

_IN_UTR = ("3utr", "tandem_3utr", "alternative_last_exon")
"""The classes of sites in an annotated 3' UTR; all of them are `3utr` before the other sites of the gene are known."""


def assign_roles(
    sites: pd.DataFrame, exons: pd.DataFrame, min_usage_confidence: float, chroms: Iterable[str]
) -> pd.DataFrame:
    """The sites with rank, in_usage and the final site_class, by genome position.

    sites: rows of table `catalogue` with confidence. exons: table `exons`. chroms: the contigs in order.
    """
    sites = sites.assign(in_usage=_take_part(sites, min_usage_confidence))
    sites["rank"] = along(sites.cut_pos, sites.strand).groupby(sites.gene_id).rank(method="first").astype(int)
    sites["site_class"] = _utr_classes(sites, exons)
    return sort_sites(sites, chroms)


def sort_sites(sites: pd.DataFrame, chroms: Iterable[str]) -> pd.DataFrame:
    """The sites by genome position. chroms: the contigs in order."""
    order = {chrom: i for i, chrom in enumerate(chroms)}
    return (
        sites.assign(_contig=sites.chrom.map(order))
        .sort_values(["_contig", "cut_pos", "strand", "gene_id"], kind="stable")
        .drop(columns="_contig")
        .reset_index(drop=True)
    )


def _take_part(sites: pd.DataFrame, min_confidence: float) -> pd.Series:
    """Which sites share the 3' ends of their gene: those that are measured or have enough confidence. If a gene has no
    such site, its annotated sites do. If it has no annotated sites either, all its sites do."""
    sure = (sites.confidence >= min_confidence) | sites.usage_measured.notna()
    annotated = sites.n_transcripts > 0
    has_sure = sure.groupby(sites.gene_id).transform("any")
    has_annotated = annotated.groupby(sites.gene_id).transform("any")
    return sure | (~has_sure & (annotated | ~has_annotated))


def _utr_classes(sites: pd.DataFrame, exons: pd.DataFrame) -> np.ndarray:
    """Column site_class, in which sites in 3' UTRs are distinguished by the exon that they end; see
    `tables.SITE_CLASSES`."""
    in_utr = sites.site_class.isin(_IN_UTR)
    first = sites.gene_id.map(_last_exons(exons))
    in_last = in_utr & ~(along(sites.cut_pos - 1, sites.strand) < first)
    shares = sites.in_usage & in_last
    is_tandem = shares.groupby(sites.gene_id).transform("sum") - shares > 0
    return np.select(
        [in_utr & ~in_last, in_utr & is_tandem, in_utr],
        ["alternative_last_exon", "tandem_3utr", "3utr"],
        sites.site_class,
    )


def _last_exons(exons: pd.DataFrame) -> pd.Series:
    """The first base of each gene's last exon along the strand (0-based, negative on minus), by gene_id.

    The last exon is the most distal of the last exons of the gene's transcripts, joined with the other last exons that
    overlap it.
    """
    plus = exons.strand == "+"
    exons = exons.assign(
        first=exons.start.where(plus, 1 - exons.end), last=(exons.end - 1).where(plus, -exons.start)
    ).sort_values(["gene_id", "last"])
    own = exons.drop_duplicates(["transcript_id", "chrom"], keep="last").sort_values(["gene_id", "first"])
    reached = own.groupby("gene_id")["last"].cummax().groupby(own.gene_id).shift()
    return own[~(own["first"] <= reached)].groupby("gene_id")["first"].last()
