"""The user's filters of a cohort: config keys `filters`, `min_af`, `max_af` and `regions`."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cyvcf2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.regions import Regions, read_regions
from pasvar.variants.records import frequencies, has_frequencies
from pasvar.variants.vcf import header_ids, open_vcf, read_opened


@dataclass(frozen=True)
class Filters:
    """The conditions that a valid allele must meet to be scored.

    passed: the accepted values of FILTER, `.` for a record without one; None accepts all. min_af, max_af: limits of the
    allele's frequency in its file, both included; an allele without a frequency passes. regions: regions that its REF
    must overlap; None accepts all.
    """

    passed: frozenset[str] | None = None
    min_af: float = 0.0
    max_af: float = 1.0
    regions: Regions | None = None

    @property
    def by_frequency(self) -> bool:
        """Whether the frequency of an allele matters."""
        return self.min_af > 0 or self.max_af < 1

    def open(self, path: Path) -> cyvcf2.VCF:
        """Open a VCF. Genotypes, which cost most time, are read only if frequencies are needed and INFO has none.

        Raises InputError if the file has no frequencies either way, or if no FILTER of the header is one of the
        accepted values.
        """
        vcf = open_vcf(path)
        known = {".", *header_ids(vcf, "FILTER")}
        if self.passed is not None and not self.passed & known:
            raise InputError(
                f"config key `filters`: {path} has no FILTER {', '.join(sorted(self.passed))}; it has {', '.join(sorted(known))}"
            )
        if not self.by_frequency:
            return vcf
        if has_frequencies(vcf) and _tells_one(vcf):
            return open_vcf(path)
        vcf = open_vcf(path, with_samples=True)
        if not vcf.samples:
            raise InputError(
                f"{path}: has neither genotypes nor INFO/AF, nor INFO/AC and INFO/AN, which config keys `min_af` and `max_af` "
                "need (a header that defines them is not enough); leave these keys out"
            )
        return vcf

    def keep_record(self, variant: cyvcf2.Variant) -> bool:
        """Whether a record's FILTER lets it pass."""
        return self._passes(";".join(variant.FILTERS) or ".")

    def keep(self, alleles: pa.Table, chrom: str) -> np.ndarray:
        """Which of table `records.ALLELES` pass, (n,) bool. chrom: the FASTA's name of their contig."""
        kept = np.ones(len(alleles), dtype=bool)
        if self.passed is not None:
            texts = alleles["filter"].combine_chunks().dictionary_encode()
            passes = np.array([self._passes(text) for text in texts.dictionary.to_pylist()], dtype=bool)
            kept &= passes[texts.indices.to_numpy()]
        if self.regions is not None:
            start = alleles["pos"].to_numpy() - 1
            places = zip(start.tolist(), pc.utf8_length(alleles["ref"]).to_pylist(), strict=True)
            kept &= np.array([self.regions.overlap(chrom, low, low + length) for low, length in places], dtype=bool)
        if self.by_frequency:
            # INFO/AF is a float32, and what is written as 0.01 there is to equal a limit of 0.01.
            found = frequencies(alleles)
            kept &= ~((found < np.float32(self.min_af)) | (found > np.float32(self.max_af)))
        return kept

    def _passes(self, text: str) -> bool:
        """Whether all values of a FILTER are accepted."""
        return self.passed is None or self.passed.issuperset(text.split(";"))


EVERYTHING: Filters = Filters()


_FIRST_RECORDS = 1000
"""Number of records in which a frequency is looked for. Usually either every record of a file has one, or none has."""


def _tells_one(vcf: cyvcf2.VCF) -> bool:
    """Whether one of the first records has a frequency in INFO, or the file has no record. The header alone is not
    enough, because it may define a field that no record has."""
    first = list(islice(read_opened(vcf), _FIRST_RECORDS))
    return not first or any(
        _has_number(variant, "AF") or (_has_number(variant, "AC") and _has_number(variant, "AN")) for variant in first
    )


def _has_number(variant: cyvcf2.Variant, key: str) -> bool:
    value = variant.INFO.get(key)
    values = value if isinstance(value, tuple) else (value,)
    return any(isinstance(one, (int, float)) and not isinstance(one, bool) for one in values)


def make_filters(
    filters: Sequence[str], min_af: float, max_af: float, regions: Sequence[str], names: ContigNames
) -> Filters:
    """Filters from the config keys of these names. Raises InputError if a region cannot be used."""
    return Filters(frozenset(filters) or None, min_af, max_af, read_regions(regions, names) if regions else None)
