"""Alleles given as a data frame, written as a VCF, so that the reader of VCF files can read them too."""

from pathlib import Path

import pandas as pd
import pysam

from pasvar.errors import InputError
from pasvar.tables import ALLELE

_INFO = {
    "END": 'Number=1,Type=Integer,Description="Last base of the change"',
    "SVLEN": 'Number=A,Type=Integer,Description="Length of the change"',
    "CIPOS": 'Number=2,Type=Integer,Description="Interval around POS"',
    "CIEND": 'Number=2,Type=Integer,Description="Interval around END"',
    "IMPRECISE": 'Number=0,Type=Flag,Description="The ends are uncertain"',
}
"""The fields of INFO that describe a symbolic allele, as `structural.read_structure` reads them."""


def write_alleles(alleles: pd.DataFrame, path: Path) -> Path:
    """Write a bgzipped VCF, sorted by position, with one record per allele, and its index (.csi); returns the path.

    alleles: chrom, pos (1-based), ref and alt, and optionally id and info (INFO of symbolic alleles, of which only
    `_INFO` is written).
    Raises InputError if a column is missing or a value is not allowed in a VCF.
    """
    missing = [name for name in ALLELE if name not in alleles.columns]
    if missing:
        raise InputError(f"a frame of variants has the columns {', '.join(ALLELE)}; {', '.join(missing)} is missing")
    more = {name: alleles[name].fillna(".") if name in alleles else "." for name in ("id", "info")}
    rows = alleles[ALLELE].assign(**more)
    texts = rows[["chrom", "ref", "alt", "id"]].astype(str)
    odd = (texts.eq("") | texts.apply(lambda column: column.str.contains(r"[\s,;]", regex=True))).any(axis=1)
    pos = pd.to_numeric(rows.pos, errors="coerce")
    odd |= pos.isna() | (pos < 1) | (pos % 1 != 0) | rows["info"].str.contains(r"\s", regex=True)
    if odd.any():
        row = rows[odd].iloc[0]
        raise InputError(f"variant {row.chrom}:{row.pos}:{row.ref}:{row.alt} cannot be written as a VCF record")
    rows = rows.assign(pos=pos.astype("int64"))
    order = {chrom: i for i, chrom in enumerate(dict.fromkeys(rows.chrom))}
    rows = rows.assign(_contig=rows.chrom.map(order)).sort_values(["_contig", "pos"], kind="stable")
    with pysam.BGZFile(str(path), "w", None) as file:
        contigs = "".join(f"##contig=<ID={chrom}>\n" for chrom in order)
        fields = "".join(f"##INFO=<ID={name},{kind}>\n" for name, kind in _INFO.items())
        header = f"##fileformat=VCFv4.3\n{fields}{contigs}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"
        file.write(header.encode())
        for row in rows.itertuples():
            # htslib writes a message to stderr about a field that the header does not define.
            info = ";".join(part for part in row.info.split(";") if part.partition("=")[0] in _INFO) or "."
            file.write(f"{row.chrom}\t{row.pos}\t{row.id}\t{row.ref}\t{row.alt}\t.\t.\t{info}\n".encode())
    pysam.tabix_index(str(path), preset="vcf", csi=True, force=True)
    return path
