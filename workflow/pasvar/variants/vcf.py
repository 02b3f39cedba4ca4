"""VCF and BCF files, record by record: region by region with cyvcf2, or as lines of text."""

import os
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from itertools import chain
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar

import cyvcf2
import numpy as np
import pysam

from pasvar.errors import InputError
from pasvar.files import as_argument, index_path, require_file
from pasvar.variants.htslib_check import check_htslib
from pasvar.variants.vcf_index import check_index

T = TypeVar("T")

_BGZF_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
"""The empty block with which every whole bgzipped file ends (SAM specification, section 4.1.2)."""

_CUT_SHORT = "is cut short (its last block is not the end marker of a bgzipped file); fetch or write it again"


class _NamedVcf(cyvcf2.VCF):
    """A VCF that can name its file in messages."""

    path: Path


def open_vcf(path: str | Path, with_samples: bool = False) -> cyvcf2.VCF:
    """A VCF or BCF that has an index. Raises InputError else. Genotypes, which cost most, are parsed only `with_samples`."""
    path = Path(path)
    require_file(path, "VCF file (config key `vcf`)")
    index = index_path(path)
    if index is None:
        raise InputError(f"{path}: has no index (.tbi or .csi); make one with: bcftools index --tbi {path.name}")
    check_files(path, index, *(file.stat().st_mtime_ns for file in (path, index)))
    try:
        vcf = _NamedVcf(as_argument(path)) if with_samples else _NamedVcf(as_argument(path), samples=[])
    except Exception as error:  # cyvcf2 raises bare Exceptions
        raise InputError(f"{path}: cannot be read as VCF or BCF ({_reason(path, error)})") from error
    vcf.path = path
    return vcf


def _open_first(path: str | Path, with_samples: bool = False) -> cyvcf2.VCF:
    """As `open_vcf`, for those who are the first to read a file: whether htslib survives it is asked in another process."""
    if index := index_path(path):
        check_files(Path(path), index, *(file.stat().st_mtime_ns for file in (Path(path), index)))
        check_htslib([path])
    return open_vcf(path, with_samples)


@lru_cache
def check_files(path: Path, index: Path, *changed: int) -> None:
    """What `open_vcf` asks of a file's bytes, once for each time (ns) that they changed."""
    if not _is_bgzipped(path):
        raise InputError(
            f"{path}: is not bgzipped; compress and index it with: bcftools view --output-type z --write-index=tbi "
            f"--output NEW.vcf.gz {path.name}"
        )
    if not _is_whole(path):
        raise InputError(f"{path}: {_CUT_SHORT}")
    check_index(path, index)


def _reason(path: Path, error: Exception) -> str:
    """What htslib says of a file that cyvcf2 cannot open. It says it to the process's stderr alone."""
    with TemporaryFile() as said:
        stderr = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            with suppress(Exception):
                cyvcf2.VCF(as_argument(path))
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
        said.seek(0)
        text = said.read().decode(errors="replace")
    return " ".join(re.sub(r"(?m)^\[[^\]]*\] ", "", text).split()) or str(error)


def _damage(vcf: cyvcf2.VCF, error: Exception) -> str:
    """What is wrong with a record that could not be read."""
    version = re.match(r"##fileformat=VCFv4\.(\d+)", vcf.raw_header)
    if version and int(version[1]) > 3:
        return (
            f"damaged, or has genotypes that only VCF 4.4 knows ({error}): a phase before the first allele (`|0|1`), which this "
            "version of htslib cannot read; remove it, as VCF 4.3 writes genotypes, and check the file with: bcftools view"
        )
    return f"damaged ({error}); check it with: bcftools view"


def indexed_contigs(path: str | Path) -> list[str]:
    """The contigs that a VCF or BCF has records on, by its index, in its spelling. Raises InputError as `open_vcf` does, and
    where htslib crashes on the file."""
    _open_first(path)
    with open_records(path) as file:
        if file.index is None:
            raise InputError(
                f"{path}: htslib cannot read its index {index_path(path)}; make it again with: "
                f"bcftools index --force {Path(path).name}"
            )
        # That of a BCF has those of the header that have none, too.
        contigs = [str(contig) for contig in file.index]
        return [contig for contig in contigs if next(_until_damaged(path, _records(file, contig)), None)]


