"""Finds the reference allele if a format does not give it: it is the allele that the genome has."""

from collections.abc import Iterable
from itertools import islice

from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.sequence import decode

_BLOCK = 1 << 20
"""Number of nt of the genome that are held in memory; variants come sorted by position."""

LOOKED_AT = 2000
"""Number of substitutions that decide which of the two alleles of a file's variants is the reference."""


class ReferenceBases:
    """Compares alleles with the genome."""

    def __init__(self, genome: Genome):
        self._genome = genome
        self._names = genome.names
        self._held: tuple[str, int, str] = ("", 0, "")

    def has(self, chrom: str, pos: int, allele: str) -> bool:
        """Whether the genome has these bases at 1-based `pos`. False on unknown contigs."""
        name = self._names.match(chrom)
        if name is None:
            return False
        start = pos - 1
        held, begin, bases = self._held
        if held != name or not begin <= start <= start + len(allele) <= begin + len(bases):
            found = self._genome.slice(name, start, start + max(_BLOCK, len(allele)))
            begin, bases = start, decode(found.codes)
            self._held = (name, begin, bases)
        return bases[start - begin : start - begin + len(allele)] == allele.upper()


def reference_comes_first(variants: Iterable[tuple[str, int, str, str]], bases: ReferenceBases, path: str) -> bool:
    """Whether the first of two alleles is the reference, for a file whose format does not say it; decided by its first
    substitutions.

    variants: chrom, pos (1-based), first and second allele. Raises InputError if neither agrees with the genome.
    """
    substitutions = (found for found in variants if len(found[2]) == len(found[3]) == 1)
    looked_at = list(islice(substitutions, LOOKED_AT))
    first = sum(bases.has(chrom, pos, one) for chrom, pos, one, _ in looked_at)
    second = sum(bases.has(chrom, pos, two) for chrom, pos, _, two in looked_at)
    if looked_at and max(first, second) < len(looked_at) / 2:
        raise InputError(
            f"{path}: of the first {len(looked_at)} substitutions {max(first, second)} have an allele that the FASTA has there; "
            "the files are of different assemblies"
        )
    return first >= second
