"""Genotypes of a cohort's scored alleles, read once, record by record, from one VCF file or several."""

import heapq
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd

from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.tables import ALLELE
from pasvar.variants import Filters, open_vcf, read_genotypes, variants_between

_GAP = 2000
"""Scored alleles closer than this many nt are read together: a seek costs about as much as the records between
(measured with 503 and with 2,504 people)."""

_MISSING = np.iinfo(np.int32).min
"""htslib's value for a missing integer."""

_LOCAL = {"LGT", "LAA"}
"""FORMAT keys that together give genotypes numbered by the alleles that are relevant for a person (VCF 4.5
specification, local alleles)."""


class Cohort:
    """The people of all VCF files of a run that have people, by name; a person may be in several files."""

    def __init__(self, vcfs: Iterable[str | Path]):
        opened = [(Path(path), open_vcf(path, with_samples=True)) for path in vcfs]
        self.paths = [path for path, vcf in opened if vcf.samples]
        self.vcfs = [vcf for _, vcf in opened if vcf.samples]
        self.people = sorted({sample for vcf in self.vcfs for sample in vcf.samples})
        place = {person: i for i, person in enumerate(self.people)}
        self.places = [np.array([place[sample] for sample in vcf.samples], dtype=np.int64) for vcf in self.vcfs]


class Calls:
    """The calls of one record.

    key: (chrom, pos, ref, alt) of each requested allele, by its number in the record.
    people: (n,) indices of the people in the cohort. alleles: (n, haplotypes) allele numbers, 0 for REF, -1 missing, -2
    no such haplotype.
    phase_sets: (n,) numbers from 1; the unphased calls of a record have a separate set.
    ploidy: (n,) number of haplotypes of each person, 0 if none is called.
    copies, n_called: for each allele of `key`, its (index of person, haplotype) and the number of calls that are not
    missing.
    file: number of the record's file in the cohort. has_genotypes: False for a record without GT, in which nothing is
    called.
    """

    def __init__(
        self,
        key: dict[int, tuple],
        people: np.ndarray,
        alleles: np.ndarray,
        phase_sets: np.ndarray,
        had: dict[int, np.ndarray],
        file: int = 0,
        has_genotypes: bool = True,
    ):
        """had: for some alleles of `key`, the people (n,) who had a call of the allele in an earlier record; here they
        get REF for it."""
        for number, people_before in had.items():
            alleles[people_before[:, None] & (alleles == number)] = 0
        self.key, self.people, self.alleles, self.phase_sets = key, people, alleles, phase_sets
        self.file, self.has_genotypes = file, has_genotypes
        self.ploidy = np.full(len(alleles), alleles.shape[1])
        if alleles.min(initial=0) < 0:
            self.ploidy = np.where((alleles >= 0).any(axis=1), (alleles > -2).sum(axis=1), 0)
        self.copies = {number: np.nonzero(alleles == number) for number in key}
        n_called = int((alleles >= 0).sum())
        self.n_called = {
            number: n_called - int((alleles[had[number]] >= 0).sum()) if number in had else n_called for number in key
        }


def read_calls(alleles: pd.DataFrame, cohort: Cohort, names: ContigNames, filters: Filters) -> Iterator[Calls]:
    """The calls of scored alleles, by position, record by record.

    alleles: rows with chrom (the FASTA's name), pos, ref and alt, by position within each contig.
    Records whose FILTER does not pass are left out. If a person has calls of an allele in several records, of one file
    or of several, the first one counts, and the others are reference calls.
    A phase set belongs to one file: a phased call without PS is in the set of all such calls of the file (VCF
    specification).
    Raises InputError if genotypes cannot be read.
    """
    phase_sets = _PhaseSets()
    for chrom, rows in alleles[ALLELE].drop_duplicates().groupby("chrom", sort=False):
        wanted = set(rows.itertuples(index=False, name=None))
        positions = set(rows.pos)
        runs = (rows.pos.diff() > _GAP).cumsum()
        for _, run in rows.pos.groupby(runs, sort=False):
            start, end = int(run.min()) - 1, int(run.max())
            files = [_records(vcf, number, names, chrom, start, end) for number, vcf in enumerate(cohort.vcfs)]
            for pos, records in groupby(heapq.merge(*files, key=_position), key=_position):
                if pos in positions:
                    here = [record for record in records if filters.keep_record(record[1])]
                    yield from _calls_at(chrom, here, wanted, cohort, phase_sets)


def _position(record: tuple[int, cyvcf2.Variant]) -> int:
    return record[1].POS


