"""The 205-nt window of each site, on the transcribed strand, with the hexamer at index 70."""

import numpy as np
import pandas as pd

from pasvar.constants import WINDOW_LENGTH
from pasvar.genome import Genome
from pasvar.sequence import decode_rows, reverse_complement

_WINDOWS_AT_ONCE = 4096
"""Of one contig: a long one as a whole would take a gigabyte."""


def reference_windows(sites: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """Table `windows`: one row per distinct site of the catalogue, by genome position.

    Past an end of the contig a window holds N: on the forward strand's side where the contig ends, which for a site
    on the minus strand is the other end of the window.
    """
    windows = sites.drop_duplicates("site_id", ignore_index=True)
    codes = np.empty((len(windows), WINDOW_LENGTH), dtype=np.uint8)
    for chrom, rows in windows.groupby("chrom", sort=False).indices.items():
        rows = rows[np.argsort(windows.window_start.to_numpy()[rows], kind="stable")]
        for begin in range(0, len(rows), _WINDOWS_AT_ONCE):
            here = rows[begin : begin + _WINDOWS_AT_ONCE]
            starts = windows.window_start.to_numpy()[here]
            patches = genome.patches(chrom, starts, starts + WINDOW_LENGTH)
            codes[here] = patches.at(starts[:, None] + np.arange(WINDOW_LENGTH))
    minus = (windows.strand == "-").to_numpy()
    codes[minus] = reverse_complement(codes[minus])
    cut = np.where(minus, windows.window_end - windows.cut_pos, windows.cut_pos - 1 - windows.window_start)
    return windows.assign(cut_index=cut, window=decode_rows(codes))[
        ["site_id", "chrom", "strand", "window_start", "window_end", "cut_index", "window"]
    ]
