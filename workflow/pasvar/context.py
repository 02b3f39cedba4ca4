"""What stands beside an effect so that it can be read: where the cut moves, which element is hit, when to take care."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from pasvar.constants import CLEAVAGE_SITE_REACH, HEXAMER_INDEX, HEXAMER_LENGTH, WEAK_REFERENCE, WINDOW_LENGTH
from pasvar.motifs import MOTIFS, count_motifs, hexamer_change
from pasvar.scores import WINDOW_SCORES
from pasvar.sequence import decode_rows, encode_rows
from pasvar.tables import FLAGS

_HEXAMER = slice(HEXAMER_INDEX, HEXAMER_INDEX + HEXAMER_LENGTH)
_IS_UPSTREAM = np.array([motif.is_upstream for motif in MOTIFS])


class References:
    """The reference windows of sites and their scores, for alternate windows to be compared with.

    codes: (n, 205) uint8. cut_index: (n,). Both in the order of the table `windows`.
    """

    def __init__(self, windows: pd.DataFrame, sites: pd.DataFrame):
        """windows, sites: the tables of these names."""
        self._sites = pd.Index(windows.site_id)
        self._scores = sites.drop_duplicates("site_id").set_index("site_id").loc[windows.site_id, list(WINDOW_SCORES)]
        self.codes = encode_rows(windows.window.to_list(), WINDOW_LENGTH)
        self.cut_index = windows.cut_index.to_numpy()
        self._hexamers = np.array(decode_rows(self.codes[:, _HEXAMER]), dtype=object)
        self._motifs = count_motifs(self.codes, self.cut_index)

    def row_of(self, site_id: pd.Series) -> np.ndarray:
        """The rows of `codes` that belong to sites."""
        return self._sites.get_indexer(site_id)

    def compare(self, alleles: pd.DataFrame, codes: np.ndarray) -> pd.DataFrame:
        """The alleles with all that table `scores` tells of an alternate window beside its reference window.

        alleles: with site_id, window_index, region, anchor and the scores of their windows, `logodds_narrow_alt` and so on.
        codes: (n, 205) uint8, their windows.
        """
        row = self.row_of(alleles.site_id)
        told: dict[str, np.ndarray] = {}
        for name in WINDOW_SCORES:
            told[f"{name}_ref"] = self._scores[name].to_numpy()[row]
            told[f"delta_{name}"] = alleles[f"{name}_alt"].to_numpy() - told[f"{name}_ref"]
        told |= self._hexamer_changes(row, codes)
        change = count_motifs(codes, self.cut_index[row]) - self._motifs[row]
        told["mechanism"] = _mechanisms(alleles, told, change, self.cut_index[row])
        for column, is_changed in (("motif_lost", change < 0), ("motif_gained", change > 0)):
            told[column] = _both(told[column], joined([motif.name for motif in MOTIFS], is_changed))
        told["flags"] = _flags(alleles, told)
        return alleles.assign(**told)

    def _hexamer_changes(self, row: np.ndarray, codes: np.ndarray) -> dict[str, np.ndarray]:
        """Columns hexamer_ref and hexamer_alt, and of motif_lost and motif_gained the part that the hexamer has."""
        before = self._hexamers[row]
        after = before.copy()
        lost, gained = np.full((2, len(row)), None)
        changed = np.flatnonzero((codes[:, _HEXAMER] != self.codes[row, _HEXAMER]).any(axis=1))
        after[changed] = decode_rows(codes[changed, _HEXAMER])
        for i in changed:
            lost[i], gained[i] = hexamer_change(before[i], after[i])
        return {"hexamer_ref": before, "hexamer_alt": after, "motif_lost": lost, "motif_gained": gained}


def _mechanisms(alleles: pd.DataFrame, told: dict, change: np.ndarray, cut_index: np.ndarray) -> np.ndarray:
    """Column mechanism, see `tables.MECHANISMS`; the first that fits. change: (n, 4), how many more of each motif there are."""
    region = alleles.region.to_numpy()
    cases = {
        "hexamer": pd.notna(told["motif_lost"]) | pd.notna(told["motif_gained"]),
        "upstream_element": (region == "upstream") & change[:, _IS_UPSTREAM].any(axis=1),
        "downstream_element": (region == "downstream") & change[:, ~_IS_UPSTREAM].any(axis=1),
        "cleavage_site": np.abs(alleles.window_index.to_numpy() - cut_index) <= CLEAVAGE_SITE_REACH,
    }
    return np.select(list(cases.values()), list(cases), "other")


def _flags(alleles: pd.DataFrame, told: dict) -> np.ndarray:
    """Column flags, see `tables.FLAGS`."""
    is_set = {
        "hexamer_changed": told["hexamer_ref"] != told["hexamer_alt"],
        "hexamer_indel": alleles.anchor.to_numpy() != "hexamer",
        "opposite_signs": np.sign(told["delta_logodds_narrow"]) * np.sign(told["delta_logodds"]) < 0,
        "weak_reference": told["logodds_narrow_ref"] < WEAK_REFERENCE,
    }
    return joined(list(FLAGS), np.column_stack([is_set[flag] for flag in FLAGS]))


def joined(names: Sequence[str], is_set: np.ndarray) -> np.ndarray:
    """For each row of (n, k) booleans those of the k names that are set, joined by `&`; None where none is."""
    combinations = product((False, True), repeat=len(names))
    texts = ["&".join(name for name, bit in zip(names, bits, strict=True) if bit) or None for bits in combinations]
    number = is_set @ (1 << np.arange(len(names))[::-1])
    return np.array(texts, dtype=object)[number]


def _both(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Texts of two columns joined by `&`, None where neither has one."""
    either = np.where(pd.isna(first), second, first)
    for i in np.flatnonzero(pd.notna(first) & pd.notna(second)):
        either[i] = f"{first[i]}&{second[i]}"
    return either
