"""All possible substitutions of sites, against a slow way to find them: change the chromosome's text, cut out the window."""

import io
import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st
from tqdm import tqdm

from builders import CONTIG_20, CONTIG_21, LinearNetwork, make_sites, records, reverse_complement, write_fasta
from pasvar.effects import EffectSizes
from pasvar.errors import InputError
from pasvar.genome import Genome, contig_table
from pasvar.scoring import saturation
from pasvar.scoring.saturation import ContigWindows, saturate_hits, score_saturation, windows_of_genes
from pasvar.scoring.scores import WINDOW_SCORES, score_windows
from pasvar.scoring.windows import reference_windows
from pasvar.sequence import decode, decode_rows
from pasvar.tables import TABLES
from pasvar.variants import plan_shards, shard_of

# A gap and lower case within windows; a contig that ends within windows; overlapping windows on both strands.
CONTIGS = {"20": CONTIG_20[:100] + "NNN" + CONTIG_20[103:300].lower() + CONTIG_20[300:], "21": CONTIG_21}
SITES = make_sites(
    ("20", "+", 150, "ONE"), ("20", "+", 190, "ONE"), ("20", "-", 214, "TWO"), ("20", "-", 450, "TWO"),
    ("21", "+", 20, "THREE"), ("21", "-", 100, "THREE"),
)  # fmt: skip


