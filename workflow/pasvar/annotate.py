"""The input's VCF records, untouched, with INFO/PASVAR: one entry per allele, gene and site."""

from collections.abc import Callable, Mapping
from pathlib import Path
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

_INFO = {
    "ID": "PASVAR",
    "Number": ".",
    "Type": "String",
    "Description": f"Effects on cleavage and polyadenylation, per allele, gene and site. Format: {'|'.join(FIELDS)}",
}
_MADE_HERE = {"allele": "alt", "hexamer": "hexamer_ref", "Consequence": "delta_logodds_narrow"}
"""Fields that are no columns of the scores, and columns that they are made from."""

_COLUMNS = list(dict.fromkeys(["pos", "ref", "alt", *(_MADE_HERE.get(field, field) for field in FIELDS)]))


def annotate_vcf(
    vcf: str | Path,
    scores: str | Path,
    out: str | Path,
    names: ContigNames,
    made_by: Mapping[str, str],
    min_effect: float = MIN_EFFECT,
    progress: Callable[..., tqdm] = silent,
) -> int:
    """Write `vcf` to `out` (bgzipped, indexed) with the scores of its alleles; returns the number of records with an entry.

    scores: table `scores` or `saturation`. names: the FASTA's contig names. made_by: header lines, `##pasvar_<key>=<value>`.
    min_effect: |delta_logodds_narrow| from which Consequence is site_strengthened or site_weakened, else site_unchanged.
    Records keep their order and all else. The file appears whole or not at all.
    """
    reader = open_vcf(vcf, with_samples=True)
    reader.add_info_to_header(_INFO)
    for key, value in {"pasvar_version": __version__, **made_by}.items():
        reader.add_to_header(f"##pasvar_{key.removeprefix('pasvar_')}={value}")
    n_annotated = 0
    chrom, scored = None, None
    with (
        open_table(scores, SCORED_ALLELES) as table,
        whole(f"{out}.tbi") as index,
        whole(out) as beside,
        progress(total=None, unit="records") as bar,
    ):
        writer = cyvcf2.Writer(str(beside), reader, mode="wz")
        for variant in reader:
            if chrom != variant.CHROM:
                chrom = variant.CHROM
                scored = _ContigScores(table, names.match(chrom))
            rows = [(alt, row) for alt in variant.ALT for row in scored.rows(variant.POS, variant.REF, alt)]
            if rows:
                variant.INFO["PASVAR"] = ",".join(_entry(alt, row, min_effect) for alt, row in rows)
                n_annotated += 1
            writer.write_record(variant)
            bar.update(1)
        writer.close()
        pysam.tabix_index(str(beside), preset="vcf", index=str(index), force=True)
    return n_annotated


class _ContigScores:
    """The rows of one contig in a table of scores, found by position; only those that are asked for leave arrow."""

    def __init__(self, file: pq.ParquetFile, chrom: str | None):
        """chrom: as the table has it; None for a contig that it lacks. Row groups that cannot hold it are not read."""
        schema = file.schema_arrow
        self._any_spelling = schema.equals(TABLES["saturation"].schema)
        groups = []
        column = schema.get_field_index("chrom")
        for i in range(file.num_row_groups if chrom is not None else 0):
            limits = file.metadata.row_group(i).column(column).statistics
            if limits is None or limits.min <= chrom <= limits.max:
                group = file.read_row_group(i, columns=["chrom", *_COLUMNS])
                groups.append(group.filter(pc.equal(group["chrom"], chrom)).select(_COLUMNS))
        rows = pa.concat_tables(groups or [schema.empty_table().select(_COLUMNS)])
        self._columns = {name: rows[name].combine_chunks() for name in _COLUMNS}
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


def _entry(alt: str, row: Mapping, min_effect: float) -> str:
    delta = row["delta_logodds_narrow"]
    direction = "unchanged" if abs(delta) < min_effect else "strengthened" if delta > 0 else "weakened"
    values = {
        **row,
        "allele": alt,
        "hexamer": row["hexamer_ref"],
        "Consequence": f"site_{direction}",
    }
    return "|".join(_text(values[field]) for field in FIELDS)


def _text(value: str | float | None) -> str:
    """A value as VCF text: the shortest digits that give the float32 back, and no character that has a meaning in INFO."""
    if value is None:
        return ""
    if isinstance(value, float):
        return str(np.float32(value))
    return quote(value, safe=":+-._&*<>[]/()'!@#$^~{}")
