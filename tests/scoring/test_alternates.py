"""The windows of alleles, haplotypes and candidates, scored in one go by a network that counts what it is asked."""

import numpy as np
import pandas as pd

from builders import records
from pasvar.progress import no_progress
from pasvar.scoring.alternates import joint_windows, score_alternates
from pasvar.scoring.scores import WINDOW_SCORES, score_parts


class Letters:
    """A network whose i-th score is that of the window's first base (A 0, C 1, G 2, T 3) plus 10 i."""

    def __init__(self):
        self.n_asked = 0

    def scores(self, windows, done):
        self.n_asked += len(windows)
        done(len(windows))
        return (windows[:, :1] + 10 * np.arange(len(WINDOW_SCORES))).astype(np.float32)


def window(letter: str) -> str:
    return letter + "A" * 204


class Kept:
    """A store in memory, of nothing at first."""

    def __init__(self):
        self.added: list[int] = []

    def find(self, codes):
        return pd.DataFrame(np.nan, index=range(len(codes)), columns=list(WINDOW_SCORES), dtype=np.float32)

    def add(self, codes, scores):
        self.added += codes[:, 0].tolist()


def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    alleles = pd.DataFrame(
        {
            "pos": [5, 6, 7],
            "window_alt": [window("C"), window("G"), window("C")],
            "window_other": [None, window("T"), None],
            "rival_window_ref": [None, None, window("A")],
            "rival_window_alt": [None, None, window("G")],
        }
    )
    haplotypes = pd.DataFrame({"haplotype": [3], "window_alt": [window("T")]})
    candidates = pd.DataFrame(
        {"cut_pos": [8, 9], "window_ref": [window("A"), window("C")], "window_alt": [window("T"), window("G")]}
    )
    return alleles, haplotypes, candidates


def test_each_table_gets_the_scores_of_its_windows_and_each_window_is_scored_once():
    network = Letters()
    alleles, haplotypes, candidates = tables()
    found = score_alternates(network, alleles, haplotypes, candidates)
    assert network.n_asked == 4
    assert found.allele_scores.columns.tolist() == [
        *alleles.columns,
        *(f"{name}_alt" for name in WINDOW_SCORES),
        "logodds_narrow_other",
        *(f"rival_{name}_ref" for name in WINDOW_SCORES),
        *(f"rival_{name}_alt" for name in WINDOW_SCORES),
    ]
    columns = ["pos", "logodds_narrow_alt", "logodds_alt", "logodds_narrow_other"]
    assert records(found.allele_scores, *columns, "rival_logodds_narrow_ref", "rival_logodds_alt") == [
        (5, 1, 11, None, None, None),
        (6, 2, 12, 3, None, None),
        (7, 1, 11, None, 0, 12),
    ]
    assert records(found.haplotype_scores, "haplotype", "logodds_narrow_alt", "cut_mode_alt") == [(3, 3, 53)]
    columns = ["cut_pos", "logodds_narrow_alt", "logodds_alt", "logodds_narrow_ref", "logodds_ref"]
    assert records(found.candidate_scores, *columns) == [(8, 3, 13, 0, 10), (9, 2, 12, 1, 11)]


def test_progress_and_store_are_those_given():
    started = []

    def progress(total, unit):
        started.append((total, unit))
        return no_progress(total=total, unit=unit)

    store = Kept()
    score_alternates(Letters(), *tables(), progress, store)
    assert started == [(4, "windows")]
    assert store.added == [1, 2, 3, 0]


def test_a_shard_without_alleles():
    alleles, haplotypes, candidates = tables()
    found = score_alternates(Letters(), alleles[:0], haplotypes[:0], candidates[:0])
    assert [len(table) for table in found] == [0, 0, 0]
    assert "rival_logodds_alt" in found.allele_scores


def test_a_haplotype_with_a_window_of_its_own_is_scored():
    sets = pd.DataFrame({"haplotype": [1, 2, 3], "window_alt": [None, window("C"), window("G")]}, index=[7, 8, 9])
    found = joint_windows(sets)
    assert found.index.tolist() == [0, 1]
    assert found.haplotype.tolist() == [2, 3]


def test_parts_keep_their_index():
    parts = [pd.Series([window("C"), window("G")], index=[4, 2]), pd.Series([], dtype=str), pd.Series([window("C")])]
    network = Letters()
    one, none, other = score_parts(network, parts)
    assert network.n_asked == 2
    assert one.logodds_narrow.to_dict() == {4: 1, 2: 2}
    assert none.empty
    assert other.logodds_narrow.to_dict() == {0: 1}
