"""Genotypes of BGEN files, decoded by the package bgen. The rule below turns their probabilities into calls."""

from collections.abc import Iterator

import numpy as np

from pasvar.cohort.formats.records import MISSING, Record, Zones
from pasvar.cohort.formats.reference import ReferenceBases, reference_comes_first
from pasvar.errors import InputError
from pasvar.genotype_files import GenotypeFiles

HARD_CALL = 0.1
"""A genotype is called if its dosage is at most this far from a whole number, as with `plink2 --hard-call-threshold
0.1`, the default of plink2; otherwise it is missing. For variants with three or more alleles, a genotype is called if
its probability is at least 1 - `HARD_CALL`."""

_ROUNDING = 1e-9
"""Tolerance for sums of probabilities."""


def read_bgen(
    files: GenotypeFiles, bases: ReferenceBases, zones: Zones
) -> tuple[list[str], list[str], Iterator[Record]]:
    """Header lines (none), names of the people, and the variants in `zones`.

    The format does not say which allele is the reference. The allele that the genome has is taken as the reference; the
    others follow in their order. Raises InputError if the file is damaged or is of another assembly.
    """
    first = reference_comes_first(_pairs(files), bases, files.genotypes)
    samples = list(_open(files).samples)
    return [], samples, _records(files, first, bases, zones)


def _open(files: GenotypeFiles):
    from bgen import BgenReader  # an extra: only cohorts in this format need it

    try:
        return BgenReader(files.genotypes, files.samples, delay_parsing=True)
    except (ValueError, OSError, RuntimeError) as error:
        raise InputError(f"{files.genotypes}: cannot be read as BGEN ({error})") from error


def _pairs(files: GenotypeFiles) -> Iterator[tuple[str, int, str, str]]:
    for variant in _open(files):
        if len(variant.alleles) == 2:
            yield variant.chrom, variant.pos, *variant.alleles


def _records(files: GenotypeFiles, first: bool, bases: ReferenceBases, zones: Zones) -> Iterator[Record]:
    for variant in _open(files):
        order = _order(variant, first, bases)
        alleles = [variant.alleles[i] for i in order]
        if not zones.have(variant.chrom, variant.pos, alleles[0]):
            continue
        try:
            probabilities, ploidy = variant.probabilities, variant.ploidy
        except (ValueError, RuntimeError) as error:
            place = f"{variant.chrom}:{variant.pos}"
            raise InputError(f"{files.genotypes}: the genotypes of {place} cannot be read ({error})") from error
        calls, phased = call(probabilities, variant.is_phased, len(alleles), ploidy)
        # From the file's numbers of alleles to those of the VCF; the last entry keeps what is missing.
        number = np.array([*np.argsort(order), MISSING])
        calls = number[calls]
        name = variant.rsid if variant.rsid not in ("", ".") else variant.varid or "."
        fields = (variant.chrom, str(variant.pos), name, alleles[0], ",".join(alleles[1:]) or ".", ".", ".", ".")
        yield Record(fields, calls, phased, ploidy == 1)


def _order(variant, first: bool, bases: ReferenceBases) -> list[int]:
    """The file's numbers of the alleles, with that of the reference first."""
    numbers = list(range(len(variant.alleles)))
    likely = numbers if first else numbers[::-1]
    fits = [i for i in likely if bases.has(variant.chrom, variant.pos, variant.alleles[i])]
    reference = fits[0] if fits else likely[0]
    return [reference, *(i for i in numbers if i != reference)]


def call(probabilities: np.ndarray, phased: bool, n_alleles: int, ploidy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Calls by `HARD_CALL`: int64, shape (people, 2), numbers of alleles in the file's order, `MISSING` if none is
    certain enough; and bool, shape (people,), whether the calls have a phase.

    probabilities: shape (people, n). If phased: of each allele on the first haplotype, then on the second. Otherwise:
    of each genotype, in the order of the BGEN 1.2 specification. NaN if missing. ploidy: 1 or 2 for each person;
    haploid people have their allele twice. If only the sum of both haplotypes of a phased person is certain, the call
    has no phase; this happens when plink2 writes a heterozygous call without phase as two halves. Raises InputError for
    other ploidies.
    """
    if not np.isin(ploidy, (1, 2)).all():
        raise InputError(
            "a BGEN with people of more than two copies of a chromosome cannot be read; expected ploidy 1 or 2"
        )
    if phased:
        return _call_haplotypes(probabilities.reshape(len(probabilities), -1, n_alleles), ploidy)
    if n_alleles == 2:
        dosage = np.where(ploidy == 1, 2 * probabilities[:, 1], probabilities[:, 1] + 2 * probabilities[:, -1])
        calls = _call_dosages(dosage)
    else:
        pairs = np.array([(a, b) for b in range(n_alleles) for a in range(b + 1)])
        known = np.nan_to_num(probabilities)
        haploid = known[:, :n_alleles].argmax(axis=1)
        chosen = np.where((ploidy == 1)[:, None], haploid[:, None], pairs[known.argmax(axis=1)])
        calls = np.where((known.max(axis=1) >= 1 - HARD_CALL)[:, None], chosen, MISSING)
    return calls, calls[:, 0] == calls[:, 1]


def _call_haplotypes(shares: np.ndarray, ploidy: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `call`. shares: shape (people, haplotypes, alleles)."""
    one = _surest(shares[:, 0])
    two = np.where(ploidy == 1, one, _surest(shares[:, -1]))
    sure = (one != MISSING) & (two != MISSING)
    calls = np.where(sure[:, None], np.stack([one, two], axis=1), MISSING)
    if shares.shape[2] == 2:
        by_sum = _call_dosages(np.where(ploidy == 1, 2 * shares[:, 0, 1], shares[:, 0, 1] + shares[:, -1, 1]))
        calls = np.where(sure[:, None], calls, by_sum)
    return calls, sure | (calls[:, 0] == calls[:, 1])


def _call_dosages(dosage: np.ndarray) -> np.ndarray:
    """Diploid calls of two alleles from the expected number of the second, 0 to 2."""
    nearest = np.round(dosage)
    pairs = np.array([[0, 0], [0, 1], [1, 1]])[np.nan_to_num(nearest).astype(int)]
    return np.where((np.abs(dosage - nearest) <= HARD_CALL + _ROUNDING)[:, None], pairs, MISSING)


def _surest(shares: np.ndarray) -> np.ndarray:
    """The allele of each person's haplotype, `MISSING` if none is certain enough. shares: shape (people, alleles)."""
    known = np.nan_to_num(shares)
    return np.where(known.max(axis=1) >= 1 - HARD_CALL - _ROUNDING, known.argmax(axis=1), MISSING)
