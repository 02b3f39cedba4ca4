"""The sequence of windows: 205 nt of the transcribed strand, N past the ends of the contig."""

import numpy as np
import pandas as pd

from pasvar.constants import WINDOW_LENGTH
from pasvar.genome import Genome
from pasvar.sequence import reverse_complement

_WINDOWS_AT_ONCE = 4096
"""Windows of one contig that are read at once: a long contig as a whole would take a gigabyte."""


def window_codes(windows: pd.DataFrame, genome: Genome) -> np.ndarray:
    """(n, 205) uint8 codes of n windows: chrom (the FASTA's name), strand, window_start (forward strand, 0-based)."""
    codes = np.empty((len(windows), WINDOW_LENGTH), dtype=np.uint8)
    every_start = windows.window_start.to_numpy()
    for chrom, rows in windows.groupby("chrom").indices.items():
        rows = rows[np.argsort(every_start[rows])]
        for begin in range(0, len(rows), _WINDOWS_AT_ONCE):
            here = rows[begin : begin + _WINDOWS_AT_ONCE]
            starts = every_start[here]
            chunks = genome.chunks(chrom, starts, starts + WINDOW_LENGTH)
            codes[here] = chunks.at(starts[:, None] + np.arange(WINDOW_LENGTH))
    minus = (windows.strand == "-").to_numpy()
    codes[minus] = reverse_complement(codes[minus])
    return codes
