"""The input's VCF records, untouched, with INFO/PASVAR: one entry per allele, gene and site."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import numpy as np
import pysam
from tqdm import tqdm

from pasvar import __version__
from pasvar.annotate.allele_lookup import Allele, AlleleRows, normal_forms
from pasvar.constants import MIN_EFFECT
from pasvar.contigs import ContigNames
from pasvar.errors import printable
from pasvar.files import index_path, is_stream, refuse_inputs, whole
from pasvar.genome import Genome
from pasvar.progress import no_progress
from pasvar.sites import WORST_TIER, tier_of
from pasvar.tables import SCORED_ALLELES, counts_people
from pasvar.variants import Structure, read_lines, read_structure

_log = logging.getLogger(__name__)

FIELDS = (
    "allele",
    "gene_id",
    "gene_name",
    "site_id",
    "strand",
    "hexamer",
    "region",
    "logodds_narrow_ref",
    "delta_logodds_narrow",
    "delta_logodds",
    "delta_usage",
    "flags",
    "Consequence",
    "mechanism",
    "motif_lost",
    "motif_gained",
    "percentile",
    "delta_cut_mean",
    "delta_cut_entropy",
    "delta_low",
    "delta_high",
    "direction_probability",
)
"""Parts of an entry, joined by `|` as VEP does it, so that `bcftools +split-vep -a PASVAR` reads them. Older versions of that
plugin refuse an annotation without a field of the name Consequence. New ones come at the end, for scripts that count."""


class Info(NamedTuple):
    """A field of INFO that a table fills: its entries are a row's values in this order, joined by `|`."""

    id: str
    tables: tuple[str, ...]
    described: str
    fields: tuple[str, ...]

    @property
    def header(self) -> str:
        described = f"{self.described}. Format: {'|'.join(self.fields)}"
        return f'##INFO=<ID={self.id},Number=.,Type=String,Description="{described}">'

    @property
    def columns(self) -> list[str]:
        """The columns of the table that an entry needs."""
        made_of = {"allele": "alt", "hexamer": "hexamer_ref", "Consequence": _CONSEQUENCE_OF[self.id]}
        return [made_of.get(field, field) for field in self.fields]


SITE = Info("PASVAR", SCORED_ALLELES, "Effects on cleavage and polyadenylation, per allele, gene and site", FIELDS)
GENE = Info(
    "PASVAR_GENE",
    ("gene_effects",),
    "What becomes of a gene's 3' ends, per allele and gene",
    (
        *("allele", "gene_id", "gene_name", "n_sites", "site_id", "delta_pdui", "delta_utr_length", "total_variation"),
        *("direction", "gaining_site", "losing_site", "delta_truncated", "top_tissue", "Consequence"),
        *("impact", "confidence", "expected_impact", "utr_lost", "coding_lost", "flags"),
        *("delta_low", "delta_high", "direction_probability", "mechanism", "structural_end", "copies"),
    ),
)
NEW_SITE = Info(
    "PASVAR_NEW",
    ("new_sites",),
    "Sites that an allele may make, per allele, place and gene",
    (
        *("allele", "gene_id", "gene_name", "site_id", "strand", "site_class", "hexamer_ref", "hexamer_alt"),
        *(
            "logodds_narrow_ref",
            "delta_logodds_narrow",
            "strength",
            "usage_ref",
            "usage_alt",
            "delta_utr_length",
            "Consequence",
        ),
    ),
)
_CONSEQUENCE_OF = {SITE.id: "delta_logodds_narrow", GENE.id: "direction", NEW_SITE.id: "site_id"}
"""The column that decides the field Consequence."""

_GENE_CONSEQUENCE = {"none": "3utr_unchanged", "shortening": "3utr_shortening", "lengthening": "3utr_lengthening"}
"""The field Consequence of a direction, where it is not the direction itself."""

_IDS = frozenset(name.encode() for name in _CONSEQUENCE_OF)

