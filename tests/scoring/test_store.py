"""The store of scores: what it keeps, that it never gives a wrong number, and many processes at once."""

import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pasvar.cli.main import main
from pasvar.scoring import store as store_module
from pasvar.scoring.scores import WINDOW_SCORES, score_codes, score_windows
from pasvar.scoring.store import Store, window_keys
from pasvar.sequence import encode

KIND = {"model": "test", "precision": "exact", "device": "cpu", "processor": "Maker avx", "torch": "2"}


def windows(*numbers: int) -> np.ndarray:
    """Codes of windows that differ by a number."""
    codes = np.zeros((len(numbers), 205), dtype=np.uint8)
    for row, number in zip(codes, numbers, strict=True):
        row[:10] = [number // 4**i % 4 for i in range(10)]
    return codes


def numbered(*numbers: int) -> pd.DataFrame:
    """The scores that the tests give to these windows: all columns of a row tell its number."""
    return pd.DataFrame(
        np.float32(np.outer(numbers, [1, 2, 3, 4, 5, 6])).reshape(-1, len(WINDOW_SCORES)), columns=WINDOW_SCORES
    )


class Numbers:
    """A network's place: scores windows by their numbers, and remembers which it was asked for."""

    def __init__(self):
        self.asked = []

    def scores(self, codes, done):
        self.asked += (codes[:, :10] @ 4 ** np.arange(10)).tolist()
        scores = np.zeros((len(codes), len(WINDOW_SCORES)), dtype=np.float32)
        scores[:, 0] = codes[:, :10] @ np.arange(10)
        return scores


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store", KIND)


# --- what is kept -------------------------------------------------------------------------------------------------------


def test_what_was_added_is_found_in_any_order_and_number(store):
    store.add(windows(3, 1, 2), numbered(3, 1, 2))
    store.add(windows(7), numbered(7))
    found = store.find(windows(7, 4, 1, 7, 3))
    expected = numbered(7, 4, 1, 7, 3)
    expected.loc[1] = np.nan
    pd.testing.assert_frame_equal(found, expected)
    assert found.logodds.dtype == np.float32


def test_an_empty_or_absent_store_finds_nothing(store):
    assert store.find(windows(1, 2)).isna().all(axis=None)
    assert store.find(windows()).shape == (0, len(WINDOW_SCORES))
    assert not store.folder.exists()


def test_only_what_is_missing_is_scored_and_equal_windows_once(store):
    network = Numbers()
    texts = pd.Series(["ACGT" + "A" * 201, "C" * 205, "ACGT" + "A" * 201], index=[5, 6, 7])
    first = score_windows(network, texts, store=store)
    assert len(network.asked) == 2
    again = score_windows(network, pd.concat([texts, pd.Series(["G" * 205])]), store=store)
    assert network.asked[2:] == [int(encode("G" * 10).astype(int) @ 4 ** np.arange(10))]
    pd.testing.assert_frame_equal(again.iloc[:3], first)


def test_the_scores_are_the_same_bits_with_and_without_a_store(store):
    codes = np.random.default_rng(0).integers(0, 5, (300, 205)).astype(np.uint8)
    plain = score_codes(Numbers(), codes)
    score_codes(Numbers(), codes[50:200], store=store)
    for _ in range(2):
        pd.testing.assert_frame_equal(score_codes(Numbers(), codes, store=store), plain, check_exact=True)


def test_windows_that_differ_in_one_base_have_other_digests():
    codes = np.repeat(windows(1), 205, axis=0)
    codes[np.arange(205), np.arange(205)] = 4
    assert len(np.unique(window_keys(codes))) == 205


def test_the_log_has_the_hit_rate(store, caplog):
    caplog.set_level(logging.INFO)
    store.add(windows(1, 2, 3), numbered(1, 2, 3))
    store.find(windows(1, 2, 3, 4))
    assert f"store {store.folder}: 3 of 4 windows found (75.0 %) in 1 files" in caplog.text


def test_many_files_are_told_with_the_remedy(store, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(store_module, "MANY_FILES", 2)
    for number in range(3):
        store.add(windows(number), numbered(number))
    store.find(windows(9))
    assert f"pasvar store --compact {store.folder.parent}" in caplog.text


# --- never a wrong number -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KIND)
def test_scores_of_another_kind_are_not_found(store, key):
    store.add(windows(1), numbered(1))
    other = Store(store.folder.parent, KIND | {key: "another"})
    assert other.find(windows(1)).isna().all(axis=None)


def test_a_file_in_another_kinds_folder_is_named_and_left(store, caplog):
    store.add(windows(1), numbered(1))
    other = Store(store.folder.parent, KIND | {"model": "another"})
    other.folder.mkdir()
    (file,) = store.files()
    file.rename(other.folder / file.name)
    assert other.find(windows(1)).isna().all(axis=None)
    assert f"{other.folder / file.name}: damaged (scores by another kind of engine)" in caplog.text


def damaged(data: bytes, thorough: int):
    """The file cut short, and with single bytes changed: each of the first `thorough` ones, every eighth of the rest."""
    for end in range(0, len(data), 64):
        yield data[:end]
    for i in [*range(thorough), *range(thorough, len(data), 8)]:
        yield data[:i] + bytes([data[i] ^ 0xFF]) + data[i + 1 :]


def test_no_damage_gives_a_wrong_number(store, caplog):
    numbers = range(1, 13)
    store.add(windows(*numbers), numbered(*numbers))
    (file,) = store.files()
    whole = file.read_bytes()
    expected, codes = numbered(*numbers).to_numpy(), windows(*numbers)
    end_of_pages = len(whole) - int.from_bytes(whole[-8:-4], "little") - 8
    assert end_of_pages > 12 * 40
    missed = []
    for data in damaged(whole, end_of_pages):
        file.write_bytes(data)
        found = store.find(codes).to_numpy()
        missing = np.isnan(found)
        missed.append(missing.any())
        assert (missing | (found == expected)).all()
    # What goes unnoticed is in the text of the file's description of itself.
    assert np.mean(missed) > 0.7
    assert f"{file}: damaged (" in caplog.text
    assert "scores are made again" in caplog.text


def test_a_damaged_file_is_scored_anew_and_removed_by_compacting(store, caplog):
    store.add(windows(1, 2), numbered(1, 2))
    (bad,) = store.files()
    bad.write_bytes(bad.read_bytes()[:-100])
    store.add(windows(3), numbered(3))
    network = Numbers()
    score_codes(network, windows(1, 2, 3), store=store)
    assert network.asked == [1, 2]
    assert store.compact() == 3
    assert f"{bad}: damaged, removed" in caplog.text
    assert not bad.exists()
    assert not store.find(windows(1, 2, 3)).isna().any(axis=None)


def test_a_store_that_cannot_be_written_to_costs_a_warning(tmp_path, caplog):
    (tmp_path / "file").touch()
    store = Store(tmp_path / "file", KIND)
    assert not score_codes(Numbers(), windows(1, 2), store=store).isna().any(axis=None)
    assert "2 scores are not kept" in caplog.text


# --- joining files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [1 << 22, 7])
def test_compacting_joins_all_and_keeps_each_window_once(store, monkeypatch, piece):
    monkeypatch.setattr(store_module, "_PIECE", piece)
    for start in range(0, 60, 10):
        numbers = range(start, start + 15)
        store.add(windows(*numbers), numbered(*numbers))
    assert store.compact() == 6
    (file,) = store.files()
    keys = pq.read_table(file)["window"].to_pylist()
    assert keys == sorted(set(keys))
    assert len(keys) == 65
    pd.testing.assert_frame_equal(store.find(windows(*range(65))), numbered(*range(65)))
    before = file.read_bytes()
    assert store.compact() == 1
    assert [path.read_bytes() for path in store.files()] == [before]


def test_first_and_last_digests_survive_compacting(store, monkeypatch):
    monkeypatch.setattr(store_module, "_PIECE", 2)
    keys = [b"\0" * 16, b"\0" * 15 + b"\1", b"\x80" + b"\0" * 15, b"\xff" * 15 + b"\0", b"\xff" * 16]
    monkeypatch.setattr(store_module, "window_keys", lambda codes: np.array(keys, dtype="S16")[codes[:, :2] @ [1, 4]])
    for number in range(5):
        store.add(windows(number), numbered(number))
    store.compact()
    pd.testing.assert_frame_equal(store.find(windows(*range(5))), numbered(*range(5)))


def test_compacting_removes_what_killed_jobs_left_but_not_what_running_ones_write(store):
    store.add(windows(1), numbered(1))
    old, new = store.folder / ".old.parquet", store.folder / ".new.parquet"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 2 * 24 * 3600,) * 2)
    store.compact()
    assert (old.exists(), new.exists(), len(store.files())) == (False, True, 1)


