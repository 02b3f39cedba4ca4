"""Assigns the sites of an atlas to genes: to the genes that the atlas names if the annotation agrees, otherwise by
position."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.genome import assign_genes, gene_spans
from pasvar.intervals import overlaps

_VERSION = r"^(ENS[A-Z]*\d+)\.\d+$"
"""Ensembl's identifiers with their version, which is removed, because atlas and annotation are of different
releases."""


class Placement(NamedTuple):
    """genes: as of `genome.assign_genes`. Numbers of sites: n_named, for which the atlas names a gene of the
    annotation; n_believed, those of them that lie in that gene or downstream of it; n_beyond, those of the latter that
    lie farther downstream than is allowed for a site without a gene name."""

    genes: pd.DataFrame
    n_named: int
    n_believed: int
    n_beyond: int


def place_sites(sites: pd.DataFrame, exons: pd.DataFrame, extension: int, gene_distance: int) -> Placement:
    """The genes of an atlas's sites.

    sites: of `atlas.Atlas`. exons: of `genome.Annotation`. A gene that the atlas names is accepted if three conditions
    hold: the annotation has it on the site's strand; the site lies in it or up to `gene_distance` nt downstream of its
    last end; and no other gene of the strand begins in between. Otherwise the position decides, as in
    `genome.assign_genes` with `extension`.
    """
    named = _named_genes(sites, exons)
    believed = _believed(named, sites, exons, gene_distance)
    by_place = assign_genes(sites, exons, extension)
    other = by_place[~by_place.point.isin(believed.point)]
    genes = pd.concat([part for part in (believed, other) if len(part)] or [other])
    placed = pd.MultiIndex.from_frame(by_place[["point", "gene_id"]])
    beyond = ~pd.MultiIndex.from_frame(believed[["point", "gene_id"]]).isin(placed)
    return Placement(
        genes.sort_values(["point", "gene_id"], kind="stable", ignore_index=True),
        named.point.nunique(),
        believed.point.nunique(),
        believed.point[beyond].nunique(),
    )


def _named_genes(sites: pd.DataFrame, exons: pd.DataFrame) -> pd.DataFrame:
    """Pairs of point (row number) and gene_id for which the annotation has the gene on the contig and strand of the
    site."""
    names = sites.genes.reset_index(drop=True).str.split(r"[;,]", regex=True).explode().str.strip()
    names = names[names.fillna("") != ""].rename("name").rename_axis("point").reset_index()
    genes = exons[["gene_id", "gene_name", "chrom", "strand"]].drop_duplicates(ignore_index=True)
    known = genes.melt(["chrom", "strand"], ["gene_id", "gene_name"], value_name="name", ignore_index=False)
    known = known.assign(gene_id=genes.gene_id.loc[known.index])
    for frame in (names, known):
        frame["name"] = frame["name"].str.replace(_VERSION, r"\1", regex=True)
    place = sites.reset_index(drop=True)[["chrom", "strand"]]
    pairs = names.join(place, on="point").merge(known, on=["chrom", "strand", "name"])
    return pairs[["point", "gene_id"]].drop_duplicates(ignore_index=True)


def _believed(named: pd.DataFrame, sites: pd.DataFrame, exons: pd.DataFrame, distance: int) -> pd.DataFrame:
    """Rows of `genome.assign_genes` for the pairs whose gene is accepted."""
    points = sites.reset_index(drop=True)[["chrom", "strand", "cut"]].loc[named.point].reset_index(drop=True)
    genes = gene_spans(exons)
    own = genes.set_index("gene_id").loc[named.gene_id].reset_index()
    near = (points.cut >= own.start - distance) & (points.cut < own.end + distance)
    near &= ~_is_blocked(points, own, genes)
    pairs = named[near].reset_index(drop=True)
    if pairs.empty:
        return assign_genes(sites.head(0), exons, distance)
    genes = genes[genes.gene_id.isin(pairs.gene_id)]
    # The genes are placed one after the other on an artificial contig, so that a site can only be assigned to its own
    # gene.
    width = genes.end - genes.start + 2 * distance + 2
    shift = (width.cumsum() - width + distance + 1 - genes.start).set_axis(genes.gene_id)
    apart = exons[exons.gene_id.isin(genes.gene_id)].assign(chrom="apart")
    for column in ("start", "end", "coding_start", "coding_end"):
        apart[column] = apart[column] + apart.gene_id.map(shift)
    cut = points.cut[near].reset_index(drop=True) + pairs.gene_id.map(shift)
    found = assign_genes(points[near].reset_index(drop=True).assign(chrom="apart", cut=cut), apart, distance)
    return found.assign(point=pairs.point.to_numpy()[found.point])[found.gene_id.notna()]


def _is_blocked(points: pd.DataFrame, own: pd.DataFrame, genes: pd.DataFrame) -> np.ndarray:
    """Whether another gene begins between the last end of a point's own gene and the point. own: a gene for each
    point."""
    plus = points.strand == "+"
    gap = points.assign(start=own.end.where(plus, points.cut), end=(points.cut + 1).where(plus, own.start))
    downstream = np.flatnonzero(gap.start < gap.end)
    first = genes.start.where(genes.strand == "+", genes.end - 1)
    blocked = np.zeros(len(points), dtype=bool)
    blocked[downstream[overlaps(gap.iloc[downstream], genes.assign(start=first, end=first + 1))[0]]] = True
    return blocked
