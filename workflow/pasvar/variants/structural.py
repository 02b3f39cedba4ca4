"""Structural changes: deletions and duplications that are too long to be scored, or that name no bases (`<DEL>`, `<CN0>`).

The network does not read them. What they say is where they begin and end, and with that which sites they remove or double.

A deletion removes a site where it takes a base of the hexamer (of tier 0 to 3) or the last base before the cut; what it takes
in addition is not assessed. A tandem duplication doubles a site where it holds all from hexamer to cut. A deletion in a repeat
removes a site only if it does in all of its places.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pasvar.counts import plural
from pasvar.genome import Genome
from pasvar.sites import WORST_TIER
from pasvar.variants.alleles import Edit
from pasvar.variants.classify import CODE, Alleles

REACHING = r"(^|,)<(DEL|DUP|CN|INV)"
"""ALTs (a regular expression) of records that may reach further than their REF."""

STRUCTURAL = rf"{REACHING}|[\[\]]"
"""ALTs (a regular expression) that are looked at one by one."""

_DELETION = re.compile(r"<(DEL(:[^>]*)?|CN0)>")
_DUPLICATION = re.compile(r"<(DUP(:TANDEM)?|CN(?P<copies>\d{1,3}))>")
_INVERSION = re.compile(r"<INV(:[^>]*)?>")


class Structure(NamedTuple):
    """A change of the bases [start, end), 0-based. kind: DEL, DUP or INV. copies: of these bases on the allele.
    last_start: of the last of its equivalent places. imprecise: the record says that the ends are not known to the base."""

    kind: str
    start: int
    end: int
    copies: int
    last_start: int
    imprecise: bool = False


class Structures(NamedTuple):
    """rows: one per allele, site and gene that is deleted or doubled: `allele`, the row of the allele, and columns of table
    `structural_alleles`. reasons: by row, why an allele has its status."""

    rows: pd.DataFrame
    reasons: dict[int, str]


def read_structure(pos: int, alt: str, number: int, info: str) -> Structure | str:
    """What a symbolic allele says that it does, or why that cannot be read.

    number: of the ALT in its record, from 0. info: the record's INFO. As in the VCF specification, POS is the base before the
    change, END its last base, and SVLEN its length, with or without a sign; END counts where both are given.
    """
    if _DELETION.fullmatch(alt):
        kind, copies = "DEL", 0
    elif match := _DUPLICATION.fullmatch(alt):
        kind, copies = "DUP", int(match["copies"] or 2)
    elif _INVERSION.fullmatch(alt):
        kind, copies = "INV", 1
    else:
        return _unread(alt)
    if kind == "DUP" and copies == 1:
        return "one copy is what the reference has"
    fields = dict(part.partition("=")[::2] for part in info.split(";"))
    end = _end(pos, number, fields)
    if isinstance(end, str):
        return end
    imprecise = "IMPRECISE" in fields or any(
        re.search("[1-9]", fields.get(key, "")) is not None for key in ("CIPOS", "CIEND")
    )
    return Structure(kind, pos, end, copies, pos, imprecise)


def _unread(alt: str) -> str:
    """Why an ALT that is no sequence and no structure that can be counted is not scored."""
    if alt in ("<*>", "<NON_REF>"):
        return "stands for any other allele, and names none"
    if alt.startswith("<INS"):
        return "an insertion that does not spell its bases; spelled out it can be scored"
    if alt.startswith("<DUP"):
        return "a duplication whose copy lies elsewhere"
    if alt.startswith("<CNV"):
        return "a copy number that ALT does not name; <CN0>, <CN2> do"
    return "names no bases"


def _end(pos: int, number: int, fields: Mapping[str, str]) -> int | str:
    """Last base, 1-based, or why it is not known."""
    given = fields.get("END", ".")
    if given != ".":
        # Longer ones are no place of a contig, and Python reads no number of thousands of digits.
        if not re.fullmatch(r"\d{1,12}", given):
            return f"END {given[:20]} is no position"
        if int(given) <= pos:
            return f"END {given} does not lie behind POS {pos}"
        return int(given)
    lengths = fields.get("SVLEN", ".").split(",")
    length = lengths[number] if number < len(lengths) else lengths[0] if len(lengths) == 1 else "."
    if length == ".":
        return "the record has neither END nor SVLEN"
    if not re.fullmatch(r"[+-]?\d{1,12}", length) or int(length) == 0:
        return f"SVLEN {length[:20]} is no length"
    return pos + abs(int(length))


def find_structures(
    chrom: str,
    alleles: Alleles,
    kept: np.ndarray,
    info: Mapping[int, str],
    catalogue: pd.DataFrame,
    spans: pd.DataFrame,
    genome: Genome,
) -> Structures:
    """Judge the symbolic and the too long alleles of one contig: gives those that remove or double a site, or cut a gene, their
    status, and all that can be read their place.

    alleles: edits of those that are too long must have been made where they may touch a window. kept: as of `Filters.keep`.
    info: INFO by row, of the rows whose ALT matches `STRUCTURAL`. catalogue: of the contig. spans: genes, as of
    `genome.gene_spans`, for what cuts one.
    """
    sites, genes = _Sites(catalogue), spans[spans.chrom == chrom]
    reasons = _constant_reasons(alleles, info)
    found: list[pd.DataFrame] = []
    first: dict[tuple, Structure | int | str] = {}
    ref_mismatch = _wrong_ref(chrom, alleles, np.array(sorted(info), dtype=np.int64), genome)
    changes = _spelled(chrom, alleles, genome) | _symbolic(alleles, info)
    for row in sorted(changes):
        change, alt = changes[row], alleles.table["alt"][row].as_py()
        status = cut = None
        if isinstance(change, int):
            status, reasons[row] = _of_cuts(sites, genes, [change], "a breakend")
        elif isinstance(change, str):
            reasons[row] = change
        elif change.end > genome.lengths[chrom]:
            status, reasons[row] = "chrom_end", f"END {change.end} lies past the contig's end"
        else:
            if row in info:
                alleles.start[row], alleles.end[row], alleles.last_start[row] = change.start, change.end, change.start
            if change.kind == "INV":
                status, reasons[row] = _of_cuts(sites, genes, [change.start, change.end], "an inversion")
            else:
                cut = sites.hit(change)
                reasons[row] = _told(change, int(cut.sum()), alt)
                status = "structural" if cut.any() else None
        if status in ("structural", "cuts_gene"):
            status, reason = _in_order(row, status, alleles, change, first, kept, row in ref_mismatch)
            reasons[row] = reason or reasons[row]
        if status:
            alleles.status[row] = CODE[status]
        if status == "structural" and isinstance(change, Structure):
            found.append(_rows(row, change, catalogue[cut]))
    return Structures(pd.concat(found, ignore_index=True) if found else _rows_of_none(catalogue), reasons)


class _Sites:
    """Where the sites of a contig can be hit; one entry for each row of the catalogue."""

    def __init__(self, catalogue: pd.DataFrame):
        self.names = catalogue.site_id.to_numpy()
        self.cut = catalogue.cut_pos.to_numpy(dtype=np.int64) - 1
        has_hexamer = catalogue.hexamer_tier.between(0, WORST_TIER - 1).to_numpy()
        self.first = np.where(has_hexamer, catalogue.hexamer_start, self.cut).astype(np.int64)
        self.last = np.where(has_hexamer, catalogue.hexamer_end, self.cut + 1).astype(np.int64)

    def hit(self, change: Structure) -> np.ndarray:
        """Which sites a deletion removes, or a duplication doubles."""
        if change.kind == "DEL":
            in_hexamer = (change.last_start < self.last) & (change.end > self.first)
            return in_hexamer | ((change.last_start <= self.cut) & (change.end > self.cut))
        last_end = max(change.end, change.last_start)
        return (change.start <= np.minimum(self.first, self.cut)) & (last_end >= np.maximum(self.last, self.cut + 1))

    def across(self, place: int) -> str | None:
        """The first site whose signal lies on both sides of a border before base `place`."""
        inside = (np.minimum(self.first, self.cut) < place) & (place < np.maximum(self.last, self.cut + 1))
        return self.names[inside.argmax()] if inside.any() else None


def _of_cuts(sites: _Sites, genes: pd.DataFrame, places: list[int], what: str) -> tuple[str | None, str]:
    """Status (None: as it was) and reason of what breaks a contig before these bases."""
    for place in places:
        if site := sites.across(place):
            return "cuts_gene", f"{what} cuts site {site}: what becomes of it is not known"
    for place in places:
        inside = genes[(genes.start < place) & (place < genes.end)]
        if len(inside):
            return "cuts_gene", f"{what} cuts gene {inside.gene_name.iloc[0]}: what becomes of its 3' ends is not known"
    return None, f"{what} that cuts no gene and no site"


def _told(change: Structure, n_sites: int, alt: str) -> str:
    what = "a deletion" if change.kind == "DEL" else "a duplication"
    does = "removes" if change.kind == "DEL" else "doubles"
    length = f"{what} of {change.end - change.start} nt"
    if not n_sites:
        return f"{length} that {does} no site"
    return f"{length} that {does} {plural(n_sites, 'site')}"


def _in_order(
    row: int,
    status: str,
    alleles: Alleles,
    change: Structure | int | str,
    first: dict[tuple, Structure | int | str],
    kept: np.ndarray,
    is_wrong: bool,
) -> tuple[str, str | None]:
    """The status of an allele that a structure could give one, and the reason where it is another. first: changes by spelling."""
    if is_wrong:
        return "ref_mismatch", "REF differs from the FASTA"
    if not kept[row]:
        return "filtered", None
    spelling = tuple(alleles.table[name][row].as_py() for name in ("pos", "ref", "alt"))
    if spelling not in first:
        first[spelling] = change
        return status, None
    if first[spelling] == change:
        return "duplicate", None
    return "symbolic", "an earlier record has the same POS, REF and ALT with another end; only that one is counted"


def _constant_reasons(alleles: Alleles, info: Mapping[int, str]) -> dict[int, str]:
    """Reasons that ALT alone gives, by row."""
    rows = np.flatnonzero(alleles.status == CODE["symbolic"])
    alts = alleles.table["alt"].take(pa.array(rows)).to_pylist()
    known = {alt: _unread(alt) for alt in set(alts)}
    return {row: known[alt] for row, alt in zip(rows.tolist(), alts, strict=True) if row not in info}


def _wrong_ref(chrom: str, alleles: Alleles, rows: np.ndarray, genome: Genome) -> set[int]:
    """Of these rows those whose REF begins with another base than the FASTA has; N says nothing."""
    refs = pc.utf8_upper(alleles.table["ref"].take(pa.array(rows))).to_pylist()
    starts = (alleles.table["pos"].take(pa.array(rows)).to_numpy() - 1).tolist()
    wrong = set()
    for row, ref, start in zip(rows.tolist(), refs, starts, strict=True):
        code = int(genome.slice(chrom, start, start + 1).codes[0])
        if ref[0] in "ACGT" and code < 4 and "ACGT"[code] != ref[0]:
            wrong.add(row)
    return wrong


def _symbolic(alleles: Alleles, info: Mapping[int, str]) -> dict[int, Structure | int | str]:
    """What symbolic alleles say; for a breakend the base before which it breaks the contig."""
    found: dict[int, Structure | int | str] = {}
    for row, text in info.items():
        pos, alt, number = (alleles.table[name][row].as_py() for name in ("pos", "alt", "number"))
        if "[" in alt or "]" in alt:
            found[row] = pos - 1 if alt[0] in "[]" else pos
        else:
            found[row] = read_structure(pos, alt, number, text)
    return found


def _spelled(chrom: str, alleles: Alleles, genome: Genome) -> dict[int, Structure | str]:
    """What alleles that are too long do, as far as their edit was made."""
    found: dict[int, Structure | str] = {}
    for row in np.flatnonzero(alleles.status == CODE["too_long"]).tolist():
        edit = alleles.edits.get(row)
        if edit is None:
            continue
        last_start, n_gone, n_new = int(alleles.last_start[row]), edit.end - edit.start, len(edit.alt)
        if _is_mostly_deleted(edit):
            found[row] = Structure("DEL", edit.start, edit.end, 0, last_start)
        elif n_gone == 0 and np.array_equal(genome.slice(chrom, edit.start, edit.start + n_new).codes, edit.alt):
            found[row] = Structure("DUP", edit.start, edit.start + n_new, 2, last_start)
        else:
            what = "an insertion" if n_gone == 0 else "a replacement"
            found[row] = f"{what} of {n_new} nt, more than `max_allele_length`, and no tandem duplication"
    return found


def _is_mostly_deleted(edit: Edit) -> bool:
    """Whether what is inserted in place of what is deleted is too short to hold a site of its own."""
    return len(edit.alt) * 10 <= edit.end - edit.start


def _rows(row: int, change: Structure, hit: pd.DataFrame) -> pd.DataFrame:
    return hit[["site_id", "gene_id"]].assign(
        allele=row, start=change.start, end=change.end, copies=change.copies, imprecise=change.imprecise
    )


def _rows_of_none(catalogue: pd.DataFrame) -> pd.DataFrame:
    return _rows(0, Structure("DEL", 0, 0, 0, 0), catalogue.iloc[:0])
