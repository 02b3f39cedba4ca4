"""The 205-nt window of each site, on the transcribed strand, with the hexamer at index 70."""

import numpy as np
import pandas as pd

from pasvar.constants import WINDOW_LENGTH
from pasvar.genome import Genome
from pasvar.sequence import decode, encode, reverse_complement


def reference_windows(sites: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """Table `windows`: one row per distinct site of the catalogue, by genome position.

    Past an end of the contig a window holds N: on the forward strand's side where the contig ends, which for a site
    on the minus strand is the other end of the window.
    """
    windows = sites.drop_duplicates("site_id", ignore_index=True)
    codes = np.empty((len(windows), WINDOW_LENGTH), dtype=np.uint8)
    for chrom, rows in windows.groupby("chrom", sort=False).indices.items():
        starts = windows.window_start.to_numpy()[rows]
        stretch = genome.stretch(chrom, int(starts.min()), int(starts.max()) + WINDOW_LENGTH)
        codes[rows] = stretch.codes[(starts - stretch.start)[:, None] + np.arange(WINDOW_LENGTH)]
    minus = (windows.strand == "-").to_numpy()
    codes[minus] = reverse_complement(codes[minus])
    cut = np.where(minus, windows.window_end - windows.cut_pos, windows.cut_pos - 1 - windows.window_start)
    return windows.assign(cut_index=cut, window=to_strings(codes))[
        ["site_id", "chrom", "strand", "window_start", "window_end", "cut_index", "window"]
    ]


def to_strings(codes: np.ndarray) -> list[str]:
    """Windows as text; codes: (n, 205) uint8."""
    text = decode(codes.reshape(-1))
    return [text[i : i + WINDOW_LENGTH] for i in range(0, len(text), WINDOW_LENGTH)]


def to_codes(windows: list[str] | pd.Series) -> np.ndarray:
    """The inverse of `to_strings`: (n, 205) uint8. Raises ValueError where a window has another length."""
    codes = encode("".join(windows))
    if len(codes) != len(windows) * WINDOW_LENGTH:
        raise ValueError(f"windows of {WINDOW_LENGTH} nt are expected")
    return codes.reshape(len(windows), WINDOW_LENGTH)
