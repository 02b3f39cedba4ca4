"""From VCF files to a ledger of every allele and to the alternate windows of those that touch a site."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cyvcf2
import numpy as np
import pandas as pd
from tqdm import tqdm

from pasvar.alleles import Edit, alternate_window, left_align, reach, region_of, to_vcf, trim
from pasvar.constants import WINDOW_LENGTH
from pasvar.contigs import ContigNames
from pasvar.filters import EVERYTHING, Filters
from pasvar.gains import NOWHERE, Scan
from pasvar.genome import Genome, Stretch
from pasvar.progress import silent
from pasvar.sequence import decode, decode_rows, encode, encode_rows, reverse_complement
from pasvar.tables import TABLES, empty_frame
from pasvar.vcf import MAX_END, read_record, variants_between

_ACGT = frozenset("ACGT")
_NO_BASES = encode("")


class Allele(NamedTuple):
    """One ALT of a record: its spelling, its status so far (None: sound), and its normal form where it is sound."""

    pos: int
    ref: str
    alt: str
    id: str | None
    af: float
    vcf: str
    status: str | None
    edit: Edit


class ShardAlleles(NamedTuple):
    """What one shard found, as the tables of these names."""

    ledger: pd.DataFrame
    alleles: pd.DataFrame
    candidates: pd.DataFrame
    vcf_counts: pd.DataFrame
    gene_counts: pd.DataFrame


def classify(pos: int, ref: str, alt: str, max_length: int, stretch: Stretch) -> tuple[str | None, Edit]:
    """The status of an allele that cannot be scored, or None for one that can, and the edit it makes (left-aligned if sound).

    stretch: must hold the bases of REF and `alleles.reach` on either side, or as many as the contig has.
    What is wrong with the allele itself comes before what is wrong with its place.
    """
    start, ref, alt = pos - 1, ref.upper(), alt.upper()
    untouched = Edit(start, start + len(ref), _NO_BASES)
    if alt.startswith(("<", ".")) or alt.endswith(".") or "[" in alt or "]" in alt:
        return "symbolic", untouched
    if "*" in alt:
        return "star", untouched
    if not _ACGT.issuperset(ref) or not _ACGT.issuperset(alt):
        return "non_acgt", untouched
    if start < 0 or start + len(ref) > stretch.contig_length:
        return "chrom_end", untouched
    if decode(stretch.between(start, start + len(ref))) != ref:
        return "ref_mismatch", untouched
    edit = trim(start, ref, alt)
    if max(edit.end - edit.start, len(edit.alt)) > max_length:
        return "too_long", untouched
    return None, left_align(stretch, edit)


def read_shard(
    vcfs: list[Path],
    stretches: pd.DataFrame,
    windows: pd.DataFrame,
    catalogue: pd.DataFrame,
    genome: Genome,
    max_allele_length: int,
    complete: bool = True,
    unknown_contigs: bool = False,
    filters: Filters = EVERYTHING,
    scan: Scan = NOWHERE,
    progress: Callable[..., tqdm] = silent,
) -> ShardAlleles:
    """Every allele whose POS lies in the stretches: its status, and the windows that it changes.

    stretches: rows of table `shards`. windows, catalogue: the whole tables. progress: makes the bar, see `pasvar.progress`.
    complete: read all of the stretches, so that every input allele is in the ledger; else only what is near enough to a
        window or a scanned region to change it.
    unknown_contigs: also list the alleles on contigs that the FASTA lacks (for one shard only).
    filters: what is scored of the sound alleles. scan: where to look for sites that appear.
    """
    reach_of_window = max_allele_length + WINDOW_LENGTH
    parts: list[ShardAlleles] = []
    opened = {path.name: filters.open(path) for path in vcfs}
    for row in stretches.itertuples():
        near = windows[windows.chrom == row.chrom].sort_values("window_start", kind="stable", ignore_index=True)
        scanned = scan.on(row.chrom)
        wanted = [*((start, start + WINDOW_LENGTH) for start in near.window_start), *scanned.intervals()]
        regions = [(row.start, row.end)] if complete else _merge(wanted, reach_of_window, row.start, row.end)
        margin = reach(max_allele_length)
        stretch = genome.stretch(row.chrom, row.start - margin, row.end + margin)
        alleles, counts = _read_alleles(
            opened, genome.names, row.chrom, regions, stretch, genome, max_allele_length, filters, progress
        )
        # Where REF and ALT share much, the change may lie far after POS, past the end of the stretch.
        reached = max((allele.edit.end for allele in alleles if allele.status is None), default=row.end)
        if reached > row.end:
            stretch = genome.stretch(row.chrom, stretch.start, reached + margin)
        sound = [allele for allele in alleles if allele.status is None]
        candidates = scanned.candidates(row.chrom, sound, catalogue[catalogue.chrom == row.chrom], stretch)
        parts.append(
            _match_windows(row.chrom, alleles, counts, near, catalogue, stretch)._replace(candidates=candidates)
        )
    if unknown_contigs:
        parts.append(_unknown(opened, genome.names))
    return ShardAlleles(
        _concat(parts, "ledger"),
        _concat(parts, "alleles"),
        _concat(parts, "candidates"),
        _concat(parts, "vcf_counts"),
        _concat(parts, "gene_counts").groupby("gene_id", as_index=False).sum(),
    )


def _concat(parts: list[ShardAlleles], name: str) -> pd.DataFrame:
    frames = [frame for part in parts if len(frame := getattr(part, name))]
    return pd.concat(frames, ignore_index=True) if frames else empty_frame(name)


def _merge(intervals: list[tuple[int, int]], margin: int, start: int, end: int) -> list[tuple[int, int]]:
    """The parts of [start, end) within `margin` of an interval, in order and disjoint."""
    regions: list[tuple[int, int]] = []
    for first, last in sorted(intervals):
        low, high = max(first - margin, start), min(last + margin, end)
        if low >= high:
            continue
        if regions and low <= regions[-1][1]:
            regions[-1] = (regions[-1][0], max(regions[-1][1], int(high)))
        else:
            regions.append((int(low), int(high)))
    return regions


def _read_alleles(
    vcfs: dict[str, cyvcf2.VCF],
    names: ContigNames,
    chrom: str,
    regions: list[tuple[int, int]],
    stretch: Stretch,
    genome: Genome,
    max_length: int,
    filters: Filters,
    progress: Callable[..., tqdm],
) -> tuple[list[Allele], pd.DataFrame]:
    """The alleles of the regions by position and spelling, and how many records each file had there."""
    alleles: list[Allele] = []
    counts = []
    seen: set[tuple[int, str, str]] = set()
    margin = reach(max_length)
    bar = progress(total=len(vcfs) * sum(end - start for start, end in regions), unit="nt")
    for vcf_name, vcf in vcfs.items():
        contigs = [contig for contig in vcf.seqnames if names.match(contig) == chrom]
        n_records = n_no_alt = 0
        n_before = len(alleles)
        for start, end in regions:
            at = start
            # POS 0, and what lies past the contig's end in the FASTA, are in the file too.
            low, high = start if start else -1, MAX_END if end == stretch.contig_length else end
            for variant in (variant for contig in contigs for variant in variants_between(vcf, contig, low, high)):
                record = read_record(variant, with_genotypes=bool(vcf.samples))
                bar.update(record.pos - at)
                at = record.pos
                n_records += 1
                n_no_alt += not record.alts
                record_end = record.pos - 1 + len(record.ref)
                around = stretch
                if stretch.end - margin < record_end <= stretch.contig_length:
                    around = genome.stretch(chrom, record.pos - 1 - margin, record_end + margin)
                passed = filters.keep_alleles(variant, record, chrom)
                for alt, af, passes in zip(record.alts, record.af, passed, strict=True):
                    status, edit = classify(record.pos, record.ref, alt, max_length, around)
                    spelled = (record.pos, record.ref, alt)
                    if status is None and not passes:
                        status = "filtered"
                    elif status is None and spelled in seen:
                        status = "duplicate"
                    elif status is None:
                        seen.add(spelled)
                    alleles.append(Allele(*spelled, record.id, af, vcf_name, status, edit))
            bar.update(end - at)
        counts.append((vcf_name, chrom, n_records, n_no_alt, len(alleles) - n_before))
    bar.close()
    alleles.sort(key=lambda allele: (allele.pos, allele.ref, allele.alt))
    return alleles, pd.DataFrame(counts, columns=TABLES["vcf_counts"].schema.names)


def _match_windows(
    chrom: str,
    alleles: list[Allele],
    counts: pd.DataFrame,
    windows: pd.DataFrame,
    catalogue: pd.DataFrame,
    stretch: Stretch,
) -> ShardAlleles:
    """Ledger and alternate windows of one contig's alleles. windows: of that contig, by window_start."""
    starts = windows.window_start.to_numpy()
    first, last = windows_touched(alleles, starts)
    n_sites = last - first
    allele_index = np.repeat(np.arange(len(alleles)), n_sites)
    window_index = (
        np.arange(len(allele_index)) - np.repeat(np.cumsum(n_sites) - n_sites, n_sites) + np.repeat(first, n_sites)
    )
    status = [
        allele.status or ("scored" if n else "no_site_in_range") for allele, n in zip(alleles, n_sites, strict=True)
    ]
    ledger = pd.DataFrame(
        [(chrom, a.pos, a.ref, a.alt, s, n, a.vcf) for a, s, n in zip(alleles, status, n_sites, strict=True)],
        columns=TABLES["ledger"].schema.names,
    )
    pairs = pd.DataFrame({"allele": allele_index, "window": window_index})
    pairs["scored"] = np.array([s == "scored" for s in status], dtype=bool)[allele_index]
    of_genes = pairs.assign(site_id=windows.site_id.to_numpy()[window_index]).merge(
        catalogue[["site_id", "gene_id"]], on="site_id"
    )
    gene_counts = (
        of_genes.drop_duplicates(["allele", "gene_id"]).groupby("gene_id").scored.agg(n_alleles="size", n_scored="sum")
    )
    scored = pairs[pairs.scored].sort_values(["allele", "window"], ignore_index=True)
    alternates = _alternates(chrom, alleles, scored, windows, stretch)
    return ShardAlleles(ledger, alternates, empty_frame("candidates"), counts, gene_counts.reset_index())


