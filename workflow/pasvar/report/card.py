"""The content of a variant card: one variant and one gene, as plain values for the template and the drawings."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import numpy as np

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, WINDOW_LENGTH
from pasvar.effects import locate_motifs, usage_range
from pasvar.report import words
from pasvar.report.content import TIERS
from pasvar.sites import tier_of
from pasvar.tables import DIRECTIONS, FLAGS, Facts, list_known

MAX_SITES = 8
"""Number of sites of a gene whose usage a card shows: those with the largest shares. The others are one bar."""

_VIEW = 80
_MARGIN = 8
_USUAL_VIEW = -22
"""Number of bases that are shown letter by letter, and the position at which they start if the change lies within them,
at least `_MARGIN` from an end."""

GAP = "-"


@dataclass(frozen=True)
class Card:
    """One variant and one gene.

    row: the columns of `gene_effects`, of `scores` at the site hit hardest, and `sites`, rows of the gene's sites with
    `usage_alt`, as `query.answer` gives them. hexamer_start: forward-strand start of the bases at index 70 of the
    windows. profile_ref, profile_alt: (205,) probability of a cut after each base. effects: (4, 205) of each
    substitution (ln), see `scoring.substitution_effects`. assembly: `GRCh37`, `GRCh38` or None. known: name and value
    for each other source.
    """

    row: Mapping[str, Any]
    window_ref: str
    window_alt: str
    hexamer_start: int
    profile_ref: np.ndarray
    profile_alt: np.ndarray
    effects: np.ndarray
    assembly: str | None = None
    known: Sequence[tuple[str, str]] = field(default_factory=tuple)

    @property
    def site(self) -> Mapping[str, Any]:
        """The site hit hardest."""
        return next(site for site in self.row["sites"] if site["site_id"] == self.row["site_id"])

    @property
    def title(self) -> str:
        """The variant and the gene, as a reader names them."""
        return f"{words.variant({'id': None, **self.row})} and {self.row['gene_name']}"

    @property
    def cut_offset(self) -> int:
        """Position of the last base before the cut, nt from the first base of the hexamer."""
        pos = self.site["cut_pos"]
        return self.last_of_hexamer - pos if self.is_minus else pos - 1 - self.hexamer_start

    @property
    def last_of_hexamer(self) -> int:
        """1-based position of the base of the hexamer that is last on the forward strand."""
        return self.hexamer_start + HEXAMER_LENGTH

    @property
    def is_minus(self) -> bool:
        return self.row["strand"] == "-"

    def position(self, offset: float) -> float:
        """The genome's position (1-based) for a place given in nt from the first base of the hexamer."""
        return self.last_of_hexamer - offset if self.is_minus else self.hexamer_start + 1 + offset

    def offset(self, position: float) -> float:
        """The inverse of `position`."""
        return self.last_of_hexamer - position if self.is_minus else position - 1 - self.hexamer_start

    @property
    def aligned(self) -> list[tuple[int, str, str]]:
        """The two windows side by side, see `align`."""
        return align(self.window_ref, self.window_alt, self.row["ref"], self.row["alt"])

    @property
    def change(self) -> tuple[int, int]:
        """First position that differs and the position past the last one, in the columns of the reference window."""
        differ = [place for place, ref, alt in self.aligned if ref != alt]
        return (differ[0], differ[-1] + 1) if differ else (0, 0)

    @property
    def view(self) -> tuple[int, int]:
        """Positions [first, past the last], nt from the hexamer, that are shown letter by letter."""
        first, last = self.change
        low = _USUAL_VIEW
        if last + _MARGIN > low + _VIEW:
            low = last + _MARGIN - _VIEW
        if first - _MARGIN < low:
            low = first - _MARGIN
        low = min(max(low, -HEXAMER_INDEX), WINDOW_LENGTH - HEXAMER_INDEX - _VIEW)
        return low, low + _VIEW

    @property
    def importance(self) -> np.ndarray:
        """(205,) how much each base of the window adds to the log odds: minus the mean effect of the three other bases;
        0 at an N."""
        known = np.isfinite(self.effects)
        total = np.where(known, self.effects, 0).sum(axis=0)
        return -total / np.maximum(known.sum(axis=0), 1)

    @property
    def motifs(self) -> list[tuple[str, int, int]]:
        """The elements of the reference window: name, first position, position past the last, nt from the hexamer."""
        cut = self.cut_offset + HEXAMER_INDEX
        found = locate_motifs(self.window_ref, cut)
        return [(name.replace("_", " "), a - HEXAMER_INDEX, b - HEXAMER_INDEX) for name, a, b in found]


