"""From where to where a file has records: what its index says is compared with the records."""

import random

import pytest

from builders import write_vcf
from pasvar.errors import InputError
from pasvar.variants.vcf import open_vcf, variants_between
from pasvar.variants.vcf_spans import record_spans

KINDS = [("a.vcf.gz", "tbi"), ("a.vcf.gz", "csi"), ("a.bcf", "csi")]


def body(*places: tuple[str, int]) -> str:
    return "\n".join(f"{chrom} {pos} . A C ." for chrom, pos in places)


@pytest.mark.parametrize(("name", "index"), KINDS)
def test_a_small_file_is_known_to_16_kb(tmp_path, name, index):
    path = write_vcf(tmp_path / name, body(("20", 16_390), ("20", 900_000), ("21", 7)), index=index)
    assert record_spans(path) == {"20": (16_384, 901_120), "21": (0, 16_384)}


@pytest.mark.parametrize(("name", "index"), KINDS)
def test_a_file_without_records(tmp_path, name, index):
    assert record_spans(write_vcf(tmp_path / name, "", index=index)) == {}


@pytest.mark.parametrize(("name", "index"), KINDS)
def test_a_large_file_is_known_to_16_kb(tmp_path, name, index):
    places = sorted(random.Random(0).sample(range(3_000_000, 9_000_000), 40_000))
    lines = (f"20 {pos} rs{pos * 7919 % 10**9} A {'ACGT'[pos % 3 + 1]} ." for pos in places)
    path = write_vcf(tmp_path / name, "\n".join(lines), index=index)
    start, end = record_spans(path)["20"]
    assert places[0] - 16_384 <= start < places[0]
    assert places[-1] <= end < places[-1] + 16_384
    assert places[0] == next(variants_between(open_vcf(path), "20", start, end)).POS


def test_a_deletion_that_reaches_into_the_next_bin_is_known_to_the_base(tmp_path):
    path = write_vcf(tmp_path / "a.vcf.gz", f"20 100 . A C .\n20 16380 . {'A' * 20} A .")
    assert record_spans(path) == {"20": (99, 16_380)}


def test_a_file_without_an_index_and_one_of_another_file(tmp_path):
    path = write_vcf(tmp_path / "a.vcf.gz", body(("20", 5)), index=None)
    with pytest.raises(InputError, match="has no index"):
        record_spans(path)
    other = write_vcf(tmp_path / "b.vcf.gz", body(("20", 5), ("20", 600_000), ("21", 9)))
    other.with_name("b.vcf.gz.tbi").rename(tmp_path / "a.vcf.gz.tbi")
    with pytest.raises(InputError, match="is the index of another file"):
        record_spans(path)
