"""`annotate` does no harm, whatever path or metadata it is given."""

import os
import subprocess
import sys
from pathlib import Path

import pysam
import pytest

from pasvar.annotate.annotated_vcf import annotate_vcf
from pasvar.cli.main import main
from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.tables import empty_frame, write_table
from pasvar.variants import indexed_contigs

HEADER = "##fileformat=VCFv4.2\n##contig=<ID=1,length=1000>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
VCF = f"{HEADER}1\t10\t.\tA\tC\t.\t.\t.\n"


@pytest.fixture
def vcf(tmp_path):
    path = tmp_path / "in.vcf"
    path.write_text(VCF)
    pysam.tabix_compress(str(path), f"{path}.gz")
    pysam.tabix_index(f"{path}.gz", preset="vcf")
    path.unlink()
    return Path(f"{path}.gz")


@pytest.fixture
def scores(tmp_path):
    write_table(tmp_path / "scores.parquet", empty_frame("scores"), "scores", {"model": "x\n##INFO=<ID=HACKED>"})
    return tmp_path / "scores.parquet"


def command(vcf, scores, out) -> list[str]:
    return ["annotate", "--vcf", str(vcf), "--scores", str(scores), f"--out={out}"]


def contents(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("which", ["vcf", "scores", "link", "index"])
def test_an_input_is_not_replaced(tmp_path, vcf, scores, which, capsys):
    (tmp_path / "link.vcf.gz").symlink_to(vcf)
    out = {"vcf": vcf, "scores": scores, "link": tmp_path / "link.vcf.gz", "index": f"{vcf}.tbi"}[which]
    before = contents(tmp_path)
    assert main(command(vcf, scores, out)) == 1
    assert "would be replaced; give the output another name" in capsys.readouterr().err
    assert contents(tmp_path) == before


def test_a_pipe_gets_the_vcf_and_no_index(tmp_path, vcf, scores):
    process = subprocess.run(
        [sys.executable, "-m", "pasvar", *command(vcf, scores, "/dev/stdout")], capture_output=True, check=True
    )
    (tmp_path / "copy.vcf.gz").write_bytes(process.stdout)
    with pysam.VariantFile(str(tmp_path / "copy.vcf.gz")) as copy:
        assert [record.pos for record in copy] == [10]
    assert process.stderr.startswith(b"0 records annotated")
    assert sorted(contents(tmp_path)) == ["copy.vcf.gz", "in.vcf.gz", "in.vcf.gz.tbi", "scores.parquet"]


@pytest.mark.parametrize("place", ["file/out.vcf.gz", "folder"])
def test_an_output_that_cannot_be_made_is_one_line(tmp_path, vcf, scores, place, capsys):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    assert main(command(vcf, scores, tmp_path / place)) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not list((tmp_path / "folder").iterdir())


def test_htslib_is_not_asked_to_write_where_nothing_can_be_made(tmp_path, vcf, scores):
    name = "x" * 250 + ".gz"  # as a name it could be, with the prefix of an unfinished file it is too long
    with pytest.raises(OSError, match="too long"):
        annotate_vcf(vcf, scores, tmp_path / name, ContigNames(["1"]), {})


def test_metadata_writes_no_line_of_the_header(tmp_path, vcf, scores):
    assert main(command(vcf, scores, tmp_path / "out.vcf.gz")) == 0
    with pysam.VariantFile(str(tmp_path / "out.vcf.gz")) as made:
        lines = str(made.header).splitlines()
    assert "##pasvar_model=x\\n##INFO=<ID=HACKED>" in lines
    assert not [line for line in lines if line.startswith("##INFO=<ID=HACKED")]


def test_a_path_that_begins_with_a_dash_is_a_path(tmp_path, vcf, scores, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.rename(vcf, tmp_path / "-ostolen.vcf.gz")
    os.rename(f"{vcf}.tbi", tmp_path / "-ostolen.vcf.gz.tbi")
    assert indexed_contigs("-ostolen.vcf.gz") == ["1"]
    arguments = ["annotate", "--vcf=-ostolen.vcf.gz", "--scores", "scores.parquet", "--out=-o.vcf.gz"]
    assert main(arguments) == 0
    assert sorted(contents(tmp_path)) == [
        *("-o.vcf.gz", "-o.vcf.gz.tbi", "-ostolen.vcf.gz", "-ostolen.vcf.gz.tbi", "scores.parquet")
    ]


def test_a_pipe_is_no_vcf(tmp_path, scores):
    os.mkfifo(tmp_path / "pipe.vcf.gz")
    with pytest.raises(InputError, match="a pipe or a device"):
        annotate_vcf(tmp_path / "pipe.vcf.gz", scores, tmp_path / "out.vcf.gz", ContigNames(["1"]), {})
