"""Records of literal VCFs as columns."""

import numpy as np
import pyarrow as pa
import pytest

from builders import write_vcf
from pasvar.errors import InputError
from pasvar.regions import NO_END
from pasvar.variants.read import _frequencies
from pasvar.variants.records import (
    INFO,
    RECORDS,
    SPELLING,
    add_info,
    frequencies,
    has_frequencies,
    join,
    read_records,
    split_alts,
)
from pasvar.variants.vcf import indexed_contigs, open_vcf, variants_between

BODY = f"""
20 1   a   C A       AF=0.5
20 50  .   {"ACGT" * 50} A AF=0.25
20 60  b;c A C,G,<X> AF=0.1,0.2,.
20 60  .   A C       .
20 200 .   T *       .
20 210 .   T .       .
20 700 .   A T       .
20 9000 .  A T       .
21 5   .   A T       .
"""
ALL = tuple(RECORDS.names)


def read(
    path, start=0, end=NO_END, regions=((0, NO_END),), columns=SPELLING, contigs=("20",), samples=False
) -> list[tuple]:
    table = read_records(path, open_vcf(path, with_samples=samples), contigs, start, end, list(regions), columns)
    assert table.column_names == list(columns)
    return list(zip(*table.to_pydict().values(), strict=True))


@pytest.fixture(params=["a.vcf.gz", "a.bcf"])
def vcf(request, tmp_path):
    return write_vcf(tmp_path / request.param, BODY, index="csi")


def test_the_columns_have_the_text_of_the_file(vcf):
    assert read(vcf, columns=ALL) == [
        (1, "C", "A", "a", ".", "0.5", ".", ".", 1, "AF=0.5"),
        (50, "ACGT" * 50, "A", ".", ".", "0.25", ".", ".", 249, "AF=0.25"),
        (60, "A", "C,G,<X>", "b;c", ".", "0.1,0.2,.", ".", ".", 60, "AF=0.1,0.2,."),
        (60, "A", "C", ".", ".", ".", ".", ".", 60, "."),
        (200, "T", "*", ".", ".", ".", ".", ".", 200, "."),
        (210, "T", ".", ".", ".", ".", ".", ".", 210, "."),
        (700, "A", "T", ".", ".", ".", ".", ".", 700, "."),
        (9000, "A", "T", ".", ".", ".", ".", ".", 9000, "."),
    ]


@pytest.mark.parametrize(
    ("start", "end", "regions", "expected"),
    [
        (0, 100, [(0, 100)], [1, 50, 60, 60]),
        (1, 100, [(1, 100)], [50, 60, 60]),
        (49, 60, [(49, 60)], [50, 60, 60]),
        (50, 59, [(50, 59)], []),
        # what begins before a region and reaches into it, once; not what begins before `start`
        (0, 300, [(100, 110), (150, 160), (240, 250), (249, 250)], [50]),
        (0, 300, [(248, 249)], [50]),
        (0, 300, [(249, 250)], []),
        (50, 300, [(100, 110)], []),
        # the region lies past the end of what is asked for
        (0, 55, [(100, 110)], [50]),
        (0, NO_END, [(8000, 8999), (10_000, NO_END)], []),
        (0, NO_END, [(8999, 9000)], [9000]),
        (0, NO_END, [], []),
    ],
)
def test_regions(vcf, start, end, regions, expected):
    assert [pos for pos, *_ in read(vcf, start, end, regions)] == expected


def test_contigs_by_the_names_of_the_file(vcf):
    assert [pos for pos, *_ in read(vcf, contigs=("20", "21"), regions=[(0, 2)])] == [1]
    assert [pos for pos, *_ in read(vcf, contigs=("21",))] == [5]
    assert read(vcf, contigs=("22",)) == []


def test_telomeres(tmp_path):
    """POS 0 is before the contig's first base. In a BCF, no region finds it."""
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 0 . N A .\n20 1 . C A .\n20 2 . T A .")
    assert [pos for pos, *_ in read(vcf)] == [0, 1, 2]
    assert [pos for pos, *_ in read(vcf, end=1, regions=[(0, 1)])] == [0, 1]
    assert [pos for pos, *_ in read(vcf, regions=[(1, 2)])] == [2]


