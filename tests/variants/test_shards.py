"""Shards of literal sites, and what holds for any."""

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from builders import make_sites, records
from pasvar.contigs import ContigNames
from pasvar.variants.shards import files_of_shards, plan_shards, shard_of

CONTIGS = pd.DataFrame({"chrom": ["20", "21", "MT"], "length": [700, 150, 20]})
# the windows are [80, 285) and [321, 526) of 20, [-50, 155) and [-29, 176) of 21
SITES = make_sites(("20", "+", 150, "A"), ("20", "-", 450, "B"), ("21", "+", 20, "C"), ("21", "-", 100, "D"))


def plan(n_shards: int, sites=SITES, margin=0) -> list[tuple]:
    return records(plan_shards(sites, CONTIGS, n_shards, margin), "shard", "chrom", "start", "end")


def test_one_shard_is_the_genome():
    assert plan(1) == [(1, "20", 0, 700), (1, "21", 0, 150), (1, "MT", 0, 20)]


def test_shards_are_cut_before_windows():
    assert plan(2) == [(1, "20", 0, 700), (2, "21", 0, 150), (2, "MT", 0, 20)]
    # no place is between the windows of C and D
    assert plan(3) == plan(4) == [(1, "20", 0, 321), (2, "20", 321, 700), (3, "21", 0, 150), (3, "MT", 0, 20)]


def test_a_border_keeps_its_distance_from_windows():
    """36 nt lie between the windows of A and B; 18 on either side still are a place to cut at."""
    assert plan(4, margin=18)[0] == (1, "20", 0, 303)
    assert plan(4, margin=19)[0] == (1, "20", 0, 700)


def test_a_gene_is_not_cut():
    one_gene = SITES.assign(gene_id=["A", "A", "C", "D"])
    assert plan(4, one_gene) == [(1, "20", 0, 700), (2, "21", 0, 150), (2, "MT", 0, 20)]


def test_shards_past_the_number_of_places_are_empty():
    table = plan_shards(SITES, CONTIGS, 50, 0)
    assert len(shard_of(table, 1)) > 0
    assert shard_of(table, 50).empty
    assert shard_of(table, 50).columns.to_list() == ["shard", "chrom", "start", "end"]


def test_shard_of():
    table = plan_shards(SITES, CONTIGS, 4, 0)
    assert records(shard_of(table, 3), "chrom", "start", "end") == [("21", 0, 150), ("MT", 0, 20)]
    assert shard_of(table, 3).index.to_list() == [0, 1]


@given(
    lengths=st.lists(st.integers(1, 3000), min_size=1, max_size=4),
    n_shards=st.integers(1, 12),
    margin=st.integers(0, 300),
    data=st.data(),
)
def test_shards_tile_every_contig_in_order_and_cut_no_gene(lengths, n_shards, margin, data):
    contigs = pd.DataFrame({"chrom": [f"c{i}" for i in range(len(lengths))], "length": lengths})
    places = data.draw(
        st.lists(
            st.tuples(st.integers(0, len(lengths) - 1), st.integers(-150, 3000), st.integers(0, 9)),
            min_size=1,
            max_size=30,
        )
    )
    sites = pd.DataFrame(
        [
            (f"c{contig}", min(start, lengths[contig] - 1), f"c{contig}:{start}", f"c{contig}g{gene}")
            for contig, start, gene in places
        ],
        columns=["chrom", "window_start", "site_id", "gene_id"],
    )
    sites["window_end"] = sites.window_start + 205
    table = plan_shards(sites, contigs, n_shards, margin)
    assert table["shard"].is_monotonic_increasing
    assert table["shard"].between(1, n_shards).all()
    covered = {f"c{i}": 0 for i in range(len(lengths))}
    for row in table.itertuples():
        assert row.start == covered[row.chrom]
        assert row.end > row.start
        covered[row.chrom] = row.end
    assert covered == dict(zip(contigs.chrom, lengths, strict=True))
    assert table.chrom.map({f"c{i}": i for i in range(len(lengths))}).is_monotonic_increasing
    for _, gene in sites.groupby("gene_id"):
        near = gene.window_start.min() - margin, gene.window_end.max() + margin
        assert not (
            (table.chrom == gene.chrom.iloc[0]) & (table.start > 0) & table.start.between(*near, inclusive="neither")
        ).any()


