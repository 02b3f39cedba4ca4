"""Interval operations of pyranges on plain frames with columns chrom, strand, start, end (0-based, half-open)."""

import warnings

import numpy as np
import pandas as pd


def overlaps(left: pd.DataFrame, right: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers (i, j) of all pairs on one strand that share a base, sorted by i, then j."""
    if left.empty or right.empty:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    with _quietly():
        pairs = _ranges(left, i=range(len(left))).join(_ranges(right, j=range(len(right))), strandedness="same").df
    if pairs.empty:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    pairs = pairs.sort_values(["i", "j"])
    return pairs.i.to_numpy(), pairs.j.to_numpy()


def merge(intervals: pd.DataFrame) -> pd.DataFrame:
    """The bases that the intervals cover, strand by strand: chrom, strand, start, end, disjoint, by position."""
    columns = {"Chromosome": "chrom", "Strand": "strand", "Start": "start", "End": "end"}
    if intervals.empty:
        return pd.DataFrame(columns=[*columns.values()])
    with _quietly():
        merged = _ranges(intervals).merge(strand=True).df
    merged = merged.rename(columns=columns).astype({"chrom": str, "strand": str})[[*columns.values()]]
    return merged.sort_values(["chrom", "start", "strand"], ignore_index=True)


def cluster_points(points: pd.DataFrame, position: str, by: str, distance: int) -> pd.Series:
    """Number of the cluster of each row, on its index: single linkage of positions of one strand that follow one another at
    less than `distance` nt, among the rows that agree in column `by`."""
    frame = points.assign(start=points[position], end=points[position] + 1)
    with _quietly():
        # Two one-base intervals at distance d have d - 1 bases between them, and slack is compared with those.
        ranges = _ranges(frame, by=frame[by], row=range(len(frame)))
        clustered = ranges.cluster(strand=True, by="by", slack=distance - 2).df
    return pd.Series(clustered.set_index("row").Cluster.sort_index().to_numpy(), index=points.index)


def _ranges(frame: pd.DataFrame, **columns):
    import pyranges

    return pyranges.PyRanges(
        pd.DataFrame(
            {"Chromosome": frame.chrom, "Start": frame.start, "End": frame.end, "Strand": frame.strand, **columns}
        ).reset_index(drop=True)
    )


class _quietly(warnings.catch_warnings):
    """Without the warnings of pyranges 0.1.7, which uses what pandas 3 deprecates."""

    def __enter__(self):
        entered = super().__enter__()
        warnings.simplefilter("ignore")
        return entered
