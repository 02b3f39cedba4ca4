"""An index of another file is found out, and one remedy named that helps."""

import gzip
import os
from pathlib import Path

import pysam
import pysam.bcftools
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from builders import write_vcf
from pasvar.errors import InputError
from pasvar.variants.vcf import open_vcf, variants_between
from pasvar.variants.vcf_index import check_index

STRANGER = r"is the index of another file, or of an earlier version of this one"


def body(places) -> str:
    return "\n".join(f"20 {pos} id{pos} A C ." for pos in places)


def take_index(vcf: Path, other: Path, suffix: str = "tbi") -> None:
    """The index of `other` becomes that of `vcf`, and the younger of the two."""
    Path(f"{other}.{suffix}").replace(f"{vcf}.{suffix}")
    os.utime(f"{vcf}.{suffix}")


@pytest.mark.parametrize("index", ["tbi", "csi"])
def test_the_index_of_a_version_with_other_places_is_refused(tmp_path, index):
    """As many records and bytes, the index younger than the file: nothing but its content speaks against it."""
    old = write_vcf(tmp_path / "old.vcf.gz", body(range(3_500_060, 3_500_160, 10)), index=index)
    new = write_vcf(tmp_path / "new.vcf.gz", body(range(1_147_946, 3_247_946, 210_000)), index=index)
    check_index(new, f"{new}.{index}")
    take_index(new, old, index)
    with pytest.raises(
        InputError,
        match=rf"new\.vcf\.gz\.{index}: {STRANGER}: it does not lead to the record at 20:1147946; make a new one with: "
        rf"bcftools index --{index} --force new\.vcf\.gz",
    ):
        open_vcf(new)


@pytest.mark.parametrize("index", ["tbi", "csi"])
def test_records_that_were_added_are_missed_in_the_index(tmp_path, index):
    """Blocks of their own, as `cat` of two bgzipped files leaves them."""
    vcf = write_vcf(tmp_path / "a.vcf.gz", body(range(1, 3000)), index=index)
    more = tmp_path / "more.gz"
    with pysam.BGZFile(str(more), "w") as file:
        file.write(b"20\t9000\t.\tA\tC\t.\t.\t.\n")
    vcf.write_bytes(vcf.read_bytes() + more.read_bytes())
    with pytest.raises(InputError, match="the file has records after the last one that it knows"):
        open_vcf(vcf)


def test_a_bcf_with_the_index_of_another_one(tmp_path):
    old, new = (
        write_vcf(tmp_path / name, body(places))
        for name, places in (("old.bcf", range(1, 9000, 3)), ("new.bcf", range(1, 90000, 30)))
    )
    check_index(new, f"{new}.csi")
    take_index(new, old, "csi")
    with pytest.raises(InputError, match=STRANGER):
        open_vcf(new)


def test_of_two_indexes_the_one_that_is_read_is_judged_and_replaced(tmp_path):
    """htslib reads .csi where there are both; the remedy must make that one."""
    vcf, old = (
        write_vcf(tmp_path / name, body(places))
        for name, places in (("a.vcf.gz", range(1, 10)), ("old.vcf.gz", range(800_000, 800_009)))
    )
    pysam.bcftools.index("--csi", str(old), catch_stdout=False)
    take_index(vcf, old, "csi")
    with pytest.raises(InputError, match=r"a\.vcf\.gz\.csi: .*bcftools index --csi --force a\.vcf\.gz"):
        open_vcf(vcf)
    pysam.bcftools.index("--csi", "--force", str(vcf), catch_stdout=False)
    open_vcf(vcf)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.integers(1, 2**29 - 1000), min_size=1, max_size=60).map(sorted),
    index=st.sampled_from(["tbi", "csi", "bcf"]),
    lengths=st.lists(st.integers(1, 400), min_size=60, max_size=60),
)
def test_an_index_of_the_file_itself_passes(tmp_path, places, index, lengths):
    records = "\n".join(f"20 {pos} . {'A' * n} C ." for pos, n in zip(places, lengths, strict=False))
    vcf = write_vcf(tmp_path / ("a.bcf" if index == "bcf" else "a.vcf.gz"), records, index=index)
    check_index(vcf, f"{vcf}.{'csi' if index == 'bcf' else index}")
    for left in tmp_path.iterdir():
        left.unlink()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 10**6), byte=st.integers(0, 255), index=st.sampled_from(["tbi", "csi"]))
def test_a_damaged_index_is_called_so_before_htslib_reads_it(tmp_path, at, byte, index):
    """A wrong byte makes htslib abort the process, or search without an end."""
    vcf = write_vcf(tmp_path / "a.vcf.gz", body(range(1, 200_000, 900)), index=index)
    path = Path(f"{vcf}.{index}")
    data = bytearray(gzip.decompress(path.read_bytes()))
    data[at % len(data)] = byte
    path.write_bytes(gzip.compress(bytes(data)))
    said = "make a new one with: bcftools index --"
    try:
        check_index(vcf, path)
    except InputError as error:
        said = str(error)
    assert "make a new one with: bcftools index --" in said


def test_an_index_of_a_short_contig_has_one_bin(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", body([1, 900]), contigs=("20,length=1000",))
    pysam.bcftools.index("--csi", str(vcf), catch_stdout=False)
    open_vcf(vcf)


def test_gzip_is_not_bgzip(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", body([1]))
    vcf.write_bytes(gzip.compress(gzip.decompress(vcf.read_bytes())))
    with pytest.raises(
        InputError, match=r"a\.vcf\.gz: is not bgzipped; compress and index it with: .*bcftools view --output-type z"
    ):
        open_vcf(vcf)


@pytest.mark.parametrize(
    ("columns", "reason"),
    [("\tS1\tS1", r"Duplicated sample name 'S1'"), ("", r"Could not parse the .#CHROM\.\.. line")],
)
def test_what_htslib_says_of_a_header_is_passed_on(tmp_path, columns, reason):
    vcf = tmp_path / "a.vcf.gz"
    head = "##fileformat=VCFv4.2\n##contig=<ID=20>\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
    with pysam.BGZFile(str(vcf), "w") as file:
        file.write(f"{head}{columns}\n20\t9\t.\tA\tC\t.\t.\t.\tGT{columns.replace('S1', '0/1')}\n".encode())
    pysam.tabix_index(str(vcf), preset="vcf")
    with pytest.raises(InputError, match=reason):
        open_vcf(vcf)


def test_a_phase_that_only_vcf_4_4_knows_is_called_so(tmp_path):
    path = write_vcf(tmp_path / "in.vcf.gz", "20 90 . T A . |0|1", samples=("a",))
    text = gzip.decompress(path.read_bytes()).replace(b"VCFv4.3", b"VCFv4.4")
    with pysam.BGZFile(str(path), "w") as file:
        file.write(text)
    pysam.tabix_index(str(path), preset="vcf", force=True)
    with pytest.raises(
        InputError, match=rf"^{path}: 20:1-700 is damaged, or has genotypes that only VCF 4\.4 knows .* a phase before"
    ):
        list(variants_between(open_vcf(path, with_samples=True), "20", 0, 700))
