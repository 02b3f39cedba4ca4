"""Structural changes, from literal VCFs, on contig 20 of `builders`.

Gene G has PROXIMAL, hexamer [150, 156) and cut 171, and DISTAL, [400, 406) and 421; gene M has MINUS, [450, 456) and cut 436.
Its exons: G [100, 440), M [430, 600).
"""

import pandas as pd
import pytest

from builders import CONTIG_20, make_sites, records, write_vcf
from pasvar.genome import contig_table
from pasvar.scoring import reference_windows
from pasvar.tables import to_arrow
from pasvar.variants.filters import EVERYTHING, Filters
from pasvar.variants.hexamer_scan import NOWHERE, Scan
from pasvar.variants.read import ShardAlleles, read_shard
from pasvar.variants.shards import plan_shards, shard_of
from pasvar.variants.structural import Structure, read_structure

PROXIMAL, DISTAL, MINUS = "20:171:+", "20:421:+", "20:436:-"
SITES = make_sites(("20", "+", 150, "G"), ("20", "+", 400, "G"), ("20", "-", 450, "M"))
SPANS = pd.DataFrame(
    {"gene_id": ["G", "M"], "gene_name": ["G", "M"], "chrom": "20", "start": [100, 430], "end": [440, 600]}
)
HEADER = (
    '##INFO=<ID=SVLEN,Number=A,Type=Integer,Description="Length">',
    '##INFO=<ID=SVTYPE,Number=1,Type=String,Description="Kind">',
    '##INFO=<ID=CIPOS,Number=2,Type=Integer,Description="Interval around POS">',
    '##INFO=<ID=IMPRECISE,Number=0,Type=Flag,Description="Imprecise">',
)


def read(vcf, genome, longest=205, complete=True, scan=NOWHERE, filters=EVERYTHING, n_shards=1) -> ShardAlleles:
    windows, plan = reference_windows(SITES, genome), plan_shards(SITES, contig_table(genome), n_shards, margin=0)
    parts = [
        read_shard(
            [vcf],
            shard_of(plan, shard),
            windows,
            SITES,
            genome,
            longest,
            complete,
            scan=scan,
            filters=filters,
            spans=SPANS,
        )
        for shard in range(1, n_shards + 1)
    ]
    for name in ("ledger", "structural_alleles"):
        to_arrow(getattr(parts[0], name), name)
    return ShardAlleles(*(pd.concat(frames, ignore_index=True) for frames in zip(*parts, strict=True)))


def of_record(tmp_path, genome, pos: int, alt: str, info: str, ref: str | None = None, **options) -> tuple:
    """(status, reason, sites) of one record."""
    line = f"20 {pos} . {ref or CONTIG_20[pos - 1]} {alt} {info}"
    found = read(write_vcf(tmp_path / "a.vcf.gz", line, header=HEADER), genome, **options)
    ((status, reason),) = records(found.ledger, "status", "reason")
    return status, reason, found.structural_alleles.site_id.to_list()


REMOVES, NOTHING = "a deletion of {} nt that removes {}", "a deletion of {} nt that removes no site"