Tables = str | Path | Sequence[str | Path]
"""A table, or its parts in the order of places."""

MAX_PEOPLE = 10_000
"""Genotypes of more people are left out unless asked for: they would be nearly all of the file, and the input has them."""

RECORDS_AT_ONCE, BYTES_AT_ONCE = 5000, 50_000_000
NT_AT_ONCE = 5_000_000
"""Over so many nt, the scores that are held for a few records are no more than a row group or two."""


def annotate_vcf(
    vcf: str | Path,
    scores: Tables,
    out: str | Path,
    names: ContigNames,
    made_by: Mapping[str, str],
    min_effect: float = MIN_EFFECT,
    progress: Callable[..., tqdm] = no_progress,
    more: Mapping[Info, Tables] | None = None,
    genome: Genome | None = None,
    index_suffix: str = ".tbi",
    ledger: Tables | None = None,
    genotypes: bool | None = None,
    min_cell: int | None = None,
) -> int:
    """Write `vcf` to `out` (bgzipped, indexed) with the scores of its alleles; returns the number of records with an entry.

    scores: table `scores` or `saturation`. more: tables for further fields (`GENE`, `NEW_SITE`). names: of the tables'
    contigs. made_by: header lines, `##pasvar_<key>=<value>`. genome: finds the scores of indels that are spelled further right.
    min_effect: |delta_logodds_narrow| from which Consequence is site_strengthened or site_weakened, else site_unchanged.
    ledger: table `ledger` of the run; what it calls filtered gets no entry, though another record of the change was scored.
    index_suffix: .csi where the contigs are longer than 2^29.
    genotypes: whether records keep what follows INFO; None: up to `MAX_PEOPLE` people. min_cell: the config key; where it is
    set, neither genotypes nor the fields of INFO that count people (`tables.counts_people`) are kept.
    But for INFO, and genotypes that are left out, records are what they were to the letter, and in order; an older
    annotation is replaced. The file appears whole or not at all. A pipe or device gets no index.
    Raises InputError where the VCF is damaged, or where an output is an input.
    """
    sources = {SITE: scores, **(more or {})}
    tables_given = (path for paths in (*sources.values(), ledger or ()) for path in _listed(paths))
    index_out = None if is_stream(out) else f"{out}{index_suffix}"
    refuse_inputs([out, *([index_out] if index_out else [])], [vcf, index_path(vcf), *tables_given])
    header, records = read_lines(vcf)
    header, n_fields = _columns_kept(header, genotypes if min_cell is None else False)
    left_out = _is_ours if min_cell is None else _is_ours_or_counts
    n_annotated = 0
    with ExitStack() as stack:
        tables = {info: AlleleRows(paths, info.tables, info.columns) for info, paths in sources.items()}
        statuses = None if ledger is None else _Statuses(ledger, Path(vcf).name)
        index = stack.enter_context(whole(index_out)) if index_out else None
        temporary = stack.enter_context(whole(out))
        bar = stack.enter_context(progress(total=None, unit="records"))
        temporary.touch()  # raises OSError where it cannot be made; htslib would write all the same, and crash
        with pysam.BGZFile(str(temporary), "w", None) as file:
            file.write(b"".join(line + b"\n" for line in _with_our_lines(header, tables, made_by)))
            for piece in _pieces(records, n_fields):
                entries = _entries(piece, tables, names, genome, min_effect, statuses)
                lines = zip(piece, entries, strict=True)
                file.write(b"".join(_line(fields, of_record, left_out) for fields, of_record in lines))
                n_annotated += sum(map(bool, entries))
                bar.update(len(piece))
        if index:
            pysam.tabix_index(str(temporary), preset="vcf", index=str(index), csi=index_suffix == ".csi", force=True)
    return n_annotated


def _listed(paths: Tables) -> Sequence[str | Path]:
    return [paths] if isinstance(paths, (str, Path)) else paths


