"""Small facts about files. Only the standard library is imported, for Snakemake reads its Snakefile again in every job."""

import errno
import gzip
import hashlib
import os
import platform
import re
import shutil
import stat
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory
from typing import Any

from pasvar.errors import InputError

INDEX_SUFFIXES = (".csi", ".tbi")
"""In the order in which htslib looks for them: where there are both, it reads the first."""

TBI_END = 1 << 29
"""A .tbi holds positions up to this one; beyond it is the realm of .csi."""

_FIXED_COLUMNS = 9
"""Of a VCF with genotypes, before its people: CHROM to FORMAT."""

_BLOCK = 1 << 22

_FULL = (errno.ENOSPC, errno.EDQUOT)

_BGZF_BLOCK = 1 << 16
"""Bytes that htslib writes at once, at most."""

_OPEN_FILE = re.compile(r"/dev/(std(?P<name>in|out|err)|fd/(?P<number>\d+))|/proc/self/fd/(?P<proc>\d+)")
"""What the system calls the files that a program has open."""


def require_file(path: str | Path, what: str = "file") -> Path:
    """The path of a regular file, or of a link to one. Raises InputError else: what reads from a pipe or a device may never end.

    what: the kind of file, for the message.
    """
    path = Path(path)
    try:
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such {what}") from error
    except (OSError, ValueError) as error:  # a name with a null character is a ValueError
        raise InputError(f"{str(path)!r}: no {what} can be read there ({error})") from error
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: is a folder, where a {what} is expected")
    if not stat.S_ISREG(mode):
        raise InputError(
            f"{path}: is a pipe or a device, where a {what} is expected; write its content to a file first"
        )
    return path


def as_argument(path: str | Path) -> str:
    """A path as other programs, and htslib, must be given it: one that begins with `-` would be an option, or standard input.
    Raises InputError for what htslib takes for two names."""
    text = os.fspath(path)
    if "##idx##" in text:
        raise InputError(f"{text}: `##idx##` in a file name has a special meaning in htslib; rename the file")
    return f"./{text}" if text.startswith("-") else text


def refuse_inputs(outputs: Iterable[str | Path], inputs: Iterable[str | Path | None]) -> None:
    """Raise InputError where one of the outputs is one of the inputs, by whatever name or link."""
    there = [path for path in map(Path, outputs) if path.exists()]
    for given in inputs:
        for out in there:
            if given is not None and os.path.exists(given) and out.samefile(given):
                raise InputError(f"{out}: is an input ({given}) and would be replaced; give the output another name")


def require_ours(folder: str | Path, mark: str, what: str) -> None:
    """Raise InputError where a folder that would be replaced, or folders in it, may have something else in them.

    mark: the file that shows that the folder is of pasvar. what: it has then ("tracks of pasvar").
    """
    folder = Path(folder)
    if folder.exists() and not (folder.is_dir() and ((folder / mark).is_file() or not any(folder.iterdir()))):
        raise InputError(f"{folder}: contains other files than {what} and would be replaced; give a new folder")


def is_stream(path: str | Path) -> bool:
    """Whether what is written to a path goes elsewhere (a pipe, a device, a program's open file), so that nothing can be next to
    it. Raises InputError for disks and sockets, to which nothing is written."""
    if _OPEN_FILE.fullmatch(os.fspath(path)):
        return True
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return False
    except ValueError as error:  # a null character
        raise InputError(f"{path}: is not a valid file name ({error}); give another one") from error
    if stat.S_ISBLK(mode) or stat.S_ISSOCK(mode):
        raise InputError(f"{path}: is a disk or a socket; give the name of a file")
    return stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)


def index_path(vcf: str | Path) -> Path | None:
    """The index next to a VCF or BCF that htslib reads, or None."""
    return next((index for suffix in INDEX_SUFFIXES if (index := Path(f"{vcf}{suffix}")).is_file()), None)


def vcf_stem(vcf: str | Path) -> str:
    """The name of a VCF or BCF without what says that it is one: what its annotated copy is called."""
    return re.sub(r"\.(vcf(\.b?gz)?|bcf)$", "", Path(vcf).name)


def n_samples(vcf: str | Path) -> int:
    """People in a bgzipped VCF or BCF, by its header; 0 where it has none that can be read."""
    try:
        with gzip.open(vcf) as lines:
            for line in lines:
                if line.startswith(b"#CHROM"):
                    return max(len(line.split(b"\t")) - _FIXED_COLUMNS, 0)
    except (OSError, EOFError, zlib.error):
        pass
    return 0


def index_suffix(vcfs: Iterable[str | Path]) -> str:
    """Kind of index for annotated copies of these files: .csi where one of them has only that, for its contigs may be longer
    than a .tbi can tell; else .tbi."""
    kinds = {index.suffix for path in vcfs if (index := index_path(path))}
    return ".csi" if ".csi" in kinds else ".tbi"


def file_sha256(path: str | Path, progress: Callable[..., Any] | None = None) -> str:
    """sha256 of a file's bytes, in hex. progress: makes a bar, see `pasvar.progress`."""
    with open(require_file(path), "rb") as file:
        if progress is None:
            return hashlib.file_digest(file, "sha256").hexdigest()
        digest = hashlib.sha256()
        with progress(total=os.fstat(file.fileno()).st_size, unit="B") as bar:
            while block := file.read(_BLOCK):
                digest.update(block)
                bar.update(len(block))
        return digest.hexdigest()


