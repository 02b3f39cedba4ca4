"""The input's VCF records, untouched, with INFO/PASVAR: one entry per allele, gene and site."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import cyvcf2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pysam
from tqdm import tqdm

from pasvar import __version__
from pasvar.constants import MIN_EFFECT
from pasvar.contigs import ContigNames
from pasvar.files import whole
from pasvar.progress import silent
from pasvar.tables import SCORED_ALLELES, TABLES, open_table
from pasvar.vcf import open_vcf

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
    def header(self) -> dict[str, str]:
        described = f"{self.told}. Format: {'|'.join(self.fields)}"
        return {"ID": self.id, "Number": ".", "Type": "String", "Description": described}

    @property
    def columns(self) -> list[str]:
        """The columns of the table that an entry needs."""
        made_of = {"allele": "alt", "hexamer": "hexamer_ref", "Consequence": _CONSEQUENCE_OF[self.id]}
        return list(dict.fromkeys(["pos", "ref", "alt", *(made_of.get(field, field) for field in self.fields)]))


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


def annotate_vcf(
    vcf: str | Path,
    scores: str | Path,
    out: str | Path,
    names: ContigNames,
    made_by: Mapping[str, str],
    min_effect: float = MIN_EFFECT,
    progress: Callable[..., tqdm] = silent,
    more: Mapping[Info, str | Path] | None = None,
) -> int:
    """Write `vcf` to `out` (bgzipped, indexed) with the scores of its alleles; returns the number of records with an entry.

    scores: table `scores` or `saturation`. more: tables for further fields (`GENE`, `NEW_SITE`). names: the FASTA's contig
    names. made_by: header lines, `##pasvar_<key>=<value>`.
    min_effect: |delta_logodds_narrow| from which Consequence is site_strengthened or site_weakened, else site_unchanged.
    Records keep their order and all else. The file appears whole or not at all.
    """
    reader = open_vcf(vcf, with_samples=True)
    sources = {SITE: scores, **(more or {})}
    for info in sources:
        reader.add_info_to_header(info.header)
    for key, value in {"pasvar_version": __version__, **made_by}.items():
        reader.add_to_header(f"##pasvar_{key.removeprefix('pasvar_')}={value}")
    n_annotated = 0
    chrom, scored = None, {}
    with ExitStack() as stack:
        tables = {info: stack.enter_context(open_table(path, info.tables)) for info, path in sources.items()}
        index, beside = stack.enter_context(whole(f"{out}.tbi")), stack.enter_context(whole(out))
        bar = stack.enter_context(progress(total=None, unit="records"))
        writer = cyvcf2.Writer(str(beside), reader, mode="wz")
        for variant in reader:
            if chrom != variant.CHROM:
                chrom = variant.CHROM
                scored = {
                    info: _ContigScores(table, names.match(chrom), info.columns) for info, table in tables.items()
                }
            n_annotated += _annotate(variant, scored, min_effect)
            writer.write_record(variant)
            bar.update(1)
        writer.close()
        pysam.tabix_index(str(beside), preset="vcf", index=str(index), force=True)
    return n_annotated


def _annotate(variant: cyvcf2.Variant, scored: Mapping[Info, "_ContigScores"], min_effect: float) -> bool:
    """Give a record its entries; whether it has any."""
    found = False
    for info, scores in scored.items():
        rows = [(alt, row) for alt in variant.ALT for row in scores.rows(variant.POS, variant.REF, alt)]
        if rows:
            variant.INFO[info.id] = ",".join(_entry(info, alt, row, min_effect) for alt, row in rows)
            found = True
    return found


class _ContigScores:
    """The rows of one contig in a table of scores, found by position; only those that are asked for leave arrow."""

    def __init__(self, file: pq.ParquetFile, chrom: str | None, columns: list[str]):
        """chrom: as the table has it; None for a contig that it lacks. Row groups that cannot hold it are not read."""
        schema = file.schema_arrow
        self._any_spelling = schema.equals(TABLES["saturation"].schema)
        groups = []
        column = schema.get_field_index("chrom")
        for i in range(file.num_row_groups if chrom is not None else 0):
            limits = file.metadata.row_group(i).column(column).statistics
            if limits is None or limits.min <= chrom <= limits.max:
                group = file.read_row_group(i, columns=["chrom", *columns])
                groups.append(group.filter(pc.equal(group["chrom"], chrom)).select(columns))
        rows = pa.concat_tables(groups or [schema.empty_table().select(columns)])
        self._columns = {name: rows[name].combine_chunks() for name in columns}
        self._pos = self._columns["pos"].to_numpy()

    def rows(self, pos: int, ref: str, alt: str) -> list[dict]:
        """The rows of an allele, in the table's order.

        Table `scores` has alleles as the VCF spells them; `saturation` has substitutions without the bases around them.
        """
        if self._any_spelling:
            pos, ref, alt = _bare(pos, ref, alt)
        start, end = np.searchsorted(self._pos, (pos, pos + 1))
        found = ({name: column[i].as_py() for name, column in self._columns.items()} for i in range(start, end))
        return [row for row in found if (row["ref"], row["alt"]) == (ref, alt)]


def _bare(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """A substitution of one base in capitals and without what REF and ALT share around it; anything else as it is."""
    if len(ref) == len(alt):
        changed = [i for i, (old, new) in enumerate(zip(ref.upper(), alt.upper(), strict=True)) if old != new]
        if len(changed) == 1:
            return pos + changed[0], ref[changed[0]].upper(), alt[changed[0]].upper()
    return pos, ref, alt


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