def test_a_file_that_is_joined_while_it_is_looked_for_is_not_missed(store, monkeypatch, caplog):
    store.add(windows(1), numbered(1))
    store.add(windows(2), numbered(2))
    listed = store.files()
    store.compact()
    lists = iter([listed, store.files(), store.files()])
    monkeypatch.setattr(store, "files", lambda: next(lists))
    pd.testing.assert_frame_equal(store.find(windows(1, 2)), numbered(1, 2))
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


# --- many processes -----------------------------------------------------------------------------------------------------

PROCESS = """
import sys, time
from contextlib import suppress
sys.path[:0] = {path!r}
from test_store import KIND, Numbers, numbered, windows
from pasvar.errors import InputError
from pasvar.scoring.scores import score_codes
from pasvar.scoring.store import Store

store = Store(sys.argv[1], KIND)
worker = int(sys.argv[2])
"""

SCORING = """
for turn in range(12):
    numbers = [(worker * 5 + turn * 7 + i) % 150 for i in range(40)]
    scores = score_codes(Numbers(), windows(*numbers), store=store)
    assert scores.equals(score_codes(Numbers(), windows(*numbers)))
"""

COMPACTING = """
until = time.monotonic() + 4
while time.monotonic() < until:
    with suppress(InputError):
        store.compact()
"""

