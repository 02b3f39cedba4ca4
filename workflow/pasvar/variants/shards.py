"""Divides the genome into shards with about the same number of sites.

A shard is a run of stretches. Together the stretches of all shards tile every contig. So each position, and each VCF
record (by its POS), belongs to exactly one shard, and the shards are in the order of the genome. No border lies inside
a gene or near one of its windows, so that one shard knows all alleles that its people carry at the sites of its genes.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pasvar.contigs import ContigNames


def plan_shards(catalogue: pd.DataFrame, contigs: pd.DataFrame, n_shards: int, margin: int) -> pd.DataFrame:
    """Table `shards`: the stretches of shards 1 to `n_shards`. If there are fewer possible borders, the last shards are
    empty.

    catalogue: table `catalogue`. contigs: table `contigs`, whose order is the order of the genome.
    margin: minimum distance in nt between a border and the nearest window; with `alleles.reach`, the alleles of a
    window stay in its shard.
    """
    # Contigs are laid end to end.
    offset = pd.Series(np.concatenate([[0], np.cumsum(contigs.length)[:-1]]), index=contigs.chrom)
    places, n_sites = _places_to_cut(catalogue, offset, contigs.set_index("chrom").length, margin)
    wanted = catalogue.site_id.nunique() * np.arange(1, n_shards) / n_shards
    nearest = np.searchsorted((n_sites[1:] + n_sites[:-1]) / 2, wanted)
    shard_starts = np.unique([0, *places[nearest]])
    # Each stretch lies between two neighbours of all borders, those of shards and those of contigs.
    borders = np.union1d(shard_starts, [*offset, contigs.length.sum()])
    starts, ends = borders[:-1], borders[1:]
    contig = np.searchsorted(offset, starts, side="right") - 1
    return pd.DataFrame(
        {
            "shard": np.searchsorted(shard_starts, starts, side="right"),
            "chrom": contigs.chrom.to_numpy()[contig],
            "start": starts - offset.to_numpy()[contig],
            "end": ends - offset.to_numpy()[contig],
        }
    )


def _places_to_cut(
    catalogue: pd.DataFrame, offset: pd.Series, length: pd.Series, margin: int
) -> tuple[np.ndarray, np.ndarray]:
    """Possible borders, with the genome's start first: positions at least `margin` from every window and not between
    two windows of one gene. Also the number of sites before each of them."""
    chrom = catalogue.chrom
    spans = pd.DataFrame(
        {
            "gene_id": catalogue.gene_id,
            "start": (catalogue.window_start - margin).clip(lower=0) + chrom.map(offset),
            "end": (catalogue.window_end + margin).clip(upper=chrom.map(length)) + chrom.map(offset),
            "n_sites": ~catalogue.site_id.duplicated(),
        }
    )
    genes = spans.groupby("gene_id").agg({"start": "min", "end": "max", "n_sites": "sum"}).sort_values("start")
    free = (genes.start >= genes.end.cummax().shift(fill_value=0)).to_numpy()
    places = np.concatenate([[0], genes.start.to_numpy()[free][1:]])
    return places, (genes.n_sites.cumsum() - genes.n_sites).to_numpy()[free]


def shard_of(plan: pd.DataFrame, shard: int) -> pd.DataFrame:
    """The stretches of one shard; none if the shard is empty."""
    return plan[plan["shard"] == shard].reset_index(drop=True)


def files_of_shards(
    spans_of: Mapping[str, Mapping[str, tuple[int, int]]], plan: pd.DataFrame, n_shards: int, names: ContigNames
) -> list[list[str]]:
    """For shards 1 to `n_shards`, the VCFs that have records in their stretches. A shard may have many small files, and
    a large file may be in several shards.

    spans_of: for each VCF, by contig in the file's spelling, the interval [start, end) in which it has records. plan:
    table `shards`. The last shard also gets the files with records on contigs that the FASTA lacks, and puts these
    records into the ledger.
    """
    stretches = {chrom: rows.sort_values("start") for chrom, rows in plan.groupby("chrom", sort=False)}
    found: list[dict[str, None]] = [{} for _ in range(n_shards)]
    for vcf, spans in spans_of.items():
        for contig, (start, end) in spans.items():
            there = stretches.get(names.match(contig))
            if there is None:
                found[-1][vcf] = None
                continue
            for shard in there["shard"][(there.start < end) & (there.end > start)]:
                found[shard - 1][vcf] = None
    return [list(vcfs) for vcfs in found]
