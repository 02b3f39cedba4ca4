"""What htslib does not survive is found in a process of its own."""

import pytest

from builders import write_vcf
from pasvar.errors import InputError
from pasvar.variants import htslib_check
from pasvar.variants.htslib_check import check_htslib
from pasvar.variants.vcf import open_vcf


@pytest.fixture
def vcf(tmp_path):
    return write_vcf(tmp_path / "in.vcf.gz", "20 5 . G A .\n")


def test_sound_files_pass(vcf):
    check_htslib([vcf])
    check_htslib([vcf, vcf])
    check_htslib([])


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("os.abort()", r"crashes \(SIGABRT\)"),
        ("import time; time.sleep(60)", "does not end within 1 s"),
        ("while True: pass", "does not end within 1 s of CPU time"),
    ],
)
def test_a_crash_and_a_hang_name_the_files(vcf, tmp_path, monkeypatch, body, fault):
    (tmp_path / "cyvcf2.py").write_text(f"import os\n{body}\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(htslib_check, "SECONDS", 1 if "sleep" in body else 60)
    monkeypatch.setattr(htslib_check, "CPU_SECONDS", 1 if "while" in body else 20)
    with pytest.raises(InputError, match=rf"in\.vcf\.gz: htslib.* {fault} on it or on its index .*in\.vcf\.gz\.tbi"):
        check_htslib([vcf])


def test_of_several_files_the_one_is_named_that_it_does_not_survive(vcf, tmp_path, monkeypatch):
    (tmp_path / "cyvcf2.py").write_text("import os\ndef VCF(path): 'bad' in path and os.abort()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    others = [write_vcf(tmp_path / name, "20 5 . G A .\n") for name in ("good.vcf.gz", "bad.vcf.gz", "late.vcf.gz")]
    with pytest.raises(InputError, match=r"bad\.vcf\.gz: htslib.* crashes \(SIGABRT\)"):
        check_htslib([vcf, *others])
    check_htslib([vcf, others[0], others[2]])


def test_an_index_that_knows_no_record_is_of_another_file(vcf, tmp_path):
    empty = write_vcf(tmp_path / "empty.vcf.gz", "")
    (tmp_path / "in.vcf.gz.tbi").write_bytes((tmp_path / "empty.vcf.gz.tbi").read_bytes())
    open_vcf(empty)
    with pytest.raises(InputError, match=r"in\.vcf\.gz\.tbi: is the index of another file"):
        open_vcf(vcf)
