"""Shards, pieces and ways of reading make no difference to what is found. The sites are those of `shards_read`."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from builders import CONTIG_20, CONTIG_21, make_sites, records, write_fasta, write_vcf
from pasvar.genome import Genome
from pasvar.tables import to_arrow
from pasvar.variants import read as variants
from pasvar.variants.hexamer_scan import Scan
from pasvar.variants.read import ShardAlleles
from shards_read import ENDS, MINUS, PLUS, read, statuses

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
