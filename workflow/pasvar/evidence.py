"""What speaks for a polyadenylation site: the 3' ends of transcripts, and the sites of atlases, gene by gene."""

import numpy as np
import pandas as pd

from pasvar.atlas import Atlas
from pasvar.gene_model import assign_genes
from pasvar.intervals import cluster_points

GTF = "gtf"

COLUMNS = [
    *("chrom", "strand", "cut", "gene_id", "gene_name", "site_class", "utr_length", "truncating"),
    *("source", "transcript_id", "abundance", "share"),
]
"""An evidence: `cut` 0-based; `source` `gtf` or the atlas's name; `transcript_id` of an end, null of an atlas's site;
`abundance`, `share` as in `atlas.Atlas`; the rest as in table `catalogue`."""


def transcript_ends(transcripts: pd.DataFrame) -> pd.DataFrame:
    """Evidence from the `transcripts` of `annotation.Annotation`."""
    plus = transcripts.strand == "+"
    classes = np.select([transcripts.utr_length > 0, transcripts.is_coding], ["3utr", "cds"], "noncoding")
    return transcripts.assign(
        cut=(transcripts.end - 1).where(plus, transcripts.start),
        site_class=classes,
        truncating=False,
        source=GTF,
        abundance=np.nan,
        share=np.nan,
    )[COLUMNS]


def atlas_sites(atlas: Atlas, exons: pd.DataFrame, extension: int, site_classes: list[str]) -> tuple[pd.DataFrame, str]:
    """Evidence from an atlas, a row per site and gene, and a line that says what was left out.

    The index is the row in `atlas.sites`. exons: of `annotation.Annotation`. site_classes: those to keep.
    """
    found = assign_genes(atlas.sites, exons, extension)
    rows = atlas.sites.iloc[found.point].reset_index(drop=True).join(found)
    counts = rows.drop_duplicates("point").site_class.value_counts()
    note = f"{atlas.name}: " + ", ".join(f"{n} {name}" for name, n in counts.items())
    left_out = [name for name in counts.index if name not in site_classes]
    if left_out:
        note += f"; left out: {', '.join(left_out)} (config key `site_classes`)"
    rows = rows[rows.site_class.isin(site_classes)]
    rows = _name_intergenic(rows).assign(source=atlas.name, transcript_id=None)
    return rows.set_index("point")[COLUMNS], note


def _name_intergenic(rows: pd.DataFrame) -> pd.DataFrame:
    """Sites in no gene get one of their own, shared by those within 1 kb of one another."""
    alone = rows.gene_id.isna()
    if not alone.any():
        return rows
    points = rows[alone]
    cluster = cluster_points(points.assign(everywhere=""), "cut", "everywhere", 1000)
    first = points.groupby(cluster).cut.transform("min") + 1
    name = "intergenic@" + points.chrom + ":" + first.astype(str) + ":" + points.strand
    named = rows.astype({"gene_id": object, "gene_name": object})
    named.loc[alone, "gene_id"] = name
    named.loc[alone, "gene_name"] = name
    return named