@pytest.mark.parametrize(
    ("pos", "alt", "info", "expected"),
    [
        (140, "<DEL>", "END=200", ("structural", REMOVES.format(60, "1 site"), [PROXIMAL])),
        (140, "<DEL>", "SVLEN=-60", ("structural", REMOVES.format(60, "1 site"), [PROXIMAL])),
        (140, "<DEL>", "SVLEN=60", ("structural", REMOVES.format(60, "1 site"), [PROXIMAL])),
        (140, "<CN0>", "END=200", ("structural", REMOVES.format(60, "1 site"), [PROXIMAL])),
        (140, "<DEL:ME:ALU>", "END=200", ("structural", REMOVES.format(60, "1 site"), [PROXIMAL])),
        (390, "<DEL>", "END=425", ("structural", REMOVES.format(35, "1 site"), [DISTAL])),
        (140, "<DEL>", "END=425", ("structural", REMOVES.format(285, "2 sites"), [PROXIMAL, DISTAL])),
        (140, "<DEL>", "END=150", ("symbolic", NOTHING.format(10), [])),  # up to the base before the hexamer
        (140, "<DEL>", "END=151", ("structural", REMOVES.format(11, "1 site"), [PROXIMAL])),
        (156, "<DEL>", "END=170", ("symbolic", NOTHING.format(14), [])),  # what lies between hexamer and cut
        (156, "<DEL>", "END=171", ("structural", REMOVES.format(15, "1 site"), [PROXIMAL])),
        (435, "<DEL>", "END=436", ("structural", REMOVES.format(1, "1 site"), [MINUS])),
        (140, "<DUP>", "END=200", ("structural", "a duplication of 60 nt that doubles 1 site", [PROXIMAL])),
        (140, "<DUP:TANDEM>", "SVLEN=60", ("structural", "a duplication of 60 nt that doubles 1 site", [PROXIMAL])),
        (150, "<DUP>", "END=171", ("structural", "a duplication of 21 nt that doubles 1 site", [PROXIMAL])),
        (151, "<DUP>", "END=171", ("symbolic", "a duplication of 20 nt that doubles no site", [])),
        (150, "<DUP>", "END=170", ("symbolic", "a duplication of 20 nt that doubles no site", [])),
        (140, "<CN1>", "END=200", ("symbolic", "one copy is what the reference has", [])),
        (140, "<DEL>", ".", ("symbolic", "the record has neither END nor SVLEN", [])),
        (140, "<DEL>", "SVTYPE=DEL;END=100", ("symbolic", "END 100 does not lie behind POS 140", [])),
        (140, "<DEL>", "END=140", ("symbolic", "END 140 does not lie behind POS 140", [])),
        (140, "<DEL>", "SVLEN=0", ("symbolic", "SVLEN 0 is no length", [])),
        (140, "<DEL>", "END=900", ("chrom_end", "END 900 lies past the contig's end", [])),
        (140, "<CNV>", "END=200", ("symbolic", "a copy number that ALT does not name; <CN0>, <CN2> do", [])),
        (140, "<DUP:INS>", "END=200", ("symbolic", "a duplication whose copy lies elsewhere", [])),
        (
            140,
            "<INS:ME:ALU>",
            "SVLEN=280",
            ("symbolic", "an insertion that does not spell its bases; spelled out it can be scored", []),
        ),
        (140, "<NON_REF>", "END=200", ("symbolic", "stands for any other allele, and names none", [])),
        (
            120,
            "<INV>",
            "END=160",
            ("cuts_gene", f"an inversion cuts site {PROXIMAL}: what becomes of it is not known", []),
        ),
        (
            50,
            "<INV>",
            "END=120",
            ("cuts_gene", "an inversion cuts gene G: what becomes of its 3' ends is not known", []),
        ),
        (50, "<INV>", "END=650", ("symbolic", "an inversion that cuts no gene and no site", [])),
        (
            200,
            "T[21:5[",
            ".",
            ("cuts_gene", "a breakend cuts gene G: what becomes of its 3' ends is not known", []),
        ),
        (160, "]21:5]C", ".", ("cuts_gene", f"a breakend cuts site {PROXIMAL}: what becomes of it is not known", [])),
        (650, "T[21:5[", ".", ("symbolic", "a breakend that cuts no gene and no site", [])),
    ],
)
def test_a_record(tmp_path, genome, pos, alt, info, expected):
    assert of_record(tmp_path, genome, pos, alt, info) == expected


def test_rows_say_what_is_deleted_and_how_often_it_is_left(tmp_path, genome):
    body = f"20 140 sv1 {CONTIG_20[139]} <DEL>,<CN3> END=200;AF=0.1,0.2;IMPRECISE\n20 390 . N <DEL> END=425;CIPOS=0,0"
    found = read(write_vcf(tmp_path / "a.bcf", body, header=(*HEADER, AF)), genome).structural_alleles
    columns = ("pos", "alt", "id", "site_id", "gene_id", "start", "end", "copies", "imprecise", "norm_pos", "norm_alt")
    assert records(found, *columns) == [
        (140, "<CN3>", "sv1", PROXIMAL, "G", 140, 200, 3, True, 140, "<CN3>"),
        (140, "<DEL>", "sv1", PROXIMAL, "G", 140, 200, 0, True, 140, "<DEL>"),
        (390, "<DEL>", None, DISTAL, "G", 390, 425, 0, False, 390, "<DEL>"),
    ]
    assert found.af.round(2).to_list()[:2] == [pytest.approx(0.2), pytest.approx(0.1)]


AF = '##INFO=<ID=AF,Number=A,Type=Float,Description="Allele frequency">'


