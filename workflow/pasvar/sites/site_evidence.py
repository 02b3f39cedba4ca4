"""The evidence for polyadenylation sites, gene by gene: the 3' ends of transcripts, and the sites of atlases."""

import numpy as np
import pandas as pd

from pasvar.counts import plural
from pasvar.intervals import cluster_points
from pasvar.sites.atlas import Atlas
from pasvar.sites.placement import place_sites

GTF = "gtf"

COLUMNS = [
    *("chrom", "strand", "cut", "gene_id", "gene_name", "site_class", "utr_length", "truncating"),
    *("source", "transcript_id", "abundance", "share", "weight"),
]
"""Columns of an evidence. `cut`: 0-based. `source`: `gtf` or the atlas's name. `transcript_id`: of a transcript end;
null for a site of an atlas. `abundance`, `share`: as in `atlas.Atlas`. `weight`: the share of the gene's 3' ends in its
atlas, so that two atlases can be compared. The other columns: as in table `catalogue`."""


def transcript_ends(transcripts: pd.DataFrame) -> pd.DataFrame:
    """Evidence from the `transcripts` of `genome.Annotation`."""
    plus = transcripts.strand == "+"
    classes = np.select([transcripts.utr_length > 0, transcripts.is_coding], ["3utr", "cds"], "noncoding")
    return transcripts.assign(
        cut=(transcripts.end - 1).where(plus, transcripts.start),
        site_class=classes,
        truncating=False,
        source=GTF,
        abundance=np.nan,
        share=np.nan,
        weight=np.nan,
    )[COLUMNS]


def atlas_sites(
    atlas: Atlas, exons: pd.DataFrame, extension: int, gene_distance: int, site_classes: list[str]
) -> tuple[pd.DataFrame, list[str]]:
    """Evidence from an atlas, one row per site and gene, and notes that say where its sites lie and what was left out.

    The index is the row in `atlas.sites`. exons: of `genome.Annotation`. extension, gene_distance: as for
    `placement.place_sites`. site_classes: the classes to keep. gene_id is null for sites in no gene.
    """
    placement = place_sites(atlas.sites, exons, extension, gene_distance)
    rows = atlas.sites.iloc[placement.genes.point].reset_index(drop=True).join(placement.genes)
    notes = [_describe_classes(rows.drop_duplicates("point").site_class.value_counts(), site_classes)]
    if placement.n_named:
        notes.append(
            f"{placement.n_believed} of {placement.n_named} sites with a gene of the annotation are taken as that gene's, "
            f"{placement.n_beyond} of them for the name alone (config key `atlas_gene_distance`)"
        )
    rows = rows[rows.site_class.isin(site_classes)].assign(source=atlas.name, transcript_id=None)
    # An atlas may list a site once for each gene that it names. If the annotation has only one gene there, it is one
    # site.
    rows = rows.sort_values("abundance", ascending=False, kind="stable", na_position="last")
    repeated = rows.duplicated(["chrom", "strand", "cut", "gene_id"])
    if repeated.any():
        notes.append(
            f"{plural(repeated.sum(), 'site is', 'sites are')} listed more than once for a gene and taken once"
        )
    rows = rows[~repeated].sort_values("point", kind="stable")
    rows["weight"] = _share_of_gene(rows)
    return rows.set_index("point")[COLUMNS], [f"{atlas.name}: {note}" for note in notes]


def _describe_classes(counts: pd.Series, site_classes: list[str]) -> str:
    """How many sites there are of each class, and which classes are left out."""
    kept, left_out = (
        ", ".join(f"{n} {name}" for name, n in counts.items() if (name in site_classes) == is_kept)
        for is_kept in (True, False)
    )
    placed = f"{plural(counts[counts.index.isin(site_classes)].sum(), 'site')} placed: {kept}"
    return f"{placed}; left out: {left_out} (config key `site_classes`)" if left_out else placed


def _share_of_gene(rows: pd.DataFrame) -> pd.Series:
    """The share of its gene's 3' ends that a site has in its atlas, whatever the unit of the abundance; NaN if the
    atlas does not say."""
    total = rows.groupby("gene_id", dropna=False).abundance.transform("sum")
    return (rows.abundance / total.where(total > 0)).fillna(rows.share)


def name_intergenic(evidence: pd.DataFrame) -> pd.DataFrame:
    """The evidence of all atlases, with a gene for sites that lie in no gene: a gene of their own. Sites within 1 kb of
    one another share it."""
    alone = evidence.gene_id.isna()
    if not alone.any():
        return evidence
    points = evidence[alone]
    cluster = cluster_points(points.assign(everywhere=""), "cut", "everywhere", 1000)
    first = points.groupby(cluster).cut.transform("min") + 1
    name = "intergenic@" + points.chrom + ":" + first.astype(str) + ":" + points.strand
    named = evidence.astype({"gene_id": object, "gene_name": object})
    named.loc[alone, "gene_id"] = name
    named.loc[alone, "gene_name"] = name
    return named
