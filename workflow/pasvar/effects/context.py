"""Columns that help to interpret an effect: the position of the cut, the sequence element that is hit, and warnings."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from pasvar.constants import (
    CLEAVAGE_SITE_REACH,
    HEXAMER_INDEX,
    HEXAMER_LENGTH,
    UNCONFIRMED,
    WEAK_REFERENCE,
    WINDOW_LENGTH,
)
from pasvar.effects.calibration import Calibration
from pasvar.effects.motifs import MOTIFS, count_motifs, hexamer_change
from pasvar.scoring import WINDOW_SCORES
from pasvar.sequence import decode_rows, encode_rows, n_differences
from pasvar.sites import PREDICTED

_HEXAMER = slice(HEXAMER_INDEX, HEXAMER_INDEX + HEXAMER_LENGTH)
_IS_UPSTREAM = np.array([motif.is_upstream for motif in MOTIFS])


class References:
    """The reference windows of sites and their scores, with which alternate windows are compared.

    codes: (n, 205) uint8. cut_index: (n,). Both in the order of the table `windows`.
    """

    def __init__(self, windows: pd.DataFrame, sites: pd.DataFrame, calibration: Calibration):
        """windows, sites: the tables of these names. calibration: of the network that scored them."""
        self._calibration = calibration
        self._sites = pd.Index(windows.site_id)
        of_window = sites.drop_duplicates("site_id").set_index("site_id").loc[windows.site_id]
        self._scores = of_window[list(WINDOW_SCORES)]
        self._a_rich = of_window.a_rich.to_numpy(dtype=bool)
        known = of_window.confidence.notna()
        self._unconfirmed = (of_window.confidence < UNCONFIRMED).where(known, of_window.source == PREDICTED).to_numpy()
        self.codes = encode_rows(windows.window.to_list(), WINDOW_LENGTH)
        self.cut_index = windows.cut_index.to_numpy()
        self._hexamers = np.array(decode_rows(self.codes[:, _HEXAMER]), dtype=object)
        self._motifs = count_motifs(self.codes, self.cut_index)

    def row_of(self, site_id: pd.Series) -> np.ndarray:
        """The rows of `codes` that belong to sites."""
        return self._sites.get_indexer(site_id)

    def compare(self, alleles: pd.DataFrame, codes: np.ndarray) -> pd.DataFrame:
        """The alleles with all columns of table `scores` that compare an alternate window with its reference window.

        alleles: with site_id, window_index, region, anchor and the scores of their windows, `logodds_narrow_alt` and so
        on. codes: (n, 205) uint8, their windows.
        """
        row = self.row_of(alleles.site_id)
        columns: dict[str, np.ndarray] = {}
        for name in WINDOW_SCORES:
            columns[f"{name}_ref"] = self._scores[name].to_numpy()[row]
            columns[f"delta_{name}"] = alleles[f"{name}_alt"].to_numpy() - columns[f"{name}_ref"]
        # Substitutions, which are most alleles, have no other side.
        other = alleles.get("logodds_narrow_other", pd.Series(np.float32("nan"), index=alleles.index))
        columns["delta_logodds_narrow_other"] = other.to_numpy() - columns["logodds_narrow_ref"]
        columns |= self._hexamer_changes(row, codes)
        change = count_motifs(codes, self.cut_index[row]) - self._motifs[row]
        columns["mechanism"] = _mechanisms(alleles, columns, change, self.cut_index[row])
        for column, is_changed in (("motif_lost", change < 0), ("motif_gained", change > 0)):
            columns[column] = _both(columns[column], joined([motif.name for motif in MOTIFS], is_changed))
        is_snv = n_differences(self.codes[row], codes) <= 1
        bars = self._calibration.error_bars(columns["delta_logodds_narrow"], columns["logodds_narrow_ref"], is_snv)
        two = np.flatnonzero(~np.isnan(columns["delta_logodds_narrow_other"]))
        if len(two):
            effects = ("delta_logodds_narrow", "delta_logodds_narrow_other", "logodds_narrow_ref")
            bars.iloc[two] = self._calibration.of_both_readings(*(columns[name][two] for name in effects)).to_numpy()
        columns |= {name: bars[name].to_numpy() for name in bars}
        of_site = {"a_rich": self._a_rich[row], "unconfirmed_site": self._unconfirmed[row]}
        columns["flags"] = _flags(
            alleles, columns, of_site | {"uncalibrated": self._calibration.is_extrapolated(is_snv)}
        )
        return alleles.assign(**columns)

    def _hexamer_changes(self, row: np.ndarray, codes: np.ndarray) -> dict[str, np.ndarray]:
        """Columns hexamer_ref and hexamer_alt, and the hexamer's part of motif_lost and motif_gained."""
        before = self._hexamers[row]
        after = before.copy()
        lost, gained = np.full((2, len(row)), None)
        changed = np.flatnonzero((codes[:, _HEXAMER] != self.codes[row, _HEXAMER]).any(axis=1))
        after[changed] = decode_rows(codes[changed, _HEXAMER])
        for i in changed:
            lost[i], gained[i] = hexamer_change(before[i], after[i])
        return {"hexamer_ref": before, "hexamer_alt": after, "motif_lost": lost, "motif_gained": gained}


