"""Where a position lies in a gene: the class of a site, the 3' UTR that it leaves, and whether it cuts a protein short.

"Along" a strand means in the direction of transcription: a coordinate that grows from 5' to 3' on either strand, the
forward position on plus and its negative on minus.
"""

import numpy as np
import pandas as pd

from pasvar.intervals import merge, overlaps


def along(position: pd.Series, strand: pd.Series) -> pd.Series:
    """Forward positions (0-based) as coordinates along the strand."""
    return position.where(strand == "+", -position)


def gene_spans(exons: pd.DataFrame) -> pd.DataFrame:
    """One row per gene: gene_id, gene_name, chrom, strand, start, end, is_coding. exons: of `genome.Annotation`."""
    spans = exons.groupby("gene_id", sort=False).agg(
        gene_name=("gene_name", "first"),
        chrom=("chrom", "first"),
        strand=("strand", "first"),
        start=("start", "min"),
        end=("end", "max"),
        coding_end=("coding_end", "max"),
    )
    spans["is_coding"] = spans.pop("coding_end").notna()
    return spans.reset_index()


def assign_genes(points: pd.DataFrame, exons: pd.DataFrame, extension: int) -> pd.DataFrame:
    """The genes of each point: a row per point and gene, a point in overlapping genes has several; one in none has
    gene_id null and class `intergenic`.

    points: chrom, strand, cut (0-based). exons: of `genome.Annotation`. extension: how far downstream of a gene's last
    end a point still belongs to it, in nt, unless it lies within another gene or another one ends nearer to it.
    Columns: point (row number), gene_id, gene_name, site_class, utr_length (exonic nt from the stop codon to the cut, of the
    transcript with most; NaN where the cut leaves no annotated 3' UTR), truncating (the cut lies between the start of a
    coding transcript and its stop codon, and in no 3' UTR: what ends there lacks part of the protein's code).
    """
    points = points.reset_index(drop=True).assign(start=points.cut.to_numpy(), end=points.cut.to_numpy() + 1)
    exons = exons[exons.chrom.isin(points.chrom.unique())]
    genes = gene_spans(exons)
    inside = _pairs(points, genes)
    downstream = _pairs(points, downstream_of(genes, extension))
    downstream = _nearest(downstream[~downstream.point.isin(inside.point)], points, genes)
    # What follows is a matter of the genes reached, which are few where one job asks about its own points.
    exons = exons[exons.gene_id.isin(genes.gene_id.iloc[np.union1d(inside.gene, downstream.gene)])]
    assigned = pd.concat(
        [_inside(inside, points, genes, exons), _beyond(downstream, points, genes, exons)], ignore_index=True
    )
    alone = pd.DataFrame({"point": np.setdiff1d(np.arange(len(points)), assigned.point)})
    alone = alone.assign(gene_id=None, gene_name=None, site_class="intergenic", utr_length=np.nan, truncating=False)
    parts = [part for part in (assigned, alone) if len(part)]
    return pd.concat(parts or [assigned], ignore_index=True).sort_values(
        ["point", "gene_id"], kind="stable", ignore_index=True
    )