KILLED = """
import os, signal
from pasvar.scoring import store as module

def half():
    keys, scores = module.window_keys(windows(500)), numbered(500).to_numpy()
    yield module._to_arrow(keys, scores, store._checksum(keys, scores))
    os.kill(os.getpid(), signal.SIGKILL)

store._write(half())
"""


def start(folder: Path, worker: int, code: str) -> subprocess.Popen:
    text = PROCESS.format(path=[str(Path(__file__).parent), str(Path(store_module.__file__).parents[2])]) + code
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", text, str(folder), str(worker)], stderr=subprocess.PIPE, text=True
    )


def test_processes_that_score_join_and_die_at_once(store):
    folder = store.folder.parent
    workers = [start(folder, worker, SCORING) for worker in range(4)]
    joining = [start(folder, worker, COMPACTING) for worker in range(2)]
    dying = start(folder, 0, KILLED)
    for process in [*workers, *joining]:
        complaint = process.communicate()[1]
        assert (process.returncode, complaint) == (0, "")
    assert dying.wait() == -signal.SIGKILL
    dying.stderr.close()
    assert list(store.folder.glob(".*"))  # what the killed one left
    used = sorted({(w * 5 + t * 7 + i) % 150 for w in range(4) for t in range(12) for i in range(40)})
    network = Numbers()
    scores = score_codes(network, windows(*used, 500), store=store)
    assert network.asked == [500]
    pd.testing.assert_frame_equal(scores, score_codes(Numbers(), windows(*used, 500)), check_exact=True)


# --- the command --------------------------------------------------------------------------------------------------------


def test_the_command_lists_and_joins(store, capsys):
    store.add(windows(1, 2), numbered(1, 2))
    store.add(windows(2, 3), numbered(2, 3))
    folder = str(store.folder.parent)
    assert main(["store", folder]) == 0
    assert capsys.readouterr().out.startswith(
        f"{store.folder}: 4 windows in 2 files, 0.0 MB (test, exact, cpu, torch 2, Maker)"
    )
    assert main(["store", folder, "--compact"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{store.folder}: 2 files joined"
    assert main(["store", folder]) == 0
    assert "3 windows in 1 files" in capsys.readouterr().out


def test_the_command_names_a_folder_without_a_store(tmp_path, capsys):
    assert main(["store", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"pasvar: error: {tmp_path}: no store of scores (config key `store`)\n"


def test_a_file_that_another_program_wrote_again_is_not_believed(store, caplog):
    """The same schema, metadata and name, all pages sound: only the numbers are others."""
    codes = windows(*range(50))
    store.add(codes, numbered(*range(50)))
    (path,) = store.files()
    table = pq.read_table(path)
    for name in WINDOW_SCORES[:2]:
        index = table.schema.get_field_index(name)
        table = table.set_column(index, table.schema.field(name), pa.array(np.full(50, 7, dtype=np.float32)))
    pq.write_table(table, path, compression="zstd", write_page_checksum=True)
    assert store.find(codes).isna().all(axis=None)
    assert (
        f"{path}: damaged (50 of 50 scores are not those that were written), its scores are made again" in caplog.text
    )


def test_rows_in_another_order_are_not_believed(store):
    codes = windows(*range(50))
    store.add(codes, numbered(*range(50)))
    (path,) = store.files()
    table = pq.read_table(path)
    turned = table.select(WINDOW_SCORES).take(np.roll(np.arange(50), 1))
    for name in WINDOW_SCORES:
        table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), turned[name])
    pq.write_table(table, path, write_page_checksum=True)
    assert store.find(codes).isna().all(axis=None)
