"""Genotypes of PLINK 2 (.pgen, .pvar, .psam) and PLINK 1 (.bed, .bim, .fam), decoded by pgenlib."""

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from pasvar.cohort.formats.records import MISSING, Record, Zones
from pasvar.cohort.formats.reference import ReferenceBases, reference_comes_first
from pasvar.errors import InputError
from pasvar.genotype_files import GenotypeFiles

_HAPLOID_IN_MEN = {"X", "Y"}
_HAPLOID = {"MT", "M"}
"""Contigs, without `chr`, for which PLINK writes a haploid genotype as two equal alleles. The pseudoautosomal regions
have their own names there, PAR1 and PAR2."""

_VCF_COLUMNS = ("CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")
_BIM_COLUMNS = ("CHROM", "ID", "CM", "POS", "ALT", "REF")
_PLINK_NUMBERS = {"23": "X", "24": "Y", "25": "X", "26": "MT"}
"""PLINK 1's codes of contigs whose names are not numbers; 25 is the pseudoautosomal part of X."""


class People(NamedTuple):
    """names, and which people are male (sex 1)."""

    names: list[str]
    men: np.ndarray


def read_plink(
    files: GenotypeFiles, bases: ReferenceBases, zones: Zones
) -> tuple[list[str], list[str], Iterator[Record]]:
    """Header lines of the variants, names of the people, and the variants in `zones`.

    Only hard calls are read. An unphased heterozygous call stays unphased. A .bed does not say which allele is the
    reference; the allele that the genome has is taken as the reference. Raises InputError if a file is damaged or does
    not belong to the others.
    """
    people = _read_people(files.samples)
    old = files.kind == ".bed"
    meta, rows = _read_variants(files.variants, old)
    if old:
        pairs = ((fields[0], int(fields[1]), fields[3], fields[4]) for fields in _read_variants(files.variants, old)[1])
        a2_first = reference_comes_first(pairs, bases, files.variants)
        return (
            meta,
            people.names,
            _records(files, people, (_swapped(row, a2_first, bases) for row in rows), None, zones),
        )
    alleles = np.array([1 + len(_alternates(fields[4])) for fields in _read_variants(files.variants, old)[1]])
    offsets = np.concatenate([[0], np.cumsum(alleles)]).astype(np.uintp) if (alleles > 2).any() else None
    return meta, people.names, _records(files, people, ((row, False) for row in rows), offsets, zones)


def _records(
    files: GenotypeFiles,
    people: People,
    rows: Iterator[tuple[tuple[str, ...], bool]],
    offsets: np.ndarray | None,
    zones: Zones,
) -> Iterator[Record]:
    """rows: fields of each variant, and whether its two alleles must be exchanged."""
    import pgenlib  # an extra: only cohorts in these formats need it

    n = len(people.names)
    try:
        reader = pgenlib.PgenReader(files.genotypes.encode(), raw_sample_ct=n, allele_idx_offsets=offsets)
    except RuntimeError as error:
        raise InputError(
            f"{files.genotypes}: is no genotype file for the {n} people of {files.samples} ({error})"
        ) from error
    codes, phase, nobody = np.empty(2 * n, np.int32), np.empty(n, bool), np.zeros(n, bool)
    with closing(reader):
        n_variants = reader.get_variant_ct()
        i = -1
        for i, (fields, exchange) in enumerate(rows):
            if i >= n_variants:
                break
            if not zones.have(fields[0], int(fields[1]), fields[3]):
                continue
            try:
                reader.read_alleles_and_phasepresent(i, codes, phase)
            except RuntimeError as error:
                raise InputError(
                    f"{files.genotypes}: variant {i + 1} ({fields[0]}:{fields[1]}) cannot be read ({error})"
                ) from error
            alleles = np.where(codes < 0, MISSING, codes).reshape(n, 2)
            if exchange:
                alleles = np.where(alleles == MISSING, MISSING, 1 - alleles)
            contig = fields[0].removeprefix("chr")
            haploid = people.men if contig in _HAPLOID_IN_MEN else (~nobody if contig in _HAPLOID else nobody)
            homozygous = alleles[:, 0] == alleles[:, 1]
            # Only heterozygous calls have a phase. If they have one, PLINK writes all calls as phased.
            yield Record(fields, alleles, phase | homozygous, haploid & homozygous)
        if i + 1 != n_variants:
            raise InputError(
                f"{files.genotypes} has {n_variants} variants, {files.variants} another number; give files of one cohort"
            )


