"""Sites that appear: variants that make or better a hexamer where the catalogue has no site.

Both alleles' sequence around a variant is scanned, on the strand of the gene. A place whose hexamer is new or better gets a
window of its own, with that hexamer at index 70, of the alternate and of the reference at the same place. What the network
says of the two is the gain, and the new site then competes with the gene's own.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.alleles import Edit, room_left, room_right, trim
from pasvar.competition import GeneSites, genes_of
from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, HEXAMER_SEARCH_LENGTH, WINDOW_LENGTH
from pasvar.gene_model import assign_genes, downstream_of, gene_spans
from pasvar.genome import Patches, Stretch
from pasvar.hexamer import TIERS, tier_of
from pasvar.intervals import merge
from pasvar.sequence import decode, reverse_complement
from pasvar.tables import GENOTYPES, TABLES, empty_frame
from pasvar.usage import expected_length

BEST_TIERS = 3
"""The worst tier that makes a site: one mismatch of AATAAA. Two mismatches are found by chance about once in 30 nt."""

STRIDE = 10
"""Distance in nt of the windows of a scan in strides."""


class Place(NamedTuple):
    """Where to look: start of the hexamer in the alternate and in the reference sequence (the same but for indels)."""

    alternate: int
    reference: int


def scan_regions(exons: pd.DataFrame, extension: int, introns: bool) -> pd.DataFrame:
    """Where a new site would compete with a gene's own: chrom, strand, start, end, disjoint, by position.

    The 3' UTRs, `extension` nt downstream of each gene, and with `introns` the whole gene. exons: of `annotation.Annotation`.
    """
    plus = exons.strand == "+"
    utr = exons.assign(
        start=exons.start.where(~plus, np.maximum(exons.start, exons.coding_end.fillna(exons.start))),
        end=exons.end.where(plus, np.minimum(exons.end, exons.coding_start.fillna(exons.end))),
    )
    genes = gene_spans(exons)
    parts = [utr, downstream_of(genes, extension), *([genes] if introns else [])]
    columns = ["chrom", "strand", "start", "end"]
    regions = pd.concat([part.loc[part.start < part.end, columns] for part in parts], ignore_index=True)
    return merge(regions.astype({"start": np.int64, "end": np.int64}))


class Scan(NamedTuple):
    """Where to look for sites that appear, and whether every `STRIDE` nt or at hexamers alone. regions: of `scan_regions`."""

    regions: pd.DataFrame
    strides: bool = False

    def on(self, chrom: str) -> "Scan":
        """The scan of one contig."""
        return self._replace(regions=self.regions[self.regions.chrom == chrom])

    def intervals(self) -> list[tuple[int, int]]:
        """Start and end of each region."""
        return list(zip(self.regions.start.tolist(), self.regions.end.tolist(), strict=True))

    def touched(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        """Which of the edits [start, end) touch a region, on either strand; an insertion the base after it."""
        touched = np.zeros(len(start), dtype=bool)
        for _, regions in self.regions.groupby("strand"):
            starts, ends = (np.sort(regions[name].to_numpy(dtype=np.int64)) for name in ("start", "end"))
            i = np.searchsorted(ends, start, side="right")
            inside = i < len(ends)
            touched[inside] |= starts[i[inside]] < np.maximum(end, start + 1)[inside]
        return touched

    def candidates(
        self, chrom: str, edits: Iterable[Edit], catalogue: pd.DataFrame, stretch: Stretch | Patches
    ) -> pd.DataFrame:
        """The candidates of edits (left-aligned) of one contig: table `candidates` with `edit`, the number of the edit, in place
        of the columns of its allele. catalogue: of that contig."""
        strands = [_Strand(strand, self.regions, catalogue[catalogue.chrom == chrom]) for strand in "+-"]
        rows = [
            (number, *found)
            for number, edit in enumerate(edits)
            for strand in strands
            if strand.holds(edit)
            for found in strand.candidates(edit, stretch, self.strides)
        ]
        return pd.DataFrame(rows, columns=["edit", "strand", *TABLES["candidates"].schema.names[7:]])


NOWHERE = Scan(pd.DataFrame(columns=["chrom", "strand", "start", "end"]))


def make_scan(exons: pd.DataFrame, extension: int, mode: str, introns: bool) -> Scan:
    """The scan that config key `new_sites` (`mode`, `introns`) asks for. exons: table `exons`."""
    return NOWHERE if mode == "off" else Scan(scan_regions(exons, extension, introns), mode == "strides")


class _Strand:
    """One strand of a contig: where it is scanned, and where it has sites."""

    def __init__(self, strand: str, regions: pd.DataFrame, catalogue: pd.DataFrame):
        self.strand = strand
        regions = regions[regions.strand == strand].sort_values("start")
        self.starts, self.ends = regions.start.to_numpy(), regions.end.to_numpy()
        cuts = np.unique(catalogue.cut_pos[catalogue.strand == strand].to_numpy()) - 1
        self.cuts = cuts if strand == "+" else np.sort(-cuts)

    def holds(self, edit: Edit) -> bool:
        """Whether the edit touches a scanned region."""
        i = np.searchsorted(self.ends, edit.start, side="right")
        return i < len(self.starts) and self.starts[i] < max(edit.end, edit.start + 1)

    def has_site(self, hexamer: int) -> bool:
        """Whether a signal that starts at `hexamer` (along the strand) is where a site's own is searched."""
        i = np.searchsorted(self.cuts, hexamer, side="right")
        return i < len(self.cuts) and self.cuts[i] <= hexamer + HEXAMER_SEARCH_LENGTH

    def candidates(self, edit: Edit, stretch: Stretch | Patches, strides: bool) -> Iterator[tuple]:
        """(strand, hexamer_pos, hexamer_ref, hexamer_alt, window_ref, window_alt) of each place to look at."""
        margin = 2 * WINDOW_LENGTH + len(edit.alt) + edit.end - edit.start
        low, high = edit.start - margin, edit.end + margin
        codes = stretch.between(low, high)
        local = Edit(edit.start - low, edit.end - low, edit.alt)
        if self.strand == "-":
            codes = reverse_complement(codes)
            local = Edit(high - edit.end, high - edit.start, reverse_complement(edit.alt))
        reference = decode(codes)
        alternate = decode(np.concatenate([codes[: local.start], local.alt, codes[local.end :]]))
        shifts = room_left(codes, local), room_right(codes, local)
        places = dict.fromkeys(hexamer_places(reference, alternate, local, *shifts))
        if strides:
            places |= dict.fromkeys(stride_places(local))
        for place in places:
            first = low + place.reference if self.strand == "+" else high - 1 - place.reference
            if not self.has_site(first if self.strand == "+" else -first):
                window_ref = _window(reference, place.reference)
                window_alt = _window(alternate, place.alternate)
                yield self.strand, first + 1, _hexamer(window_ref), _hexamer(window_alt), window_ref, window_alt