def test_a_line_longer_than_a_block_of_the_reader(tmp_path):
    ref = "ACGT" * 600_000
    vcf = write_vcf(tmp_path / "a.vcf.gz", f"20 5 . {ref} A .\n20 6 . C G .")
    assert [(pos, len(text)) for pos, text, *_ in read(vcf)] == [(5, len(ref)), (6, 1)]


def test_text_that_looks_like_something_else_stays_text(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", '20 5 NA A T .\n20 6 "x A T .\n20 7 007 A T .\n20 8 true A T .')
    assert [name for _, _, _, name in read(vcf)] == ["NA", '"x', "007", "true"]


GENOTYPES = """
20 5 . A C,G .         0|1 1|2 ./.
20 6 . A C   AF=0.125  0|1 1|1 0|0
20 7 . A C   AF=.      0|1 1   .
20 8 . A .   .         0|0 0|0 0|0
"""


def test_genotypes_are_counted_where_info_lacks_frequencies_and_they_are_asked_for(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", GENOTYPES, samples=("a", "b", "c"))
    columns = ("pos", "ref", *INFO)
    assert read(vcf, columns=columns, samples=True) == [
        (5, "A", ".", "2,1", "4"),
        (6, "A", "0.125", ".", "."),
        (7, "A", ".", "2", "3"),
        (8, "A", ".", ".", "."),
    ]
    assert [row[2:] for row in read(vcf, columns=columns)] == [(".",) * 3, ("0.125", ".", "."), (".",) * 3, (".",) * 3]
    assert [pos for pos, *_ in read(vcf, regions=[(5, 6)], columns=columns, samples=True)] == [6]


def test_a_damaged_file_is_named(vcf):
    data = bytearray(vcf.read_bytes())
    data[40:-60] = bytes(len(data) - 100)
    opened = open_vcf(vcf)
    vcf.write_bytes(data)
    with pytest.raises(InputError, match=rf"{vcf.name}: cannot be read on contig 20, the file is damaged"):
        read_records(vcf, opened, ["20"], 1, 100, [(1, 100)], SPELLING)


def test_alts_have_rows_of_their_own(vcf):
    table = read_records(vcf, open_vcf(vcf), ["20"], 40, 300, [(40, 300)], ALL)
    alleles = split_alts(table)
    rows = zip(*(alleles[name].to_pylist() for name in ("pos", "alts", "alt", "number")), strict=True)
    assert list(rows) == [
        (50, "A", "A", 0),
        (60, "C,G,<X>", "C", 0),
        (60, "C,G,<X>", "G", 1),
        (60, "C,G,<X>", "<X>", 2),
        (60, "C", "C", 0),
        (200, "*", "*", 0),
    ]
    assert split_alts(table.slice(0, 0)).num_rows == 0


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (("0.5,.", ".", "."), [0.5, None]),
        (("1e-05,0", ".", "."), [1e-05, 0.0]),
        ((".", "1,4", "400"), [0.0025, 0.01]),
        (("0.5", "1,4", "400"), [0.0025, 0.01]),
        (("x,y", "1,4", "400"), [0.0025, 0.01]),
        ((".", "1", "400"), [None, None]),
        ((".", "1,4", "0"), [None, None]),
        ((".", "1,4", "."), [None, None]),
    ],
)
def test_frequencies(info, expected):
    row = {"pos": 5, "ref": "A", "alts": "C,G"} | dict(zip(INFO, info, strict=True))
    one = {"pos": 6, "ref": "A", "alts": "C"} | {"af": "0.75", "ac": ".", "an": "."}
    table = split_alts(pa.Table.from_pylist([row, one], pa.schema([RECORDS.field(name) for name in row])))
    found = frequencies(table)
    assert found.dtype == np.float32
    assert [None if np.isnan(value) else value for value in found] == [
        *(value and np.float32(value) for value in expected),
        0.75,
    ]


def test_info_is_added_to_the_alleles_of_its_record(vcf):
    opened = open_vcf(vcf)
    assert has_frequencies(opened)
    alleles = split_alts(read_records(vcf, opened, ["20"], 0, NO_END, [(0, NO_END)], SPELLING)).take([1, 3, 0])
    records = read_records(vcf, opened, ["20"], 0, NO_END, [(0, 100)], (*SPELLING, *INFO))
    assert add_info(alleles, records)["af"].to_pylist() == ["0.25", "0.1,0.2,.", "0.5"]