@pytest.mark.parametrize("n_shards", [2, 3, 5, 10])
def test_shards_hold_about_the_same_number_of_sites(n_shards):
    """Genes of 1 to 5 sites: a border is at most half a gene from where it should be."""
    starts = [*range(0, 40_000, 100), *range(90_000, 96_000, 10)]
    genes = pd.Series([f"g{i // 5 if i < 400 else i}" for i in range(1000)])
    sites = pd.DataFrame({"chrom": "1", "window_start": starts, "site_id": range(1000), "gene_id": genes})
    sites["window_end"] = sites.window_start + 5
    table = plan_shards(sites, pd.DataFrame({"chrom": ["1"], "length": [100_000]}), n_shards, 0)
    held = [sites.window_start.between(row.start, row.end, inclusive="left").sum() for row in table.itertuples()]
    assert len(held) == n_shards
    assert max(held) - min(held) <= 5


def test_files_of_shards():
    """Only what has records on a shard's contigs; what the FASTA lacks is for the last shard."""
    shards = plan_shards(SITES, CONTIGS, 3, 0)
    whole = (0, 1 << 29)
    spans = {
        "20.vcf": {"chr20": whole},
        "all.vcf": {"20": whole, "21": whole, "MT": whole},
        "M.vcf": {"M": whole},
        "odd.vcf": {"20": whole, "GL1": whole},
        "empty.vcf": {},
    }
    names = ContigNames(CONTIGS.chrom)
    on_20 = ["20.vcf", "all.vcf", "odd.vcf"]
    assert files_of_shards(spans, shards, 3, names) == [on_20, on_20, ["all.vcf", "M.vcf", "odd.vcf"]]
    # Shards past the number of places to cut at are empty; the last one still lists unknown contigs.
    assert files_of_shards(spans, shards, 5, names)[3:] == [[], ["odd.vcf"]]


def test_small_files_share_a_shard_and_a_large_one_is_cut():
    plan = pd.DataFrame({"shard": [1, 2, 3], "chrom": "20", "start": [0, 100, 200], "end": [100, 200, 300]})
    chunks = {f"{start}.vcf": {"20": (start, start + 40)} for start in range(0, 300, 40)}
    assert files_of_shards(chunks, plan, 3, ContigNames(["20"])) == [
        ["0.vcf", "40.vcf", "80.vcf"],
        ["80.vcf", "120.vcf", "160.vcf"],
        ["200.vcf", "240.vcf", "280.vcf"],
    ]
    assert files_of_shards({"large.vcf": {"20": (99, 201)}}, plan, 3, ContigNames(["20"])) == [["large.vcf"]] * 3
    assert files_of_shards({"some.vcf": {"20": (100, 200)}}, plan, 3, ContigNames(["20"])) == [[], ["some.vcf"], []]


def test_a_thousand_shards_of_many_contigs_are_planned_at_once():
    """A draft assembly: a loop of shards in contigs would take an hour."""
    n = 20_000
    contigs = pd.DataFrame({"chrom": [f"c{i}" for i in range(n)], "length": 10_000})
    sites = pd.DataFrame({"chrom": contigs.chrom, "window_start": 5000, "window_end": 5205})
    sites = sites.assign(site_id=contigs.chrom + ":5091:+", gene_id=contigs.chrom)
    found = plan_shards(sites, contigs, 1000, 1000)
    assert found["shard"].nunique() == 1000
    assert (found.groupby("shard").size().between(20, 22)).all()