FULL_DIGEST_BYTES = 1 << 30
"""Files above this size are digested in part, unless config key `full_digests` says otherwise."""

_SAMPLE_BYTES, _N_SAMPLES = 1 << 20, 64


def sampled_digest(path: str | Path) -> str:
    """`sampled:` and a sha256, in hex, of a file's size, of 64 blocks of 1 MiB (the first, the last, the others evenly between
    them), and of the whole index, which says where in the file each part of each contig begins.

    A file copied elsewhere has the same one. It misses a change that keeps the size and the index and lies between the blocks.
    """
    size = os.stat(require_file(path)).st_size
    digest = hashlib.sha256(f"{size}\n".encode())
    with open(path, "rb") as file:
        for i in range(_N_SAMPLES):
            file.seek(max(size - _SAMPLE_BYTES, 0) * i // (_N_SAMPLES - 1))
            digest.update(file.read(_SAMPLE_BYTES))
    if index := index_path(path):
        digest.update(index.read_bytes())
    return f"sampled:{digest.hexdigest()}"


def folder_sha256(folder: str | Path) -> str:
    """sha256, in hex, of the names in a folder and its folders and of what the files hold, as `sha256sum` would list them."""
    files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    lines = [f"{file_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in files]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """A path in the folder of `path`, to write a file or a folder to. It takes the place of `path` when the block ends well, and
    is removed when it does not: `path` is whole, or what it was before.

    Only regular files are replaced. A symbolic link stays, and what it points to is replaced. What is no file (`/dev/null`,
    `/dev/stdout`, a named pipe) is written to when the block ends. Raises InputError where there is no way to write.

    Where two jobs write the same path (one of them left behind by a run that was killed), the last to begin wins, and the
    other one fails.
    """
    if is_stream(path):
        with _through(path) as temporary:
            yield temporary
        return
    path = _place(Path(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of this very path: `chr1.vcf.gz` is also the end of `indels.chr1.vcf.gz`, which another job may be writing.
    unfinished = re.compile(rf"\.part\.[^+]*\+{re.escape(path.name)}")
    for left_behind in path.parent.glob(".part.*"):
        if unfinished.fullmatch(left_behind.name):
            _remove(left_behind)
    temporary = path.with_name(f".part.{platform.node()}.{os.getpid()}+{path.name}")
    try:
        yield temporary
        if temporary.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with temporary.open("rb") as file:
                # A name may outlive a crash of the machine that its bytes do not.
                os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:
        full = _is_full(error, path.parent)
        _remove(temporary)
        if full is None:
            raise
        # Of a write, the system's own message names no file.
        said = f"{os.strerror(full)}; make room and run again"
        raise OSError(full, said, getattr(error, "filename", None) or str(path)) from error


def _is_full(error: BaseException, folder: Path) -> int | None:
    """The number of the system's error if a file could not be written to a folder because its disk or quota is full.

    For a failed write, htslib's error has no number. A small file in the same folder then shows the reason.
    """
    causes = [each for each in (error, error.__cause__) if isinstance(each, OSError)]
    if known := [each.errno for each in causes if each.errno in _FULL]:
        return known[0]
    if any(each.errno is None for each in causes):
        try:
            with NamedTemporaryFile(dir=folder, prefix=".part.") as probe:
                probe.write(bytes(_BGZF_BLOCK))
        except OSError as reason:
            return reason.errno if reason.errno in _FULL else None
    return None


def _place(path: Path) -> Path:
    """Where a file or folder of this name is to lie: where the links lead to."""
    if path.name in ("", ".."):
        raise InputError(f"{path}: has no name for what is to be written there; give one, such as {path / 'results'}")
    try:
        return path.resolve() if path.is_symlink() else path
    except (OSError, RuntimeError) as error:
        raise InputError(f"{path}: is a broken link ({error}); remove it or give another name") from error


@contextmanager
def _through(path: str | Path) -> Iterator[Path]:
    """A path in a temporary folder, whose content goes to a stream when the block ends well."""
    with open(_open_stream(path), "wb") as stream, TemporaryDirectory(prefix="pasvar-") as folder:
        temporary = Path(folder, Path(path).name)
        yield temporary
        if temporary.is_dir():
            raise InputError(f"{path}: is a pipe or a device, where a folder is to be written; give another name")
        with temporary.open("rb") as file:
            shutil.copyfileobj(file, stream)


def _open_stream(path: str | Path) -> int:
    """A descriptor to write to, opened at once so that nothing is computed in vain."""
    if match := _OPEN_FILE.fullmatch(os.fspath(path)):
        number = match["number"] or match["proc"] or {"in": 0, "out": 1, "err": 2}[match["name"]]
        # Opened by name, a file that it leads to would be written from its beginning.
        return os.dup(int(number))
    try:
        # Else the opening of a pipe waits until somebody reads, maybe for ever.
        stream = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
    except OSError as error:
        raise InputError(
            f"{path}: no program reads from this pipe or device ({error.strerror}); give a file's name"
        ) from error
    os.set_blocking(stream, True)
    return stream


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