def _mechanisms(alleles: pd.DataFrame, columns: dict, change: np.ndarray, cut_index: np.ndarray) -> np.ndarray:
    """Column mechanism, see `tables.MECHANISMS`; the first one that applies. change: (n, 4), the increase in number of
    each motif."""
    first, last = alleles.window_index.to_numpy(), alleles.window_last.to_numpy()
    reach = CLEAVAGE_SITE_REACH
    cases = {
        "hexamer": pd.notna(columns["motif_lost"]) | pd.notna(columns["motif_gained"]),
        "upstream_element": (first < HEXAMER_INDEX) & change[:, _IS_UPSTREAM].any(axis=1),
        "downstream_element": (last > cut_index) & change[:, ~_IS_UPSTREAM].any(axis=1),
        "cleavage_site": (first <= cut_index + reach) & (last >= cut_index - reach),
    }
    return np.select(list(cases.values()), list(cases), "other")


def _flags(alleles: pd.DataFrame, columns: dict, more: dict[str, np.ndarray]) -> np.ndarray:
    """Column flags, see `tables.FLAGS`. more: flags that are already known."""
    is_set = {
        "hexamer_changed": columns["hexamer_ref"] != columns["hexamer_alt"],
        "hexamer_indel": alleles.anchor.to_numpy() != "hexamer",
        "opposite_signs": np.sign(columns["delta_logodds_narrow"]) * np.sign(columns["delta_logodds"]) < 0,
        "weak_reference": columns["logodds_narrow_ref"] < WEAK_REFERENCE,
        "ambiguous_side": ~np.isnan(columns["delta_logodds_narrow_other"]),
        **more,
    }
    return joined(list(is_set), np.column_stack(list(is_set.values())))


def with_flag(flags: pd.Series, flag: str, is_set: np.ndarray) -> np.ndarray:
    """The column flags (n,) with one more flag in the rows where it is set."""
    added = np.full(len(flags), None, dtype=object)
    added[np.asarray(is_set, dtype=bool)] = flag
    return _both(flags.to_numpy(dtype=object), added)


def joined(names: Sequence[str], is_set: np.ndarray) -> np.ndarray:
    """For each row of (n, k) booleans, those of the k names that are set, joined by `&`; None if none is set."""
    combinations = product((False, True), repeat=len(names))
    texts = ["&".join(name for name, bit in zip(names, bits, strict=True) if bit) or None for bits in combinations]
    number = is_set @ (1 << np.arange(len(names))[::-1])
    return np.array(texts, dtype=object)[number]


def _both(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Texts of two columns joined by `&`, None if neither has one."""
    either = np.where(pd.isna(first), second, first).astype(object)
    for i in np.flatnonzero(pd.notna(first) & pd.notna(second)):
        either[i] = f"{first[i]}&{second[i]}"
    return either