def windows_touched(alleles: list[Allele], window_starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each allele the range [first, last) of the windows (205 nt, by start) that it touches.

    A replaced base touches the windows that hold it; an insertion those that hold the bases on both its sides.
    """
    start = np.array([allele.edit.start for allele in alleles], dtype=np.int64)
    end = np.array([allele.edit.end for allele in alleles], dtype=np.int64)
    insertion = start == end
    # The last window starts at `most` or before and the first ends after `least`.
    most = np.where(insertion, start - 1, end - 1)
    least = np.where(insertion, end, start)
    first = np.searchsorted(window_starts, least - WINDOW_LENGTH, side="right")
    return first, np.maximum(np.searchsorted(window_starts, most, side="right"), first)


def _alternates(
    chrom: str, alleles: list[Allele], pairs: pd.DataFrame, windows: pd.DataFrame, stretch: Stretch
) -> pd.DataFrame:
    """Table `alleles` for pairs of (allele, window) indices."""
    pair_alleles = [alleles[i] for i in pairs.allele]
    sites = windows.iloc[pairs.window]
    window_start, minus = sites.window_start.to_numpy(), (sites.strand == "-").to_numpy()
    codes = encode_rows(sites.window.to_list(), WINDOW_LENGTH)
    start = np.array([a.edit.start for a in pair_alleles], dtype=np.int64)
    index = np.where(minus, window_start + WINDOW_LENGTH - 1 - start, start - window_start)
    last_index = index.copy()
    anchor = np.full(len(pairs), "hexamer", dtype=object)

    simple = np.array([len(a.edit.alt) == 1 and a.edit.end - a.edit.start == 1 for a in pair_alleles], dtype=bool)
    alt = np.array(
        [a.edit.alt[0] if is_simple else 0 for a, is_simple in zip(pair_alleles, simple, strict=True)], dtype=np.uint8
    )
    codes[simple, index[simple]] = np.where(minus, reverse_complement(alt[:, None])[:, 0], alt)[simple]
    for i in np.flatnonzero(~simple):
        strand = "-" if minus[i] else "+"
        codes[i], index[i], last_index[i], anchor[i] = alternate_window(
            stretch, pair_alleles[i].edit, int(window_start[i]), strand
        )

    normal = {i: to_vcf(stretch, alleles[i].edit) for i in pairs.allele.unique()}
    return pd.DataFrame(
        {
            "chrom": chrom,
            "pos": [a.pos for a in pair_alleles],
            "ref": [a.ref for a in pair_alleles],
            "alt": [a.alt for a in pair_alleles],
            "id": [a.id for a in pair_alleles],
            "norm_pos": [normal[i][0] for i in pairs.allele],
            "norm_ref": [normal[i][1] for i in pairs.allele],
            "norm_alt": [normal[i][2] for i in pairs.allele],
            "af": [a.af for a in pair_alleles],
            "site_id": sites.site_id.to_numpy(),
            "window_index": index,
            "region": [region_of(*place) for place in zip(index, last_index, sites.cut_index, strict=True)],
            "anchor": anchor,
            "window_alt": decode_rows(codes),
        }
    )


def _unknown(vcfs: dict[str, cyvcf2.VCF], names: ContigNames) -> ShardAlleles:
    """The alleles on contigs that the FASTA lacks, by file, contig and position."""
    rows, counts = [], []
    for vcf_name, vcf in vcfs.items():
        for contig in vcf.seqnames:
            if names.match(contig) is not None:
                continue
            records = [read_record(variant) for variant in variants_between(vcf, contig, -1, MAX_END)]
            alleles = [
                (contig, record.pos, record.ref, alt, "contig_unknown", 0, vcf_name)
                for record in records
                for alt in record.alts
            ]
            rows += alleles
            counts.append((vcf_name, contig, len(records), sum(not record.alts for record in records), len(alleles)))
    return ShardAlleles(
        pd.DataFrame(rows, columns=TABLES["ledger"].schema.names),
        empty_frame("alleles"),
        empty_frame("candidates"),
        pd.DataFrame(counts, columns=TABLES["vcf_counts"].schema.names),
        empty_frame("gene_counts"),
    )