def hexamer_places(reference: str, alternate: str, edit: Edit, room_left: int, room_right: int) -> Iterator[Place]:
    """Where the alternate has a hexamer of tier 0 to 3 that the reference does not have, or only a worse one.

    reference, alternate: the transcribed strand around the edit, with a window's length and more on either side. room_left,
    room_right: how far an indel can move (`alleles.room_left`), for it may make a hexamer at any of its places.
    For an indel the reference is compared at the same distance from what lies upstream and from what lies downstream; of the
    two the better hexamer counts, the downstream one of equals, as in `alleles.place_edit`.
    """
    first = edit.start - room_left - HEXAMER_LENGTH + 1
    last = edit.start + room_right + max(len(edit.alt), 1) - 1
    for start in range(max(first, HEXAMER_INDEX), min(last, len(alternate) - WINDOW_LENGTH + HEXAMER_INDEX) + 1):
        tier = TIERS.get(alternate[start : start + HEXAMER_LENGTH], BEST_TIERS + 1)
        if tier > BEST_TIERS:
            continue
        there = [start - edit.length_change, start]
        tiers = [tier_of(reference[i : i + HEXAMER_LENGTH]) for i in there]
        if tier < min(tiers):
            yield Place(start, there[int(np.argmin(tiers))])


def stride_places(edit: Edit) -> Iterator[Place]:
    """Windows every `STRIDE` nt that have the edit between their index 30 and 150, where a change is felt most."""
    middle = edit.start
    for start in range(middle - 80, middle + 41, STRIDE):
        yield Place(start, start - edit.length_change if start + HEXAMER_LENGTH > edit.start else start)


def _window(text: str, hexamer: int) -> str:
    return text[hexamer - HEXAMER_INDEX :][:WINDOW_LENGTH]


def _hexamer(window: str) -> str:
    return window[HEXAMER_INDEX : HEXAMER_INDEX + HEXAMER_LENGTH]