def _columns_kept(header: Sequence[bytes], genotypes: bool | None) -> tuple[list[bytes], int | None]:
    """The header, and how many fields of a record go with it, as `_pieces` splits them: all (None), or those up to INFO."""
    *lines, columns = header
    n_people = max(columns.count(b"\t") - 8, 0)
    if n_people == 0 or (n_people <= MAX_PEOPLE if genotypes is None else genotypes):
        return [*lines, columns], None
    _log.info("the annotated VCF has no genotypes (%d people); docs/annotated-vcf.md says how to join them", n_people)
    kept = [line for line in lines if not line.startswith(b"##FORMAT=")]
    return [*kept, b"\t".join(columns.split(b"\t", 8)[:8])], 8


def _with_our_lines(header: Iterable[bytes], tables: Iterable[Info], made_by: Mapping[str, str]) -> list[bytes]:
    ours = tuple(f"##INFO=<ID={info.id},".encode() for info in tables)
    *lines, columns = [line for line in header if not line.startswith((b"##pasvar_", *ours))]
    about = {"pasvar_version": __version__, **made_by}
    lines += [info.header.encode() for info in tables]
    # What stands in the metadata of tables and models is not to write further lines.
    lines += [printable(f"##pasvar_{key.removeprefix('pasvar_')}={value}").encode() for key, value in about.items()]
    return [*lines, columns]


def _pieces(records: Iterable[bytes], n_fields: int | None = None) -> Iterator[list[list[bytes]]]:
    """Runs of neighbouring records, split into fields, of which the last one is all that follows INFO; or so many of them.

    Records of one position are in one run."""
    piece: list[list[bytes]] = []
    n_bytes = 0
    for line in records:
        # Genotypes that are left out are not to wait in memory: a line of 500,000 people has 2 MB.
        fields = line.split(b"\t", 8)[:n_fields]
        if piece and (
            ((len(piece) >= RECORDS_AT_ONCE or n_bytes > BYTES_AT_ONCE) and fields[1] != piece[-1][1])
            or fields[0] != piece[0][0]
            or int(fields[1]) - int(piece[0][1]) > NT_AT_ONCE
        ):
            yield piece
            piece, n_bytes = [], 0
        piece.append(fields)
        n_bytes += sum(map(len, fields))
    if piece:
        yield piece


def _entries(
    piece: Sequence[Sequence[bytes]],
    tables: Mapping[Info, AlleleRows],
    names: ContigNames,
    genome: Genome | None,
    min_effect: float,
    statuses: "_Statuses | None",
) -> list[dict[str, str]]:
    """For each record of one contig the values of its fields of INFO, by ID."""
    contig = piece[0][0].decode()
    spelled = [(int(pos), ref.decode(), alts.decode().split(",")) for _, pos, _, ref, alts, *_ in piece]
    alleles = [(pos, ref, alt) for pos, ref, alts in spelled for alt in alts]
    record = [i for i, (_, _, alts) in enumerate(spelled) for _ in alts]
    entries: list[dict[Info, list[tuple[str, Mapping]]]] = [{} for _ in piece]
    if (chrom := names.match(contig)) is not None:
        forms = partial(normal_forms, genome=genome, chrom=genome.names.match(contig) if genome else None)
        found = {info: table.find(chrom, alleles, forms) for info, table in tables.items()}
        with_rows = [any(rows) for rows in zip(*found.values(), strict=True)]
        filtered = statuses.filtered(chrom, alleles, with_rows) if statuses else set()
        for info, rows_of in found.items():
            for number, (i, (_, _, alt), rows) in enumerate(zip(record, alleles, rows_of, strict=True)):
                if number not in filtered:
                    of_allele = [(alt, row) for row in rows if _is_of_record(row, piece[i], alt)]
                    entries[i].setdefault(info, []).extend(of_allele)
    return [_texts(of_record, min_effect) for of_record in entries]


