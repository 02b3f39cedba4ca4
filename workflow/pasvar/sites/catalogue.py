"""The catalogue of polyadenylation sites: one row per site and gene, from transcript ends and atlases."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.constants import (
    A_RICH_DOWNSTREAM,
    A_RICH_UPSTREAM,
    HEXAMER_INDEX,
    HEXAMER_LENGTH,
    HEXAMER_SEARCH_LENGTH,
    WINDOW_LENGTH,
)
from pasvar.counts import plural
from pasvar.errors import InputError
from pasvar.genome import Genome, along
from pasvar.intervals import cluster_points
from pasvar.sequence import decode, reverse_complement
from pasvar.sites.hexamer import canonical_share, find_hexamer, is_a_rich
from pasvar.sites.roles import sort_sites
from pasvar.sites.site_evidence import GTF
from pasvar.tables import SITE_CLASSES

_ENOUGH_TO_JUDGE = 50
"""With fewer sites than this, the share of canonical hexamers says nothing about the assembly."""


class SiteRules(NamedTuple):
    """The user's settings for the catalogue, by the names of the config keys."""

    merge_distance: int
    min_atlas_usage: float
    a_rich: str
    min_canonical_share: float


class Catalogue(NamedTuple):
    """The sites (table `catalogue`), the site_id of each evidence that is in it, and notes that say what was left
    out."""

    sites: pd.DataFrame
    site_of_evidence: pd.Series
    notes: list[str]


def find_sites(evidence: pd.DataFrame, genome: Genome, rules: SiteRules) -> Catalogue:
    """The catalogue from the rows of module `evidence`, whose index must be unique.

    If neighbouring evidences of one gene are less than `merge_distance` nt apart, they form one site. The site is
    placed where an atlas has most abundance, because the cut was measured there. Without an atlas it is placed at the
    end that most of its transcripts have (the most distal of equals). Raises InputError if there is no site, or if too
    few sites of a source have AATAAA or ATTAAA, because that source is then of another assembly.
    """
    if evidence.empty:
        raise InputError("zero polyadenylation sites: no transcript is left; see config keys `gtf` and `biotypes`")
    evidence = evidence.assign(
        along=along(evidence.cut, evidence.strand),
        cluster=cluster_points(evidence, "cut", "gene_id", rules.merge_distance),
    )
    sites = _merge(evidence)
    notes = []
    rare = (sites.n_transcripts == 0) & (sites.usage_measured < rules.min_atlas_usage)
    if rare.any():
        notes.append(
            f"{plural(rare.sum(), 'site')} of atlases alone with a usage below {rules.min_atlas_usage:g} left out"
        )
        sites = sites[~rare].reset_index(drop=True)
    sites = sites.join(pd.DataFrame([_signal(genome, site) for site in sites.itertuples()], index=sites.index))
    _require_assembly(sites, genome, rules.min_canonical_share)
    suspect = sites.a_rich & {"keep": False, "drop_unannotated": sites.n_transcripts == 0, "drop": True}[rules.a_rich]
    if suspect.any():
        notes.append(f"{plural(suspect.sum(), 'A-rich site')} left out")
        sites = sites[~suspect]
    if sites.empty:
        raise InputError("zero polyadenylation sites are left; see config keys `a_rich` and `min_atlas_usage`")
    of_gene = sites.groupby("gene_id")
    # The abundances of an atlas are complete: the remaining sites share them. Shares may be given for some sites only.
    total = of_gene.usage_measured.transform("sum").where(
        sites.counted | (of_gene.usage_measured.transform("sum") > 1), 1
    )
    sites["usage_measured"] = sites.usage_measured / total.where(total > 0)
    sites["rank"] = of_gene.along.rank().astype(int)
    sites["site_id"] = sites.chrom + ":" + sites.cut_pos.astype(str) + ":" + sites.strand
    named = sites.set_index(["gene_id", "cluster"]).site_id
    site_of_evidence = named.reindex(pd.MultiIndex.from_frame(evidence[["gene_id", "cluster"]])).set_axis(
        evidence.index
    )
    return Catalogue(sort_sites(sites, genome.lengths), site_of_evidence.dropna(), notes)


def window_interval(cut_pos: int, strand: str, hexamer_offset: int) -> tuple[int, int]:
    """Forward-strand [start, end) of the 205 nt whose index 70 lies `hexamer_offset` nt from the cut (negative: upstream)."""
    cut = cut_pos - 1
    if strand == "+":
        start = cut + hexamer_offset - HEXAMER_INDEX
        return start, start + WINDOW_LENGTH
    end = cut - hexamer_offset + HEXAMER_INDEX + 1
    return end - WINDOW_LENGTH, end


def _merge(evidence: pd.DataFrame) -> pd.DataFrame:
    """One row per gene and cluster of evidences."""
    key = ["gene_id", "cluster"]
    order = {name: i for i, name in enumerate(SITE_CLASSES)}
    evidence = evidence.assign(
        n=evidence.groupby([*key, "source", "cut"]).cut.transform("size"),
        measured=evidence.source != GTF,
        weight=evidence.weight.fillna(0),
        class_order=evidence.site_class.map(order),
    )
    placed = evidence.sort_values(["measured", "weight", "n", "along"], kind="stable").drop_duplicates(key, keep="last")
    placed = placed.set_index(key)[["gene_name", "chrom", "strand", "cut", "along"]]
    merged = evidence.groupby(key).agg(class_order=("class_order", "min"), truncating=("truncating", "all"))
    merged["utr_length"] = _utr_lengths(evidence, placed.cut)
    merged["site_class"] = merged.class_order.map(dict(enumerate(SITE_CLASSES)))
    sites = placed.join(merged).join(_provenance(evidence)).join(_measured_usage(evidence)).reset_index()
    return sites.assign(cut_pos=sites.cut + 1)


