"""What a job leaves behind when it fails."""

import logging
import re
import sys
from contextlib import contextmanager

import pandas as pd
import pytest

from pasvar.errors import DamagedFile, InputError
from pasvar.jobs import logged
from pasvar.tables import read_table, write_table

CONTIGS = pd.DataFrame({"chrom": ["20"], "length": [700]})


@contextmanager
def job(log):
    """`logged` as in a process of its own: what it takes over is given back."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("stderr", "stdout"):
            patch.setattr(sys, f"__{name}__", getattr(sys, name))
            patch.setattr(sys, name, getattr(sys, name))
        with logged(log) as logger:
            yield logger
    logging.basicConfig(force=True)


def test_the_log_begins_with_where_the_job_ran_and_ends_with_what_it_cost(tmp_path, monkeypatch):
    monkeypatch.setenv("SLURMD_NODENAME", "n7")
    with job(tmp_path / "log") as log:
        log.info("at work")
    first, second, last = (tmp_path / "log").read_text().splitlines()
    assert " n7: " in first
    assert second.endswith("at work")
    assert re.search(r"\d\.\d\d s of CPU time$", last)


@pytest.mark.parametrize(
    "fault", [InputError("cohort.vcf.gz: has no index"), OSError(28, "No space left on device", "results/x")]
)
def test_what_the_user_must_mend_is_one_line(tmp_path, capsys, fault):
    with pytest.raises(SystemExit), job(tmp_path / "log"):
        raise fault
    assert capsys.readouterr().err == f"\npasvar: error: {fault}\n\n"
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
    with pytest.raises(FileNotFoundError):
        read_table(tmp_path / "nothing.parquet", "contigs")
