"""Converts a cohort in another format to a VCF with an index."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import pysam
from tqdm import tqdm

from pasvar.cohort.formats.bgen import read_bgen
from pasvar.cohort.formats.plink import read_plink
from pasvar.cohort.formats.records import Zones, header_lines, record_line
from pasvar.cohort.formats.reference import ReferenceBases
from pasvar.errors import InputError
from pasvar.files import whole
from pasvar.genome import Genome
from pasvar.genotype_files import GenotypeFiles
from pasvar.progress import no_progress

_PACKAGES = {".pgen": "pgenlib", ".bed": "pgenlib", ".bgen": "bgen", ".vcz": "vcztools", ".zarr": "vcztools"}
"""The packages that decode a format: the extra `formats`."""


def convert_genotypes(
    files: GenotypeFiles,
    genome: Genome,
    out: str | Path,
    zones: Mapping[str, Sequence[tuple[int, int]]] | None = None,
    progress: Callable[..., tqdm] = no_progress,
) -> None:
    """Write `out`, a bgzipped VCF, and `out`.csi, with the variants and hard calls of `files`.

    zones: see `records.Zones`; for a VCF Zarr, all variants are written.

    Raises InputError if a file is damaged, does not belong to the other files, or is not sorted by position.
    """
    package = _PACKAGES[files.kind]
    if find_spec(package) is None:
        raise InputError(
            f"{files.genotypes}: needs the package {package}; install it with: pip install 'pasvar[formats]'"
        )
    with whole(f"{out}.csi") as index, whole(out) as temporary:
        with pysam.BGZFile(str(temporary), "wb", None) as sink:
            if package == "vcztools":
                _write_zarr(files.genotypes, sink)
            else:
                with progress(total=None, unit="variants") as bar:
                    for line in _lines(files, genome, Zones(zones, genome.names)):
                        sink.write(line + b"\n")
                        bar.update(1)
        try:
            pysam.tabix_index(str(temporary), preset="vcf", index=str(index), csi=True, force=True)
        except OSError as error:
            raise InputError(
                f"{files.genotypes}: its variants are not sorted by position, contig by contig; sort them first, for example "
                "with: plink2 --sort-vars"
            ) from error


def _lines(files: GenotypeFiles, genome: Genome, zones: Zones) -> Iterator[bytes]:
    read = read_bgen if files.kind == ".bgen" else read_plink
    meta, samples, records = read(files, ReferenceBases(genome), zones)
    yield from header_lines(meta, samples)
    yield from map(record_line, records)


def _write_zarr(path: str, sink: pysam.BGZFile) -> None:
    """vcztools writes the VCF."""
    from vcztools import VczReader, open_zarr, write_vcf

    try:
        with io.TextIOWrapper(io.BufferedWriter(_Sink(sink))) as text:
            write_vcf(VczReader(open_zarr(path)), text, no_version=True)
    except (ValueError, KeyError, OSError) as error:
        raise InputError(f"{path}: cannot be read as VCF Zarr ({error})") from error


class _Sink(io.RawIOBase):
    """An object to which pysam writes, as a binary file of Python."""

    def __init__(self, file: pysam.BGZFile):
        self._file = file

    def writable(self) -> bool:
        return True

    def write(self, block) -> int:
        return int(self._file.write(bytes(block)))