@pytest.fixture(scope="module")
def genome(tmp_path_factory):
    path = write_fasta(tmp_path_factory.mktemp("saturation") / "genome.fa", CONTIGS)
    with Genome(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def windows(genome):
    return reference_windows(SITES, genome)


def cut_out(contig: str, start: int, strand: str) -> str:
    """205 letters from `start` of the forward strand on, N past the ends, of the strand."""
    text = ("N" * 205 + contig + "N" * 205)[start + 205 : start + 410]
    return text if strand == "+" else reverse_complement(text)


def substitutions_by_text(sites: pd.DataFrame = SITES) -> list[tuple]:
    """(chrom, pos, ref, alt, site_id, window_index, window) of every substitution, by position, allele and window."""
    rows = []
    for site in sites.itertuples():
        contig = CONTIGS[site.chrom].upper()
        for i in range(max(site.window_start, 0), min(site.window_start + 205, len(contig))):
            for alt in sorted(set("ACGT") - {contig[i]}) if contig[i] != "N" else ():
                window = cut_out(contig[:i] + alt + contig[i + 1 :], site.window_start, site.strand)
                index = i - site.window_start if site.strand == "+" else site.window_start + 204 - i
                key = (site.chrom, i, alt, site.window_start)
                rows.append((key, (site.chrom, i + 1, contig[i], alt, site.site_id, index, window)))
    return [row for _, row in sorted(rows)]


def score(windows, genome, n_shards: int = 1, network=None) -> pd.DataFrame:
    """Table `saturation_scores` of all shards, one after the other."""
    plan = plan_shards(SITES, contig_table(genome), n_shards, margin=0)
    pieces = [
        piece.to_pandas()
        for shard in range(1, n_shards + 1)
        for piece in score_saturation(network or LinearNetwork(), windows, shard_of(plan, shard))
    ]
    return pd.concat(pieces, ignore_index=True)


def test_the_substitutions_of_a_contig_by_hand(windows):
    near = ContigWindows(windows[windows.site_id == "20:436:-"])
    found = near.substitutions(320, 323)  # the window is [321, 526): its last two bases, as the strand is minus
    assert CONTIG_20[321:323] == "AT"
    assert found.pos.tolist() == [322] * 3 + [323] * 3
    assert found.index.tolist() == [204] * 3 + [203] * 3
    assert (decode(found.ref), decode(found.alt)) == ("AAATTT", "CGTACG")
    assert near.count(320, 323) == 6
    assert [window[203:] for window in decode_rows(near.alternates(found))] == ["AG", "AC", "AA", "TT", "GT", "CT"]


@pytest.mark.parametrize(("n_shards", "at_once"), [(1, 10_000), (2, 501), (5, 97), (40, 10_000)])
def test_every_substitution_has_its_row_and_the_scores_of_its_window(windows, genome, monkeypatch, n_shards, at_once):
    monkeypatch.setattr(saturation, "WINDOWS_AT_ONCE", at_once)
    expected = pd.DataFrame(
        substitutions_by_text(), columns=["chrom", "pos", "ref", "alt", "site_id", "index", "window"]
    )
    found = score(windows, genome, n_shards)
    columns = ["chrom", "pos", "ref", "alt", "site_id"]
    assert records(found, *columns, "window_index") == records(expected, *columns, "index")
    scores = score_windows(LinearNetwork(), expected.window).add_suffix("_alt")
    pd.testing.assert_frame_equal(found[list(scores.columns)], scores)
    assert found.columns.to_list() == TABLES["saturation_scores"].schema.names


def test_what_is_not_there_has_no_substitutions(windows, genome):
    found = score(windows, genome)
    counts = found.groupby("site_id").size()
    # 3 N in the first window; 50 and 5 of 205 past the ends of contig 21, and 29 and 26
    assert counts.to_dict() == {
        "20:171:+": 606, "20:211:+": 615, "20:200:-": 606, "20:436:-": 615, "21:41:+": 450, "21:86:-": 450,
    }  # fmt: skip
    assert not found[found.chrom == "20"].pos.isin([101, 102, 103]).any()


def test_rows_are_in_the_order_of_the_genome(windows, genome):
    found = score(windows, genome, 3)
    assert found.chrom.to_list() == ["20"] * 2442 + ["21"] * 900
    assert found[found.chrom == "20"].pos.is_monotonic_increasing


def test_one_bar_shows_all_the_work(windows, genome, monkeypatch):
    monkeypatch.setattr(saturation, "WINDOWS_AT_ONCE", 100)
    monkeypatch.setattr(saturation, "LOOKED_UP_AT_ONCE", 1000)
    bars, lookups = [], []

    def make(total, unit):
        bars.append(tqdm(total=total, unit=unit, file=io.StringIO()))
        return bars[-1]

    class Remembering:
        """A store that has the first windows of each batch already."""

        def find_parts(self, parts):
            scores = [pd.DataFrame(LinearNetwork().scores(codes), columns=list(WINDOW_SCORES)) for codes in parts]
            lookups.append(len(scores))
            for part in scores:
                part.iloc[40:] = np.nan
            return pd.concat(scores, ignore_index=True)

        def add(self, codes, scores):
            pass

    stretches = contig_table(genome).assign(start=0, end=700)
    plain, kept = (
        pd.concat([piece.to_pandas() for piece in score_saturation(LinearNetwork(), windows, stretches, make, store)])
        for store in (None, Remembering())
    )
    assert [(bar.total, bar.n) for bar in bars] == [(3342, 3342)] * 2
    pd.testing.assert_frame_equal(plain, kept)
    assert lookups == [10, 10, 5, 9]  # 2,442 windows of one contig and 900 of the other


def test_no_stretch_and_no_window_give_nothing(windows, genome):
    stretches = contig_table(genome).assign(start=0, end=50)
    assert list(score_saturation(LinearNetwork(), windows, stretches.head(0))) == []
    assert list(score_saturation(LinearNetwork(), windows.head(0), stretches)) == []


@given(st.integers(0, 700), st.integers(0, 700))
def test_stretches_take_each_substitution_once(windows, low, high):
    near = ContigWindows(windows[windows.chrom == "20"])
    borders = [-1000, *sorted((low, high)), 2000]
    parts = [near.substitutions(start, end) for start, end in itertools.pairwise(borders)]
    whole = near.substitutions(-1000, 2000)
    for column, pieces in zip(whole, zip(*parts, strict=True), strict=True):
        assert np.array_equal(column, np.concatenate(pieces))


# --- genes --------------------------------------------------------------------------------------------------------------

CATALOGUE = SITES.assign(gene_name=["one", "one", "two", "two", "three", "three"])


@pytest.mark.parametrize(
    ("genes", "n"), [([], 6), (["ONE"], 2), (["one"], 2), (["one", "ONE", "three"], 4), (["TWO", "one"], 4)]
)
def test_genes_are_chosen_by_name_or_id(windows, genes, n):
    assert len(windows_of_genes(windows, CATALOGUE, genes)) == n


def test_an_unknown_gene_is_named(windows):
    with pytest.raises(InputError, match=r"`saturation.genes`: FOUR, none: no site belongs to a gene of this name"):
        windows_of_genes(windows, CATALOGUE, ["one", "none", "FOUR"])


# --- sites that are hit -----------------------------------------------------------------------------------------------


def test_only_the_sites_that_are_hit_are_scored(windows, genome):
    alleles = pd.DataFrame({"site_id": ["21:86:-", "20:200:-", "21:86:-"]})
    found = pd.concat([piece.to_pandas() for piece in saturate_hits(LinearNetwork(), alleles, windows)])
    everything = score(windows, genome)
    expected = everything[everything.site_id.isin(alleles.site_id)]
    pd.testing.assert_frame_equal(found.reset_index(drop=True), expected.reset_index(drop=True))
    assert list(saturate_hits(LinearNetwork(), alleles.head(0), windows)) == []
    assert list(saturate_hits(LinearNetwork(), alleles, windows.head(0))) == []


def test_percentiles_are_those_of_all_substitutions_of_the_site(windows):
    network = LinearNetwork()
    references = windows[["site_id"]].join(score_windows(network, windows.window))
    of_site = windows.set_index("site_id").window
    changes = [("20:436:-", 71, "G"), ("21:41:+", 80, "ACGT"), ("20:436:-", 5, "ACGTACGT")]
    alleles = pd.DataFrame(
        {
            "site_id": [site for site, _, _ in changes],
            "window_alt": [of_site[site][:i] + new + of_site[site][i + len(new) :] for site, i, new in changes],
        }
    )
    alleles["logodds_narrow_alt"] = score_windows(network, alleles.window_alt).logodds_narrow
    sizes = EffectSizes(references, [piece.to_pandas() for piece in saturate_hits(network, alleles, windows)])
    found = sizes.percentile(alleles)
    known = pd.DataFrame(substitutions_by_text(), columns=["chrom", "pos", "ref", "alt", "site_id", "index", "window"])
    known["score"] = score_windows(network, known.window).logodds_narrow
    for row, percentile in zip(alleles.itertuples(), found, strict=True):
        reference = references.set_index("site_id").logodds_narrow[row.site_id]
        effects = (known.score[known.site_id == row.site_id] - reference).abs()
        assert percentile == pytest.approx((effects < abs(np.float32(row.logodds_narrow_alt) - reference)).mean())
    assert 0 < found.min() < found.max()
