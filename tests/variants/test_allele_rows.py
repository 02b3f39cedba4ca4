"""From literal records to the rows of alleles in windows. The sites are those of `shards_read`."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from builders import CONTIG_20, make_sites, records, reverse_complement, write_fasta, write_vcf
from pasvar.genome import Genome
from pasvar.scoring import reference_windows
from pasvar.variants.hexamer_scan import Scan
from pasvar.variants.read import windows_touched
from shards_read import PLUS, read, statuses


def test_ref_again_as_alt_is_an_allele_that_changes_nothing(tmp_path, genome):
    found = read([write_vcf(tmp_path / "a.vcf.gz", "20 90 . T T .\n20 91 . CGC CGC .")], genome)
    assert statuses(found) == [("20", 90, "T", "T", "scored", 1), ("20", 91, "CGC", "CGC", "scored", 1)]
    assert found.alleles.window_alt.to_list() == [CONTIG_20[80:285]] * 2
    assert records(found.alleles, "norm_pos", "norm_ref", "norm_alt", "window_index") == [
        (90, "T", "T", 9),
        (91, "C", "C", 10),
    ]


def test_rows_of_literal_alleles(tmp_path, genome):
    assert CONTIG_20[150:160] == "AATAAACAGC"
    assert CONTIG_20[440:460] == "TGATCATATATTTATTCATG"
    vcf = write_vcf(
        tmp_path / "a.vcf.gz",
        """
