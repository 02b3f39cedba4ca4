"""Regions as text and as BED files, and what overlaps them."""

import gzip

import pytest
from hypothesis import example, given, strategies as st

from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.regions import Regions, bed_files, check_regions, read_regions

NAMES = ContigNames(["chr20", "chr21", "HLA-A*01:01:01:01", "HLA-A*01:01:01"])


def bases(text_or_path, chrom="chr20", length=30) -> list[int]:
    """The 0-based bases of a contig that a region has."""
    regions = read_regions([str(text_or_path)], NAMES)
    return [base for base in range(length) if regions.overlap(chrom, base, base + 1)]


@pytest.mark.parametrize("chrom", ["20", "chr20"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}:3-5", [2, 3, 4]),
        ("{}:3-3", [2]),
        ("{}:0,028-1,000", [27, 28, 29]),
        ("{}:28", [27, 28, 29]),
        ("{}", list(range(30))),
        ("chr21:3-5", []),
    ],
)
def test_text_is_1_based_with_both_ends(chrom, text, expected):
    assert bases(text.format(chrom)) == expected


def test_contigs_with_colons():
    assert bases("HLA-A*01:01:01:01", "HLA-A*01:01:01:01") == list(range(30))
    assert bases("HLA-A*01:01:01:01", "HLA-A*01:01:01") == []
    assert bases("HLA-A*01:01:01:01:2-3", "HLA-A*01:01:01:01") == [1, 2]


BED = "# comment\ntrack name=a\nbrowser position\n20\t2\t5\tname\t0\t+\n\nchr20\t4\t7\nchrUn\t0\t9\n20\t20\t20\nchr21\t1\t2\n"


@pytest.mark.parametrize("name", ["a.bed", "a.bed.gz", "a.bed.bgz"])
def test_bed_is_0_based_and_half_open(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(BED.encode() if name == "a.bed" else gzip.compress(BED.encode()))
    assert bases(path) == [2, 3, 4, 5, 6]
    assert bases(path, "chr21") == [1]
    check_regions([name, "chr20:1-2"], tmp_path)
    assert bed_files([name, "chr20:1-2"]) == [name]


@example([("a", 1, 0)], (0, 2))
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 20), st.integers(0, 8)), max_size=8),
    st.tuples(st.integers(0, 25), st.integers(1, 5)),
)
def test_overlap_base_by_base(drawn, wanted):
    intervals = [(chrom, start, start + length) for chrom, start, length in drawn]
    start, length = wanted
    found = Regions(intervals).overlap("a", start, start + length)
    held = {base for chrom, low, high in intervals if chrom == "a" for base in range(low, high)}
    assert found == bool(held & set(range(start, start + length)))


@pytest.mark.parametrize("text", ["chr20:5-3", "chr20:0-3", "chr20:,-3", "chr20:5-,", ""])
def test_text_that_is_no_region(tmp_path, text):
    with pytest.raises(InputError, match=r"config key `regions`: '.*' is neither a region such as chr20:1,000,000"):
        check_regions([text], tmp_path)


@pytest.mark.parametrize("text", ["chr20:x-3", "chr7", "chr7:1-2"])
def test_contigs_that_the_fasta_lacks(text):
    with pytest.raises(InputError, match=rf"{text}: the FASTA has no contig .*; it has chr20, chr21, HLA"):
        read_regions([text], NAMES)


def test_a_missing_bed_file(tmp_path):
    with pytest.raises(InputError, match=r"no such BED file: a\.bed"):
        check_regions(["a.bed"], tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"20\t5\t9\n20\t5\n", r"a\.bed: line 2 is not BED: expected contig, start and end .*, found '20\\t5'"),
        (b"20\t5\tx\n", r"a\.bed: line 1 is not BED"),
        (b"20\t5\t3\n", r"line 1 is not BED"),
        (b"20\t-1\t3\n", r"line 1 is not BED"),
        (b"\x80\x81\n", r"cannot be read as BED"),
        (b"7\t1\t3\n8\t1\t2\n", r"a\.bed: the FASTA has no contig 7, 8; it has chr20"),
    ],
)
def test_bed_files_that_cannot_be_used(tmp_path, text, message):
    (tmp_path / "a.bed").write_bytes(text)
    with pytest.raises(InputError, match=message) as caught:
        read_regions([str(tmp_path / "a.bed")], NAMES)
    assert "\n" not in str(caught.value)


def test_a_truncated_bed_file(tmp_path):
    (tmp_path / "a.bed.gz").write_bytes(gzip.compress(BED.encode() * 100)[:-20])
    with pytest.raises(InputError, match="cannot be read as BED"):
        read_regions([str(tmp_path / "a.bed.gz")], NAMES)


def test_an_empty_bed_file_has_nothing(tmp_path):
    (tmp_path / "a.bed").write_text("")
    assert bases(tmp_path / "a.bed") == []
