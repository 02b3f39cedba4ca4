"""Small facts about files. Only the standard library is imported, for Snakemake reads its Snakefile anew in every job."""

import hashlib
import os
import platform
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

INDEX_SUFFIXES = (".tbi", ".csi")
_BLOCK = 1 << 22


def index_path(vcf: str | Path) -> Path | None:
    """The index beside a VCF or BCF, or None."""
    return next((index for suffix in INDEX_SUFFIXES if (index := Path(f"{vcf}{suffix}")).is_file()), None)


def index_suffix(vcfs: Iterable[str | Path]) -> str:
    """Kind of index for annotated copies of these files: .csi where one of them has only that, for its contigs may be longer
    than a .tbi can tell; else .tbi."""
    kinds = {index.suffix for path in vcfs if (index := index_path(path))}
    return ".csi" if ".csi" in kinds else ".tbi"


def file_sha256(path: str | Path, progress: Callable[..., Any] | None = None) -> str:
    """sha256 of a file's bytes, in hex. progress: makes a bar, see `pasvar.progress`."""
    with open(path, "rb") as file:
        if progress is None:
            return hashlib.file_digest(file, "sha256").hexdigest()
        digest = hashlib.sha256()
        with progress(total=os.fstat(file.fileno()).st_size, unit="B") as bar:
            while block := file.read(_BLOCK):
                digest.update(block)
                bar.update(len(block))
        return digest.hexdigest()


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write a file or a folder to. It takes the place of `path` when the block ends well, and is
    removed when it does not: `path` is whole, or what it was before.

    Where two jobs write the same path (one of them left behind by a run that was killed), the last to begin wins, and the
    other one fails.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for left_behind in path.parent.glob(f".part.*.{path.name}"):
        _remove(left_behind)
    beside = path.with_name(f".part.{platform.node()}.{os.getpid()}.{path.name}")
    try:
        yield beside
        if beside.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with beside.open("rb") as file:
                # A name may outlive a crash of the machine that its bytes do not.
                os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        _remove(beside)
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
