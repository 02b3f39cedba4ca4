"""Effects of alleles that hit the rival hexamer of a site: the larger effect of the two windows is used."""

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, RIVAL_FLAG, WINDOW_LENGTH
from pasvar.effects.alone import site_change
from pasvar.effects.calibration import Calibration
from pasvar.effects.context import References, with_flag
from pasvar.scoring import WINDOW_SCORES
from pasvar.sequence import encode_rows
from pasvar.variants import region_of


def prefer_rivals(
    compared: pd.DataFrame, scored: pd.DataFrame, sites: pd.DataFrame, calibration: Calibration
) -> pd.DataFrame:
    """The rows of `context.References.compare`, with the row of the rival's window if `delta_logodds_narrow` is larger
    there, and with `delta_site_logodds`, the change of the odds of both hexamers together.

    compared: made of `scored`, alleles with the columns `rival_*` of tables `alleles` and `allele_scores`. sites: table
    `sites`. A row of the rival's window has no percentile, because the other substitutions of its site are scored in
    the main window.
    """
    compared = compared.assign(delta_site_logodds=compared.delta_logodds_narrow)
    hits = scored[scored.rival_window_alt.notna()]
    if hits.empty:
        return compared
    own = compared.logodds_narrow_ref.loc[hits.index], hits.logodds_narrow_alt
    changes = site_change(*own, hits.rival_logodds_narrow_ref, hits.rival_logodds_narrow_alt)
    compared.loc[hits.index, "delta_site_logodds"] = changes.astype("float32")
    in_rival = _compare(hits, sites, calibration)
    larger = in_rival.delta_logodds_narrow.abs() > compared.delta_logodds_narrow.loc[hits.index].abs()
    chosen = in_rival[larger].assign(percentile=np.float32("nan"))
    chosen["delta_site_logodds"] = compared.delta_site_logodds.loc[chosen.index]
    chosen["flags"] = with_flag(chosen["flags"], RIVAL_FLAG, np.ones(len(chosen), dtype=bool))
    return pd.concat([compared.drop(chosen.index), chosen[compared.columns]]).sort_index() if len(chosen) else compared


def _compare(hits: pd.DataFrame, sites: pd.DataFrame, calibration: Calibration) -> pd.DataFrame:
    """The alleles compared with the reference in the windows of the rivals, as `References.compare` gives them."""
    # A site may have several rivals: each is compared as if it were a separate site.
    key = hits.site_id + "@" + hits.rival_hexamer_start.astype(np.int64).astype(str)
    of_rival = hits.assign(key=key).drop_duplicates("key").set_index("key")
    own = sites.drop_duplicates("site_id").set_index("site_id").loc[of_rival.site_id].reset_index(drop=True)
    own = own.assign(
        site_id=of_rival.index, **{name: of_rival[f"rival_{name}_ref"].to_numpy() for name in WINDOW_SCORES}
    )
    start = of_rival.rival_hexamer_start.astype(np.int64).to_numpy()
    on_minus = start + HEXAMER_LENGTH + HEXAMER_INDEX - own.cut_pos
    cut_index = (own.cut_pos - 1 - start + HEXAMER_INDEX).where(own.strand == "+", on_minus)
    windows = own[["site_id"]].assign(window=of_rival.rival_window_ref.to_numpy(), cut_index=cut_index)
    # A cut outside the window is not one of its bases, and is not used.
    windows["cut_index"] = windows.cut_index.clip(0, WINDOW_LENGTH - 1)
    references = References(windows, own, calibration)
    places = {name: hits[f"rival_{name}"] for name in ("window_index", "window_last", "anchor")}
    cuts = references.cut_index[references.row_of(key)]
    region = [region_of(*place) for place in zip(places["window_index"], places["window_last"], cuts, strict=True)]
    scores = {f"{name}_alt": hits[f"rival_{name}_alt"] for name in WINDOW_SCORES}
    # An indel's other side belongs to the site's own hexamer.
    alleles = hits.assign(**places, **scores, site_id=key, region=region, logodds_narrow_other=np.float32("nan"))
    compared = references.compare(alleles, encode_rows(hits.rival_window_alt.to_list(), WINDOW_LENGTH))
    return compared.assign(site_id=hits.site_id)
