"""From literal VCFs to ledger and alternate windows, on the genome and sites of `builders`.

Sites of contig 20: PLUS has its window at [80, 285) and its hexamer at [150, 156); MINUS at [321, 526) and [450, 456).
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from builders import CONTIG_20, CONTIG_21, make_sites, records, reverse_complement, write_fasta, write_vcf
from pasvar.errors import InputError
from pasvar.genome import Genome, contig_table
from pasvar.scoring import reference_windows
from pasvar.tables import TABLES, to_arrow
from pasvar.variants import read as variants
from pasvar.variants.hexamer_scan import NOWHERE, Scan
from pasvar.variants.read import ShardAlleles, read_shard, windows_touched
from pasvar.variants.shards import plan_shards, shard_of

PLUS, MINUS = ("20", "+", 150, "PLUS"), ("20", "-", 450, "MINUS")
ENDS = ("21", "+", 20, "ENDS")
SITES = make_sites(PLUS, MINUS, ENDS)
LONGEST = 20


def read(vcfs, genome, sites=SITES, n_shards=1, complete=True, longest=LONGEST, scan=NOWHERE) -> ShardAlleles:
    """All shards, their tables one after the other, `gene_counts` and `vcf_counts` added up."""
    windows = reference_windows(sites, genome)
    plan = plan_shards(sites, contig_table(genome), n_shards, margin=0)
    parts = [
        read_shard(
            vcfs,
            shard_of(plan, shard),
            windows,
            sites,
            genome,
            longest,
            complete,
            unknown_contigs=shard == n_shards,
            scan=scan,
        )
        for shard in range(1, n_shards + 1)
    ]
    for part in parts:
        for name, frame in part._asdict().items():
            to_arrow(frame, name)
    ledger, alleles, candidates, structural, vcf_counts, gene_counts, unscored = (
        pd.concat(frames, ignore_index=True) for frames in zip(*parts, strict=True)
    )
    return ShardAlleles(
        ledger,
        alleles,
        candidates,
        structural,
        vcf_counts.groupby(["vcf", "chrom"], as_index=False).sum(),
        gene_counts.groupby("gene_id", as_index=False).sum(),
        unscored,
    )


def statuses(found: ShardAlleles) -> list[tuple]:
    return records(found.ledger, "chrom", "pos", "ref", "alt", "status", "n_sites")


# --- the ledger ---------------------------------------------------------------------------------------------------------

EVERY_STATUS = """
20 81  rs1 A C,T         AF=0.1,0.2
20 90  .   t a           .
20 90  .   T A           .
20 90  .   T A           .
20 100 .   T <DEL>,*,C   END=110
20 101 .   T C           .
20 102 .   T .           .
20 103 .   G G[21:5[,]21:5]G,.G,G.,<CN0> .
20 104 .   N A           .
20 105 .   G N,R         .
20 106 .   C CACGTACGTACGTACGTACGTA,CACGTACGTACGTACGTACGT .
20 107 .   TCT T         .
20 300 .   A G           .
20 699 .   CA C          .
20 699 .   CAT C         .
20 700 .   A T           .
21 1   .   T G           .
21 150 .   C CA          .
chr7 5 .   A C,G         .
chr7 9 .   A .           .
"""

LEDGER = [
    ("20", 81, "A", "C", "scored", 1),
    ("20", 81, "A", "T", "scored", 1),
    ("20", 90, "T", "A", "scored", 1),
    ("20", 90, "T", "A", "duplicate", 1),
    ("20", 90, "t", "a", "scored", 1),
    ("20", 100, "T", "*", "star", 1),
    ("20", 100, "T", "<DEL>", "symbolic", 1),
    ("20", 100, "T", "C", "scored", 1),
    ("20", 101, "T", "C", "ref_mismatch", 1),
    ("20", 103, "G", ".G", "symbolic", 1),
    ("20", 103, "G", "<CN0>", "symbolic", 1),
    ("20", 103, "G", "G.", "symbolic", 1),
    ("20", 103, "G", "G[21:5[", "symbolic", 1),
    ("20", 103, "G", "]21:5]G", "symbolic", 1),
    ("20", 104, "N", "A", "non_acgt", 1),
    ("20", 105, "G", "N", "non_acgt", 1),
    ("20", 105, "G", "R", "non_acgt", 1),
    ("20", 106, "C", "CACGTACGTACGTACGTACGT", "scored", 1),
    ("20", 106, "C", "CACGTACGTACGTACGTACGTA", "too_long", 1),
    ("20", 107, "TCT", "T", "ref_mismatch", 1),
    ("20", 300, "A", "G", "no_site_in_range", 0),
    ("20", 699, "CA", "C", "no_site_in_range", 0),
    ("20", 699, "CAT", "C", "chrom_end", 0),
    ("20", 700, "A", "T", "no_site_in_range", 0),
    ("21", 1, "T", "G", "scored", 1),
    ("21", 150, "C", "CA", "scored", 1),
    ("chr7", 5, "A", "C", "contig_unknown", 0),
    ("chr7", 5, "A", "G", "contig_unknown", 0),
]


@pytest.mark.parametrize(("name", "index"), [("a.vcf.gz", "tbi"), ("a.vcf.gz", "csi"), ("a.bcf", "csi")])
def test_every_status(tmp_path, genome, name, index):
    vcf = write_vcf(tmp_path / name, EVERY_STATUS, contigs=("20", "21", "chr7"), index=index)
    found = read([vcf], genome)
    assert statuses(found) == LEDGER
    assert set(found.ledger.vcf) == {name}
    assert records(found.vcf_counts, "vcf", "chrom", "n_records", "n_no_alt", "n_alleles") == [
        (name, "20", 16, 1, 24),
        (name, "21", 2, 0, 2),
        (name, "chr7", 2, 1, 2),
    ]
    assert records(found.gene_counts, "gene_id", "n_alleles", "n_scored") == [
        ("ENDS", 2, 2),
        ("PLUS", 18, 5),
    ]  # t>a and T>A, twice, are one change


def test_an_empty_vcf_gives_empty_tables(tmp_path, genome):
    found = read([write_vcf(tmp_path / "a.vcf.gz", "")], genome)
    assert found.ledger.empty
    assert found.alleles.empty
    assert found.gene_counts.empty
    assert found.vcf_counts[["n_records", "n_no_alt", "n_alleles"]].to_numpy().sum() == 0


def test_no_window_in_the_stretch(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .")
    found = read([vcf], genome, sites=make_sites(ENDS))
    assert statuses(found) == [("20", 90, "T", "A", "no_site_in_range", 0)]


@pytest.mark.parametrize("in_fasta", ["20", "chr20"])
@pytest.mark.parametrize("in_vcf", ["20", "chr20"])
def test_chr_prefixes_do_not_matter_and_chrom_is_the_fastas(tmp_path, in_fasta, in_vcf):
    fasta = write_fasta(tmp_path / "genome.fa", {in_fasta: CONTIG_20})
    vcf = write_vcf(tmp_path / "a.vcf.gz", f"{in_vcf} 90 . T A .", contigs=(in_vcf,))
    with Genome(fasta) as genome:
        found = read([vcf], genome, sites=make_sites((in_fasta, "+", 150, "G")))
    assert statuses(found) == [(in_fasta, 90, "T", "A", "scored", 1)]
    assert found.alleles.chrom.to_list() == [in_fasta]


def test_contigs_that_only_the_records_name(tmp_path, genome):
    """No ##contig lines at all, and names with colons."""
    vcf = write_vcf(
        tmp_path / "a.vcf.gz", "20 90 . T A .\nHLA-A*01:01:01:01 3 . A C .\nHLA-A*01:01:01:01 7 . A C .", contigs=()
    )
    assert [row[4] for row in statuses(read([vcf], genome))] == ["scored", "contig_unknown", "contig_unknown"]


