"""The pairs of windows to which scores belong: the site's own window, or that of its rival hexamer if the latter is
used."""

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, RIVAL_FLAG
from pasvar.tables import ALLELE

_KEY = [*ALLELE, "site_id"]


def scored_windows(alleles: pd.DataFrame, windows: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """One row per allele and site of `scores`, in its order: those columns, window_ref and window_alt (205 nt of the
    transcribed strand), and hexamer_start, the forward-strand start (0-based) of the six bases at index 70.

    alleles, windows, scores: the tables of these names, `alleles` with every row that `scores` has.
    """
    of_site = windows[["site_id", "strand", "window_start", "window_end", "window"]]
    rows = alleles.merge(of_site, on="site_id", how="left")
    on_minus = rows.window_end - HEXAMER_INDEX - HEXAMER_LENGTH
    rows["hexamer_start"] = np.where(rows.strand == "-", on_minus, rows.window_start + HEXAMER_INDEX)
    wanted = scores[[*_KEY, "flags"]].drop_duplicates(_KEY)
    rows = wanted.merge(rows, on=_KEY, how="left")
    rival = rows["flags"].fillna("").str.split("&").map(lambda flags: RIVAL_FLAG in flags).to_numpy(dtype=bool)
    return rows[_KEY].assign(
        window_ref=rows.window.mask(rival, rows.rival_window_ref),
        window_alt=rows.window_alt.mask(rival, rows.rival_window_alt),
        hexamer_start=rows.hexamer_start.mask(rival, rows.rival_hexamer_start).astype("int64"),
    )
