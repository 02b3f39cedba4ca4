"""Contigs by the accessions of RefSeq, as HGVS and dbSNP use them."""

import re
from collections.abc import Mapping

from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.genome import Genome

_ACCESSION = re.compile(r"NC_0000(?P<number>\d\d)\.(?P<version>\d+)")
_NAMES = [*map(str, range(1, 23)), "X", "Y"]
_GRCH37_VERSIONS = [10, 11, 11, 11, 9, 11, 13, 10, 11, 10, 9, 11, 10, 8, 9, 9, 10, 9, 9, 10, 8, 10, 10, 9]
"""Versions of RefSeq's accessions NC_000001 to NC_000024 in GRCh37; GRCh38 has the next ones (NCBI, GCF_000001405.25 and .40)."""
_LENGTHS = {
    "GRCh37": [
        *(249250621, 243199373, 198022430, 191154276, 180915260, 171115067, 159138663, 146364022, 141213431, 135534747),
        *(135006516, 133851895, 115169878, 107349540, 102531392, 90354753, 81195210, 78077248, 59128983, 63025520),
        *(48129895, 51304566, 155270560, 59373566),
    ],
    "GRCh38": [
        *(248956422, 242193529, 198295559, 190214555, 181538259, 170805979, 159345973, 145138636, 138394717, 133797422),
        *(135086622, 133275309, 114364328, 107043718, 101991189, 90338345, 83257441, 80373285, 58617616, 64444167),
        *(46709983, 50818468, 156040895, 57227415),
    ],
}
"""Lengths of chromosomes 1 to 22, X and Y, which show the assembly of a FASTA (same source)."""


def assembly_of(lengths: Mapping[str, int]) -> str | None:
    """GRCh37 or GRCh38, by the chromosomes of a FASTA (it may have only some of them); None if it is neither. lengths:
    by name."""
    names = ContigNames(lengths)
    numbers = [(number, lengths[contig]) for number, name in enumerate(_NAMES) if (contig := names.match(name))]
    agreeing = (name for name, known in _LENGTHS.items() if all(known[number] == length for number, length in numbers))
    return next(agreeing, None) if numbers else None


def find_contig(name: str, genome: Genome) -> str | None:
    """The FASTA's name of a contig that is spelled with or without `chr`, or as RefSeq's accession (`NC_000011.10`);
    None if the FASTA does not have it. Raises InputError if the accession is of another assembly than the FASTA."""
    found = genome.names.match(name)
    accession = _ACCESSION.fullmatch(name)
    if found is not None or accession is None:
        return found
    number, version = int(accession["number"]), int(accession["version"])
    if not 1 <= number <= len(_NAMES):
        return None
    contig = genome.names.match(_NAMES[number - 1])
    of = {_GRCH37_VERSIONS[number - 1]: "GRCh37", _GRCH37_VERSIONS[number - 1] + 1: "GRCh38"}
    length = genome.lengths.get(contig or "")
    here = next((assembly for assembly, lengths in _LENGTHS.items() if lengths[number - 1] == length), None)
    if here and of.get(version) != here:
        other = of.get(version, "neither GRCh37 nor GRCh38")
        right = next(v for v, assembly in of.items() if assembly == here)
        raise InputError(f"{name} is of {other}, {genome.path} is {here}, where it is NC_0000{number:02}.{right}")
    return contig
