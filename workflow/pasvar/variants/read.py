"""From VCF files to a ledger of every allele, and to the alternate windows of the alleles that touch a site.

Steps that are the same for all alleles are done for all at once, in columns: a cohort has a hundred million alleles, of
which few touch a site.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import cyvcf2
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from tqdm import tqdm

from pasvar.constants import WINDOW_LENGTH
from pasvar.genome import Genome, SequenceChunks
from pasvar.progress import no_progress
from pasvar.regions import NO_END
from pasvar.sequence import decode, encode_rows, text_rows
from pasvar.tables import STATUSES, TABLES, empty_frame
from pasvar.variants.alleles import MAX_SHIFT, alternate_window, reach, region_of, to_vcf
from pasvar.variants.classify import CODE, VALID, WITH_EDIT, Alleles, classify
from pasvar.variants.filters import EVERYTHING, Filters
from pasvar.variants.hexamer_scan import NOWHERE, Scan, touched_bases
from pasvar.variants.records import (
    INFO,
    RECORDS,
    SPELLING,
    add_info,
    frequencies,
    has_frequencies,
    join,
    read_records,
    split_alts,
)
from pasvar.variants.rival_windows import rival_windows
from pasvar.variants.structural import STRUCTURAL, find_structures
from pasvar.variants.vcf import lost_record

PIECE = 10_000_000
"""nt that are read at once. A cohort with 200 records per kb has 2 million there, half a GB in memory."""

_SPELLED = ["pos", "ref", "alt"]

NO_GENES = pd.DataFrame({"gene_name": [], "chrom": [], "start": [], "end": []})
"""No spans of genes."""


class Piece(NamedTuple):
    """A part of a contig, [start, end), and the regions in which it is read, as `records.read_records` takes them."""

    chrom: str
    start: int
    end: int
    regions: list[tuple[int, int]]


class ShardAlleles(NamedTuple):
    """The result of one shard, as the tables of these names."""

    ledger: pd.DataFrame
    alleles: pd.DataFrame
    candidates: pd.DataFrame
    structural_alleles: pd.DataFrame
    vcf_counts: pd.DataFrame
    gene_counts: pd.DataFrame
    unscored_changes: pd.DataFrame


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
    progress: Callable[..., tqdm] = no_progress,
    spans: pd.DataFrame = NO_GENES,
) -> ShardAlleles:
    """Every allele whose POS lies in the stretches: its status, and the windows that it changes.

    stretches: rows of table `shards`. windows, catalogue: the whole tables. progress: makes the progress bar, see
    `pasvar.progress`. complete: read all records of the stretches, so that every input allele is in the ledger;
    otherwise read only records that can change a window or a scanned region. unknown_contigs: also list the alleles on
    contigs that the FASTA lacks (for one shard only). filters: which of the valid alleles are scored. scan: where to
    look for new sites. spans: the genes, as of `genome.gene_spans`, that breakends and inversions may cut.
    """
    opened = {path: filters.open(path) for path in vcfs}
    by_chrom = {
        chrom: rows.sort_values("window_start", kind="stable", ignore_index=True)
        for chrom, rows in windows.groupby("chrom", sort=False)
    }
    files = [path.name for path in vcfs]
    columns = [*SPELLING, *(["filter"] if filters.passed is not None else [])]
    # If few records are read, INFO is read at once. Otherwise it is read later, when it is known for which few records.
    columns += INFO if filters.by_frequency or not complete else ()
    columns += () if complete else ("end",)
    parts: list[ShardAlleles] = []
    with progress(total=len(vcfs) * int((stretches.end - stretches.start).sum()), unit="nt") as bar:
        for piece in _pieces(stretches, _zones(by_chrom, scan), complete) if vcfs else ():
            scanned = scan.on(piece.chrom)
            near = by_chrom.get(piece.chrom, windows.iloc[:0])
            table, counts = _read_piece(piece, opened, genome, columns)
            stretch = _stretch_of(table, piece.chrom, genome, reach(max_allele_length))
            alleles = classify(table, max_allele_length, stretch)
            counts["n_swapped"] = _count_swapped(alleles, stretch, len(vcfs))
            kept = filters.keep(table, piece.chrom)
            _finish(alleles, near.window_start.to_numpy(), scanned, stretch, kept)
            info = _info_of_structures(alleles, piece.chrom, opened, genome)
            here = catalogue[catalogue.chrom == piece.chrom]
            structures = find_structures(piece.chrom, alleles, kept, info, here, spans, genome)
            rows = np.flatnonzero((alleles.status == VALID) & scanned.touched(*alleles.reach))
            candidates = scanned.candidates(piece.chrom, map(alleles.edit, rows.tolist()), catalogue, stretch)
            ledger, gene_counts, unscored, pairs = _match_windows(
                piece.chrom, alleles, files, near, catalogue, structures.reasons
            )
            changes = unscored.merge(_change_forms(alleles, unscored, stretch), on="allele").assign(chrom=piece.chrom)
            found = _alternates(piece.chrom, alleles, pairs, near, stretch)
            named = candidates.assign(allele=rows[candidates.edit])
            structural = structures.rows.merge(_structural_forms(alleles, structures.rows, stretch), on="allele")
            described = np.unique(np.concatenate([frame.allele for frame in (pairs, named, structural)]))
            of_alleles = _describe(described, table, piece.chrom, opened, genome)
            found, named, structural = (
                frame.merge(of_alleles, on="allele", how="left") for frame in (found, named, structural)
            )
            parts.append(ShardAlleles(ledger, found, named, structural, counts, gene_counts, changes))
            bar.update(len(vcfs) * (piece.end - piece.start))
    if unknown_contigs:
        parts.append(_unknown(opened, genome))
    return ShardAlleles(
        _concat(parts, "ledger"),
        _concat(parts, "alleles"),
        _concat(parts, "candidates"),
        _concat(parts, "structural_alleles"),
        _concat(parts, "vcf_counts").groupby(["vcf", "chrom"], as_index=False, sort=False).sum(),
        _concat(parts, "gene_counts").groupby("gene_id", as_index=False).sum(),
        _concat(parts, "unscored_changes"),
    )


def _concat(parts: list[ShardAlleles], name: str) -> pd.DataFrame:
    columns = TABLES[name].schema.names
    frames = [frame[columns] for part in parts if len(frame := getattr(part, name))]
    if len(frames) < 2:
        return frames[0] if frames else empty_frame(name)
    return pd.concat(frames, ignore_index=True)


def _pieces(stretches: pd.DataFrame, zones_of: Mapping[str, list[tuple[int, int]]], complete: bool) -> Iterator[Piece]:
    """The stretches cut into pieces, by position. zones_of: `_zones`."""
    length = PIECE if complete else NO_END  # few records are read
    for row in stretches.itertuples():
        zones = zones_of.get(row.chrom, [])
        for start in range(row.start, row.end, length):
            end = min(start + length, row.end)
            inside = [(max(low, start), min(high, end)) for low, high in zones if low < end and high > start]
            # A REF that begins in the piece and reaches beyond it into a zone overlaps the first base of the next zone.
            beyond = [(low, low + 1) for low, _ in zones if low >= end][:1]
            yield Piece(row.chrom, start, end, [(start, end)] if complete else inside + beyond)


def scored_zones(windows: pd.DataFrame, scan: Scan) -> dict[str, list[tuple[int, int]]]:
    """By contig of the FASTA, the bases (0-based, half-open, by place) that the REF of an allele must overlap to matter. windows:
    the table of that name."""
    return _zones(dict(list(windows.groupby("chrom", sort=False))), scan)


def _zones(windows: Mapping[str, pd.DataFrame], scan: Scan) -> dict[str, list[tuple[int, int]]]:
    """By contig, the intervals that the REF of an allele must overlap if the allele changes a window or a scanned
    region.

    An allele changes bases of its REF or inserts bases next to them, and may then be shifted left by `MAX_SHIFT`.
    windows: by contig.
    """
    zones = {}
    for chrom in {*windows, *scan.regions.chrom.unique()}:
        starts = windows[chrom].window_start if chrom in windows else ()
        intervals = [*((start, start + WINDOW_LENGTH) for start in starts), *scan.on(chrom).intervals()]
        zones[chrom] = join(sorted((max(start, 0), end + MAX_SHIFT + 1) for start, end in intervals))
    return zones


def _read_piece(
    piece: Piece, vcfs: Mapping[Path, cyvcf2.VCF], genome: Genome, columns: Sequence[str]
) -> tuple[pa.Table, pd.DataFrame]:
    """The alleles of a piece by position and spelling (equal ones in the order read), and rows of table `vcf_counts`.

    The alleles are rows of `records.split_alts` with one more column: file, the number of their VCF. columns: of
    `records.RECORDS`.
    """
    # Records past the contig's end in the FASTA are in the file too.
    end = NO_END if piece.end == genome.lengths[piece.chrom] else piece.end
    regions = [(low, end if high == piece.end else high) for low, high in piece.regions]
    tables, counts = [], []
    for number, (path, vcf) in enumerate(vcfs.items()):
        contigs = _contigs(vcf, piece.chrom, genome)
        records = read_records(path, vcf, contigs, piece.start, end, regions, columns)
        alleles = split_alts(records)
        tables.append(alleles.append_column("file", pa.array(np.full(len(alleles), number, dtype=np.int32))))
        counts.append((path.name, piece.chrom, len(records), _n_no_alt(records), len(alleles), 0))
    table = pa.concat_tables(tables).combine_chunks()
    order = pc.sort_indices(table, [(name, "ascending") for name in _SPELLED]).to_numpy()  # a stable sort
    if (np.diff(order.view(np.int64)) != 1).any():
        table = table.take(order)
    return table, pd.DataFrame(counts, columns=TABLES["vcf_counts"].schema.names)


def _contigs(vcf: cyvcf2.VCF, chrom: str, genome: Genome) -> list[str]:
    """A VCF's names of a contig of the genome: none, one, or both with and without `chr`."""
    return [contig for contig in vcf.seqnames if genome.names.match(contig) == chrom]


