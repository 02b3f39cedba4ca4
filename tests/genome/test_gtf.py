"""The lines of a GTF as a table, and what is said of files that are none."""

import bz2
import gzip

import pytest
from hypothesis import given, strategies as st

from builders import gtf_line, records
from pasvar.errors import InputError
from pasvar.genome.gtf import read_gtf

LINE = gtf_line("1", "src", "exon", 11, 20, "+", 'gene_id "G"; transcript_id "T"; tag "a"; tag "b c";')
NAMES = ("gene_id", "transcript_id", "tag")


def write(tmp_path, content: str | bytes, name: str = "genes.gtf"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def attributes_of(tmp_path, text: str, *names: str) -> tuple:
    path = write(tmp_path, gtf_line("1", "src", "exon", 11, 20, "+", text))
    (found,) = records(
        read_gtf(path, {"exon"}, {"gene_id", "transcript_id", *names}), "gene_id", "transcript_id", *names
    )
    return found


@pytest.mark.parametrize(
    "content",
    [
        LINE,
        LINE.rstrip("\n"),
        LINE.replace("\n", "\r\n"),
        LINE.replace("exon", "Exon"),
        "\ufeff" + LINE,
        gzip.compress(LINE.encode()),
        gzip.compress(LINE[:20].encode()) + gzip.compress(LINE[20:].encode()),
    ],
    ids=["plain", "no last line end", "Windows", "another case", "byte order mark", "gzip", "gzip in blocks, as bgzip"],
)
@pytest.mark.parametrize("name", ["genes.gtf", "genes.gtf.gz", "genes.gtf.bgz"])
def test_a_line(tmp_path, content, name):
    rows = read_gtf(write(tmp_path, content, name), {"exon"}, NAMES)
    columns = ("chrom", "source", "feature", "start", "end", "strand", *NAMES)
    assert records(rows, *columns) == [("1", "src", "exon", 10, 20, "+", "G", "T", "a,b c")]


def test_lines_are_numbered_as_in_the_file_and_those_of_other_features_left_out(tmp_path):
    text = (
        "\ufeff#!a header\n" + LINE + "\n# between\tthe\tlines\n" + LINE.replace("exon", "UTR") + LINE.replace("+", ".")
    )
    rows = read_gtf(write(tmp_path, text), {"exon"}, NAMES)
    assert rows.strand.to_dict() == {2: "+", 6: ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('gene_id "G"; transcript_id "T"; note "a; gene_id Z; b";', "a; gene_id Z; b"),
        ('note "oneword"; gene_id "G";transcript_id "T"', "oneword"),
        ('gene_id "G"; transcript_id "T"; note "a # b";  # a comment', "a # b"),
        ("gene_id G; transcript_id T; note 5' end;", "5' end"),
        ('gene_id "G"; pseudo; transcript_id "T"; note "";', ""),
        (r'gene_id "G"; note "a \"gene_id Z; b\" c"; transcript_id "T";', "a 'gene_id Z; b' c"),
        ('"gene_id ""G""; transcript_id ""T""; note ""a; b"";"', "a; b"),
    ],
)
def test_attributes(tmp_path, text, expected):
    assert attributes_of(tmp_path, text, "note") == ("G", "T", expected)


@pytest.mark.parametrize("name", ["start", "strand", "seqname", "Score", "chrom", "attribute"])
def test_attributes_named_as_columns_are_not_these(tmp_path, name):
    assert attributes_of(tmp_path, f'gene_id "G"; transcript_id "T"; {name} "5";') == ("G", "T")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters='"\\'), min_size=1))
def test_any_quoted_text_is_kept(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("gtf")
    assert attributes_of(path, f'note "{text}"; gene_id "G"; transcript_id "T";', "note") == ("G", "T", text)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (LINE.replace("\t11\t", "\t21\t"), "start 21 is after end 20, expected the smaller number first"),
        (LINE.replace("\t11\t", "\t0\t"), "start is 0, expected at least 1"),
        (LINE.replace("\t11\t", "\t-5\t"), "start is '-5', expected a whole number"),
        (LINE.replace("\t20\t", "\t2e1\t"), "end is '2e1', expected a whole number"),
        (LINE.replace("\t20\t", "\t\t"), "end is '', expected a whole number"),
        (LINE.replace("\t.\t+", "\t+"), "has 8 columns separated by tabs, expected 9"),
        (LINE.replace("\t", " "), "has 1 columns separated by tabs, expected 9"),
        (LINE.replace("1\t", ".\t", 1), "has no contig in column 1"),
        (LINE.replace("G", "\udcff"), "is not UTF-8 text"),
    ],
)
def test_malformed_lines_are_named_by_their_number(tmp_path, line, fault):
    content = ("# a header\n" + LINE + "\n" + line + LINE).encode(errors="surrogateescape")
    for name, packed in (("genes.gtf", content), ("genes.gtf.gz", gzip.compress(content))):
        with pytest.raises(InputError, match=f"{name}: line 4: {fault}"):
            read_gtf(write(tmp_path, packed, name), {"exon"}, NAMES)


GFF3 = "##gff-version 3\n1\tensembl\texon\t1\t300\t.\t+\t.\tID=transcript:T;Parent=gene:G\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "holds no line of annotation; a GTF file as of Ensembl, GENCODE or RefSeq is expected"),
        ("#!only a header\n\n", "holds no line of annotation"),
        ("these are\nno genes\n", "line 1: has 1 columns"),
        (
            GFF3,
            "no attribute gene_id and no transcript_id in column 9; .*GFF3 is another format; gffread -T converts",
        ),
        (bz2.compress(LINE.encode()), "compressed with bzip2; give it plain or gzipped"),
        (gzip.compress(LINE.encode())[:-10], "cut short or damaged .*; fetch it again"),
        (gzip.compress(LINE.encode())[:12] + b"\xff\xff" * 20, "cut short or damaged .*; fetch it again"),
    ],
    # gzip writes the time into its header, and each process of the tests has to find the same names.
    ids=["empty", "header alone", "no columns", "GFF3", "bzip2", "gzip cut short", "gzip damaged"],
)
def test_what_is_no_gtf(tmp_path, content, message):
    with pytest.raises(InputError, match=r"genes.gtf: " + message):
        read_gtf(write(tmp_path, content), {"exon"}, NAMES)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match=r"none.gtf: no such GTF file \(config key `gtf`\)"):
        read_gtf(tmp_path / "none.gtf", {"exon"}, NAMES)


def test_blocks_do_not_show(tmp_path, monkeypatch):
    lines = [LINE.replace('"T"', f'"T{i}"').replace("\t20\t", f"\t{20 + i}\t") for i in range(50)]
    path = write(tmp_path, "#\n" + "".join(lines))
    at_once = read_gtf(path, {"exon"}, NAMES)
    monkeypatch.setattr("pasvar.genome.gtf._BLOCK", 300)
    assert read_gtf(path, {"exon"}, NAMES).equals(at_once)
    assert at_once.index.tolist() == list(range(2, 52))


def test_the_reader_writes_nothing_into_the_log(tmp_path, caplog):
    with caplog.at_level("INFO"):
        read_gtf(write(tmp_path, LINE), {"exon"}, NAMES)
    assert caplog.messages == []
