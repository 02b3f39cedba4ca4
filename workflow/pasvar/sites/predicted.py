"""Predicted sites: hexamers in 3' UTRs and downstream of genes after which the network predicts cleavage.

`propose_sites` lists the hexamers. The caller lets the network score their windows. `judge_sites` then makes sites of
them. The cut is the position where the network predicts most cleavage. If several positions compete, the one with the
highest probability of being real is kept. Annotated and measured sites stay unchanged.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.constants import A_RICH_DOWNSTREAM, A_RICH_UPSTREAM, HEXAMER_INDEX, HEXAMER_LENGTH, WINDOW_LENGTH
from pasvar.counts import plural
from pasvar.genome import Genome, along, assign_genes, gene_spans, scan_regions
from pasvar.sequence import decode_rows, encode, reverse_complement
from pasvar.sites.confidence import PREDICTED, Calibration, confidence_of, is_coding, probability
from pasvar.sites.hexamer import TIERS, is_a_rich
from pasvar.sites.roles import assign_roles
from pasvar.sites.windows import window_codes

_PLACE = ["chrom", "strand", "hexamer_start"]
_WANTED_CLASSES = ("3utr", "extended", "noncoding")
"""Of `tables.SITE_CLASSES`. In introns and coding exons, PolyA_DB has a cut after fewer than 1 in 10 hexamers."""
_NO_TIER = 9


class PredictionRules(NamedTuple):
    """The user's settings for predicted sites, by the names of the config keys."""

    predicted_sites: Mapping
    extension: int
    merge_distance: int
    a_rich: str
    min_confidence: float
    min_usage_confidence: float
    catalogue: str | None = None
    """A catalogue that was made before. It is considered complete."""


def prediction_rules(settings: Mapping) -> PredictionRules:
    """The rules among the config keys `pasvar.config.SITE_KEYS`."""
    return PredictionRules(**{key: settings[key] for key in PredictionRules._fields})


def propose_sites(
    known: pd.DataFrame, exons: pd.DataFrame, genome: Genome, rules: PredictionRules, shard: int = 1, n_shards: int = 1
) -> pd.DataFrame:
    """Table `proposed_sites`: the positions of one shard (counted from 1) whose windows the network must score.

    These are the hexamers of known sites, and the hexamers of tier 0 to `worst_tier` that start in a 3' UTR or within
    `extension` nt downstream of a gene. known, exons: tables `catalogue` and `exons`. The shards have equal shares of
    the scanned sequence.
    """
    own = known.drop_duplicates("site_id")[[*_PLACE, "hexamer_tier"]].iloc[: 0 if rules.catalogue else None]
    found = own.iloc[:0]
    if rules.predicted_sites["mode"] != "off" and not rules.catalogue:
        regions = scan_regions(exons, rules.extension, introns=False)
        found = _hexamers(_share(regions, shard, n_shards), genome, rules.predicted_sites["worst_tier"])
        is_known = pd.MultiIndex.from_frame(found[_PLACE]).isin(pd.MultiIndex.from_frame(own[_PLACE]))
        found = found[~is_known]
    own = own.iloc[len(own) * (shard - 1) // n_shards : len(own) * shard // n_shards]
    places = _joined(own.assign(is_known=True), found.assign(is_known=False))
    places["window_start"] = _window_starts(places)
    return places.assign(window=decode_rows(window_codes(places, genome)))


def _joined(*frames: pd.DataFrame) -> pd.DataFrame:
    """The rows of all frames. Empty frames are left out, because they would change the dtypes of the others."""
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True)


def _share(regions: pd.DataFrame, shard: int, n_shards: int) -> pd.DataFrame:
    """One of `n_shards` equal shares of the bases of disjoint regions, in their order."""
    end = (regions.end - regions.start).cumsum()
    begin = end - (regions.end - regions.start)
    total = int(end.iloc[-1]) if len(end) else 0
    low, high = total * (shard - 1) // n_shards, total * shard // n_shards
    cut = regions.assign(
        start=regions.start + (low - begin).clip(lower=0), end=regions.end - (end - high).clip(lower=0)
    )
    return cut[cut.start < cut.end]


