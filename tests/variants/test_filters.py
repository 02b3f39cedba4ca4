"""What is left out of literal VCFs, and that the ledger says so.

PLUS has its window at [80, 285) of contig 20, see `builders`.
"""

import pandas as pd
import pytest

from builders import make_sites, records, write_vcf
from pasvar.errors import InputError
from pasvar.scoring import reference_windows
from pasvar.variants.filters import EVERYTHING, make_filters
from pasvar.variants.read import read_shard

SITES = make_sites(("20", "+", 150, "PLUS"))
ALL = {"filters": (), "min_af": 0.0, "max_af": 1.0, "regions": ()}


def read(vcfs, genome, complete=True, **chosen) -> list[tuple]:
    """(pos, alt, status) of the alleles of contig 20, with these config keys."""
    found = read_shard(
        vcfs,
        pd.DataFrame({"shard": [1], "chrom": ["20"], "start": [0], "end": [700]}),
        reference_windows(SITES, genome),
        SITES,
        genome,
        20,
        complete,
        filters=make_filters(**{**ALL, **chosen}, names=genome.names),
    )
    scored = found.ledger[found.ledger.status == "scored"]
    assert records(found.alleles, "pos", "alt") == records(scored, "pos", "alt")
    return records(found.ledger, "pos", "alt", "status")


def statuses(vcf, genome, complete=True, **chosen) -> list[str]:
    return [status for _, _, status in read([vcf], genome, complete, **chosen)]


BY_FILTER = """
20 90  . T A .
20 91  . C A .
20 94  . A C .
20 100 . T A .
20 101 . T C .
20 300 . A C .
20 301 . T C .
"""
FILTERS = ("PASS", ".", "q10", "q10;s50", "q10", "PASS", "q10")


@pytest.mark.parametrize("name", ["a.vcf.gz", "a.bcf"])
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ((), ["scored"] * 4 + ["ref_mismatch", "no_site_in_range", "no_site_in_range"]),
        (("PASS",), ["scored", "filtered", "filtered", "filtered", "ref_mismatch", "no_site_in_range", "filtered"]),
        (("PASS", "."), ["scored", "scored", "filtered", "filtered", "ref_mismatch", "no_site_in_range", "filtered"]),
        ((".",), ["filtered", "scored", "filtered", "filtered", "ref_mismatch", "filtered", "filtered"]),
        # of a record with several values, all must be among those that pass
        (("q10",), ["filtered", "filtered", "scored", "filtered", "ref_mismatch", "filtered", "no_site_in_range"]),
        (("q10", "s50"), ["filtered", "filtered", "scored", "scored", "ref_mismatch", "filtered", "no_site_in_range"]),
    ],
)
def test_by_filter(tmp_path, genome, name, filters, expected):
    vcf = write_vcf(tmp_path / name, BY_FILTER, filters=FILTERS)
    assert statuses(vcf, genome, filters=filters) == expected
    # 20 nt of allele and 205 of window: all records lie in range
    assert statuses(vcf, genome, complete=False, filters=filters) == expected