def _pairs(points: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    point, gene = overlaps(points, genes)
    return pd.DataFrame({"point": point, "gene": gene})


def _nearest(pairs: pd.DataFrame, points: pd.DataFrame, genes: pd.DataFrame) -> pd.DataFrame:
    """Of the genes that end before a point the one that ends nearest to it, several where they end at one base."""
    ends = along((genes.end - 1).where(genes.strand == "+", genes.start), genes.strand).to_numpy()
    distance = along(points.cut, points.strand).to_numpy()[pairs.point] - ends[pairs.gene]
    return pairs[distance == pd.Series(distance, pairs.index).groupby(pairs.point).transform("min")]


def downstream_of(genes: pd.DataFrame, extension: int) -> pd.DataFrame:
    """The rows of `gene_spans` with start and end of the `extension` nt after each gene's last end."""
    plus = genes.strand == "+"
    return genes.assign(
        start=genes.end.where(plus, (genes.start - extension).clip(lower=0)),
        end=(genes.end + extension).where(plus, genes.start),
    )


def scan_regions(exons: pd.DataFrame, extension: int, introns: bool) -> pd.DataFrame:
    """Where a site that is in no annotation would be a gene's own: chrom, strand, start, end, disjoint, by position.

    The 3' UTRs, `extension` nt downstream of each gene, and with `introns` the whole gene. exons: of `genome.Annotation`.
    """
    plus = exons.strand == "+"
    utr = exons.assign(
        start=exons.start.where(~plus, np.maximum(exons.start, exons.coding_end.fillna(exons.start))),
        end=exons.end.where(plus, np.minimum(exons.end, exons.coding_start.fillna(exons.end))),
    )
    genes = gene_spans(exons)
    parts = [utr, downstream_of(genes, extension), *([genes] if introns else [])]
    columns = ["chrom", "strand", "start", "end"]
    regions = pd.concat([part.loc[part.start < part.end, columns] for part in parts], ignore_index=True)
    return merge(regions.astype({"start": np.int64, "end": np.int64}))


def _inside(pairs: pd.DataFrame, points: pd.DataFrame, genes: pd.DataFrame, exons: pd.DataFrame) -> pd.DataFrame:
    """Class, length and truncation of points within genes."""
    exons = _with_utr(exons)
    point, exon = overlaps(points, exons)
    hits = exons.iloc[exon].reset_index(drop=True).assign(point=point)
    cut = along(points.cut, points.strand).to_numpy()[point]
    hits["length"] = hits.utr_before + cut - np.maximum(hits["first"], hits.stop) + 1
    in_utr = hits[hits["length"] > 0].groupby(["point", "gene_id"])["length"].max()
    in_exon = pd.MultiIndex.from_frame(hits[["point", "gene_id"]])

    rows = pairs.assign(
        gene_id=genes.gene_id.to_numpy()[pairs.gene],
        gene_name=genes.gene_name.to_numpy()[pairs.gene],
        is_coding=genes.is_coding.to_numpy(dtype=bool)[pairs.gene],
    )
    key = pd.MultiIndex.from_frame(rows[["point", "gene_id"]])
    rows["utr_length"] = in_utr.reindex(key).to_numpy(dtype=np.float64)
    exonic = key.isin(in_exon)
    rows["site_class"] = np.select(
        [rows.utr_length.notna(), ~exonic, ~rows.is_coding], ["3utr", "intron", "noncoding"], "exon"
    )
    rows["truncating"] = rows.utr_length.isna() & key.isin(_before_stop(points, exons))
    return rows[["point", "gene_id", "gene_name", "site_class", "utr_length", "truncating"]]


def _with_utr(exons: pd.DataFrame) -> pd.DataFrame:
    """The exons with coordinates along the strand: first, stop (the first base of the 3' UTR; NaN without a CDS), and
    utr_before, the nt of 3' UTR in earlier exons of the transcript."""
    plus = exons.strand == "+"
    first = exons.start.where(plus, 1 - exons.end)
    last = (exons.end - 1).where(plus, -exons.start)
    stop = exons.coding_end.where(plus, 1 - exons.coding_start)
    exons = exons.assign(first=first, last=last, stop=stop).sort_values(["gene_id", "transcript_id", "first"])
    utr = (exons["last"] - np.maximum(exons["first"], exons.stop) + 1).clip(lower=0)
    exons["utr_before"] = utr.groupby([exons.gene_id, exons.transcript_id]).cumsum() - utr
    return exons


def _before_stop(points: pd.DataFrame, exons: pd.DataFrame) -> pd.MultiIndex:
    """(point, gene_id) where the point lies between the first base of a coding transcript and its stop codon's end."""
    coding = exons[exons.coding_end.notna()]
    spans = coding.groupby(["transcript_id", "chrom", "strand", "gene_id"], as_index=False).agg(
        start=("start", "min"),
        end=("end", "max"),
        coding_start=("coding_start", "min"),
        coding_end=("coding_end", "max"),
    )
    plus = spans.strand == "+"
    spans = spans.assign(
        start=spans.start.where(plus, spans.coding_start), end=spans.coding_end.where(plus, spans.end)
    ).astype({"start": np.int64, "end": np.int64})
    point, span = overlaps(points, spans)
    return pd.MultiIndex.from_arrays([point, spans.gene_id.to_numpy()[span]], names=["point", "gene_id"])


def _beyond(pairs: pd.DataFrame, points: pd.DataFrame, genes: pd.DataFrame, exons: pd.DataFrame) -> pd.DataFrame:
    """Points downstream of genes: their 3' UTR is the one of the transcript with the last end, and the way from there."""
    exons = _with_utr(exons)
    exons["length"] = exons.utr_before + (exons["last"] - np.maximum(exons["first"], exons.stop) + 1).clip(lower=0)
    order = exons.sort_values(["gene_id", "last", "length"], na_position="first")
    ends = order.drop_duplicates("gene_id", keep="last").set_index("gene_id")
    gene_id = pd.Series(genes.gene_id.to_numpy()[pairs.gene])
    cut = along(points.cut, points.strand).to_numpy()[pairs.point]
    length = gene_id.map(ends["length"]).to_numpy(dtype=np.float64) + cut - gene_id.map(ends["last"]).to_numpy()
    return pd.DataFrame(
        {
            "point": pairs.point.to_numpy(),
            "gene_id": gene_id,
            "gene_name": genes.gene_name.to_numpy()[pairs.gene],
            "site_class": "extended",
            "utr_length": length,
            "truncating": False,
        }
    )
