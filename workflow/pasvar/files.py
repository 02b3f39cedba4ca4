"""Small facts about files. Only the standard library is imported, for Snakemake reads its Snakefile anew in every job."""

import hashlib
from pathlib import Path

INDEX_SUFFIXES = (".tbi", ".csi")


def index_path(vcf: str | Path) -> Path | None:
    """The index beside a VCF or BCF, or None."""
    return next((index for suffix in INDEX_SUFFIXES if (index := Path(f"{vcf}{suffix}")).is_file()), None)


def file_sha256(path: str | Path) -> str:
    """sha256 of a file's bytes, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