def _is_of_record(row: Mapping, record: Sequence[bytes], alt: str) -> bool:
    """Whether a row tells of this record: symbolic alleles with the same POS, REF and ALT may have other ends."""
    if not alt.startswith("<") or row.get("structural_end") is None:
        return True
    found = read_structure(int(record[1]), alt, record[4].decode().split(",").index(alt), record[7].decode())
    return isinstance(found, Structure) and found.end == row["structural_end"]


def _texts(found: Mapping[Info, Sequence[tuple[str, Mapping]]], min_effect: float) -> dict[str, str]:
    """The values of a record's fields of INFO; of `GENE` the entry of the highest expected impact comes first."""
    texts = {}
    for info, rows in found.items():
        if info is GENE:
            rows = sorted(rows, key=lambda row: -(row[1]["expected_impact"] or 0))
        # An ALT that a record has twice is one allele.
        entries = dict.fromkeys(_entry(info, alt, row, min_effect) for alt, row in rows)
        if entries:
            texts[info.id] = ",".join(entries)
    return texts


def _is_ours(key: bytes) -> bool:
    return key in _IDS


@lru_cache(maxsize=1000)
def _is_ours_or_counts(key: bytes) -> bool:
    return key in _IDS or counts_people(key.decode(errors="replace"))


class _Statuses:
    """The ledger's word on the alleles of one VCF."""

    def __init__(self, ledger: Tables, vcf: str):
        self._rows, self._vcf = AlleleRows(ledger, ("ledger",), ("status", "vcf")), vcf

    def filtered(self, chrom: str, alleles: Sequence[Allele], wanted: Sequence[bool]) -> set[int]:
        """Which of these alleles, in the order of the file, are filtered, of those that are wanted."""
        chosen = [allele for allele, want in zip(alleles, wanted, strict=True) if want]
        if not chosen:
            return set()
        found = zip(chosen, self._rows.find(chrom, chosen, list), strict=True)
        statuses = {allele: [row["status"] for row in rows if row["vcf"] == self._vcf] for allele, rows in found}
        filtered, n_before = set(), Counter[Allele]()
        for number, allele in enumerate(alleles):
            # Equal alleles stand in the ledger in the order of their records.
            of_allele = statuses.get(allele, [])
            if n_before[allele] < len(of_allele) and of_allele[n_before[allele]] == "filtered":
                filtered.add(number)
            n_before[allele] += 1
        return filtered


def _line(fields: Sequence[bytes], entries: Mapping[str, str], left_out: Callable[[bytes], bool]) -> bytes:
    """A record with entries in INFO, and without those that it had or whose key is left out."""
    info = [part for part in fields[7].split(b";") if part not in (b"", b".") and not left_out(part.split(b"=")[0])]
    info += [f"{name}={text}".encode() for name, text in entries.items()]
    return b"\t".join([*fields[:7], b";".join(info) or b".", *fields[8:]]) + b"\n"


def _entry(info: Info, alt: str, row: Mapping, min_effect: float) -> str:
    values = {
        **row,
        "allele": alt,
        "hexamer": _signal(row.get("hexamer_ref")),
        "Consequence": _consequence(info, row, min_effect),
    }
    return "|".join(_text(values[field]) for field in info.fields)


def _signal(letters: str | None) -> str | None:
    """The six bases at the hexamer's place, where they are one."""
    return letters if letters and tier_of(letters) < WORST_TIER else None


def _consequence(info: Info, row: Mapping, min_effect: float) -> str:
    if info is NEW_SITE:
        return "site_created"
    if info is GENE:
        return _GENE_CONSEQUENCE.get(row["direction"], row["direction"])
    delta = row["delta_logodds_narrow"]
    return f"site_{'unchanged' if abs(delta) < min_effect else 'strengthened' if delta > 0 else 'weakened'}"


def _text(value: str | float | int | None) -> str:
    """A value as VCF text: the shortest digits that give the float32 back, and no character that has a meaning in INFO."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(np.float32(value))
    if isinstance(value, int):
        return str(value)
    return quote(value, safe=":+-._&*<>[]/()'!@#$^~{}")