def test_two_files(tmp_path, genome):
    """Alleles of both files by position; what an earlier file has is a duplicate in a later one."""
    first = write_vcf(tmp_path / "first.vcf.gz", "20 90 . T A .\n20 100 . T C .\n21 1 . T G .")
    second = write_vcf(tmp_path / "second.bcf", "20 90 . T G .\n20 94 . A C .\n20 100 . T C .", index="csi")
    found = read([first, second], genome)
    assert records(found.ledger, "chrom", "pos", "alt", "status", "vcf") == [
        ("20", 90, "A", "scored", "first.vcf.gz"),
        ("20", 90, "G", "scored", "second.bcf"),
        ("20", 94, "C", "scored", "second.bcf"),
        ("20", 100, "C", "scored", "first.vcf.gz"),
        ("20", 100, "C", "duplicate", "second.bcf"),
        ("21", 1, "G", "scored", "first.vcf.gz"),
    ]
    assert records(found.vcf_counts, "vcf", "chrom", "n_records") == [
        ("first.vcf.gz", "20", 2),
        ("first.vcf.gz", "21", 1),
        ("second.bcf", "20", 3),
        ("second.bcf", "21", 0),
    ]


def test_ref_again_as_alt_is_an_allele_that_changes_nothing(tmp_path, genome):
    found = read([write_vcf(tmp_path / "a.vcf.gz", "20 90 . T T .\n20 91 . CGC CGC .")], genome)
    assert statuses(found) == [("20", 90, "T", "T", "scored", 1), ("20", 91, "CGC", "CGC", "scored", 1)]
    assert found.alleles.window_alt.to_list() == [CONTIG_20[80:285]] * 2
    assert records(found.alleles, "norm_pos", "norm_ref", "norm_alt", "window_index") == [
        (90, "T", "T", 9),
        (91, "C", "C", 10),
    ]