def _swapped(fields: tuple[str, ...], a2_first: bool, bases: ReferenceBases) -> tuple[tuple[str, ...], bool]:
    """Fields with the genome's allele as REF, and whether that allele is A1, so that allele numbers must be
    exchanged."""
    chrom, pos, a2, a1 = fields[0], int(fields[1]), fields[3], fields[4]
    likely, other = (a2, a1) if a2_first else (a1, a2)
    if not bases.has(chrom, pos, likely) and bases.has(chrom, pos, other):
        likely, other = other, likely
    return (*fields[:3], likely, other, *fields[5:]), likely == a1


def _alternates(field: str) -> list[str]:
    return field.split(",")


def _read_people(path: str) -> People:
    """Of a .psam or .fam; a .psam without header has the columns of a .fam."""
    columns = ["#FID", "IID", "PAT", "MAT", "SEX"]
    names, sexes = [], []
    with open(path, newline="") as file:
        for number, line in enumerate(file, start=1):
            values = line.split()
            if line.startswith(("#IID", "#FID")):
                columns = values
            elif values and not line.startswith("##"):
                row = dict(zip([column.lstrip("#") for column in columns], values, strict=False))
                if "IID" not in row:
                    raise InputError(f"{path}, line {number}: expected the columns {', '.join(columns)}")
                names.append(row["IID"])
                sexes.append(row.get("SEX", "0"))
    if len(set(names)) < len(names):
        raise InputError(f"{path}: two people have one name (IID); give each a name of its own")
    return People(names, np.array([sex in ("1", "M", "m", "male") for sex in sexes], dtype=bool))


def _read_variants(path: str, old: bool) -> tuple[list[str], Iterator[tuple[str, ...]]]:
    """Header lines of a .pvar (a VCF without people is also accepted), and CHROM to INFO of each variant of a .pvar or
    .bim."""
    text = _lines(path)
    meta = []
    columns = list(_BIM_COLUMNS)
    first: str | None = None
    for line in text:
        if line.startswith("##"):
            if line.startswith(("##INFO", "##FILTER", "##contig")):
                meta.append(line)
        elif line.startswith("#CHROM") and not old:
            columns = line.lstrip("#").split("\t")
        else:
            first = line
            break
    return meta, _variant_fields(path, first, text, columns, old)


def _variant_fields(
    path: str, first: str | None, text: Iterator[str], columns: list[str], old: bool
) -> Iterator[tuple[str, ...]]:
    place = {column: i for i, column in enumerate(columns)}
    lines = iter(()) if first is None else iter([first])
    for source in (lines, text):
        for line in source:
            values = line.split() if old else line.split("\t")
            if len(values) < len(columns):
                raise InputError(f"{path}: expected {len(columns)} columns ({', '.join(columns)}) in: {line[:80]}")
            fields = [values[place[column]] if column in place else "." for column in _VCF_COLUMNS]
            if old:
                fields[0] = _PLINK_NUMBERS.get(fields[0], fields[0])
            yield tuple(fields)


def _lines(path: str) -> Iterator[str]:
    """Lines of a text that may be compressed (.zst, .gz), without their ends."""
    kind = {".zst": "zstd", ".gz": "gzip"}.get(Path(path).suffix)
    try:
        with pa.input_stream(path, compression=kind) as stream, io.TextIOWrapper(io.BufferedReader(stream)) as lines:
            for line in lines:
                yield line.rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as variants of PLINK ({error})") from error