def align(window_ref: str, window_alt: str, ref: str, alt: str) -> list[tuple[int, str, str]]:
    """Two windows of one change side by side: (position in the reference window, nt from the hexamer, base, base), with
    a gap where one window has no base.

    ref, alt: the allele. An indel moves the bases beyond it, on the side away from the hexamer. So bases at the
    windows' ends may have no partner; these are left out. A base that only the alternate has gets the position of the
    base before it.
    """
    n_ref, n_alt = _trimmed(ref, alt)
    prefix, suffix = _common(window_ref, window_alt), _common(window_ref[::-1], window_alt[::-1])
    if n_ref == n_alt or prefix >= suffix:
        return _aligned(window_ref, window_alt, prefix, n_ref, n_alt, -HEXAMER_INDEX)
    mirrored = _aligned(window_ref[::-1], window_alt[::-1], suffix, n_ref, n_alt, 0)
    last = WINDOW_LENGTH - 1 - HEXAMER_INDEX
    return [(last - place, first, second) for place, first, second in reversed(mirrored)]


def _aligned(
    window_ref: str, window_alt: str, start: int, n_ref: int, n_alt: int, first: int
) -> list[tuple[int, str, str]]:
    """The windows, n_ref bases of the one aligned with n_alt of the other from `start` on; `first`: the position of
    index 0."""
    middle = max(n_ref, n_alt)
    refs = window_ref[:start] + window_ref[start : start + n_ref].ljust(middle, GAP) + window_ref[start + n_ref :]
    alts = window_alt[:start] + window_alt[start : start + n_alt].ljust(middle, GAP) + window_alt[start + n_alt :]
    columns, place = [], first - 1
    for ref, alt in zip(refs, alts, strict=False):
        place += ref != GAP
        columns.append((place, ref, alt))
    return columns


def _trimmed(ref: str, alt: str) -> tuple[int, int]:
    """Lengths of REF and ALT without the bases that they share at their ends."""
    shared = _common(ref[::-1], alt[::-1])
    shared += _common(ref[: len(ref) - shared], alt[: len(alt) - shared])
    return len(ref) - shared, len(alt) - shared