# --- the windows --------------------------------------------------------------------------------------------------------


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


# --- shards -------------------------------------------------------------------------------------------------------------

MANY_SITES = make_sites(
    PLUS,
    MINUS,
    ("20", "-", 180, "OTHER"),
    ("20", "+", 170, "PLUS"),
    ("20", "+", 640, "LAST"),
    ENDS,
    ("21", "-", 100, "ENDS"),
)
CONTIGS = {"20": CONTIG_20, "21": CONTIG_21, "chrUn": "A" * 50}


@st.composite
def vcf_bodies(draw) -> str:
    """Records of contigs 20, 21 and chrUn by position: SNVs, indels, several ALTs, symbolic ones, wrong REFs."""
    lines = []
    for chrom, contig in CONTIGS.items():
        for pos in sorted(draw(st.lists(st.integers(1, len(contig)), max_size=25))):
            # A long REF may reach over the border of a shard.
            ref = contig[pos - 1 :][: draw(st.sampled_from([1, 1, 1, 2, 5, 30, 100]))]
            alts = draw(
                st.lists(
                    st.one_of(
                        st.sampled_from(["<DEL>", "*", ref[0], ref + "T", ref[:-1] + "G", ref + "ACGTACGTAC" * 3]),
                        st.text("ACGT", min_size=1, max_size=4),
                    ),
                    min_size=1,
                    max_size=3,
                    unique=True,
                )
            )
            lines.append(f"{chrom} {pos} . {draw(st.sampled_from([ref, ref, ref, 'C']))} {','.join(alts)} .")
    return "\n".join(lines)


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


SCAN = Scan(
    pd.DataFrame([("20", "+", 300, 500), ("21", "-", 0, 150)], columns=["chrom", "strand", "start", "end"]),
    strides=True,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=vcf_bodies(), n_shards=st.integers(2, 9))
