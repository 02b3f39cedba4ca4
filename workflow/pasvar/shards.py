"""Cutting the genome into shards that hold about the same number of windows.

A shard is a run of stretches that together tile every contig, so each position, and with it each VCF record (by its POS),
belongs to exactly one shard, and shards in order are the genome in order.
"""

import itertools

import numpy as np
import pandas as pd


def plan_shards(windows: pd.DataFrame, contigs: pd.DataFrame, n_shards: int) -> pd.DataFrame:
    """Table `shards`: the stretches of shards 1 to `n_shards`; shards past the number of windows are empty.

    windows: table `windows`. contigs: table `contigs`, whose order is the order of the genome.
    """
    offset = dict(zip(contigs.chrom, np.concatenate([[0], np.cumsum(contigs.length)[:-1]]), strict=True))
    # Places in the genome laid end to end; a window past a contig's start begins, for this purpose, at the contig's start.
    places = np.sort(windows.chrom.map(offset).to_numpy() + windows.window_start.clip(lower=0).to_numpy())
    total = int(contigs.length.sum())
    cuts = [int(places[len(places) * shard // n_shards]) for shard in range(1, n_shards)]
    borders = np.unique([0, *cuts, total])
    rows = []
    for shard, (start, end) in enumerate(itertools.pairwise(borders), start=1):
        for contig in contigs.itertuples():
            low, high = max(start - offset[contig.chrom], 0), min(end - offset[contig.chrom], contig.length)
            if low < high:
                rows.append((shard, contig.chrom, int(low), int(high)))
    return pd.DataFrame(rows, columns=["shard", "chrom", "start", "end"])


def shard_of(plan: pd.DataFrame, shard: int) -> pd.DataFrame:
    """The stretches of one shard; none for a shard past the number of windows."""
    return plan[plan["shard"] == shard].reset_index(drop=True)
