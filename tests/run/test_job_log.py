"""What a job leaves behind when it fails."""

import logging
import re
import sys
from contextlib import contextmanager

import pandas as pd
import pytest

from pasvar.errors import DamagedFile, InputError
from pasvar.run.input_states import write_plan
from pasvar.run.job_cost import read_cost
from pasvar.run.job_log import logged
from pasvar.tables import read_table, write_table

CONTIGS = pd.DataFrame({"chrom": ["20"], "length": [700]})


@contextmanager
def job(log, inputs=()):
    """`logged` as in a process of its own: what it takes over is given back."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("stderr", "stdout"):
            patch.setattr(sys, f"__{name}__", getattr(sys, name))
            patch.setattr(sys, name, getattr(sys, name))
        with logged(log, inputs) as logger:
            yield logger
    logging.basicConfig(force=True)


def test_the_log_begins_with_where_the_job_ran_and_ends_with_what_it_cost(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURMD_NODENAME", "n7")
    (tmp_path / "large").write_bytes(bytes(5_000_000))
    with job(tmp_path / "log") as log:
        log.info("at work")
        (tmp_path / "large").read_bytes()
    first, second, last = (tmp_path / "log").read_text().splitlines()
    assert " n7: " in first
    assert second.endswith("at work")
    assert re.search(r"took \d+\.\d\d s, \d+\.\d\d s of CPU time, at most \d+ MB of memory; read \d+\.\d MB$", last)
    cost = read_cost(tmp_path / "log")
    assert cost.cpu_seconds > 0
    assert 10 < cost.max_rss_mb < 10_000
    assert 5 <= cost.mb_read < 6


def test_a_job_that_goes_on_has_no_cost_yet(tmp_path):
    (tmp_path / "log").write_text("2026-11-27 01:00:00,000 n1: 2 CPUs\nat work\n")
    assert read_cost(tmp_path / "log") is None


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (InputError("cohort.vcf.gz: has no index"), "cohort.vcf.gz: has no index"),
        (OSError(28, "No space left on device", "results/x"), "results/x: No space left on device"),
    ],
)
def test_what_the_user_must_mend_is_one_line(tmp_path, capsys, fault, said):
    with pytest.raises(SystemExit), job(tmp_path / "log"):
        raise fault
    assert capsys.readouterr().err == f"\npasvar: error: {said}\n\n"
    assert "Traceback" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("place", [4, 60, -3], ids=["begin", "pages", "end"])  # parquet has no checksum of its footer
def test_a_damaged_table_is_moved_aside(tmp_path, capsys, place):
    path = tmp_path / "contigs.parquet"
    write_table(path, CONTIGS, "contigs")
    data = bytearray(path.read_bytes())
    data[place] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(SystemExit), job(tmp_path / "log"):
        read_table(path, "contigs")
    assert not path.exists()
    assert (tmp_path / "contigs.parquet.damaged").read_bytes() == data
    assert "it is now contigs.parquet.damaged: run the same command again" in capsys.readouterr().err


def test_a_table_cut_short_is_damaged(tmp_path):
    path = tmp_path / "contigs.parquet"
    write_table(path, CONTIGS, "contigs")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DamagedFile, match="cannot be read as a parquet file"):
        read_table(path, "contigs")


def test_an_absent_table_is_not_damaged(tmp_path):
    with pytest.raises(InputError, match=r"nothing\.parquet: no such table") as caught:
        read_table(tmp_path / "nothing.parquet", "contigs")
    assert not isinstance(caught.value, DamagedFile)


def test_a_damaged_table_of_the_user_stays_where_it_is(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.parquet").write_bytes(b"PAR1")
    write_plan(["mine.parquet"])
    with pytest.raises(SystemExit), job(tmp_path / "log"):
        read_table("mine.parquet", "catalogue")
    assert "mine.parquet: cannot be read" in (said := capsys.readouterr().err)
    assert "it is an input: fetch or write it again" in said
    assert (tmp_path / "mine.parquet").read_bytes() == b"PAR1"


def test_a_fault_of_our_own_is_one_line_and_its_traceback_is_in_the_log(tmp_path, capsys):
    with pytest.raises(SystemExit), job(tmp_path / "log"):
        raise KeyError("gene_id")
    assert capsys.readouterr().err == (
        f"\npasvar: error: a fault of pasvar's own (KeyError: 'gene_id'); please report it with {tmp_path / 'log'}\n\n"
    )
    assert "Traceback (most recent call last)" in (tmp_path / "log").read_text()


def test_a_warning_is_shown_to_the_user_as_well(tmp_path, capsys):
    with job(tmp_path / "log"):
        logging.getLogger("pasvar.variants.ledger").warning("1 of 9 alleles is ref_mismatch")
    assert capsys.readouterr().err == "\npasvar: warning: 1 of 9 alleles is ref_mismatch\n\n"
    assert "1 of 9 alleles is ref_mismatch" in (tmp_path / "log").read_text()


def test_an_input_that_is_replaced_during_a_job_ends_it(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cohort.vcf.gz").write_text("first")
    write_plan(["cohort.vcf.gz"])
    with pytest.raises(SystemExit), job(tmp_path / "log", ["cohort.vcf.gz", "results/x.parquet"]):
        (tmp_path / "cohort.vcf.gz").write_text("second")
    assert "pasvar: error: cohort.vcf.gz: changed during the run (5 bytes before, 6 now" in capsys.readouterr().err
