"""A few of the inputs that `make fuzz` goes on with, and a look at whether it would see what must not be."""

import os
import time
from collections import Counter

import pytest

from fuzz import readers, run
from fuzz.__main__ import table
from fuzz.readers import READERS, Reader, Wrong
from fuzz.run import BAD, Case, run_cases, sound_files
from pasvar.errors import InputError


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return sound_files(tmp_path_factory.mktemp("fuzz"))


@pytest.mark.parametrize("reader", READERS)
def test_inputs_end_as_they_may(reader, sound, tmp_path):
    ends = list(run_cases([Case(reader, 7, number) for number in range(4)], sound, tmp_path, tmp_path / "bad"))
    assert [end.number for end in ends] == [0, 1, 2, 3]
    assert [end for end in ends if end.kind in BAD] == []


@pytest.mark.parametrize(
    ("reader", "seed", "number"),
    [("bcf", 20, 189), ("vcf + tbi", 20, 317), ("vcf + csi", 20, 364), ("vcf + tbi", 21, 41)],
)
def test_what_once_ended_badly(reader, seed, number, sound, tmp_path):
    (end,) = run_cases([Case(reader, seed, number)], sound, tmp_path, tmp_path / "bad")
    assert end.kind == "one line", end.said


def raise_(error: Exception):
    raise error


@pytest.mark.parametrize(
    ("read", "kind"),
    [
        (lambda *_: None, "read"),
        (lambda *_: raise_(InputError("line 3: chrom is missing")), "one line"),
        (lambda *_: raise_(InputError("")), "no line"),
        (lambda *_: raise_(Wrong("7.0 for 1.5")), "wrong"),
        (lambda *_: raise_(KeyError("gene_id")), "traceback"),
        (lambda *_: os.abort(), "crash"),
        (lambda *_: time.sleep(60), "hang"),
    ],
)
def test_what_must_not_be_is_seen(read, kind, sound, tmp_path, monkeypatch):
    monkeypatch.setitem(readers.READERS, "made up", Reader((), read))
    monkeypatch.setattr(run, "WAIT", 5)
    ends = list(run_cases([Case("made up", 0, 5), Case("made up", 0, 6)], sound, tmp_path, tmp_path / "bad"))
    assert [(end.number, end.kind) for end in ends] == [(5, kind), (6, kind)]
    assert (tmp_path / "bad").exists() == (kind in BAD)


def test_the_figures_add_up():
    lines = table({"a": Counter({"read": 2, "crash": 1}), "b": Counter({"one line": 4})}).splitlines()
    assert lines[2:] == [
        "| a | 3 | 2 | 0 | 0 | 0 | 0 | 1 | 0 |",
        "| b | 4 | 0 | 4 | 0 | 0 | 0 | 0 | 0 |",
        "| all | 7 | 2 | 4 | 0 | 0 | 0 | 1 | 0 |",
    ]
