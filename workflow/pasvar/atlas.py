"""Catalogues of measured polyadenylation sites, in the formats in which they are published.

An atlas is described by a mapping with the keys of config key `atlas`: path, format, name, columns, tissues.
"""

import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.contigs import shorten
from pasvar.errors import InputError
from pasvar.genome import Genome

_SITE_NAME = re.compile(r"^(.+):(\d+):([+-])$")
"""The name of a site in PolyASite and PolyA_DB: contig, 1-based position of the cut, strand."""


class Atlas(NamedTuple):
    """The sites of one atlas.

    sites: chrom (the FASTA's name), strand, cut (0-based, the last transcribed base), abundance (TPM, RPM or any other
        measure that adds up; NaN where the atlas has none), share (of the gene's 3' ends; NaN where the atlas has none).
    tissues: abundance per tissue, a column each, on the same index.
    """

    name: str
    sites: pd.DataFrame
    tissues: pd.DataFrame
    notes: list[str]


def read_atlas(described: Mapping, genome: Genome) -> Atlas:
    """One atlas. Raises InputError, naming the file and the line, where it is not what its format says."""
    path = Path(described["path"])
    if not path.is_file():
        raise InputError(f"{path}: no such file (config key `atlas`)")
    kind = described.get("format") or guess_format(path)
    name = described.get("name") or kind
    table = _READERS[kind](path, described.get("columns") or {}, described.get("tissues") or {})
    sites = table.sites
    if sites.empty:
        raise InputError(f"{path}: holds no polyadenylation site (read as format {kind!r} of config key `atlas`)")
    _require(sites.strand.isin(["+", "-"]), sites.strand, path, "strand", "+ or -")
    matched = genome.names.table(sites.chrom.unique())
    if not matched:
        raise InputError(
            f"{path}: none of its contigs ({shorten(sites.chrom.unique())}) is in {genome.path} ({shorten(genome.lengths)}); "
            "give the atlas and the FASTA of one assembly"
        )
    known = sites.chrom.isin(matched)
    notes = [f"{name}: {known.sum()} sites of {path.name}"]
    if not known.all():
        lost = sites.chrom[~known]
        notes.append(f"{name}: {len(lost)} sites on contigs that the FASTA lacks left out: {shorten(lost.unique())}")
    sites = sites[known].assign(chrom=sites.chrom[known].map(matched))
    within = (sites.cut >= 0) & (sites.cut < sites.chrom.map(genome.lengths))
    _require(within, sites.cut + 1, path, "position", "a position within its contig; is the atlas of another assembly?")
    for column in ("abundance", "share"):
        _require(~(sites[column] < 0), sites[column], path, column, "a number of at least 0")
    _require(~(sites.share > 1), sites.share, path, "share", "a number of at most 1")
    return Atlas(name, sites.reset_index(drop=True), table.tissues.loc[sites.index].reset_index(drop=True), notes)


def guess_format(path: Path) -> str:
    """The format of a file, by its name and its first lines."""
    stem = path.name.removesuffix(".gz")
    if stem.endswith((".gtf", ".gff", ".gff2")):
        return "gencode_polyas"
    if stem.endswith(".saf"):
        return "saf"
    first = _read(path, nrows=1, header=None).iloc[0]
    if str(first.iloc[0]).lower() == "geneid":
        return "saf"
    if {"Chromosome", "Position", "Strand"} <= set(first):
        return "polya_db"
    # A table of somebody's own may have other things than abundances in column 5.
    if len(first) >= 10 and _SITE_NAME.match(str(first.iloc[3])) and str(first.iloc[4]).replace(".", "", 1).isdigit():
        return "polyasite"
    return "bed"


class _Table(NamedTuple):
    """What a reader gives: `Atlas.sites` before any check, and `Atlas.tissues`; indexed by the line in the file."""

    sites: pd.DataFrame
    tissues: pd.DataFrame


def _read_polyasite(path: Path, columns: Mapping, tissues: Mapping) -> _Table:
    """PolyASite 2.0 and 3.0: BED with the cut in the name (chrom:pos:strand, 1-based) and the mean abundance in column 5."""
    return _read_bed(path, {"name": 4, "abundance": 5, **columns}, tissues)


def _read_polya_db(path: Path, columns: Mapping, tissues: Mapping) -> _Table:
    """PolyA_DB 3: text with a header; Position is the cut, counted from 1; Mean RPM over its samples."""
    named = {"chrom": "Chromosome", "position": "Position", "strand": "Strand", "abundance": "Mean RPM", **columns}
    return _read_bed(path, named, tissues)


def _read_saf(path: Path, columns: Mapping, tissues: Mapping) -> _Table:
    """SAF, as read counters take it: GeneID Chr Start End Strand, both ends counted from 1 and included. The cut is what GeneID
    says where it is chrom:pos:strand within the interval, else the interval's 3' end."""
    named = {"chrom": "Chr", "start": "Start", "end": "End", "strand": "Strand", "name": "GeneID", **columns}
    return _read_bed(path, named, tissues, start_from=1)


