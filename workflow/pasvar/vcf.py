"""VCF and BCF files, record by record: region by region with cyvcf2, or as lines of text."""

import warnings
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TypeVar

import cyvcf2
import numpy as np
import pysam

from pasvar.errors import InputError
from pasvar.files import index_path

T = TypeVar("T")

_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block with which every whole bgzipped file ends (SAM specification, section 4.1.2)."""


def open_vcf(path: str | Path, with_samples: bool = False) -> cyvcf2.VCF:
    """A VCF or BCF that has an index. Raises InputError else. Genotypes, which cost most, are parsed only `with_samples`."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such VCF file (config key `vcf`)")
    if index_path(path) is None:
        raise InputError(f"{path}: has no index (.tbi or .csi); make one with: bcftools index --tbi {path.name}")
    if not _is_whole(path):
        raise InputError(
            f"{path}: is cut short (its last block is not the end marker of a bgzipped file); fetch or write it again"
        )
    try:
        return cyvcf2.VCF(str(path)) if with_samples else cyvcf2.VCF(str(path), samples=[])
    except Exception as error:  # cyvcf2 raises bare Exceptions
        raise InputError(f"{path}: cannot be read as VCF or BCF ({error})") from error


def indexed_contigs(path: str | Path) -> list[str]:
    """The contigs that a VCF or BCF has records on, by its index, in its spelling. Raises InputError as `open_vcf` does."""
    open_vcf(path)
    with pysam.VariantFile(str(path)) as file:
        # That of a BCF has those of the header that have none, too.
        return [contig for contig in file.index if next(_until_damaged(path, file.fetch(contig)), None)]


def _is_whole(path: Path) -> bool:
    """Whether a file ends as bgzip ends one. htslib only warns of it, and what is missing would be taken for not there."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - len(_BGZF_END), 0))
        return file.read() == _BGZF_END


def read_lines(path: str | Path) -> tuple[list[bytes], Iterator[bytes]]:
    """Header and records of a VCF as the lines that it has, without their ends; of a BCF as bcftools would write them.

    Raises InputError where it cannot be opened, as `open_vcf` does, and, while records are read, where it is damaged.
    """
    opened = open_vcf(path, with_samples=True)
    with pysam.BGZFile(str(path)) as file:
        binary = file.read(3) == b"BCF"
    if binary:
        text = (str(variant).rstrip("\n").encode() for variant in opened)
        return opened.raw_header.strip("\n\0").encode().split(b"\n"), _until_damaged(path, text)
    lines = _until_damaged(path, _text_lines(path))
    header = []
    for line in lines:
        if not line.startswith(b"#"):
            return header, chain([line], lines)
        header.append(line)
    return header, iter(())


def _text_lines(path: str | Path) -> Iterator[bytes]:
    with pysam.BGZFile(str(path)) as file:  # which tells of damage when it is closed
        yield from file


def _until_damaged(path: str | Path, lines: Iterator[T]) -> Iterator[T]:
    try:
        yield from lines
    except Exception as error:  # cyvcf2 raises bare Exceptions
        raise InputError(f"{path}: is damaged ({error}); check it with: bcftools view") from error


def variants_between(
    vcf: cyvcf2.VCF, contig: str, start: int, end: int, begin: int | None = None
) -> Iterator[cyvcf2.Variant]:
    """The records of `contig` (the VCF's name) whose POS lies in [start, end), 0-based.

    begin: also those that reach into it, with a POS from here on. Raises InputError where the file is damaged.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no intervals found")
        try:
            for variant in vcf(f"{contig}:{start + 1}-{end}"):
                # The index also gives records that begin before the region and reach into it.
                if (start if begin is None else begin) < variant.POS:
                    yield variant
        except Exception as error:  # cyvcf2 raises bare Exceptions
            raise InputError(
                f"{contig}:{start + 1}-{end}: the VCF of this contig is damaged there ({error}); check it with: bcftools view"
            ) from error


def header_ids(vcf: cyvcf2.VCF, kind: str) -> list[str]:
    """The IDs that a header defines of FILTER or INFO."""
    return [line["ID"] for line in vcf.header_iter() if line.type == kind]


def read_genotypes(variant: cyvcf2.Variant) -> tuple[np.ndarray, np.ndarray]:
    """(samples, ploidy) allele numbers, -1 missing, -2 padding of a lower ploidy; and whether each call is phased (samples,).

    For a record that has GT, of a file opened with its samples. Raises InputError where they cannot be read.
    """
    try:
        calls = variant.genotype.array()
    except Exception as error:  # cyvcf2 raises bare Exceptions
        raise InputError(f"{variant.CHROM}:{variant.POS}: genotypes cannot be read ({error})") from error
    return calls[:, :-1], calls[:, -1].astype(bool)
