"""The catalogue of polyadenylation sites: one row per site and gene, from the 3' ends of a gene's transcripts."""

import warnings

import pandas as pd

from pasvar.constants import (
    A_RICH_DOWNSTREAM,
    A_RICH_UPSTREAM,
    HEXAMER_INDEX,
    HEXAMER_LENGTH,
    HEXAMER_SEARCH_LENGTH,
    WINDOW_LENGTH,
)
from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.hexamer import canonical_share, find_hexamer, is_a_rich
from pasvar.sequence import decode, reverse_complement

_ENOUGH_TO_JUDGE = 50
"""Sites below which the share of canonical hexamers says nothing about the assembly."""


def find_sites(
    transcripts: pd.DataFrame, genome: Genome, merge_distance: int, min_canonical_share: float
) -> pd.DataFrame:
    """Table `catalogue` from the rows of `annotation.read_transcripts`.

    Ends of one gene that follow one another at less than `merge_distance` nt are one site, placed at the end that
    most of its transcripts have (the most distal of equals). Raises InputError where there is no site, and where
    fewer than `min_canonical_share` of many sites have AATAAA or ATTAAA: the annotation is then of another assembly.
    """
    if transcripts.empty:
        raise InputError("zero polyadenylation sites: no transcript is left; see config keys `gtf` and `biotypes`")
    sites = _merge_ends(transcripts, merge_distance)
    signals = pd.DataFrame([_signal(genome, site) for site in sites.itertuples()], index=sites.index)
    sites = pd.concat([sites, signals], axis=1)
    share = canonical_share(sites.hexamer_tier.to_numpy())
    if len(sites) >= _ENOUGH_TO_JUDGE and share < min_canonical_share:
        raise InputError(
            f"only {share:.0%} of {len(sites)} transcript ends have AATAAA or ATTAAA before them (at least "
            f"{min_canonical_share:.0%} expected): the GTF is probably of another assembly than {genome.path}; if it is not, "
            "lower config key `min_canonical_share`"
        )
    sites["site_id"] = sites.chrom + ":" + sites.cut_pos.astype(str) + ":" + sites.strand
    sites["source"] = "gtf"
    sites["usage_ref"] = float("nan")
    sites["usage_source"] = None
    return sort_sites(sites, genome)


def sort_sites(sites: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """The sites by genome position, contigs in the FASTA's order."""
    order = {chrom: i for i, chrom in enumerate(genome.lengths)}
    return (
        sites.assign(_contig=sites.chrom.map(order))
        .sort_values(["_contig", "cut_pos", "strand", "gene_id"], kind="stable")
        .drop(columns="_contig")
        .reset_index(drop=True)
    )


def window_interval(cut_pos: int, strand: str, hexamer_offset: int) -> tuple[int, int]:
    """Forward-strand [start, end) of the 205 nt whose index 70 lies `hexamer_offset` nt from the cut (negative: upstream)."""
    cut = cut_pos - 1
    if strand == "+":
        start = cut + hexamer_offset - HEXAMER_INDEX
        return start, start + WINDOW_LENGTH
    end = cut - hexamer_offset + HEXAMER_INDEX + 1
    return end - WINDOW_LENGTH, end


def _merge_ends(transcripts: pd.DataFrame, merge_distance: int) -> pd.DataFrame:
    """One row per gene and cluster of ends, with cut_pos, class, rank, counts and 3' UTR length."""
    plus = transcripts.strand == "+"
    cut = (transcripts.end - 1).where(plus, transcripts.start)
    ends = transcripts.assign(cut=cut, along=cut.where(plus, -cut))
    ends["cluster"] = _clusters(ends, merge_distance)
    at_cut = (
        ends.groupby(["gene_id", "chrom", "strand", "cluster", "cut", "along"], sort=False)
        .size()
        .rename("n")
        .reset_index()
    )
    chosen = (
        at_cut.sort_values(["n", "along"]).groupby(["gene_id", "cluster"]).tail(1).set_index(["gene_id", "cluster"])
    )
    merged = ends.groupby(["gene_id", "cluster"]).agg(
        gene_name=("gene_name", "first"),
        n_transcripts=("transcript_id", "size"),
        n_with_utr=("utr_length", lambda lengths: (lengths > 0).sum()),
        n_coding=("is_coding", "sum"),
        utr_length=("utr_length", "max"),
    )
    sites = chosen[["chrom", "strand", "cut", "along"]].join(merged).reset_index()
    sites["cut_pos"] = sites.cut + 1
    sites["site_class"] = "noncoding"
    sites.loc[sites.n_coding > 0, "site_class"] = "cds"
    sites.loc[sites.n_with_utr > 0, "site_class"] = "3utr"
    sites["rank"] = sites.groupby("gene_id").along.rank().astype(int)
    return sites


def _clusters(ends: pd.DataFrame, merge_distance: int) -> pd.Series:
    """Number of the cluster that each end belongs to (pyranges' single linkage, gene by gene)."""
    import pyranges

    frame = pd.DataFrame(
        {
            "Chromosome": ends.chrom,
            "Start": ends.cut,
            "End": ends.cut + 1,
            "Strand": ends.strand,
            "gene_id": ends.gene_id,
            "row": range(len(ends)),
        }
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyranges 0.1.7 uses what pandas 3 deprecates
        # Two one-base ends at distance d have d - 1 bases between them, and slack is compared with those.
        clustered = pyranges.PyRanges(frame).cluster(strand=True, by="gene_id", slack=merge_distance - 2).df
    return pd.Series(clustered.set_index("row").Cluster.sort_index().to_numpy(), index=ends.index)


def _signal(genome: Genome, site) -> dict[str, object]:
    """Hexamer, window interval and A-rich flag of one site."""
    flank = max(HEXAMER_SEARCH_LENGTH, A_RICH_UPSTREAM, A_RICH_DOWNSTREAM, HEXAMER_LENGTH) + 1
    codes = genome.stretch(site.chrom, site.cut - flank, site.cut + flank + 1).codes
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