def _read_bed(path: Path, columns: Mapping, tissues: Mapping, start_from: int = 0) -> _Table:
    """BED, or any table with a map of its columns.

    columns, tissues: the column of each quantity, its number from 1, or its name where the file has a header. `position`
    is the cut itself, counted from 1; else `name` says it as chrom:pos:strand; else it is the interval's 3' end.
    """
    if not any(isinstance(column, str) for column in columns.values()):
        columns = {"chrom": 1, "start": 2, "end": 3, "strand": 6, **columns}
    wanted = {**columns, **{f"tissue {tissue}": column for tissue, column in tissues.items()}}
    headed = any(isinstance(column, str) for column in wanted.values())
    table = _read(path, header=0 if headed else None)
    if headed:
        table.columns = [str(name).lstrip("#").strip() for name in table.columns]
    found = pd.DataFrame({key: _column(table, column, path, key) for key, column in wanted.items()})
    found.index = range(2 if headed else 1, len(found) + (2 if headed else 1))
    if "position" in found:
        cut = _numbers(found.position, path, "position").to_numpy() - 1
    else:
        start, end = (_numbers(found[key], path, key).to_numpy() for key in ("start", "end"))
        start = start - start_from
        _require(pd.Series(start < end, index=found.index), found.end, path, "end", "an end after the start")
        cut = _cut_of_name(found.get("name"), found.strand, start, end)
    nothing = pd.Series(np.nan, index=found.index)
    sites = pd.DataFrame(
        {
            "chrom": found.chrom,
            "strand": found.strand,
            "cut": pd.Series(cut, index=found.index).astype(np.int64),
            **{key: _numbers(found[key], path, key) if key in found else nothing for key in ("abundance", "share")},
        }
    )
    return _Table(
        sites,
        pd.DataFrame(
            {tissue: _numbers(found[f"tissue {tissue}"], path, tissue) for tissue in tissues}, index=found.index
        ),
    )


def _read_gencode(path: Path, columns: Mapping, tissues: Mapping) -> _Table:
    """GENCODE's manual annotation of polyA features, a GTF: features `polyA_site`, two bases around the cut, of which
    the first one transcribed is the last of the transcript."""
    import pyranges

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyranges 0.1.7 uses what pandas 3 deprecates
        try:
            rows = pyranges.read_gtf(str(path), as_df=True)
        except Exception as error:  # pyranges lets through whatever its parser runs into
            raise InputError(f"{path}: cannot be read as GTF ({type(error).__name__}: {error})") from error
    rows = rows[rows.Feature == "polyA_site"]
    strand = rows.Strand.astype(str)
    sites = pd.DataFrame(
        {
            "chrom": rows.Chromosome.astype(str),
            "strand": strand,
            "cut": rows.Start.where(strand == "+", rows.End - 1),
            "abundance": np.nan,
            "share": np.nan,
        }
    )
    return _Table(sites, pd.DataFrame(index=sites.index))


_READERS: dict[str, Callable[[Path, Mapping, Mapping], _Table]] = {
    "polyasite": _read_polyasite,
    "polya_db": _read_polya_db,
    "saf": _read_saf,
    "gencode_polyas": _read_gencode,
    "bed": _read_bed,
}
FORMATS = tuple(_READERS)


def _read(path: Path, **options) -> pd.DataFrame:
    """A tab-separated file as text, without browser and track lines."""
    try:
        return pd.read_csv(path, sep="\t", dtype=str, comment=None, skip_blank_lines=True, **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, OSError, UnicodeDecodeError, EOFError) as error:
        raise InputError(f"{path}: cannot be read as tab-separated text ({error}); see config key `atlas`") from error


def _column(table: pd.DataFrame, column: int | str, path: Path, key: str) -> pd.Series:
    if isinstance(column, str):
        if column not in table:
            raise InputError(f"{path}: no column {column!r} for {key}; its columns are {shorten(table.columns, 20)}")
        return table[column]
    if column > table.shape[1]:
        raise InputError(f"{path}: no column {column} for {key}; it has {table.shape[1]} columns, separated by tabs")
    return table.iloc[:, column - 1]


def _numbers(text: pd.Series, path: Path, key: str) -> pd.Series:
    values = pd.to_numeric(text, errors="coerce")
    empty = text.isna() | text.isin(["", ".", "NA", "NaN", "nan"])
    _require(values.notna() | empty, text, path, key, "a number")
    if key in ("start", "end", "position"):
        _require(values.notna(), text, path, key, "a number")
    return values


def _cut_of_name(names: pd.Series | None, strand: pd.Series, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """0-based cut: what the name says if it lies within [start, end); the interval's middle if the name says something
    else, for clusters that were lifted over to another assembly keep the names of the first one; without a name the 3' end.

    On the 444 lifted PolyASite clusters of chr20 whose cut is known the middle is 6.9 nt off on average, the 3' end 12.3.
    """
    three_prime = np.where(strand == "+", end - 1, start)
    if names is None:
        return three_prime
    named = pd.to_numeric(names.astype(str).str.extract(_SITE_NAME)[1]).to_numpy(dtype=np.float64) - 1
    within = (named >= start) & (named < end)
    return np.where(within, named, np.where(np.isnan(named), three_prime, (start + end) // 2))


def _require(good: pd.Series, values: pd.Series, path: Path, key: str, expected: str) -> None:
    """Raise InputError naming the first line that is not good."""
    if not good.all():
        line = good.index[~good.to_numpy(dtype=bool)][0]
        value = values.loc[line]
        shown = repr(value) if isinstance(value, str) else value
        raise InputError(f"{path}: line {line}: {key} is {shown}, expected {expected}")