def test_any_number_of_shards_gives_the_same_tables(tmp_path, genome, body, n_shards):
    vcf = write_vcf(tmp_path / "a.vcf.gz", body, contigs=tuple(CONTIGS))
    one = read([vcf], genome, MANY_SITES, scan=SCAN)
    assert len(one.ledger) == sum(len(line.split()[4].split(",")) for line in body.splitlines())
    assert one.vcf_counts.n_records.sum() == len(body.splitlines())
    many = read([vcf], genome, MANY_SITES, n_shards=n_shards, scan=SCAN)
    for name in ShardAlleles._fields:
        assert to_arrow(getattr(many, name), name).equals(to_arrow(getattr(one, name), name)), name


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=vcf_bodies(), n_shards=st.integers(1, 5))
def test_reading_in_range_finds_the_same_scored_alleles(tmp_path, genome, body, n_shards):
    vcf = write_vcf(tmp_path / "a.vcf.gz", body, contigs=tuple(CONTIGS))
    complete = read([vcf], genome, MANY_SITES, longest=100, scan=SCAN)
    in_range = read([vcf], genome, MANY_SITES, n_shards=n_shards, complete=False, longest=100, scan=SCAN)
    for name in ("alleles", "candidates", "gene_counts"):
        assert to_arrow(getattr(in_range, name), name).equals(to_arrow(getattr(complete, name), name)), name


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=vcf_bodies(), piece=st.integers(30, 700), complete=st.booleans())
def test_any_length_of_the_pieces_gives_the_same_tables(tmp_path, genome, body, piece, complete):
    """Records reach over the borders of pieces, from where there is no window into those of others."""
    vcf = write_vcf(tmp_path / "a.vcf.gz", body, contigs=tuple(CONTIGS))
    sites = make_sites(PLUS, ENDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(variants, "MAX_SHIFT", 30)
        whole = read([vcf], genome, sites, complete=complete)
        patch.setattr(variants, "PIECE", piece)
        cut = read([vcf], genome, sites, complete=complete)
    for name in ("ledger", "alleles", "vcf_counts", "gene_counts"):
        assert to_arrow(getattr(cut, name), name).equals(to_arrow(getattr(whole, name), name)), name


def test_in_range_leaves_out_what_is_far_from_every_window(tmp_path):
    contig = CONTIG_20 + CONTIG_20 + CONTIG_20
    assert contig[1399] == "A"
    vcf = write_vcf(tmp_path / "a.vcf.gz", f"20 90 . T A .\n20 1400 . A C .\n20 1500 . {contig[1499]} <X> .")
    with Genome(write_fasta(tmp_path / "genome.fa", {"20": contig})) as genome:
        found = read([vcf], genome, make_sites(PLUS), complete=False)
        assert statuses(found) == [("20", 90, "T", "A", "scored", 1)]
        assert records(found.vcf_counts, "chrom", "n_records", "n_alleles") == [("20", 1, 1), ("21", 0, 0)]
        assert len(read([vcf], genome, make_sites(PLUS)).ledger) == 3


LONG = "".join(np.random.default_rng(7).choice(list("ACGT"), 6000)) + "ACGGG"


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("piece", [10_000_000, 2000, 700])
@pytest.mark.parametrize("name", ["a.vcf.gz", "a.bcf"])
def test_a_long_ref_that_reaches_far_into_another_piece(tmp_path, monkeypatch, name, piece, complete):
    """All but the last base of REF and ALT is shared: the change lies 4,000 nt after POS, past the windows of other sites."""
    monkeypatch.setattr(variants, "PIECE", piece)
    sites = make_sites(("20", "+", 3000, "A"), ("20", "+", 3500, "B"), ("20", "+", 5900, "C"))
    ref = LONG[1999:6002]
    vcf = write_vcf(tmp_path / name, f"20 2000 . {ref} {ref[:-1]} .", index="csi")
    with Genome(write_fasta(tmp_path / "genome.fa", {"20": LONG})) as genome:
        found = read([vcf], genome, sites, complete=complete)
    assert records(found.ledger, "status", "n_sites") == [("scored", 1)]
    columns = ["site_id", "norm_pos", "norm_ref", "norm_alt", "region", "window_alt"]
    assert records(found.alleles, *columns) == [
        ("20:5921:+", 6001, "AC", "A", "downstream", LONG[5830:6001] + "GGG" + "N" * 31)
    ]


@pytest.mark.parametrize("complete", [True, False])
@pytest.mark.parametrize("piece", [10_000_000, 400])
def test_an_indel_far_after_a_window_that_is_the_same_as_one_in_it(tmp_path, monkeypatch, piece, complete):
    """A repeat of AC runs from the window's last bases to 900 nt after it: a unit more or less leaves the window as it was."""
    monkeypatch.setattr(variants, "PIECE", piece)
    contig = CONTIG_20[:280] + "AC" * 460 + CONTIG_20[280:]
    body = "20 1180 . CAC C .\n20 1196 . C CACAC .\n20 1199 . A G ."
    vcf = write_vcf(tmp_path / "a.vcf.gz", body)
    with Genome(write_fasta(tmp_path / "genome.fa", {"20": contig})) as genome:
        found = read([vcf], genome, make_sites(PLUS), complete=complete)
    assert records(found.ledger, "pos", "status") == [(pos, "no_site_in_range") for pos in (1180, 1196, 1199)]


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


def test_a_pos_outside_the_contig_is_read_and_has_its_status(tmp_path, genome):
    """POS 0 and one past the end (telomeres of the VCF specification), and far past it (another assembly)."""
    body = "20 0 . N A .\n20 0 . A C .\n20 1 . C A .\n20 700 . A T .\n20 701 . A C .\n20 5000 . A C,G .\n21 400 . A C ."
    vcf = write_vcf(tmp_path / "a.vcf.gz", body)
    expected = [
        ("20", 0, "A", "C", "chrom_end", 0),
        ("20", 0, "N", "A", "non_acgt", 0),
        ("20", 1, "C", "A", "no_site_in_range", 0),
        ("20", 700, "A", "T", "no_site_in_range", 0),
        ("20", 701, "A", "C", "chrom_end", 0),
        ("20", 5000, "A", "C", "chrom_end", 0),
        ("20", 5000, "A", "G", "chrom_end", 0),
        ("21", 400, "A", "C", "chrom_end", 0),
    ]
    for n_shards in (1, 3):
        assert statuses(read([vcf], genome, n_shards=n_shards)) == expected


# --- files --------------------------------------------------------------------------------------------------------------


def test_a_vcf_without_an_index_gets_the_command_that_makes_one(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .", index=None)
    with pytest.raises(InputError, match=r"a\.vcf\.gz: has no index .* make one with: bcftools index --tbi a\.vcf\.gz"):
        read([vcf], genome)
    with pytest.raises(InputError, match=r"b\.vcf\.gz: no such VCF file \(config key `vcf`\)"):
        read([tmp_path / "b.vcf.gz"], genome)


def test_what_is_no_vcf_is_refused(tmp_path, genome):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .")
    vcf.write_text("no VCF at all\n")
    with pytest.raises(InputError, match=r"a\.vcf\.gz: "):
        read([vcf], genome)


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


def test_every_table_has_its_schema(tmp_path, genome):
    found = read([write_vcf(tmp_path / "a.vcf.gz", EVERY_STATUS, contigs=("20", "21", "chr7"))], genome)
    for name, frame in found._asdict().items():
        assert frame.columns.to_list() == TABLES[name].schema.names, name
