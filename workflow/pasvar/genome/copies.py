"""Copies of a gene: one gene_id at several places, whose sites do not compete with one another's."""

from collections.abc import Iterator

import pandas as pd

from pasvar.contigs import shorten
from pasvar.counts import plural

_FAR_APART = 1000
"""nt between two places of one gene_id beyond which they may be copies."""


def name_copies(transcripts: pd.DataFrame, exons: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The transcripts with gene_id made unique where it stands for several copies of a gene, and a note on them.

    A gene has a copy on each contig and strand where its gene_id is, as the pseudoautosomal genes of RefSeq, and on one strand
    where transcripts that do not overlap are of one transcript_id, or lie more than `_FAR_APART` nt apart and each place has
    a whole gene: a CDS with untranslated exon on either side, or the same exon lengths as another place. Fragments of one
    gene have neither; 3 of 583 genes of Ensembl 75 on chromosome 20 have some that do not overlap. The contig and strand that
    come first in the file keep the gene_id, others are `gene_id@contig:strand`, and copies further along any of them
    `gene_id@contig:start:strand`, start counted from 1.

    transcripts: transcript_id, gene_id, chrom, strand, start, end, coding_start, coding_end. exons: transcript (index of
    `transcripts`), start, end.
    """
    place = transcripts.chrom + ":" + transcripts.strand
    home = place.groupby(transcripts.gene_id).transform("first")
    label = transcripts.gene_id.where(place == home, transcripts.gene_id + "@" + place)
    for index, start in _further_copies(transcripts.assign(label=label), exons):
        first = transcripts.loc[index[0]]
        label[index] = f"{first.gene_id}@{first.chrom}:{start + 1}:{first.strand}"
    copies = label[label != transcripts.gene_id].unique()
    if not len(copies):
        return transcripts, []
    note = f"{plural(len(copies), 'gene')} at other places of a gene_id named as copies: {shorten(copies)}"
    return transcripts.assign(gene_id=label), [note]


def _further_copies(transcripts: pd.DataFrame, exons: pd.DataFrame) -> Iterator[tuple[pd.Index, int]]:
    """Index and start of the transcripts of each copy but the first, among those that agree in column `label`."""
    ordered = transcripts.sort_values(["label", "start"])
    reached = ordered.groupby("label").end.cummax().groupby(ordered.label).shift()
    begins = ordered.start >= reached
    ordered = ordered.assign(locus=begins.groupby(ordered.label).cumsum())
    ordered = ordered[ordered.label.isin(ordered.label[begins])]
    exons = exons[exons.transcript.isin(ordered.index)].sort_values("start")
    ordered["lengths"] = (exons.end - exons.start).groupby(exons.transcript).agg(tuple)
    n_loci = ordered.groupby(["label", "lengths"]).locus.transform("nunique")
    has_utrs = (ordered.start < ordered.coding_start) & (ordered.coding_end < ordered.end)
    ordered["is_whole"] = has_utrs | (n_loci > 1)
    for _, gene in ordered.groupby("label"):
        _, *others = _copies([locus for _, locus in gene.groupby("locus")])
        for copy in others:
            yield copy.index, copy.start.min()


def _copies(loci: list[pd.DataFrame]) -> list[pd.DataFrame]:
    """The loci of one gene_id along a strand, joined to copies."""
    copies = loci[:1]
    for locus in loci[1:]:
        last = copies[-1]
        is_far = locus.start.min() - last.end.max() > _FAR_APART
        are_whole = locus.is_whole.any() and last.is_whole.any()
        if (is_far and are_whole) or locus.transcript_id.isin(last.transcript_id).any():
            copies.append(locus)
        else:
            copies[-1] = pd.concat([last, locus])
    return copies
