import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import make_sites, records
from pasvar.shards import plan_shards, shard_of

CONTIGS = pd.DataFrame({"chrom": ["20", "21", "MT"], "length": [700, 150, 20]})
SITES = make_sites(("20", "+", 150, "A"), ("20", "-", 450, "B"), ("21", "+", 20, "C"), ("21", "-", 100, "D"))


def plan(n_shards: int) -> list[tuple]:
    return records(plan_shards(SITES, CONTIGS, n_shards), "shard", "chrom", "start", "end")


def test_one_shard_is_the_genome():
    assert plan(1) == [(1, "20", 0, 700), (1, "21", 0, 150), (1, "MT", 0, 20)]


def test_shards_are_cut_where_windows_start():
    # the windows start at 20:80, 20:321, 21:-50 and 21:-29
    assert plan(2) == [(1, "20", 0, 700), (2, "21", 0, 150), (2, "MT", 0, 20)]
    assert plan(4) == [(1, "20", 0, 321), (2, "20", 321, 700), (3, "21", 0, 150), (3, "MT", 0, 20)]


def test_shards_past_the_number_of_windows_are_empty():
    table = plan_shards(SITES, CONTIGS, 50)
    assert len(shard_of(table, 1)) > 0
    assert shard_of(table, 50).empty
    assert shard_of(table, 50).columns.to_list() == ["shard", "chrom", "start", "end"]


def test_shard_of():
    table = plan_shards(SITES, CONTIGS, 4)
    assert records(shard_of(table, 3), "chrom", "start", "end") == [("21", 0, 150), ("MT", 0, 20)]
    assert shard_of(table, 3).index.to_list() == [0, 1]


@given(
    lengths=st.lists(st.integers(1, 3000), min_size=1, max_size=4),
    n_shards=st.integers(1, 12),
    data=st.data(),
)
def test_shards_tile_every_contig_in_order(lengths, n_shards, data):
    contigs = pd.DataFrame({"chrom": [f"c{i}" for i in range(len(lengths))], "length": lengths})
    places = data.draw(
        st.lists(
            st.tuples(st.integers(0, len(lengths) - 1), st.integers(-150, 3000)),
            min_size=1,
            max_size=30,
        )
    )
    starts = [min(start, lengths[contig] - 1) for contig, start in places]
    windows = pd.DataFrame({"chrom": [f"c{contig}" for contig, _ in places], "window_start": starts})
    table = plan_shards(windows, contigs, n_shards)
    assert table["shard"].is_monotonic_increasing
    assert table["shard"].between(1, n_shards).all()
    covered = {f"c{i}": 0 for i in range(len(lengths))}
    for row in table.itertuples():
        assert row.start == covered[row.chrom]
        assert row.end > row.start
        covered[row.chrom] = row.end
    assert covered == dict(zip(contigs.chrom, lengths, strict=True))
    assert table.chrom.map({f"c{i}": i for i in range(len(lengths))}).is_monotonic_increasing


@pytest.mark.parametrize("n_shards", [2, 3, 5, 10])
def test_shards_hold_about_the_same_number_of_windows(n_shards):
    windows = pd.DataFrame({"chrom": "1", "window_start": [*range(400), *range(90_000, 96_000, 10)]})
    table = plan_shards(windows, pd.DataFrame({"chrom": ["1"], "length": [100_000]}), n_shards)
    held = [windows.window_start.between(row.start, row.end, inclusive="left").sum() for row in table.itertuples()]
    assert len(held) == n_shards
    assert max(held) - min(held) <= 1
