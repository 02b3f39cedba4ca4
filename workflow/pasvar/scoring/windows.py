"""The 205-nt window of each site, on the transcribed strand, with the hexamer at index 70."""

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, HEXAMER_SEARCH_LENGTH, WINDOW_LENGTH
from pasvar.genome import Genome
from pasvar.sequence import decode_rows
from pasvar.sites import find_rival, window_codes
from pasvar.tables import TABLES


def reference_windows(sites: pd.DataFrame, genome: Genome) -> pd.DataFrame:
    """Table `windows`: one row per distinct site of the catalogue, by genome position.

    Past an end of the contig a window holds N. These are at the side of the forward strand where the contig ends; for a
    site on the minus strand this is the other end of the window.
    """
    windows = sites.drop_duplicates("site_id", ignore_index=True)
    codes = window_codes(windows, genome)
    minus = (windows.strand == "-").to_numpy()
    cut = np.where(minus, windows.window_end - windows.cut_pos, windows.cut_pos - 1 - windows.window_start)
    windows = windows.assign(cut_index=cut, window=decode_rows(codes))
    return windows.join(find_rivals(windows))[TABLES["windows"].schema.names]


def find_rivals(windows: pd.DataFrame) -> pd.DataFrame:
    """Columns rival_hexamer and rival_start of table `windows`, missing if a site has no rival. windows: its other
    columns."""
    found = []
    places = zip(windows.window, windows.cut_index, windows.window_start, windows.strand == "-", strict=True)
    for window, cut, start, minus in places:
        first = cut - HEXAMER_SEARCH_LENGTH
        upstream = window[first : cut + HEXAMER_LENGTH - 1] if first >= 0 else ""
        rival = find_rival(upstream, HEXAMER_INDEX - cut) if upstream else None
        index = cut + rival.offset if rival else 0
        on_strand = start + WINDOW_LENGTH - HEXAMER_LENGTH - index if minus else start + index
        found.append((rival.letters, on_strand) if rival else (None, pd.NA))
    rivals = pd.DataFrame(found, columns=["rival_hexamer", "rival_start"], index=windows.index)
    return rivals.astype({"rival_start": "Int64"})
