"""How much of a gene's protein the transcripts that end at a site can code for."""

import numpy as np
import pandas as pd

from pasvar.genome import along

_REACH = 24
"""If a transcript's annotated end lies at most this many nt before a cut, the transcript ends at that cut
(`MERGE_DISTANCE`)."""


def coding_kept(sites: pd.DataFrame, exons: pd.DataFrame) -> pd.DataFrame:
    """coding_share and coding_length of sites, on their index.

    coding_length: nt of the longest annotated CDS of the gene. coding_share: the largest part of that length that a
    transcript with its 3' end at the site has upstream of the cut. The transcripts considered are those whose last exon
    contains the cut; if the cut lies beyond all transcripts, those with the last end; otherwise those that span the
    cut. NaN if the gene has no CDS.

    sites: gene_id, strand, cut_pos. exons: table `exons`.
    """
    transcripts = _coding_transcripts(exons)
    longest = transcripts.groupby("gene_id").coding.max()
    points = pd.DataFrame(
        {
            "site": np.arange(len(sites)),
            "gene_id": sites.gene_id.to_numpy(),
            "cut": along(sites.cut_pos - 1, sites.strand).to_numpy(),
        }
    )
    pairs = points.merge(transcripts, on="gene_id")
    pairs["rule"] = _rules(pairs)
    pairs = pairs[pairs.rule == pairs.groupby("site").rule.transform("min")]
    kept = _coding_before(pairs, exons).groupby(pairs.site).max().reindex(points.site)
    length = sites.gene_id.map(longest).astype(np.float64)
    return pd.DataFrame(
        {"coding_share": kept.to_numpy() / length.to_numpy(), "coding_length": length}, index=sites.index
    )


def _coding_transcripts(exons: pd.DataFrame) -> pd.DataFrame:
    """A row per transcript with a CDS: its names; first and last base, first base of the last exon and last one of the CDS, along
    the strand; and coding, the length of the CDS."""
    exons = _along(exons[exons.coding_end.notna()])
    key = ["transcript_id", "chrom"]
    coding = (np.minimum(exons["last"], exons.stop) - np.maximum(exons["first"], exons["from"]) + 1).clip(lower=0)
    return (
        exons.assign(coding=coding)
        .groupby(key, sort=False)
        .agg(
            gene_id=("gene_id", "first"),
            first=("first", "min"),
            last=("last", "max"),
            last_exon=("first", "max"),
            stop=("stop", "first"),
            coding=("coding", "sum"),
        )
        .reset_index()
    )


def _along(exons: pd.DataFrame) -> pd.DataFrame:
    """Exons with first and last base, and `from` and `stop`, first and last base of the CDS, along the strand."""
    plus = exons.strand == "+"
    return exons.assign(
        first=exons.start.where(plus, 1 - exons.end),
        last=(exons.end - 1).where(plus, -exons.start),
        **{"from": exons.coding_start.where(plus, 1 - exons.coding_end)},
        stop=(exons.coding_end - 1).where(plus, -exons.coding_start),
    )


def _rules(pairs: pd.DataFrame) -> np.ndarray:
    """0 if the cut lies after the stop codon, in the transcript's last exon or just after it; 1 if it lies beyond the
    gene and this transcript ends last; 2 if the transcript spans the cut; 3 otherwise."""
    here = (pairs.last_exon <= pairs.cut) & (pairs.cut <= pairs["last"] + _REACH) & (pairs.stop <= pairs.cut)
    end = pairs.groupby("gene_id")["last"].transform("max")
    beyond = (pairs.cut > end) & (pairs["last"] >= end - _REACH)
    spans = (pairs["first"] <= pairs.cut) & (pairs.cut <= pairs["last"])
    return np.select([here, beyond, spans], [0, 1, 2], 3)


def _coding_before(pairs: pd.DataFrame, exons: pd.DataFrame) -> pd.Series:
    """nt of the CDS of each pair's transcript up to and including the cut, on the index of `pairs`."""
    found = pairs.coding.astype(np.float64).copy()
    short = pairs[pairs.cut < pairs.stop]
    inner = short.reset_index(names="pair")[["pair", "transcript_id", "chrom", "cut"]]
    inner = inner.merge(_along(exons[exons.coding_end.notna()]), on=["transcript_id", "chrom"])
    end = np.minimum(np.minimum(inner["last"], inner.stop), inner.cut)
    part = (end - np.maximum(inner["first"], inner["from"]) + 1).clip(lower=0)
    found.loc[short.index] = part.groupby(inner.pair).sum().reindex(short.index).fillna(0)
    return found
