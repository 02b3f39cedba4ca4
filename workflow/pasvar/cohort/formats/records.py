"""Variants with the genotypes of all people, as arrays, and as lines of a VCF."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from pasvar.contigs import ContigNames

MISSING = -1
"""An unknown allele."""

_GT = '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">'


class Record(NamedTuple):
    """One variant.

    fields: CHROM to INFO, as in a VCF. alleles: int, shape (people, 2), the allele's number, `MISSING` if it is
    unknown. phased, haploid: bool, shape (people,); for haploid people the second allele is ignored.
    """

    fields: tuple[str, ...]
    alleles: np.ndarray
    phased: np.ndarray
    haploid: np.ndarray


class Zones:
    """The regions for which variants are requested."""

    def __init__(self, zones: Mapping[str, Sequence[tuple[int, int]]] | None, names: ContigNames):
        """zones: by contig of the FASTA, 0-based, half-open, disjoint, by position; None: everywhere. names: those of
        the FASTA."""
        self._zones, self._names = zones, names

    def have(self, chrom: str, pos: int, ref: str) -> bool:
        """Whether a variant at 1-based `pos` overlaps one of the regions, or begins directly next to it."""
        if self._zones is None:
            return True
        zones = self._zones.get(self._names.match(chrom) or "", ())
        i = bisect_right(zones, (pos + len(ref), -1))
        return i > 0 and zones[i - 1][1] >= pos - 1


def header_lines(meta: Iterable[str], samples: Iterable[str]) -> list[bytes]:
    """The header of a VCF. meta: lines `##INFO`, `##FILTER` and `##contig` that the file of variants has."""
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT"
    lines = ["##fileformat=VCFv4.3", *meta, _GT, "\t".join([columns, *samples])]
    return [line.encode() for line in lines]


def record_line(record: Record) -> bytes:
    """A line of a VCF, without its end."""
    fields = "\t".join((*record.fields, "GT")).encode()
    return fields + b"\t" + _genotypes(record)


def _genotypes(record: Record) -> bytes:
    """The columns of the people. Nearly all variants have one digit per allele; these are written as an array of
    bytes."""
    alleles = record.alleles
    if alleles.max(initial=0) > 9 or record.haploid.any():
        return b"\t".join(_genotype(*row) for row in zip(alleles.tolist(), record.phased, record.haploid, strict=True))
    text = np.empty((len(alleles), 4), dtype=np.uint8)
    text[:, [0, 2]] = np.where(alleles == MISSING, ord("."), alleles + ord("0"))
    text[:, 1] = np.where(record.phased, ord("|"), ord("/"))
    text[:, 3] = ord("\t")
    return text.tobytes()[:-1]


def _genotype(alleles: list[int], phased: bool, haploid: bool) -> bytes:
    known = ["." if allele == MISSING else str(allele) for allele in alleles[: 1 if haploid else 2]]
    return ("|" if phased else "/").join(known).encode()