def _hexamers(regions: pd.DataFrame, genome: Genome, worst_tier: int) -> pd.DataFrame:
    """The hexamers of tier 0 to `worst_tier` whose first transcribed base lies in one of the disjoint regions, by position:
    chrom, strand, hexamer_start (forward strand), hexamer_tier."""
    tiers = _tier_table(worst_tier)
    rows = []
    margin = HEXAMER_LENGTH - 1
    for chrom, strand, start, end in regions[["chrom", "strand", "start", "end"]].itertuples(index=False, name=None):
        if strand == "+":
            codes, first = genome.slice(chrom, start, end + margin).codes, start
        else:
            codes, first = reverse_complement(genome.slice(chrom, start - margin, end).codes), end - 1
        tier = tiers[_hexamer_numbers(codes)]
        for place in np.flatnonzero(tier <= worst_tier).tolist():
            at = first + place if strand == "+" else first - place - margin
            rows.append((chrom, strand, at, tier[place]))
    found = pd.DataFrame(rows, columns=[*_PLACE, "hexamer_tier"])
    return found.astype({"hexamer_start": np.int64, "hexamer_tier": np.int8})


def _hexamer_numbers(codes: np.ndarray) -> np.ndarray:
    """The number of the hexamer at each of (n,) codes except the last five, in base 4; 4 ** 6 if it contains an N."""
    windows = np.lib.stride_tricks.sliding_window_view(codes, HEXAMER_LENGTH)
    numbers = windows.astype(np.int64) @ (4 ** np.arange(HEXAMER_LENGTH)[::-1])
    return np.where((windows > 3).any(axis=1), 4**HEXAMER_LENGTH, numbers)


def _tier_table(worst_tier: int) -> np.ndarray:
    """(4 ** 6 + 1,) the tier of each hexamer by its number; `_NO_TIER` for those that are worse than `worst_tier`."""
    table = np.full(4**HEXAMER_LENGTH + 1, _NO_TIER, dtype=np.int8)
    for hexamer, tier in TIERS.items():
        if tier <= worst_tier:
            table[_hexamer_numbers(encode(hexamer))] = tier
    return table


def _window_starts(places: pd.DataFrame) -> pd.Series:
    """Forward-strand start of the window whose index 70 is the hexamer's first base."""
    on_minus = places.hexamer_start + HEXAMER_LENGTH + HEXAMER_INDEX - WINDOW_LENGTH
    return (places.hexamer_start - HEXAMER_INDEX).where(places.strand == "+", on_minus)


def predict_sites(
    known: pd.DataFrame,
    exons: pd.DataFrame,
    genome: Genome,
    rules: PredictionRules,
    calibration: Calibration,
    score: Callable[[pd.Series], pd.DataFrame],
) -> "Judged":
    """`propose_sites`, the scores of the network, and `judge_sites` in one call. score: from windows (text) to their
    `WINDOW_SCORES`."""
    proposed = propose_sites(known, exons, genome, rules)
    return judge_sites(known, proposed.join(score(proposed.window)), exons, genome.lengths, rules, calibration)


class Judged(NamedTuple):
    """Table `catalogue` with the predicted sites, and notes that say what was found and what was left out."""

    catalogue: pd.DataFrame
    notes: list[str]


def judge_sites(
    known: pd.DataFrame,
    proposed: pd.DataFrame,
    exons: pd.DataFrame,
    chroms: Iterable[str],
    rules: PredictionRules,
    calibration: Calibration,
) -> Judged:
    """The catalogue of known and predicted sites, each with its confidence.

    known, exons: tables `catalogue` and `exons`. proposed: table `proposed_sites` of all shards, with the scores of the windows.
    chroms: the contigs in order.
    """
    if rules.catalogue:
        return Judged(known, [])
    known = with_strength(known, proposed, exons)
    known["confidence"] = confidence_of(known, calibration)
    found = find_predicted(proposed[~proposed.is_known], known, exons, rules, calibration)
    notes = [
        f"{PREDICTED}: {plural(found.site_id.nunique(), 'site')} at {plural((~proposed.is_known).sum(), 'hexamer')}"
    ]
    if not calibration.is_fit and len(found):
        notes.append("this network is uncalibrated: predicted sites have no confidence and take no part in usage")
        found["confidence"] = np.nan
    every = _joined(known, found)
    unsure = every.confidence < rules.min_confidence
    if unsure.any():
        notes.append(f"{plural(unsure.sum(), 'site')} with a confidence below {rules.min_confidence:g} left out")
        every = every[~unsure].reset_index(drop=True)
    return Judged(assign_roles(every, exons, rules.min_usage_confidence, chroms), notes)


def with_strength(known: pd.DataFrame, proposed: pd.DataFrame, exons: pd.DataFrame) -> pd.DataFrame:
    """The known sites with is_coding and with their logodds_narrow, which is taken from `proposed`."""
    strength = proposed.drop_duplicates(_PLACE).set_index(_PLACE).logodds_narrow
    logodds = strength.reindex(pd.MultiIndex.from_frame(known[_PLACE])).to_numpy()
    return known.assign(logodds_narrow=logodds, is_coding=is_coding(known, exons))