def _utr_lengths(evidence: pd.DataFrame, cut: pd.Series) -> pd.Series:
    """Length of the 3' UTR of the transcripts that are cut at the site: the longest of them. If these have none, the
    longest of the other merged transcripts. cut: of the sites, by gene and cluster."""
    key = ["gene_id", "cluster"]
    here = evidence.cut.to_numpy() == cut.reindex(pd.MultiIndex.from_frame(evidence[key])).to_numpy()
    own = evidence[here].groupby(key).utr_length.max()
    return own.fillna(evidence.groupby(key).utr_length.max())


def _provenance(evidence: pd.DataFrame) -> pd.DataFrame:
    """source, evidence, transcript_ids and n_transcripts by gene and cluster."""
    # A plain loop: pandas calls a function for each of half a million groups a hundred times slower.
    ordered = evidence.sort_values(["measured", "along"], kind="stable")
    found: dict[tuple, tuple[dict, dict, set]] = {}
    columns = ["gene_id", "cluster", "source", "cut", "transcript_id"]
    for gene_id, cluster, source, cut, transcript in ordered[columns].itertuples(index=False, name=None):
        sources, places, transcripts = found.setdefault((gene_id, cluster), ({}, {}, set()))
        sources[source] = places[f"{source}:{cut + 1}"] = None
        if source == GTF:
            transcripts.add(transcript)
    rows = [("+".join(sources), list(places), sorted(names), len(names)) for sources, places, names in found.values()]
    index = pd.MultiIndex.from_tuples(found, names=["gene_id", "cluster"])
    return pd.DataFrame(rows, columns=["source", "evidence", "transcript_ids", "n_transcripts"], index=index)


def _measured_usage(evidence: pd.DataFrame) -> pd.DataFrame:
    """usage_measured, usage_source and counted (an abundance, not a share) by gene and cluster, from the first atlas
    that has seen the gene; NaN for sites that this atlas has not seen."""
    key = ["gene_id", "cluster"]
    best = pd.DataFrame(columns=["usage_measured", "usage_source", "counted"])
    for name, rows in evidence[evidence.source != GTF].groupby("source", sort=False):
        for column, counted in (("share", False), ("abundance", True)):
            amount = rows.groupby(key)[column].sum(min_count=1).dropna()
            total = amount.groupby("gene_id").transform("sum")
            amount = amount[(total > 0) & ~amount.index.get_level_values(0).isin(best.index.get_level_values(0))]
            usage = amount / total[amount.index] if counted else amount
            found = pd.DataFrame({"usage_measured": usage, "usage_source": f"measured:{name}", "counted": counted})
            best = pd.concat([part for part in (best, found) if len(part)] or [found])
    every = pd.MultiIndex.from_frame(evidence[key].drop_duplicates())
    return best.reindex(every).assign(
        usage_measured=lambda b: b.usage_measured.astype(np.float64), counted=lambda b: b.counted.eq(True)
    )


def _require_assembly(sites: pd.DataFrame, genome: Genome, min_share: float) -> None:
    """Raise InputError if the sites of a source have too few canonical hexamers before them."""
    sources = sites.source.str.split("+").explode()
    for source, rows in sources.groupby(sources, sort=False):
        share = canonical_share(sites.hexamer_tier.loc[rows.index].to_numpy())
        if len(rows) >= _ENOUGH_TO_JUDGE and share < min_share:
            what = "transcript ends" if source == GTF else f"sites of atlas {source}"
            raise InputError(
                f"only {share:.0%} of {len(rows)} {what} have AATAAA or ATTAAA before them (at least {min_share:.0%} "
                f"expected): the {'GTF' if source == GTF else 'atlas'} is probably of another assembly than {genome.path}; "
                "if it is not, lower config key `min_canonical_share`"
            )


def _signal(genome: Genome, site) -> dict[str, object]:
    """Hexamer, window interval and A-rich flag of one site."""
    flank = max(HEXAMER_SEARCH_LENGTH, A_RICH_UPSTREAM, A_RICH_DOWNSTREAM, HEXAMER_LENGTH) + 1
    codes = genome.slice(site.chrom, site.cut - flank, site.cut + flank + 1).codes
    around = decode(codes if site.strand == "+" else reverse_complement(codes))
    hexamer = find_hexamer(around[flank - HEXAMER_SEARCH_LENGTH : flank + HEXAMER_LENGTH - 1])
    start, end = window_interval(site.cut_pos, site.strand, hexamer.offset)
    hexamer_start = start + HEXAMER_INDEX if site.strand == "+" else end - HEXAMER_INDEX - HEXAMER_LENGTH
    return {
        "hexamer": hexamer.letters,
        "hexamer_start": hexamer_start,
        "hexamer_end": hexamer_start + HEXAMER_LENGTH,
        "hexamer_tier": hexamer.tier,
        "window_start": start,
        "window_end": end,
        "a_rich": is_a_rich(around[flank - A_RICH_UPSTREAM : flank + A_RICH_DOWNSTREAM + 1]),
    }