def test_a_filter_that_no_record_can_have_is_refused(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", BY_FILTER, filters=FILTERS)
    with pytest.raises(InputError, match=r"`filters`: .*a\.vcf\.gz has no FILTER Pass; it has \., PASS, q10, s50"):
        read([vcf], genome, filters=["Pass"])


def test_what_is_filtered_in_one_file_is_no_duplicate_in_another(tmp_path, genome):
    first = write_vcf(tmp_path / "1.vcf.gz", "20 90 . T A .\n20 91 . C A .", filters=("q10", "PASS"))
    second = write_vcf(tmp_path / "2.vcf.gz", "20 90 . T A .\n20 91 . C A .", filters=("PASS", "PASS"))
    assert read([first, second], genome, filters=["PASS"]) == [
        (90, "A", "filtered"),
        (90, "A", "scored"),
        (91, "A", "scored"),
        (91, "A", "duplicate"),
    ]


AF = '##INFO=<ID=AF,Number=A,Type=Float,Description="AF">'
AC = '##INFO=<ID=AC,Number=A,Type=Integer,Description="AC">'
AN = '##INFO=<ID=AN,Number=1,Type=Integer,Description="AN">'
KEPT = [("A", "filtered"), ("C", "scored"), ("G", "scored")]


@pytest.mark.parametrize(
    ("header", "info", "genotypes"),
    [
        pytest.param((AF,), "AF=0.009,0.01,0.25", "", id="AF"),
        pytest.param((AF, AC, AN), "AF=0.009,0.01,0.25;AC=5,5,0;AN=10", "", id="AF before AC"),
        pytest.param((AC, AN), "AC=1,4,100;AN=400", "", id="AC by AN"),
        pytest.param((AF,), "AF=0.009,0.01,0.25", "1|1 1|1 1|1", id="AF before genotypes"),
        pytest.param((AC,), ".", "1|2 2|3 3|3 ./. 3 0/3", id="genotypes"),
    ],
)
def test_by_frequency(tmp_path, genome, header, info, genotypes):
    """Limits are part of what passes, and each ALT has its own frequency."""
    samples = tuple("abcdef"[: len(genotypes.split())])
    vcf = write_vcf(tmp_path / "a.vcf.gz", f"20 90 . T A,C,G {info} {genotypes}", samples=samples, header=header)
    # of the genotypes: 1, 2 and 5 of 9
    limits = {"min_af": 0.2, "max_af": 5 / 9} if header == (AC,) else {"min_af": 0.01, "max_af": 0.25}
    assert [row[1:] for row in read([vcf], genome, **limits)] == KEPT
    above = {"max_af": 0.19} if header == (AC,) else {"max_af": 0.0099}
    assert [row[1:] for row in read([vcf], genome, **above)] == [("A", "scored"), ("C", "filtered"), ("G", "filtered")]


def test_an_allele_without_a_frequency_passes(tmp_path, genome):
    body = "20 90 . T A .\n20 91 . C A AF=.\n20 94 . A C AF=0.5\n20 100 . T A,C AF=0.1"
    vcf = write_vcf(tmp_path / "a.vcf.gz", body)
    assert statuses(vcf, genome, max_af=0.2) == ["scored", "scored", "filtered", "scored", "scored"]
    nobody = write_vcf(tmp_path / "b.vcf.gz", "20 90 . T A . ./.", samples=("a",), header=())
    assert statuses(nobody, genome, max_af=0.2) == ["scored"]


def test_frequencies_of_a_file_that_has_none(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .", header=(AC,))
    with pytest.raises(
        InputError, match=r"a\.vcf\.gz: has neither genotypes nor INFO/AF, nor INFO/AC and INFO/AN, which"
    ):
        read([vcf], genome, min_af=0.01)
    assert statuses(vcf, genome) == ["scored"]


@pytest.mark.parametrize(
    ("regions", "expected"),
    [
        (["20:90-91"], ["scored", "scored", "filtered", "filtered"]),
        # of a deletion, any base of REF
        (["20:97-99"], ["filtered", "filtered", "scored", "filtered"]),
        (["20:98-98"], ["filtered"] * 4),
        (["20:1-90", "chr20:300-400"], ["scored", "filtered", "filtered", "no_site_in_range"]),
        (["21"], ["filtered"] * 4),
    ],
)
def test_by_region(tmp_path, genome, regions, expected):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .\n20 91 . C A .\n20 94 . AGTA A .\n20 300 . A C .")
    assert genome.slice("20", 93, 97).codes.tolist() == [0, 2, 3, 0]
    for complete in (True, False):
        assert statuses(vcf, genome, complete, regions=regions) == expected


def test_filters_by_default_keep_everything(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", BY_FILTER, filters=FILTERS)
    assert make_filters(**ALL, names=genome.names) == EVERYTHING
    assert statuses(vcf, genome) == ["scored"] * 4 + ["ref_mismatch", "no_site_in_range", "no_site_in_range"]


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize(
    "chosen",
    [{"filters": ["PASS", "."]}, {"regions": ["20:1-100"]}, {"min_af": 0.1}, {"filters": ["."], "max_af": 0.9}],
)
def test_a_contig_without_records_has_nothing_to_leave_out(tmp_path, genome, complete, chosen):
    """As 13p of every genome: a piece of the genome where the file has no record."""
    vcf = write_vcf(tmp_path / "a.vcf.gz", "21 90 . A C AF=0.5")
    assert read([vcf], genome, complete, **chosen) == []


@pytest.mark.parametrize("info", [".", "AF=.", "AC=3"])
def test_a_frequency_that_the_header_alone_has_is_counted_from_the_genotypes(tmp_path, genome, info):
    vcf = write_vcf(
        tmp_path / "a.vcf.gz",
        f"20 90 . T A {info} 0/1 0/0\n20 91 . C A {info} 1/1 1/1",
        samples=("P", "Q"),
        header=INFO,
    )
    assert statuses(vcf, genome, min_af=0.5) == ["filtered", "scored"]


def test_a_frequency_that_the_header_alone_has_is_asked_for(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .\n20 91 . C A .", header=INFO)
    with pytest.raises(
        InputError,
        match=r"a\.vcf\.gz: has neither genotypes nor INFO/AF, nor .*a header that defines them is not enough",
    ):
        read([vcf], genome, min_af=0.5)


INFO = tuple(
    f'##INFO=<ID={name},Number={n},Type={kind},Description="{name}">'
    for name, n, kind in (("AF", "A", "Float"), ("AC", "A", "Integer"), ("AN", "1", "Integer"))
)