def find_predicted(
    places: pd.DataFrame, known: pd.DataFrame, exons: pd.DataFrame, rules: PredictionRules, calibration: Calibration
) -> pd.DataFrame:
    """The sites that the network finds, with the columns of table `catalogue` except rank and in_usage.

    places: hexamers with their windows and scores. A place is left out if its cut lies in no gene's 3' UTR or
    extension, or if it lies closer than merge_distance to the cut of a known site or of a place with higher confidence.
    """
    sites = _with_genes(_with_cuts(places), exons, rules.extension)
    sites["confidence"] = probability(sites, calibration.predicted)
    sites = _strongest_apart(sites[sites.confidence >= rules.min_confidence], known, rules.merge_distance)
    sites["a_rich"] = [_is_a_rich(window, mode) for window, mode in zip(sites.window, sites.cut_mode, strict=True)]
    if rules.a_rich != "keep":
        sites = sites[~sites.a_rich]
    return sites.assign(
        site_id=sites.chrom + ":" + sites.cut_pos.astype(str) + ":" + sites.strand,
        hexamer=sites.window.str.slice(HEXAMER_INDEX, HEXAMER_INDEX + HEXAMER_LENGTH),
        hexamer_end=sites.hexamer_start + HEXAMER_LENGTH,
        window_end=sites.window_start + WINDOW_LENGTH,
        source=PREDICTED,
        evidence=[[f"{PREDICTED}:{cut_pos}"] for cut_pos in sites.cut_pos],
        n_transcripts=0,
        transcript_ids=[[] for _ in range(len(sites))],
        usage_measured=np.nan,
        usage_source=None,
    )


def _with_cuts(places: pd.DataFrame) -> pd.DataFrame:
    """The places with `cut` (0-based) and `cut_pos`: the position where the network predicts most cleavage in the
    narrow window. Places whose cut is an N are left out; an N may lie past the contig's end."""
    at_base = [window[int(mode)] != "N" for window, mode in zip(places.window, places.cut_mode, strict=True)]
    places = places[np.array(at_base, dtype=bool)]
    ahead = places.cut_mode.astype(np.int64) - HEXAMER_INDEX
    on_minus = places.hexamer_start + HEXAMER_LENGTH - 1 - ahead
    cut = (places.hexamer_start + ahead).where(places.strand == "+", on_minus)
    return places.assign(cut=cut, cut_pos=cut + 1)


def _with_genes(places: pd.DataFrame, exons: pd.DataFrame, extension: int) -> pd.DataFrame:
    """One row per place and gene, with the columns of `assign_genes`, nt_beyond and is_coding. Places in introns, in
    coding exons and in no gene are left out."""
    places = places.reset_index(drop=True)
    genes = assign_genes(places[["chrom", "strand", "cut"]], exons, extension)
    rows = places.join(genes[genes.site_class.isin(_WANTED_CLASSES)].set_index("point"), how="inner")
    spans = gene_spans(exons).set_index("gene_id").loc[rows.gene_id].reset_index(drop=True)
    rows = rows.reset_index(drop=True)
    last = (spans.end - 1).where(spans.strand == "+", -spans.start)
    return rows.assign(nt_beyond=along(rows.cut, rows.strand) - last, is_coding=spans.is_coding, n_transcripts=0)


def _strongest_apart(sites: pd.DataFrame, known: pd.DataFrame, merge_distance: int) -> pd.DataFrame:
    """The rows of the places that are far enough from known cuts, and from places with higher confidence on the same
    strand."""
    taken = {key: sorted(cuts - 1) for key, cuts in known.groupby(["chrom", "strand"]).cut_pos}
    best = sites.sort_values(
        ["confidence", "chrom", "cut", "hexamer_start"], ascending=[False, True, True, True], kind="stable"
    )
    kept = []
    columns = [*_PLACE, "cut"]
    for chrom, strand, start, cut in best.drop_duplicates(_PLACE)[columns].itertuples(index=False, name=None):
        cuts = taken.setdefault((chrom, strand), [])
        i = bisect_left(cuts, cut)
        if all(abs(other - cut) >= merge_distance for other in cuts[max(i - 1, 0) : i + 1]):
            insort(cuts, cut)
            kept.append((chrom, strand, start))
    is_kept = pd.MultiIndex.from_frame(sites[_PLACE]).isin(kept)
    return sites[is_kept].copy()


def _is_a_rich(window: str, cut_mode: float) -> bool:
    cut = int(cut_mode)
    return is_a_rich(window[cut - A_RICH_UPSTREAM : cut + A_RICH_DOWNSTREAM + 1])
