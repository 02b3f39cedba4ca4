"""The input's VCF records, untouched, with INFO/PASVAR: one entry per allele, gene and site."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import cyvcf2
import numpy as np
import pyarrow.compute as pc
import pysam
from tqdm import tqdm

from pasvar import __version__
from pasvar.constants import MIN_EFFECT
from pasvar.contigs import ContigNames
from pasvar.files import whole
from pasvar.progress import silent
from pasvar.tables import SCORED_ALLELES, open_table
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
"""Fields that are no columns of the scores, and the columns that they are made from."""

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
    chrom, entries = None, {}
    with whole(f"{out}.tbi") as index, whole(out) as beside, progress(total=None, unit="records") as bar:
        writer = cyvcf2.Writer(str(beside), reader, mode="wz")
        for variant in reader:
            if chrom != variant.CHROM:
                chrom = variant.CHROM
                entries = _entries(scores, names.match(chrom), min_effect)
            found = [entry for alt in variant.ALT for entry in entries.get((variant.POS, variant.REF, alt), ())]
            if found:
                variant.INFO["PASVAR"] = ",".join(found)
                n_annotated += 1
            writer.write_record(variant)
            bar.update(1)
        writer.close()
        pysam.tabix_index(str(beside), preset="vcf", index=str(index), force=True)
    return n_annotated


def _entries(scores: str | Path, chrom: str | None, min_effect: float) -> dict[tuple[int, str, str], list[str]]:
    """The entries of one contig by (pos, ref, alt)."""
    found: dict[tuple[int, str, str], list[str]] = {}
    for row in _rows(scores, chrom) if chrom is not None else ():
        found.setdefault((row["pos"], row["ref"], row["alt"]), []).append(_entry(row, min_effect))
    return found


def _rows(scores: str | Path, chrom: str) -> Iterator[dict]:
    """The rows of one contig; of the file's row groups only those that may hold it are read."""
    with open_table(scores, SCORED_ALLELES) as file:
        column = file.schema_arrow.get_field_index("chrom")
        for i in range(file.num_row_groups):
            limits = file.metadata.row_group(i).column(column).statistics
            if limits is not None and not limits.min <= chrom <= limits.max:
                continue
            group = file.read_row_group(i, columns=["chrom", *_COLUMNS])
            yield from group.filter(pc.equal(group["chrom"], chrom)).select(_COLUMNS).to_pylist()


def _entry(row: Mapping, min_effect: float) -> str:
    delta = row["delta_logodds_narrow"]
    direction = "unchanged" if abs(delta) < min_effect else "strengthened" if delta > 0 else "weakened"
    values = {
        **row,
        "allele": row["alt"],
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
