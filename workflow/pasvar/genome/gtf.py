"""The lines of a GTF file, read with gtfparse.

Of the kept readers (pyranges, pyranges1, gffutils, polars-bio, oxbow, gtfparse) it alone reads quoted semicolons, repeated
attributes and attributes named as columns, and refuses what is no GTF. It is given the file in blocks, which bounds the memory
and tells the numbers of the lines.
"""

import gzip
import io
import logging
import zlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pandas as pd

from pasvar.errors import InputError
from pasvar.files import require_file

# It would list the attributes of every block in the job's log.
logging.getLogger("gtfparse").setLevel(logging.WARNING)

_N_COLUMNS = 9
_MOST_DIGITS = 12
"""Of a place; no genome has a contig of 10^12 nt."""
_BLOCK = 1 << 26
"""Bytes read at once; as Python text their attributes take some ten times the room."""

_GZIP = b"\x1f\x8b"
_OTHER_COMPRESSIONS = {b"BZ": "bzip2", b"\xfd7": "xz", b"\x28\xb5": "zstd", b"PK": "zip"}
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_EXPECTED = "a GTF file as of Ensembl, GENCODE or RefSeq is expected, plain or gzipped (config key `gtf`)"


def read_gtf(path: str | Path, features: Collection[str], attributes: Collection[str]) -> pd.DataFrame:
    """The lines of `path`, plain or gzipped whatever its name, that have one of `features` (lower case; the file's case is
    ignored); indexed by line number, from 1.

    Columns chrom, source, feature (lower case), start, end (0-based, half-open), strand (`+`, `-` or what else stands there,
    empty for `.`), and one per name of `attributes`, empty where a line lacks it; of attributes given repeatedly the values
    are joined by commas. Raises InputError where the file is no GTF, and with the number of the line where one is malformed.
    """
    path = Path(path)
    require_file(path, "GTF file (config key `gtf`)")
    parts, number = list[pd.DataFrame](), 1
    try:
        with _uncompressed(path) as file:
            while block := file.readlines(_BLOCK):
                lines = _of_annotation(block, number)
                number += len(block)
                if lines:
                    rows = _read_lines(lines, path)
                    rows = rows[rows.feature.isin(features)]
                    parts.append(rows.join(_expand(rows.pop("attribute"), attributes)))
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cut short or damaged ({error}); fetch it again") from error
    if not parts:
        raise InputError(f"{path}: holds no line of annotation; {_EXPECTED}")
    rows = pd.concat(parts)
    missing = [name for name in ("gene_id", "transcript_id") if not rows[name].any()]
    if missing:
        raise InputError(
            f"{path}: no attribute {' and no '.join(missing)} in column 9; {_EXPECTED}; "
            "GFF3 is another format; gffread -T converts it to GTF"
        )
    return rows


@contextmanager
def _uncompressed(path: Path) -> Iterator[IO[bytes] | gzip.GzipFile]:
    """The file's text, by what its first bytes are. Raises InputError for compressions other than gzip."""
    with path.open("rb") as file:
        magic = file.read(2)
        file.seek(0)
        if magic in _OTHER_COMPRESSIONS:
            raise InputError(f"{path}: compressed with {_OTHER_COMPRESSIONS[magic]}; give it plain or gzipped")
        if magic != _GZIP:
            yield file
        else:
            with gzip.open(file) as text:
                yield text


def _of_annotation(block: list[bytes], first: int) -> dict[int, bytes]:
    """The lines of a block by their numbers, without comments and blank lines. first: the number of the block's first."""
    if first == 1:
        block[0] = block[0].removeprefix(_BYTE_ORDER_MARK)
    return {
        number: line for number, line in enumerate(block, first) if not line.startswith(b"#") and not line.isspace()
    }


def _read_lines(lines: dict[int, bytes], path: Path) -> pd.DataFrame:
    """The columns of `read_gtf` and the text of column 9, `attribute`."""
    rows = _parse(lines.values())
    if rows is None and not _first_fault(lines, path):
        # Columns that are not used need not be numbers.
        rows = _parse(map(_without_score, lines.values()))
    if rows is None or len(rows) != len(lines) or not ((rows.start >= 1) & (rows.end >= rows.start)).all():
        raise InputError(_first_fault(lines, path) or f"{path}: cannot be read; {_EXPECTED}")
    texts = {name: rows[name].astype("str").fillna("") for name in ("seqname", "source", "feature", "strand")}
    return pd.DataFrame(
        {
            "chrom": texts["seqname"],
            "source": texts["source"],
            "feature": texts["feature"].str.lower(),
            "start": rows.start - 1,
            "end": rows.end,
            "strand": texts["strand"],
            "attribute": rows.attribute.fillna(""),
        }
    ).set_axis(list(lines))


def _parse(lines: Iterable[bytes]) -> pd.DataFrame | None:
    """The nine columns as gtfparse has them, None where it refuses a line."""
    import gtfparse

    try:
        return gtfparse.parse_gtf(io.BytesIO(b"".join(lines)), split_attributes=False)
    except gtfparse.ParsingError:
        return None


def _without_score(line: bytes) -> bytes:
    """The line without score and frame."""
    fields = line.split(b"\t")
    fields[5] = fields[7] = b"."
    return b"\t".join(fields)


def _expand(texts: pd.Series, names: Collection[str]) -> pd.DataFrame:
    """The attributes of each line, a column each."""
    import gtfparse

    found = gtfparse.expand_attribute_strings(texts.map(_unquoted).to_numpy(dtype=object), usecols=set(names))
    return pd.DataFrame({name: pd.Series(found.get(name, ""), texts.index, dtype="str") for name in names}, texts.index)


def _unquoted(text: str) -> str:
    """Column 9 without quotes within quotes, and without those that R and pandas put round the whole of it."""
    if text.startswith('"'):
        text = text.strip('"').replace('""', '"')
    return text.replace(r"\"", "'")


def _first_fault(lines: dict[int, bytes], path: Path) -> str | None:
    """What is wrong with the first malformed line, as a message."""
    faults = ((number, _fault(line)) for number, line in lines.items())
    return next((f"{path}: line {number}: {fault}" for number, fault in faults if fault), None)


def _fault(line: bytes) -> str | None:
    """What is wrong with a line of annotation."""
    try:
        fields = line.decode().rstrip("\r\n").split("\t")
    except UnicodeDecodeError:
        return "is not UTF-8 text; convert the file, for example with iconv"
    if len(fields) != _N_COLUMNS:
        return f"has {len(fields)} columns separated by tabs, expected {_N_COLUMNS}; {_EXPECTED}"
    if fields[0] in ("", "."):
        return "has no contig in column 1"
    for name, value in zip(("start", "end"), fields[3:5], strict=True):
        if not (value.isascii() and value.isdigit()):
            return f"{name} is {value!r}, expected a whole number of at least 1"
        if len(value) > _MOST_DIGITS:
            return f"{name} is {value[:60]}, past the end of any contig"
    start, end = map(int, fields[3:5])
    if start < 1:
        return f"start is {start}, expected at least 1, for a GTF counts from 1"
    if end < start:
        return f"start {start} is after end {end}, expected the smaller number first on both strands"
    return None