20 152 rs1  A   G,T AF=0.25,0.5
20 157 .    CAG C   .
20 452 x;y  T   C   AF=0.125
20 457 .    C   CGG .
""",
    )
    found = read([vcf], genome).alleles
    columns = [
        "pos",
        "ref",
        "alt",
        "id",
        "norm_pos",
        "norm_ref",
        "norm_alt",
        "site_id",
        "window_index",
        "region",
        "anchor",
    ]
    assert records(found, *columns) == [
        (152, "A", "G", "rs1", 152, "A", "G", "20:171:+", 71, "hexamer", "hexamer"),
        (152, "A", "T", "rs1", 152, "A", "T", "20:171:+", 71, "hexamer", "hexamer"),
        (157, "CAG", "C", None, 157, "CAG", "C", "20:171:+", 77, "hexamer_to_cut", "hexamer"),
        (452, "T", "C", "x;y", 452, "T", "C", "20:436:-", 74, "hexamer", "hexamer"),
        # one base before the hexamer on the transcribed strand
        (457, "C", "CGG", None, 457, "C", "CGG", "20:436:-", 69, "upstream", "hexamer"),
    ]
    assert found.af.to_list()[:2] == [0.25, 0.5]
    assert np.isnan(found.af.to_list()[2])
    assert found.window_alt.to_list()[:3] == [
        CONTIG_20[80:151] + "G" + CONTIG_20[152:285],
        CONTIG_20[80:151] + "T" + CONTIG_20[152:285],
        CONTIG_20[80:157] + CONTIG_20[159:287],
    ]
    assert found.window_alt.to_list()[3:] == [
        reverse_complement(CONTIG_20[321:451] + "C" + CONTIG_20[452:526]),
        reverse_complement(CONTIG_20[321:457] + "GG" + CONTIG_20[457:524]),
    ]


@pytest.mark.parametrize(
    ("record", "rows"),
    [
        # the window of PLUS is POS 81 to 285, that of MINUS 322 to 526
        ("20 80 . T C", []),
        ("20 81 . A C", [("20:171:+", 0)]),
        ("20 285 . T C", [("20:171:+", 204)]),
        ("20 286 . A C", []),
        ("20 321 . C G", []),
        ("20 322 . A C", [("20:436:-", 204)]),
        ("20 526 . A G", [("20:436:-", 0)]),
        ("20 527 . T C", []),
        # an insertion before the first base or after the last leaves the window alone
        ("20 80 . T TG", []),
        ("20 81 . A AG", [("20:171:+", 1)]),
        ("20 284 . C CG", [("20:171:+", 204)]),
        ("20 285 . T TG", []),
        # TA of ...CATAC... (POS 80 and 81) is also AT at POS 79 and 80, outside
        ("20 78 . CAT C", []),
        ("20 79 . ATA A", []),
        ("20 79 . ATAC A", [("20:171:+", 0)]),
        ("20 284 . CTA C", [("20:171:+", 204)]),
        ("20 285 . TAC T", []),
        ("20 283 . GCTACTGCGAGTAGTACAT G", [("20:171:+", 203)]),
    ],
)
def test_alleles_at_the_borders_of_windows(tmp_path, genome, record, rows):
    pos, ref = int(record.split()[1]), record.split()[3]
    assert CONTIG_20[pos - 1 :].startswith(ref), CONTIG_20[pos - 1 : pos + len(ref) - 1]
    for complete in (True, False):
        found = read([write_vcf(tmp_path / "a.vcf.gz", record + " .")], genome, complete=complete)
        assert records(found.alleles, "site_id", "window_index") == rows
        status = ["scored" if rows else "no_site_in_range"]
        assert found.ledger.status.to_list() in ([status] if complete or rows else [status, []])


@settings(max_examples=settings().max_examples * 10 // 3)
@given(
    windows=st.lists(st.integers(-100, 900), max_size=8).map(sorted),
    edits=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 300), st.integers(0, 3)), max_size=6),
)
def test_windows_touched_base_by_base(windows, edits):
    start, lost = (np.array([edit[i] for edit in edits], dtype=np.int64) for i in (0, 1))
    first, last = windows_touched(start, start + lost, start, np.array(windows, dtype=np.int64))
    for (start, lost, _), low, high in zip(edits, first, last, strict=True):
        expected = [
            i
            for i, window in enumerate(windows)
            if (
                any(window <= base < window + 205 for base in range(start, start + lost))
                if lost
                else window <= start - 1 and start < window + 205
            )
        ]
        assert list(range(low, high)) == expected


def test_an_allele_that_touches_two_windows_has_a_row_for_each_site_and_strand(tmp_path, genome):
    sites = make_sites(PLUS, ("20", "-", 200, "OTHER"), ("20", "+", 150, "SAME_SITE"))
    found = read([write_vcf(tmp_path / "a.vcf.gz", "20 170 . G T .")], genome, sites=sites)
    assert CONTIG_20[169] == "G"
    assert records(found.alleles, "site_id", "window_index", "region") == [
        ("20:186:-", 106, "downstream"),
        ("20:171:+", 89, "hexamer_to_cut"),
    ]
    assert records(found.ledger, "status", "n_sites") == [("scored", 2)]
    assert records(found.gene_counts, "gene_id", "n_alleles", "n_scored") == [
        ("OTHER", 1, 1),
        ("PLUS", 1, 1),
        ("SAME_SITE", 1, 1),
    ]


def test_spellings_of_one_change_give_equal_rows(tmp_path):
    """A repeat of AC upstream of a hexamer; every spelling in a VCF of its own, all rows but the spelling equal."""
    contig = CONTIG_20[:100] + "ACACACAC" + CONTIG_20[100:]
    with Genome(write_fasta(tmp_path / "genome.fa", {"20": contig})) as genome:
        sites = make_sites(("20", "+", 158, "P"), ("20", "-", 40, "M"))
        for group in (
            ["100 . TACAC TAC", "100 . TAC T", "101 . ACA A", "106 . CAC C", "104 . CAC C"],
            ["100 . T TAC", "102 . C CAC", "108 . C CAC", "108 . CG CACG", "105 . A ACA"],
            ["110 . T C", "109 . GT GC", "109 . GTG GCG", "110 . TG CG"],
            ["110 . TGA CGC", "109 . GTGAG GCGCG", "110 . TGAG CGCG"],
            ["110 . TGA CG", "109 . GTGA GCG", "110 . TGAG CGG"],
        ):
            tables = []
            for spelling in group:
                pos, _, ref, _ = spelling.split()
                assert contig[int(pos) - 1 :].startswith(ref), (spelling, contig[int(pos) - 1 :][:8])
                found = read([write_vcf(tmp_path / "a.vcf.gz", f"20 {spelling} .")], genome, sites=sites)
                tables.append(found.alleles.drop(columns=["pos", "ref", "alt"]))
            assert len(tables[0]) == 2
            for table in tables[1:]:
                pd.testing.assert_frame_equal(table, tables[0])


def test_the_mirrored_genome_gives_the_mirrored_rows(tmp_path, genome):
    """Contig, sites and records reverse-complemented: the same windows, indices, regions and anchors."""
    length = len(CONTIG_20)
    records_plus = [
        (112, "ATT", "A"),
        (150, "A", "AGG"),
        (152, "ATA", "A"),
        (155, "AAC", "GG"),
        (160, "C", "CTTTT"),
        (280, "TA", "T"),
    ]
    mirrored = []
    for pos, ref, alt in records_plus:
        assert CONTIG_20[pos - 1 :].startswith(ref)
        # the whole allele mirrored with the base after it, so that an indel still begins with a shared base
        after = CONTIG_20[pos - 1 + len(ref)]
        mirrored.append(
            (length - (pos - 1 + len(ref)), reverse_complement(ref + after), reverse_complement(alt + after))
        )
    with Genome(write_fasta(tmp_path / "mirror.fa", {"20": reverse_complement(CONTIG_20)})) as mirror:
        body = "\n".join(f"20 {pos} . {ref} {alt} ." for pos, ref, alt in sorted(mirrored))
        other = read(
            [write_vcf(tmp_path / "m.vcf.gz", body)], mirror, sites=make_sites(("20", "-", length - 156, "PLUS"))
        )
    body = "\n".join(f"20 {pos} . {ref} {alt} ." for pos, ref, alt in records_plus)
    one = read([write_vcf(tmp_path / "a.vcf.gz", body)], genome, sites=make_sites(PLUS))
    columns = ["window_index", "region", "anchor", "window_alt"]
    assert len(one.alleles) == len(records_plus)
    assert sorted(records(one.alleles, *columns)) == sorted(records(other.alleles, *columns))


def test_candidates_and_alleles_in_windows_have_their_own_frequencies(tmp_path, genome):
    """The candidates lie before and after the allele in a window, and are read with it."""
    body = "\n".join(
        f"20 {pos} rs{pos} {CONTIG_20[pos - 1]} {'A' if CONTIG_20[pos - 1] != 'A' else 'C'} AF=0.{pos}"
        for pos in (40, 90, 640)
    )
    vcf = write_vcf(tmp_path / "a.vcf.gz", body)
    regions = pd.DataFrame([("20", "+", 0, 60), ("20", "+", 600, 700)], columns=["chrom", "strand", "start", "end"])
    found = read([vcf], genome, make_sites(PLUS), scan=Scan(regions, strides=True))
    assert records(found.alleles, "pos", "id", "af") == [(90, "rs90", pytest.approx(0.9))]
    distinct = found.candidates.drop_duplicates("pos")
    assert records(distinct, "pos", "id", "af") == [
        (40, "rs40", pytest.approx(0.4)),
        (640, "rs640", pytest.approx(0.64)),
    ]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["A", "AC", "CAG"]),
    st.integers(60, 90),
    st.integers(270, 300),
    st.integers(1, 12),
    st.booleans(),
)
def test_an_indel_in_a_repeat_at_a_window_s_edge_is_the_same_on_both_strands(
    tmp_path, unit, left, right, n_units, longer
):
    """Its window has other letters exactly where it is scored. The window of PLUS is [80, 285)."""
    contig = CONTIG_20[:left] + unit * n_units + CONTIG_20[left:right] + unit * n_units + CONTIG_20[right:]
    shift = len(unit) * n_units
    places = [(left, left + shift), (right + shift, right + 2 * shift)]
    hexamer = 150 + shift
    length, found = len(contig), []
    for strand in "+-":
        text = contig if strand == "+" else reverse_complement(contig)
        body = []
        for start, end in places if strand == "+" else [(length - b, length - a) for a, b in places[::-1]]:
            gone, more = text[end - len(unit) : end], text[start - 1]
            ref, alt = (more, more + text[start : start + len(unit)]) if longer else (text[start - 1] + gone, more)
            body.append(f"20 {start} . {ref} {alt} .")
        vcf = write_vcf(tmp_path / "a.vcf.gz", "\n".join(body))
        site = ("20", strand, hexamer if strand == "+" else length - hexamer - 6, "G")
        with Genome(write_fasta(tmp_path / "genome.fa", {"20": text})) as genome:
            sites = make_sites(site)
            alleles = read([vcf], genome, sites=sites)
            (window,) = reference_windows(sites, genome).window
        Path(f"{tmp_path}/genome.fa.fai").unlink()
        statuses_here = alleles.ledger.status.to_list()
        found.append(statuses_here if strand == "+" else statuses_here[::-1])
        assert (alleles.alleles.window_alt != window).all()
    assert found[0] == found[1]


def test_spellings_of_one_change_are_one_allele_of_a_gene(tmp_path, genome):
    """A deletion in TT, and a substitution with and without the base before it; each spelling has its row in the ledger."""
    assert (CONTIG_20[92:94], CONTIG_20[111:115]) == ("CA", "ATTA")
    body = "20 93 . CA CC .\n20 94 . A C .\n20 112 . AT A .\n20 113 . TT T ."
    found = read([write_vcf(tmp_path / "a.vcf.gz", body)], genome)
    assert found.ledger.status.to_list() == ["scored"] * 4
    assert records(found.gene_counts, "gene_id", "n_alleles", "n_scored") == [("PLUS", 2, 2)]


@pytest.mark.parametrize(
    ("record", "n_sites"),
    [
        # the window of PLUS is POS 81 to 285; the base before an indel is no part of it
        (f"20 285 . T T{'ACGT' * 6} .", 0),
        (f"20 284 . C C{'ACGT' * 6} .", 1),
        (f"20 285 . {CONTIG_20[284:310]} T .", 0),
        (f"20 284 . {CONTIG_20[283:310]} C .", 1),
        (f"20 80 . T {'ACGT' * 6}T .", 0),
    ],
)
def test_the_sites_of_an_allele_that_is_too_long_are_those_that_it_changes(tmp_path, genome, record, n_sites):
    found = read([write_vcf(tmp_path / "a.vcf.gz", record)], genome)
    assert records(found.ledger, "status", "n_sites") == [("too_long", n_sites)]


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        ("AF=0.25,0.5", [0.25, 0.5]),
        ("AF=0.25,.", [0.25, None]),
        ("AF=0.25", [None, None]),
        (".", [None, None]),
    ],
)
def test_frequencies_of_a_record_go_to_its_alts_in_their_order(tmp_path, genome, info, expected):
    found = read([write_vcf(tmp_path / "a.vcf.gz", f"20 90 . T C,A {info}")], genome).alleles
    # rows are in order of ALT, the record's were not
    assert records(found, "alt", "af") == [("A", expected[1]), ("C", expected[0])]
