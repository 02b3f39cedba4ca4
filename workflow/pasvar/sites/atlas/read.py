"""Reading an atlas: its format, its contigs, its cuts."""

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pandas as pd

from pasvar.contigs import shorten
from pasvar.counts import plural
from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.sites.atlas import apadb, bed, gencode_polyas, polya_db, polyasite, saf
from pasvar.sites.atlas.fetch import fetch_atlas
from pasvar.sites.atlas.signals import Signals, find_signals
from pasvar.sites.text_table import Column, TextTable, numbers, read_text_table, require

_FORMATS: dict[str, ModuleType] = {
    "polyasite": polyasite,
    "polya_db": polya_db,
    "saf": saf,
    "gencode_polyas": gencode_polyas,
    "apadb": apadb,
    "bed": bed,
}
"""One module per format, with `recognises` and `read`. The first module that recognises a file reads it."""

FORMATS = tuple(_FORMATS)

_ENOUGH_TO_JUDGE = 50
"""With fewer cuts than this, the share of canonical hexamers says nothing about the assembly."""


class Atlas(NamedTuple):
    """The sites of one atlas.

    sites: chrom (the FASTA's name), strand, cut (0-based, the last transcribed base), abundance (TPM, RPM or any other
        measure that adds up; NaN where the atlas has none), share (of the gene's 3' ends; NaN where the atlas has none),
        genes (symbols and identifiers that the atlas gives to the site, joined by `;`).
    tissues: abundance per tissue, a column each, on the same index.
    """

    name: str
    sites: pd.DataFrame
    tissues: pd.DataFrame
    notes: list[str]


def read_atlas(described: Mapping, genome: Genome, min_canonical_share: float = 0) -> Atlas:
    """Read one atlas. described: a mapping of config key `atlas`, as `pasvar.config` completes it. An atlas that is
    known by name is fetched if its file does not exist.

    Raises InputError, naming the file and the line, if the file does not match its format, or if the share of its cuts
    that have AATAAA or ATTAAA before them is less than `min_canonical_share`.
    """
    path = Path(described["path"])
    known = described.get("known")
    if known and not path.is_file():
        path, _ = fetch_atlas(known)
    if not path.is_file():
        raise InputError(f"{path}: no such file (config key `atlas`)")
    table = read_text_table(path)
    kind = described.get("format") or guess_format(table)
    name = described.get("name") or kind
    columns = described.get("columns") or {}
    notes = []
    if described.get("stringency") is not None:
        table, note = _stringent(table, described["stringency"], columns.get("stringency"))
        notes.append(note)
    sites, read_notes = _FORMATS[kind].read(table, {key: columns[key] for key in columns if key != "stringency"})
    if sites.empty:
        raise InputError(f"{path}: holds no polyadenylation site (read as format {kind!r} of config key `atlas`)")
    require(sites.strand.isin(["+", "-"]), sites.strand, path, "strand", "+ or -")
    notes = [f"{plural(len(sites), 'site')} of {path.name}", *notes, *read_notes]
    sites, contig_notes = _on_contigs(sites, path, genome)
    for column in ("abundance", "share"):
        require(~(sites[column] < 0), sites[column], path, column, "a number of at least 0")
    require(~(sites.share > 1), sites.share, path, "share", "a number of at most 1")
    signals = _require_signals(
        sites, genome, min_canonical_share, f"{path}, of {known['assembly']}" if known else str(path)
    )
    tissues = _tissues(table, described.get("tissues") or {}).loc[sites.index]
    notes = [f"{name}: {note}" for note in (*notes, *contig_notes, str(signals))]
    return Atlas(name, sites.reset_index(drop=True), tissues.reset_index(drop=True), notes)


def guess_format(table: TextTable) -> str:
    """The format of a file, by its header and its first row."""
    return next(kind for kind, module in _FORMATS.items() if module.recognises(table))


def _on_contigs(sites: pd.DataFrame, path: Path, genome: Genome) -> tuple[pd.DataFrame, list[str]]:
    """The sites on contigs of the FASTA, with the FASTA's names, and a note if other sites were left out."""
    number, names = pd.factorize(sites.chrom)  # of a few contigs and millions of sites
    matched = genome.names.table(names)
    if not matched:
        raise InputError(
            f"{path}: none of its contigs ({shorten(names)}) is in {genome.path} ({shorten(genome.lengths)}); "
            "give the atlas and the FASTA of one assembly"
        )
    chroms = np.array([matched.get(name) for name in names], dtype=object)
    lengths = np.array([genome.lengths.get(chrom, 0) for chrom in chroms])[number]
    known = pd.Series(pd.notna(chroms)[number], index=sites.index)
    lost = sites.chrom[~known]
    sites = sites.assign(chrom=chroms[number])[known]
    within = (sites.cut >= 0) & (sites.cut < lengths[known])
    require(within, sites.cut + 1, path, "position", "a position within its contig; is the atlas of another assembly?")
    if known.all():
        return sites, []
    return sites, [f"{plural(len(lost), 'site')} on contigs that the FASTA lacks left out: {shorten(lost.unique())}"]


def _require_signals(sites: pd.DataFrame, genome: Genome, min_share: float, of: str) -> Signals:
    """The signals of the sites of an atlas. Raises InputError if too few sites have one."""
    signals = find_signals(sites, genome)
    if signals.n_cuts >= _ENOUGH_TO_JUDGE and signals.share < min_share:
        raise InputError(
            f"{of}: {signals}, at least {min_share:.0%} expected: it is probably of another assembly than {genome.path}, or its "
            "cuts are read at the wrong bases; if neither, lower config key `min_canonical_share`"
        )
    return signals


def _stringent(table: TextTable, wanted: float | list, column: Column | None) -> tuple[TextTable, str]:
    """The rows whose level is at least `wanted` (a number) or in `wanted` (a list), and a note about the other rows."""
    if isinstance(column, str) or polyasite.has_header(table):
        table = table.with_header()
    level = table.column(column or polyasite.stringency_column(table), "stringency")
    if isinstance(wanted, list):
        kept = level.isin([str(value) for value in wanted])
    else:
        kept = numbers(level, table.path, "stringency", needed=True) >= wanted
    if not kept.any():
        raise InputError(
            f"{table.path}: no site has the `stringency` {wanted} of config key `atlas`; its levels are "
            f"{shorten(sorted(level.unique()), 10)}"
        )
    return table.take(
        kept.to_numpy(dtype=bool)
    ), f"{plural((~kept).sum(), 'site')} of other `stringency` than {wanted} left out"


def _tissues(table: TextTable, tissues: Mapping) -> pd.DataFrame:
    """Abundance per tissue by line number, one column per tissue."""
    table = table.with_header() if any(isinstance(column, str) for column in tissues.values()) else table
    amounts = {}
    for tissue, column in tissues.items():
        amounts[tissue] = numbers(table.column(column, tissue), table.path, tissue)
        require(~(amounts[tissue] < 0), amounts[tissue], table.path, tissue, "a number of at least 0")
    return pd.DataFrame(amounts, index=table.lines, dtype=np.float64)
