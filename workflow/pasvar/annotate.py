"""The input's VCF records, untouched, with INFO/PASVAR: one entry per allele, gene and site."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import numpy as np
import pysam
from tqdm import tqdm

from pasvar import __version__
from pasvar.constants import MIN_EFFECT
from pasvar.contigs import ContigNames
from pasvar.files import whole
from pasvar.genome import Genome
from pasvar.lookup import AlleleRows, normal_forms
from pasvar.progress import silent
from pasvar.tables import SCORED_ALLELES
from pasvar.vcf import read_lines

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
)
"""Parts of an entry, joined by `|` as VEP does it, so that `bcftools +split-vep -a PASVAR` reads them. Older versions of that
plugin refuse an annotation without a field of the name Consequence. New ones come at the end, for scripts that count."""


class Info(NamedTuple):
    """A field of INFO that a table fills: its entries are a row's values in this order, joined by `|`."""

    id: str
    tables: tuple[str, ...]
    told: str
    fields: tuple[str, ...]

    @property
    def header(self) -> str:
        described = f"{self.told}. Format: {'|'.join(self.fields)}"
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

_IDS = frozenset(name.encode() for name in _CONSEQUENCE_OF)

Tables = str | Path | Sequence[str | Path]
"""A table, or its parts in the order of places."""

RECORDS_AT_ONCE = 5000
NT_AT_ONCE = 5_000_000
"""Over so many nt, the scores that are held for a few records are no more than a row group or two."""


def annotate_vcf(
    vcf: str | Path,
    scores: Tables,
    out: str | Path,
    names: ContigNames,
    made_by: Mapping[str, str],
    min_effect: float = MIN_EFFECT,
    progress: Callable[..., tqdm] = silent,
    more: Mapping[Info, Tables] | None = None,
    genome: Genome | None = None,
    index_suffix: str = ".tbi",
) -> int:
    """Write `vcf` to `out` (bgzipped, indexed) with the scores of its alleles; returns the number of records with an entry.

    scores: table `scores` or `saturation`. more: tables for further fields (`GENE`, `NEW_SITE`). names: of the tables'
    contigs. made_by: header lines, `##pasvar_<key>=<value>`. genome: finds the scores of indels that are spelled further right.
    min_effect: |delta_logodds_narrow| from which Consequence is site_strengthened or site_weakened, else site_unchanged.
    index_suffix: .csi where the contigs are longer than 2^29.
    But for INFO, records are what they were to the letter, and in order; an older annotation is replaced. The file appears whole
    or not at all. Raises InputError where the VCF is damaged.
    """
    header, records = read_lines(vcf)
    n_annotated = 0
    sources = {SITE: scores, **(more or {})}
    with ExitStack() as stack:
        tables = {info: AlleleRows(paths, info.tables, info.columns) for info, paths in sources.items()}
        index, beside = stack.enter_context(whole(f"{out}{index_suffix}")), stack.enter_context(whole(out))
        bar = stack.enter_context(progress(total=None, unit="records"))
        with pysam.BGZFile(str(beside), "w") as file:
            file.write(b"".join(line + b"\n" for line in _with_our_lines(header, tables, made_by)))
            for piece in _pieces(records):
                entries = _entries(piece, tables, names, genome, min_effect)
                file.write(b"".join(_line(fields, of_record) for fields, of_record in zip(piece, entries, strict=True)))
                n_annotated += sum(map(bool, entries))
                bar.update(len(piece))
        pysam.tabix_index(str(beside), preset="vcf", index=str(index), csi=index_suffix == ".csi", force=True)
    return n_annotated


def _with_our_lines(header: Iterable[bytes], tables: Iterable[Info], made_by: Mapping[str, str]) -> list[bytes]:
    ours = tuple(f"##INFO=<ID={info.id},".encode() for info in tables)
    *lines, columns = [line for line in header if not line.startswith((b"##pasvar_", *ours))]
    about = {"pasvar_version": __version__, **made_by}
    lines += [info.header.encode() for info in tables]
    lines += [f"##pasvar_{key.removeprefix('pasvar_')}={value}".encode() for key, value in about.items()]
    return [*lines, columns]


def _pieces(records: Iterable[bytes]) -> Iterator[list[list[bytes]]]:
    """Runs of neighbouring records, split into fields, of which the last one is all that follows INFO."""
    piece: list[list[bytes]] = []
    for line in records:
        fields = line.split(b"\t", 8)
        if piece and (
            len(piece) == RECORDS_AT_ONCE or fields[0] != piece[0][0] or int(fields[1]) - int(piece[0][1]) > NT_AT_ONCE
        ):
            yield piece
            piece = []
        piece.append(fields)
    if piece:
        yield piece


def _entries(
    piece: Sequence[Sequence[bytes]],
    tables: Mapping[Info, AlleleRows],
    names: ContigNames,
    genome: Genome | None,
    min_effect: float,
) -> list[dict[str, str]]:
    """For each record of one contig the values of its fields of INFO, by ID."""
    contig = piece[0][0].decode()
    spelled = [(int(pos), ref.decode(), alts.decode().split(",")) for _, pos, _, ref, alts, *_ in piece]
    alleles = [(pos, ref, alt) for pos, ref, alts in spelled for alt in alts]
    record = [i for i, (_, _, alts) in enumerate(spelled) for _ in alts]
    entries: list[dict[str, list[str]]] = [{} for _ in piece]
    if (chrom := names.match(contig)) is not None:
        forms = partial(normal_forms, genome=genome, chrom=genome and genome.names.match(contig))
        for info, table in tables.items():
            for i, (_, _, alt), rows in zip(record, alleles, table.find(chrom, alleles, forms), strict=True):
                if rows:
                    entries[i].setdefault(info.id, []).extend(_entry(info, alt, row, min_effect) for row in rows)
    return [{name: ",".join(texts) for name, texts in of_record.items()} for of_record in entries]


def _line(fields: Sequence[bytes], entries: Mapping[str, str]) -> bytes:
    """A record with entries in INFO, and without those that it had."""
    info = [part for part in fields[7].split(b";") if part != b"." and part.split(b"=")[0] not in _IDS]
    info += [f"{name}={text}".encode() for name, text in entries.items()]
    return b"\t".join([*fields[:7], b";".join(info) or b".", *fields[8:]]) + b"\n"


def _entry(info: Info, alt: str, row: Mapping, min_effect: float) -> str:
    values = {
        **row,
        "allele": alt,
        "hexamer": row.get("hexamer_ref"),
        "Consequence": _consequence(info, row, min_effect),
    }
    return "|".join(_text(values[field]) for field in info.fields)


def _consequence(info: Info, row: Mapping, min_effect: float) -> str:
    if info is NEW_SITE:
        return "site_created"
    if info is GENE:
        return "3utr_unchanged" if row["direction"] == "none" else f"3utr_{row['direction']}"
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