def _common(first: str, second: str) -> int:
    """Length of the common prefix of two texts."""
    return next(
        (i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )


def usage_rows(card: Card) -> list[dict]:
    """Share of the gene's 3' ends at each site without and with the allele, proximal to distal; for the site hit
    hardest also `low` and `high`, its usage at the ends of the error bar. If there are many sites, the smallest are one
    row."""
    rows = []
    for site in card.row["sites"]:
        is_hit = site["site_id"] == card.row["site_id"]
        before, after = float(site["usage_ref"] or 0), float(site["usage_alt"] or 0)
        if not is_hit and not before and not after:
            continue
        row = {"name": _site_name(site), "before": before, "after": after, "is_hit": is_hit, "low": None, "high": None}
        if is_hit and card.row.get("delta_low") is not None and before:
            row["low"], row["high"] = usage_range(before, after, card.row["delta_low"], card.row["delta_high"])
        rows.append(row)
    if len(rows) <= MAX_SITES:
        return rows
    kept = sorted(rows, key=lambda row: (not row["is_hit"], -max(row["before"], row["after"])))[: MAX_SITES - 1]
    others = [row for row in rows if row not in kept]
    rest: dict[str, Any] = {"name": f"{len(others)} other sites", "is_hit": False, "low": None, "high": None}
    sums = {key: sum(row[key] for row in others) for key in ("before", "after")}
    return [row for row in rows if row in kept] + [rest | sums]


def cleavage_row(card: Card) -> dict:
    """The row of `usage_rows` for a gene with one site: the share of transcripts that are cut there and not read
    through."""
    reference, row = card.row["logodds_narrow_ref"], card.row
    shares = {
        name: words.odds_share(reference + row[column]) if row.get(column) is not None else None
        for name, column in (("after", "delta_logodds_narrow"), ("low", "delta_low"), ("high", "delta_high"))
    }
    return {"name": _site_name(card.site), "is_hit": True, "before": words.odds_share(reference), **shares}


def _site_name(site: Mapping[str, Any]) -> str:
    return f"{site['rank']}: {site['cut_pos']:,} {words.hexamer(site['hexamer']).replace('none', 'no hexamer')}"


_DATASETS = {"GRCh37": "gnomad_r2_1", "GRCh38": "gnomad_r4"}
_UCSC = {"GRCh37": "hg19", "GRCh38": "hg38"}
_ENSEMBL = {"GRCh37": "grch37.ensembl.org", "GRCh38": "www.ensembl.org"}
_CLINVAR = {"GRCh37": "chrpos37", "GRCh38": "chrpos38"}
_REFSEQ = {"GRCh37": "GCF_000001405.25", "GRCh38": "GCF_000001405.40"}
_AROUND = 50
"""nt on either side of a variant that a genome browser shows."""


def links(row: Mapping[str, Any], assembly: str | None) -> list[tuple[str, str]]:
    """Name and address of a variant's pages on other sites; none for an unknown assembly, or a contig that is not a
    chromosome.

    row: chrom, pos, ref, alt, norm_pos, norm_ref and norm_alt, and id if it has one.
    """
    chrom = str(row["chrom"]).removeprefix("chr")
    if assembly is None or chrom not in _CHROMOSOMES:
        return []
    normal = (row.get(f"norm_{name}") or row[name] for name in ("pos", "ref", "alt"))
    allele = "-".join(quote(str(part), safe="") for part in (chrom, *normal))
    pos = int(row["pos"])
    low, high = max(pos - _AROUND, 1), pos + len(row["ref"]) - 1 + _AROUND
    found_id = words.record_id(row.get("id"))
    by_id = f"https://www.ncbi.nlm.nih.gov/snp/{found_id}"
    by_place = f"https://www.ncbi.nlm.nih.gov/variation/view/?assm={_REFSEQ[assembly]}&chr={chrom}&from={low}&to={high}"
    return [
        ("gnomAD", f"https://gnomad.broadinstitute.org/variant/{allele}?dataset={_DATASETS[assembly]}"),
        ("ClinVar", f"https://www.ncbi.nlm.nih.gov/clinvar/?term={chrom}[chr]+AND+{pos}[{_CLINVAR[assembly]}]"),
        ("dbSNP", by_id if _is_rs(found_id) else by_place),
        ("UCSC", f"https://genome.ucsc.edu/cgi-bin/hgTracks?db={_UCSC[assembly]}&position=chr{chrom}:{low}-{high}"),
        ("Ensembl", f"https://{_ENSEMBL[assembly]}/Homo_sapiens/Location/View?r={chrom}:{low}-{high}"),
    ]


_CHROMOSOMES = {*map(str, range(1, 23)), "X", "Y"}


def _is_rs(name: str) -> bool:
    return name.startswith("rs") and name[2:].isdecimal()


def flag_rows(flags: str | None) -> list[tuple[str, str]]:
    """Each flag of a row and its meaning."""
    return [(words.plain(flag), FLAGS[flag]) for flag in (flags or "").split("&") if flag in FLAGS]


_ABSENT, _SILENT = "has no record of this allele", "has the allele, and no value in the fields asked"
"""The texts of a card for a source without the allele, and for a source without a value."""


def known_rows(known: Facts, sources: Iterable[str]) -> list[tuple[str, str]]:
    """What each source that was asked says about an allele, or that it does not have the allele. known: by source."""
    shown = (list_known({name: known[name]}) if name in known else [(name, _ABSENT)] for name in sources)
    return [(name, value or _SILENT) for rows in shown for name, value in rows]


def facts(card: Card) -> list[tuple[str, str]]:
    """Name and value of the facts that a reader looks up: the site, the effect, the gene's 3' ends, the people."""
    row, site = card.row, card.site
    shown = [
        (
            "Site",
            f"{site['site_id']}, known from {words.source(site['source'])}; "
            f"real with a probability of {words.percent(site['confidence'])}",
        ),
        ("Hexamer", _hexamers(card)),
        (
            "Effect",
            f"odds of a cut {words.fold(row['delta_logodds_narrow'])}: {words.signed(row['delta_logodds_narrow'])} ln"
            f" (80 % interval {words.span(row.get('delta_low'), row.get('delta_high'), 2)}), "
            f"from {words.signed(row['logodds_narrow_ref'])}",
        ),
        ("Direction right with", words.percent(row.get("direction_probability"))),
        ("Expected impact", f"{words.percent(row.get('expected_impact'))} of the gene's 3{words.PRIME} ends move"),
    ]
    if (direction := row.get("direction") or "none") != "none":
        shown.append((words.plain(direction).capitalize(), DIRECTIONS[direction]))
    if row.get("delta_utr_length"):
        shown.append((f"3{words.PRIME} UTR", f"{words.signed(row['delta_utr_length'], 0)} nt on average"))
    if row.get("percentile") is not None:
        shown.append(("Rank", f"stronger than {100 * row['percentile']:.1f} % of all substitutions of the site"))
    if elements := words.motifs({"motif_lost": row.get("motif_lost"), "motif_gained": row.get("motif_gained")}):
        shown.append(("Elements", ", ".join(elements)))
    if row.get("n_carriers") is not None:
        of = f" of {row['allele_number']:,} alleles" if row.get("allele_number") else ""
        shown.append(
            ("Carriers", f"{words.plural(row['n_carriers'], 'person', 'people')}; {row['allele_count']:,}{of}")
        )
    if row.get("af") is not None:
        shown.append(("Frequency", words.percent(row["af"])))
    return shown


def _hexamers(card: Card) -> str:
    """The hexamer at this position, and how the allele changes it."""
    before, after = card.row["hexamer_ref"], card.row["hexamer_alt"]
    shown = words.hexamer(before)
    if shown == words.NO_HEXAMER:
        shown = "none found"
    elif (tier := TIERS[tier_of(before)]) != before:
        shown += f" ({tier})"
    return shown if before == after else f"{shown} → {words.hexamer(after).replace('none', f'{after}, no signal')}"