def _records(
    vcf: cyvcf2.VCF, number: int, names: ContigNames, chrom: str, start: int, end: int
) -> Iterable[tuple[int, cyvcf2.Variant]]:
    """(number of the file, record) for the records of a region, by position."""
    contigs = [contig for contig in vcf.seqnames if names.match(contig) == chrom]
    found = ((number, variant) for contig in contigs for variant in variants_between(vcf, contig, start, end))
    return found if len(contigs) < 2 else sorted(found, key=_position)


def _calls_at(
    chrom: str,
    records: list[tuple[int, cyvcf2.Variant]],
    wanted: set[tuple],
    cohort: Cohort,
    phase_sets: "_PhaseSets",
) -> Iterator[Calls]:
    """The calls of the records of one position."""
    keys = [_numbers_of(variant, chrom, wanted) for _, variant in records]
    n_records = Counter(chain.from_iterable(key.keys() for key in keys))
    had = {key: np.zeros(len(cohort.people), dtype=bool) for key, n in n_records.items() if n > 1}
    for (file, variant), numbers in zip(records, keys, strict=True):
        if not numbers:
            continue
        key = {first: allele for allele, (first, *_) in numbers.items()}
        people = cohort.places[file]
        genotypes = _genotypes(variant)
        if genotypes is None:
            missing = np.full((len(people), 1), -1)
            yield Calls(key, people, missing, np.zeros(len(people)), {}, file, has_genotypes=False)
            continue
        alleles, phased = genotypes
        for first, *again in numbers.values():
            alleles[np.isin(alleles, again)] = first
        before = {number: had[key[number]][people] for number in key if key[number] in had}
        for number in before:
            had[key[number]][people[(alleles >= 0).any(axis=1)]] = True
        yield Calls(key, people, alleles, phase_sets.of(file, variant, phased), before, file)


def _numbers_of(variant: cyvcf2.Variant, chrom: str, wanted: set[tuple]) -> dict[tuple, list[int]]:
    """The requested alleles of a record, and the numbers of each: a record may list one ALT twice."""
    numbers: dict[tuple, list[int]] = {}
    for number, alt in enumerate(variant.ALT, start=1):
        if (key := (chrom, variant.POS, variant.REF, alt)) in wanted:
            numbers.setdefault(key, []).append(number)
    return numbers


def _genotypes(variant: cyvcf2.Variant) -> tuple[np.ndarray, np.ndarray] | None:
    """As `read_genotypes`, from GT, or from LGT and LAA if there is no GT; None for a record without genotypes."""
    if "GT" in variant.FORMAT:
        return read_genotypes(variant)
    return _local_genotypes(variant) if _LOCAL.issubset(variant.FORMAT) else None


def _local_genotypes(variant: cyvcf2.Variant) -> tuple[np.ndarray, np.ndarray]:
    """As `read_genotypes`, from LGT, whose numbers are indices of LAA: 0 is REF, 1 the first ALT that LAA names."""
    texts = variant.format("LGT").tolist()
    places = variant.format("LAA").reshape(len(texts), -1).tolist()
    alleles = np.full((len(texts), max(len(re.split(r"[|/]", text)) for text in texts)), -2)
    for person, (text, local) in enumerate(zip(texts, places, strict=True)):
        numbers = {".": -1, "0": 0, **{str(i): place for i, place in enumerate(local, start=1) if place > 0}}
        for haplotype, allele in enumerate(re.split(r"[|/]", text)):
            if allele not in numbers:
                raise InputError(f"{variant.CHROM}:{variant.POS}: LGT {text} has an allele that LAA does not name")
            alleles[person, haplotype] = numbers[allele]
    return alleles, np.array(["/" not in text for text in texts])


class _PhaseSets:
    """Numbers, from 1, of the phase sets of all files, and of the sets of unphased calls of each record."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int | str], int] = {}
        self._n = 0

    def of(self, file: int, variant: cyvcf2.Variant, phased: np.ndarray) -> np.ndarray:
        """(samples,) number of each call's phase set."""
        values = np.full(len(phased), _MISSING)
        if "PS" in variant.FORMAT:
            # Some tools declare it as text.
            values = variant.format("PS").reshape(len(phased), -1)[:, 0]
        distinct, which = np.unique(values, return_inverse=True)
        keys = [(file, _MISSING if value == "." else value) for value in distinct.tolist()]
        numbers = [self._numbers[key] if key in self._numbers else self._add(key) for key in keys]
        self._n += 1
        return np.where(phased, np.array(numbers)[which], self._n)

    def _add(self, key: tuple[int, int | str]) -> int:
        self._n += 1
        self._numbers[key] = self._n
        return self._n