def open_records(path: str | Path) -> pysam.VariantFile:
    """A VCF or BCF that `open_vcf` opened, as pysam has it. Raises InputError where pysam finds it damaged."""
    try:
        return pysam.VariantFile(as_argument(path))
    except (OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{path}: is damaged ({error}); check it with: bcftools view") from error


def _records(file: pysam.VariantFile, contig: str) -> Iterator[pysam.VariantRecord]:
    """As `fetch`, which raises at once where the file cannot be read; this one only when its first record is asked for."""
    yield from file.fetch(contig)


def lost_record(path: str | Path, chrom: str, pos: int, ref: str, alt: str) -> InputError:
    """What to raise where a record that was read from a file is not found there again, by its index."""
    return InputError(
        f"{path}: {chrom}:{pos} {ref}>{alt} was read once, but not again: its index {index_path(path)} is damaged or of another "
        f"file, or the file changed during the run; index it again with: bcftools index --force {Path(path).name}"
    )


def _is_bgzipped(path: Path) -> bool:
    """Whether a file begins as bgzip begins one: a block of gzip with an extra field of the name BC."""
    with path.open("rb") as file:
        begin = file.read(14)
    return begin[:4] == b"\x1f\x8b\x08\x04" and begin[12:] == b"BC"


def _is_whole(path: Path) -> bool:
    """Whether a file ends as bgzip ends one. htslib only warns of it, and what is missing would be taken for not there."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - len(_BGZF_END), 0))
        return file.read() == _BGZF_END


def read_lines(path: str | Path) -> tuple[list[bytes], Iterator[bytes]]:
    """Header and records of a VCF as the lines that it has, without their ends; of a BCF as bcftools would write them.

    Raises InputError where it cannot be opened, as `open_vcf` does, and, while records are read, where it is damaged.
    """
    opened = _open_first(path, with_samples=True)
    with pysam.BGZFile(as_argument(path), "r", None) as file:
        binary = file.read(3) == b"BCF"
    if binary:
        text = (str(variant).rstrip("\n").encode() for variant in opened)
        return opened.raw_header.strip("\n\0").encode().split(b"\n"), _until_damaged(path, text)
    lines = _until_damaged(path, _text_lines(path))
    header: list[bytes] = []
    for line in lines:
        if not line.startswith(b"#"):
            return header, chain([line], lines)
        header.append(line)
    return header, iter(())


def _text_lines(path: str | Path) -> Iterator[bytes]:
    with pysam.BGZFile(as_argument(path), "r", None) as file:  # which tells of damage when it is closed
        yield from file


def read_opened(vcf: cyvcf2.VCF) -> Iterator[cyvcf2.Variant]:
    """The records of an opened file from its first one on. Raises InputError where it is damaged."""
    try:
        yield from vcf
    except Exception as error:  # cyvcf2 raises bare Exceptions
        raise InputError(f"the first records of a VCF cannot be read: {_damage(vcf, error)}") from error


def _until_damaged(path: str | Path, lines: Iterator[T]) -> Iterator[T]:
    try:
        yield from lines
    except Exception as error:  # cyvcf2 raises bare Exceptions
        raise InputError(f"{path}: is damaged ({error}); check it with: bcftools view") from error


def variants_between(
    vcf: cyvcf2.VCF, contig: str, start: int, end: int, begin: int | None = None
) -> Iterator[cyvcf2.Variant]:
    """The records of `contig` (the VCF's name) whose POS lies in [start, end), 0-based. vcf: from `open_vcf`.

    begin: also those that reach into it, with a POS from here on. Raises InputError where the file is damaged.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "no intervals found")
        try:
            for variant in vcf(f"{contig}:{start + 1}-{end}"):
                if variant.POS < 0:
                    raise InputError("a POS beyond 2^31, where genotypes cannot be read")
                # The index also gives records that begin before the region and reach into it.
                if (start if begin is None else begin) < variant.POS:
                    yield variant
        except InputError as error:
            raise InputError(f"{vcf.path}: {contig}:{start + 1}-{end} has {error}") from error
        except Exception as error:  # cyvcf2 raises bare Exceptions
            raise InputError(f"{vcf.path}: {contig}:{start + 1}-{end} is {_damage(vcf, error)}") from error


def stream_vcf(path: str | Path) -> tuple[cyvcf2.VCF, Iterator[cyvcf2.Variant]]:
    """A VCF or BCF, bgzipped or plain, that needs no index, and its records from the first one on, without genotypes.

    Raises InputError where it cannot be opened, and, while records are read, where it is damaged.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such VCF file")
    if _is_bgzipped(path) and not _is_whole(path):
        raise InputError(f"{path}: {_CUT_SHORT}")
    try:
        vcf = cyvcf2.VCF(str(path), samples=[])
    except Exception as error:  # cyvcf2 raises bare Exceptions
        raise InputError(f"{path}: cannot be read as VCF or BCF ({_reason(path, error)})") from error
    return vcf, _until_damaged(path, vcf)


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