def _n_no_alt(records: pa.Table) -> int:
    return pc.sum(pc.equal(records["alts"], "."), min_count=0).as_py()


def _stretch_of(table: pa.Table, chrom: str, genome: Genome, margin: int) -> SequenceChunks:
    """The bases of the alleles' REFs that lie within the contig, and `margin` more on either side."""
    start = table["pos"].to_numpy() - 1
    end = start + pc.utf8_length(table["ref"]).to_numpy()
    inside = (start >= 0) & (end <= genome.lengths[chrom])
    return genome.chunks(chrom, start[inside] - margin, end[inside] + margin)


def _count_swapped(alleles: Alleles, stretch: SequenceChunks, n_files: int) -> np.ndarray:
    """For each file, the substitutions of one base with status ref_mismatch whose ALT is the base of the FASTA."""
    rows = np.flatnonzero((alleles.status == CODE["ref_mismatch"]) & (alleles.base != 255))
    swapped = rows[stretch.at(alleles.start[rows]) == alleles.base[rows]]
    return np.bincount(alleles.table["file"].to_numpy()[swapped], minlength=n_files)


def _finish(alleles: Alleles, window_starts: np.ndarray, scan: Scan, stretch: SequenceChunks, kept: np.ndarray) -> None:
    """Make the edits of alleles that may touch a window or a scanned region, and set the status of alleles that are
    left out or repeated."""
    start, end = alleles.start - MAX_SHIFT - 1, alleles.end + 1
    first, last = windows_touched(start, end, start, window_starts)
    # A long insertion may duplicate sites that are far from its position.
    is_wanted = (last > first) | scan.touched(start, end) | (alleles.status == CODE["too_long"])
    alleles.make_edits(np.flatnonzero(is_wanted), stretch)
    alleles.status[(alleles.status == VALID) & ~kept] = CODE["filtered"]
    rows = np.flatnonzero(alleles.status == VALID)
    pos = alleles.table["pos"].to_numpy()[rows]
    again = np.flatnonzero(pos[1:] == pos[:-1]) + 1
    one, other = (alleles.table.select(["ref", "alt"]).take(rows[which]) for which in (again - 1, again))
    equal = pc.and_(pc.equal(one["ref"], other["ref"]), pc.equal(one["alt"], other["alt"]))
    alleles.status[rows[again[equal.to_numpy()]]] = CODE["duplicate"]