def test_a_record_that_is_not_there_again_is_named(tmp_path, genome):
    """Its alleles were read from an earlier version of the file."""
    before = write_vcf(tmp_path / "before.vcf.gz", "20 5 . A C AF=0.5\n20 9 . G T AF=0.25")
    alleles = split_alts(read_records(before, open_vcf(before), ["20"], 0, NO_END, [(0, NO_END)], SPELLING))
    of_file = alleles.append_column("file", pa.array([0, 0]))
    path = write_vcf(tmp_path / "a.vcf.gz", "20 5 . A C AF=0.5")
    with pytest.raises(
        InputError, match=r"a\.vcf\.gz: 20:9 G>T was read once, but not again: its index .*a\.vcf\.gz\.tbi is"
    ):
        _frequencies(of_file, "20", {path: open_vcf(path)}, genome)


def test_of_equal_records_the_first_gives_its_info(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 5 . A C AF=0.5\n20 5 . A C AF=0.25\n20 5 x A C AF=0.125")
    opened = open_vcf(vcf)
    table = read_records(vcf, opened, ["20"], 0, 10, [(0, 10)], (*SPELLING, *INFO))
    assert add_info(split_alts(table.select(SPELLING)), table)["af"].to_pylist() == ["0.5", "0.5", "0.125"]


@pytest.mark.parametrize(
    ("gap", "expected"),
    [(0, [(1, 9), (12, 13)]), (3, [(1, 13)])],
)
def test_join(gap, expected):
    assert join([(1, 5), (2, 3), (5, 9), (12, 13)], gap) == expected


@pytest.mark.parametrize(("name", "index"), [("a.vcf.gz", "tbi"), ("a.vcf.gz", "csi"), ("a.bcf", "csi")])
def test_contigs_with_records_are_told_by_the_index(tmp_path, name, index):
    body = "21 5 . A T .\nX 9 . A T ."
    assert indexed_contigs(write_vcf(tmp_path / name, body, ("20", "21", "22", "X"), index=index)) == ["21", "X"]
    assert indexed_contigs(write_vcf(tmp_path / f"empty_{name}", "", ("20", "21"), index=index)) == []


def test_a_frequency_that_is_no_number_or_no_share_is_none(tmp_path):
    infos = ["AF=0.1", "AF=0.1,0.2", "AF=.", "AF", ".", "AF=12%", "AF=1", "AC=1;AN=4;AF"]
    body = "\n".join(f"20 {pos} . A C {info}" for pos, info in enumerate(infos, start=90))
    header = tuple(
        f'##INFO=<ID={name},Number={n},Type={kind},Description="{name}">'
        for name, n, kind in (("AF", "A", "Float"), ("AC", "A", "Integer"), ("AN", "1", "Integer"))
    )
    vcf = write_vcf(tmp_path / "a.vcf.gz", body, header=header)
    table = read_records(vcf, open_vcf(vcf), ["20"], 0, 300, [(0, 300)], [*SPELLING, *INFO])
    found = frequencies(split_alts(table))
    assert [None if np.isnan(f) else round(float(f), 3) for f in found] == [0.1, None, None, None, None, None, 1, 0.25]


def test_a_contig_of_more_than_2_31_letters(tmp_path):
    """bcftools and cyvcf2 tell such a POS as a negative number; where genotypes are asked for, that is an error and no loss."""
    body = "20 90 . A C .\n20 2147800253 . A C .\n20 2147800254 . A C ."
    vcf = write_vcf(tmp_path / "a.vcf.gz", body, contigs=("20,length=2147983648",), index="csi")
    assert [row[0] for row in read(vcf)] == [90, 2147800253, 2147800254]
    assert [row[0] for row in read(vcf, 2147800253, regions=((2147800253, NO_END),))] == [2147800254]
    with pytest.raises(InputError, match=rf"^{vcf}: 20:2147800001-2147900000 has a POS beyond 2\^31"):
        list(variants_between(open_vcf(vcf), "20", 2147800000, 2147900000))