def test_spelled_deletion_of_300_nt(tmp_path, genome):
    """It takes [100, 400), or as well, for the same base lies before it, [99, 399): the proximal site alone."""
    line = f"20 100 . {CONTIG_20[99:400]} {CONTIG_20[99]} ."
    found = read(write_vcf(tmp_path / "a.vcf.gz", line), genome)
    assert records(found.ledger, "status", "reason") == [("structural", REMOVES.format(300, "1 site"))]
    columns = ("site_id", "start", "end", "copies", "norm_pos")
    assert records(found.structural_alleles, *columns) == [(PROXIMAL, 99, 399, 0, 99)]
    scored = read(write_vcf(tmp_path / "b.vcf.gz", line), genome, longest=300)
    assert scored.ledger.status.to_list() == ["scored"]  # short enough to be scored, it is
    assert scored.structural_alleles.empty


def test_spelled_tandem_duplication(tmp_path, genome):
    line = f"20 140 . {CONTIG_20[139]} {CONTIG_20[139:200]} ."
    found = read(write_vcf(tmp_path / "a.vcf.gz", line), genome, longest=20)
    assert found.ledger.status.to_list() == ["structural"]
    assert records(found.structural_alleles, "site_id", "start", "end", "copies") == [
        (PROXIMAL, 139, 199, 2)
    ]  # left-aligned


L1_END = "GGCACATGTATACATATGTAACTAACCTGCACAATAAATGTCACATGTACCCTAAAACTTAAAGTATAATAATAAAAGGC"
"""80 nt as a mobile element may end, with a polyadenylation signal."""


def test_spelled_insertion_with_a_signal_may_make_a_site(tmp_path, genome):
    line = f"20 300 . {CONTIG_20[299]} {CONTIG_20[299]}{L1_END} ."
    vcf, scan = write_vcf(tmp_path / "a.vcf.gz", line), Scan(pd.DataFrame([("20", "+", 250, 380)], columns=SCAN))
    found = read(vcf, genome, scan=scan)
    assert set(found.candidates.hexamer_alt) >= {"AATAAA"}
    assert "CACAATAAATGTCAC" in found.candidates.window_alt[found.candidates.hexamer_alt == "AATAAA"].iloc[0]
    too_long = read(vcf, genome, longest=79, scan=scan)
    assert too_long.candidates.empty
    assert records(too_long.ledger, "status", "reason") == [
        ("too_long", "an insertion of 80 nt, more than `max_allele_length`, and no tandem duplication")
    ]


SCAN = ["chrom", "strand", "start", "end"]


def test_what_else_may_be_wrong_with_a_structural_allele(tmp_path, genome):
    base = CONTIG_20[139]
    wrong = next(other for other in "ACGT" if other != base)
    body = f"""
20 140 . {base} <DEL> END=200
20 140 . {base} <DEL> END=200
20 140 . {base} <DEL> END=425
20 140 . {wrong} <DEL> END=200
"""
    found = read(write_vcf(tmp_path / "a.vcf.gz", body), genome)
    assert sorted(records(found.ledger, "ref", "status")) == sorted(
        [(base, "structural"), (base, "duplicate"), (base, "symbolic"), (wrong, "ref_mismatch")]
    )
    assert "another end" in found.ledger.reason[found.ledger.status == "symbolic"].iloc[0]
    one = write_vcf(tmp_path / "b.vcf.gz", f"20 140 . {base} <DEL> END=200", filters=("LowQual",))
    filtered = read(one, genome, filters=Filters(frozenset(["PASS"])))
    assert filtered.ledger.status.to_list() == ["filtered"]
    assert filtered.structural_alleles.empty


@pytest.mark.parametrize("n_shards", [1, 2, 3])
def test_in_range_and_shards_find_the_same(tmp_path, genome, n_shards):
    """A deletion that begins far from every window is read where its end reaches one."""
    body = f"20 5 . {CONTIG_20[4]} <DEL> END=200\n20 30 . {CONTIG_20[29]} <DEL> END=60"
    vcf = write_vcf(tmp_path / "a.vcf.gz", body)
    complete = read(vcf, genome, n_shards=n_shards)
    in_range = read(vcf, genome, n_shards=n_shards, complete=False)
    assert complete.ledger.status.to_list() == ["structural", "symbolic"]
    pd.testing.assert_frame_equal(in_range.structural_alleles, complete.structural_alleles)
    assert records(complete.structural_alleles, "site_id") == [(PROXIMAL,)]


def test_end_counts_before_svlen_and_svlen_is_that_of_the_alt():
    assert read_structure(100, "<DEL>", 0, "SVLEN=-50;END=300") == Structure("DEL", 100, 300, 0, 100)
    assert read_structure(100, "<DUP>", 1, "SVLEN=-50,80") == Structure("DUP", 100, 180, 2, 100)
    assert read_structure(100, "<DEL>", 0, "END=300;CIEND=-5,5") == Structure("DEL", 100, 300, 0, 100, True)