def new_sites(
    candidates: pd.DataFrame, candidate_scores: pd.DataFrame, sites: pd.DataFrame, exons: pd.DataFrame, limits
) -> pd.DataFrame:
    """Table `new_sites` without the genotype columns: the candidates that gain at least `limits.min_effect`, a row per allele,
    place and gene.

    candidate_scores: the table of that name, row by row as `candidates`. sites, exons: of the whole catalogue and annotation.
    limits: has min_effect, merge_distance, extension and new_sites by the names of the config keys. Of the places of an allele
    whose cuts are closer than merge_distance the strongest is kept; none is so close to a site of the catalogue.
    """
    frame = candidates.reset_index(drop=True).join(candidate_scores.reset_index(drop=True)[_SCORES])
    frame["delta_logodds_narrow"] = frame.logodds_narrow_alt - frame.logodds_narrow_ref
    frame["delta_logodds"] = frame.logodds_alt - frame.logodds_ref
    frame = frame[frame.delta_logodds_narrow >= limits.min_effect].reset_index(drop=True)
    if frame.empty:
        return empty_frame("new_sites")[_COLUMNS]
    frame["cut"] = _cuts(frame)
    frame = _strongest_apart(frame, sites, limits.merge_distance)
    frame["strength"] = _shares_below(sites.drop_duplicates("site_id").logodds_narrow, frame.logodds_narrow_alt)
    assigned = assign_genes(frame[["chrom", "strand", "cut"]], exons, limits.extension)
    wanted = assigned.gene_id.isin(sites.gene_id) & (
        limits.new_sites["introns"] | ~assigned.site_class.isin(["intron", "exon"])
    )
    assigned = assigned[wanted].set_index("point")
    rows = frame.join(assigned, how="inner")
    if rows.empty:
        return empty_frame("new_sites")[_COLUMNS]
    rows["site_id"] = rows.chrom + ":" + (rows.cut + 1).astype(str) + ":" + rows.strand
    rows = rows.assign(cut_pos=rows.cut + 1, source="variant").reset_index(drop=True)
    genes = dict(genes_of(sites[sites.gene_id.isin(rows.gene_id)]))
    effects = pd.DataFrame([_compete(row, genes[row.gene_id]) for row in rows.itertuples()], index=rows.index)
    return rows.join(effects)[_COLUMNS]


_COLUMNS = [name for name in TABLES["new_sites"].schema.names if name not in GENOTYPES]

_SCORES = ["logodds_narrow_ref", "logodds_ref", "logodds_narrow_alt", "logodds_alt", "cut_mode_alt"]


def _cuts(frame: pd.DataFrame) -> pd.Series:
    """0-based likeliest cut of each alternate window, in coordinates of the reference."""
    ahead = (frame.cut_mode_alt - HEXAMER_INDEX).astype(np.int64)
    cuts = []
    for row, nt in zip(frame.itertuples(), ahead, strict=True):
        edit = trim(row.pos - 1, row.ref, row.alt)
        hexamer = row.hexamer_pos - 1
        if row.strand == "+":
            cut = hexamer + nt
            # Past an indel that lies after the hexamer, the alternate's bases are others of the reference.
            cut -= edit.length_change if hexamer < edit.start < cut else 0
        else:
            cut = hexamer - nt
            cut += edit.length_change if cut < edit.start < hexamer else 0
        cuts.append(cut)
    return pd.Series(cuts, index=frame.index, dtype=np.int64)


def _strongest_apart(frame: pd.DataFrame, sites: pd.DataFrame, merge_distance: int) -> pd.DataFrame:
    """The rows without those near a site of the catalogue, and of those near one another the strongest."""
    known = {key: np.sort(cuts.to_numpy()) - 1 for key, cuts in sites.groupby(["chrom", "strand"]).cut_pos}
    kept: list[int] = []
    places: dict[tuple, list[int]] = {}
    for row in frame.sort_values("delta_logodds_narrow", ascending=False, kind="stable").itertuples():
        cuts = known.get((row.chrom, row.strand), np.empty(0))
        near = np.abs(cuts[max(np.searchsorted(cuts, row.cut) - 1, 0) :][:2] - row.cut)
        own = places.setdefault((row.chrom, row.pos, row.ref, row.alt, row.strand), [])
        if (near < merge_distance).any() or any(abs(row.cut - other) < merge_distance for other in own):
            continue
        own.append(row.cut)
        kept.append(row.Index)
    return frame.loc[sorted(kept)].reset_index(drop=True)


def _shares_below(reference: pd.Series, values: pd.Series) -> np.ndarray:
    """Which share of `reference` is smaller than each of `values`."""
    ordered = np.sort(reference.to_numpy())
    return np.searchsorted(ordered, values.to_numpy()) / len(ordered)


def _compete(row, gene: GeneSites) -> dict[str, object]:
    """Usages with the new site among the gene's own, before and after."""
    usage_ref, usage_alt, place = gene.with_new_site(row.cut_pos, row.logodds_narrow_ref, row.logodds_narrow_alt)
    lengths = np.insert(gene.lengths, place, row.utr_length)
    return {
        "usage_ref": usage_ref[place],
        "usage_alt": usage_alt[place],
        "delta_usage": usage_alt[place] - usage_ref[place],
        "delta_pdui": usage_alt[-1] - usage_ref[-1],
        "delta_utr_length": expected_length(usage_alt, lengths) - expected_length(usage_ref, lengths),
    }