def _match_windows(
    chrom: str,
    alleles: Alleles,
    files: list[str],
    windows: pd.DataFrame,
    catalogue: pd.DataFrame,
    reasons: Mapping[int, str],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Tables `ledger` and `gene_counts` of one contig's alleles, gene_id and allele of table `unscored_changes`, and
    the pairs of (allele, window) that must be scored.

    files: names of the VCFs. windows: of that contig, by window_start. reasons: of statuses, by row.
    """
    first, last = windows_touched(*alleles.reach, windows.window_start.to_numpy())
    n_sites = last - first
    sound = alleles.status == VALID
    alleles.status[sound] = np.where(n_sites[sound] > 0, CODE["scored"], CODE["no_site_in_range"])
    pairs = pd.DataFrame({"allele": np.repeat(np.arange(len(n_sites)), n_sites)})
    pairs["window"] = np.arange(len(pairs)) + np.repeat(first - np.cumsum(n_sites) + n_sites, n_sites)
    pairs["scored"] = (alleles.status == CODE["scored"])[pairs.allele]
    pairs["change"] = alleles.changes(pairs.allele.to_numpy())
    columns = {
        "chrom": pa.repeat(chrom, len(n_sites)),
        **{name: alleles.table[name] for name in _SPELLED},
        "status": pa.array(STATUSES).take(pa.array(alleles.status)),
        "n_sites": n_sites,
        "vcf": pa.array(files).take(alleles.table["file"]),
        "id": _ids(alleles.table),
        "reason": _texts_at(reasons, len(n_sites)),
    }
    return pa.table(columns).to_pandas(), *_count_by_gene(pairs, windows, catalogue), pairs[pairs.scored]


def _ids(table: pa.Table) -> pa.ChunkedArray:
    """The IDs of the records, null where they have none."""
    return pc.if_else(pc.equal(table["id"], "."), None, table["id"])


def _texts_at(texts: Mapping[int, str], n: int) -> pa.Array:
    """(n,) the texts at their rows, null at the others."""
    is_set = np.zeros(n, dtype=bool)
    is_set[list(texts)] = True
    return pc.replace_with_mask(
        pa.nulls(n, pa.string()), is_set, pa.array([texts[i] for i in sorted(texts)], pa.string())
    )


def _info_of_structures(
    alleles: Alleles, chrom: str, vcfs: Mapping[Path, cyvcf2.VCF], genome: Genome
) -> dict[int, str]:
    """INFO of the records of symbolic alleles that may be structural, by row. Their files are read once more for it."""
    rows = np.flatnonzero(alleles.status == CODE["symbolic"])
    asked = alleles.table.take(pa.array(rows))
    rows = rows[pc.match_substring_regex(asked["alt"], STRUCTURAL).to_numpy()]
    found: dict[int, str] = {}
    for number, (path, vcf) in enumerate(vcfs.items()):
        of_file = rows[alleles.table["file"].to_numpy()[rows] == number]
        if not len(of_file):
            continue
        spelled = alleles.table.select([*SPELLING, "number"]).take(pa.array(of_file)).to_pydict()
        places = [(pos - 1, pos) for pos in sorted(set(spelled["pos"]))]
        records = read_records(path, vcf, _contigs(vcf, chrom, genome), 0, NO_END, places, [*SPELLING, "info"])
        texts: dict[tuple, list[str]] = defaultdict(list)
        for *key, info in zip(*records.to_pydict().values(), strict=True):
            texts[tuple(key)].append(info)
        # Records may differ only in INFO; their alleles are in the order of the file.
        nth: Counter[tuple] = Counter()
        for row, *key, which in zip(of_file.tolist(), *spelled.values(), strict=True):
            infos = texts[tuple(key)]
            if not infos:
                raise lost_record(path, chrom, *key[:3])
            found[row] = infos[min(nth[(*key, which)], len(infos) - 1)]
            nth[(*key, which)] += 1
    return found


def _structural_forms(alleles: Alleles, rows: pd.DataFrame, stretch: SequenceChunks) -> pd.DataFrame:
    """allele, norm_pos, norm_ref and norm_alt of structural alleles. Alleles that name no bases keep their own
    spelling."""
    of_alleles = rows.allele.unique().astype(np.int64)
    forms = []
    for row in of_alleles.tolist():
        spelling = tuple(alleles.table[name][row].as_py() for name in _SPELLED)
        forms.append((row, *(to_vcf(stretch, alleles.edits[row]) if row in alleles.edits else spelling)))
    return pd.DataFrame(forms, columns=["allele", "norm_pos", "norm_ref", "norm_alt"]).astype({"allele": "int64"})


def _change_forms(alleles: Alleles, rows: pd.DataFrame, stretch: SequenceChunks) -> pd.DataFrame:
    """allele, norm_pos, norm_ref and norm_alt; they are equal for alleles that `Alleles.changes` considers one
    change."""
    of_alleles = rows.allele.unique().astype(np.int64)
    forms = []
    for row in of_alleles.tolist():
        pos, ref, alt = (alleles.table[name][row].as_py() for name in _SPELLED)
        if not np.isin(alleles.status[row], WITH_EDIT):
            form = int(alleles.start[row]) + 1, ref, alt
        elif alleles.base[row] != 255:
            form = pos, ref.upper(), alt.upper()
        else:
            form = to_vcf(stretch, alleles.edits[row]) if row in alleles.edits else (pos, ref, alt)
        forms.append((row, *form))
    return pd.DataFrame(forms, columns=["allele", "norm_pos", "norm_ref", "norm_alt"]).astype({"allele": "int64"})


def _count_by_gene(
    pairs: pd.DataFrame, windows: pd.DataFrame, catalogue: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Table `gene_counts` of pairs of (allele, window), each with whether the allele is scored and the number of its change; and
    gene_id and allele (the first) of each change that is not scored."""
    genes = windows[["site_id"]].reset_index(names="window").merge(catalogue[["site_id", "gene_id"]], on="site_id")
    genes["gene"], gene_ids = pd.factorize(genes.gene_id)  # numbers are merged and counted much faster than text
    rows = pairs.merge(genes[["window", "gene"]], on="window").groupby(["gene", "change"])
    each = rows.agg(scored=("scored", "any"), allele=("allele", "min"))
    counts = each.groupby("gene").scored.agg(n_alleles="size", n_scored="sum")
    unscored = each.loc[~each.scored.astype(bool), ["allele"]].reset_index("gene")
    unscored = unscored.assign(gene_id=gene_ids[unscored.gene]).sort_values(["allele", "gene"], kind="stable")
    return counts.assign(gene_id=gene_ids[counts.index]), unscored[["gene_id", "allele"]].reset_index(drop=True)


def windows_touched(
    start: np.ndarray, end: np.ndarray, last_start: np.ndarray, window_starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each edit [start, end), the range [first, last) of the windows (205 nt, by start) that it touches; see
    `hexamer_scan.touched_bases`."""
    least, most = touched_bases(start, end, last_start)
    first = np.searchsorted(window_starts, least - WINDOW_LENGTH, side="right")
    return first, np.maximum(np.searchsorted(window_starts, most, side="right"), first)


def _alternates(
    chrom: str, alleles: Alleles, pairs: pd.DataFrame, windows: pd.DataFrame, stretch: SequenceChunks
) -> pd.DataFrame:
    """Table `alleles` for pairs of (allele, window). `allele`, the row, replaces the columns that `_describe` adds."""
    rows, which = np.unique(pairs.allele.to_numpy(), return_inverse=True)
    sites, of_site = np.unique(pairs.window.to_numpy(), return_inverse=True)
    near = windows.iloc[sites]
    window_start, minus = near.window_start.to_numpy()[of_site], (near.strand == "-").to_numpy()[of_site]
    codes = encode_rows(near.window.to_list(), WINDOW_LENGTH)[of_site]
    start = alleles.start[rows][which]
    index = np.where(minus, window_start + WINDOW_LENGTH - 1 - start, start - window_start)
    last_index = index.copy()
    anchor = np.full(len(pairs), "hexamer", dtype=object)
    others: list[str | None] = [None] * len(pairs)

    base = alleles.base[rows][which]
    plain = np.flatnonzero(base != 255)
    codes[plain, index[plain]] = np.where(minus, 3 - base, base)[plain]
    for i in np.flatnonzero(base == 255).tolist():
        codes[i], index[i], last_index[i], anchor[i], other = alternate_window(
            stretch, alleles.edits[rows[which[i]]], int(window_start[i]), "-" if minus[i] else "+"
        )
        others[i] = None if other is None else decode(other)

    places = (index.tolist(), last_index.tolist(), near.cut_index.to_numpy()[of_site].tolist())
    columns = {name: column.take(which) for name, column in _normal_forms(alleles, rows, stretch).items()}
    columns |= {
        "allele": pairs.allele.to_numpy(),
        "site_id": pa.array(near.site_id, pa.string()).take(of_site),
        "window_index": index,
        "window_last": last_index,
        "region": pa.array([region_of(*place) for place in zip(*places, strict=True)], pa.string()),
        "anchor": pa.array(anchor, pa.string()),
        "window_alt": text_rows(codes),
        "window_other": pa.array(others, pa.string()),
        **rival_windows(alleles, pairs, windows, stretch),
    }
    return pa.table(columns).to_pandas()


def _normal_forms(alleles: Alleles, rows: np.ndarray, stretch: SequenceChunks) -> dict[str, pa.Array]:
    """norm_pos, norm_ref and norm_alt of valid alleles."""
    table = alleles.table.take(rows).combine_chunks()
    pos, ref, alt = table["pos"].to_numpy().copy(), pc.utf8_upper(table["ref"]), pc.utf8_upper(table["alt"])
    special = np.flatnonzero(alleles.base[rows] == 255)
    normal = [to_vcf(stretch, alleles.edits[row]) for row in rows[special].tolist()]
    pos[special] = [place for place, _, _ in normal]
    is_special = np.isin(np.arange(len(rows)), special)
    return {
        "norm_pos": pa.array(pos),
        "norm_ref": pc.replace_with_mask(ref, is_special, pa.array([text for _, text, _ in normal], pa.string())),
        "norm_alt": pc.replace_with_mask(alt, is_special, pa.array([text for _, _, text in normal], pa.string())),
    }


def _describe(
    rows: np.ndarray, table: pa.Table, chrom: str, vcfs: Mapping[Path, cyvcf2.VCF], genome: Genome
) -> pd.DataFrame:
    """The columns of the alleles in these rows (ascending), from the files: allele (the row), chrom, pos, ref, alt, id,
    af."""
    chosen = table.take(pa.array(rows, pa.int64())).combine_chunks()
    found = chosen.select(_SPELLED).append_column("id", _ids(chosen)).to_pandas()
    return found.assign(allele=rows, chrom=chrom, af=_frequencies(chosen, chrom, vcfs, genome))


def _frequencies(table: pa.Table, chrom: str, vcfs: Mapping[Path, cyvcf2.VCF], genome: Genome) -> np.ndarray:
    """Frequencies of alleles, each in its own file. If INFO was not read at first, the file is read once more at their
    positions."""
    if "af" in table.column_names:
        return frequencies(table)
    found = np.full(len(table), np.nan, dtype=np.float32)
    for number, (path, vcf) in enumerate(vcfs.items()):
        rows = np.flatnonzero(table["file"].to_numpy() == number)
        if len(rows) and has_frequencies(vcf):
            alleles = table.take(rows)
            places = [(pos - 1, pos) for pos in alleles["pos"].unique().to_pylist()]
            columns = [name for name in table.column_names if name in RECORDS.names] + [*INFO]
            records = read_records(path, vcf, _contigs(vcf, chrom, genome), 0, NO_END, places, columns)
            try:
                found[rows] = frequencies(add_info(alleles, records))
            except KeyError as error:
                raise lost_record(path, chrom, *error.args[0][:3]) from None
    return found


def _unknown(vcfs: Mapping[Path, cyvcf2.VCF], genome: Genome) -> ShardAlleles:
    """The alleles on contigs that the FASTA lacks, by file, contig and position."""
    ledgers, counts = [empty_frame("ledger")], []
    for path, vcf in vcfs.items():
        for contig in vcf.seqnames:
            if genome.names.match(contig) is not None:
                continue
            records = read_records(path, vcf, [contig], 0, NO_END, [(0, NO_END)], SPELLING)
            split = split_alts(records)
            alleles = split.select(_SPELLED).append_column("id", _ids(split)).to_pandas()
            empty = {"status": "contig_unknown", "n_sites": 0, "vcf": path.name, "reason": None}
            ledgers.append(alleles.assign(chrom=contig, **empty))
            counts.append((path.name, contig, len(records), _n_no_alt(records), len(alleles), 0))
    return ShardAlleles(
        pd.concat(ledgers, ignore_index=True)[TABLES["ledger"].schema.names],
        empty_frame("alleles"),
        empty_frame("candidates"),
        empty_frame("structural_alleles"),
        pd.DataFrame(counts, columns=TABLES["vcf_counts"].schema.names),
        empty_frame("gene_counts"),
        empty_frame("unscored_changes"),
    )
