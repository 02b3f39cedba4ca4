"""All possible substitutions (SNVs) of the sites' windows, and their scores.

A site has three for each of its 205 positions at which the reference has a base. N, and positions past a contig's end,
have none.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from tqdm import tqdm

from pasvar.constants import WINDOW_LENGTH
from pasvar.contigs import shorten
from pasvar.errors import InputError
from pasvar.progress import no_progress, within
from pasvar.scoring.scores import Network, ScoreStore, score_codes
from pasvar.sequence import BASES, N_CODE, encode_rows, on_strand
from pasvar.tables import to_arrow

WINDOWS_AT_ONCE = 8 * 4096
"""Number of windows that are made and scored together: whole batches of a GPU."""

LOOKED_UP_AT_ONCE = 128 * WINDOWS_AT_ONCE
"""Number of windows that are looked up in the store together, because a look-up reads all digests of the store: 40
bytes each in memory, and the windows are made twice."""

_OTHERS = np.array([[alt for alt in range(4) if alt != ref] for ref in range(4)], dtype=np.uint8)
_LETTERS = np.array(list(BASES), dtype=object)


class Substitutions(NamedTuple):
    """SNVs, arrays of one element each. window: number of the window. index: position in it. pos: 1-based. ref, alt:
    codes of the forward strand, whatever the strand of the site."""

    window: np.ndarray
    index: np.ndarray  # type: ignore[assignment]  # a tuple has a method of this name, which nobody calls
    pos: np.ndarray
    ref: np.ndarray
    alt: np.ndarray

    def take(self, rows: slice | np.ndarray) -> "Substitutions":
        return Substitutions(*(column[rows] for column in self))


class ContigWindows:
    """Reference windows of one contig, sorted by start, and the substitutions in them."""

    def __init__(self, windows: pd.DataFrame):
        """windows: rows of the table `windows`, all on one contig."""
        # `variants` also lists the windows that an allele touches in this order.
        windows = windows.sort_values("window_start", kind="stable")
        self.site_id = windows.site_id.to_numpy(dtype=object)
        self._minus = (windows.strand == "-").to_numpy()
        self._codes = encode_rows(windows.window.to_list(), WINDOW_LENGTH)
        # On the minus strand the window's first base is the last base of its interval.
        first = np.where(self._minus, windows.window_end - 1, windows.window_start)
        self._place = first[:, None] + np.where(self._minus, -1, 1)[:, None] * np.arange(WINDOW_LENGTH)

    def count(self, start: int, end: int) -> int:
        """Number of substitutions whose base lies in [start, end) of the forward strand, 0-based."""
        return 3 * int(self._bases(start, end).sum())

    def substitutions(self, start: int, end: int) -> Substitutions:
        """Those substitutions, by position, allele and window."""
        window, index = np.nonzero(self._bases(start, end))
        ref = on_strand(self._codes[window, index], self._minus[window])
        pos = self._place[window, index] + 1
        every = (np.repeat(column, 3) for column in (window, index, pos, ref))
        found = Substitutions._make((*every, _OTHERS[ref].reshape(-1)))
        return found.take(np.lexsort((found.window, found.alt, found.pos)))

    def alternates(self, changes: Substitutions) -> np.ndarray:
        """(n, 205) uint8: the windows with the substitutions in place."""
        codes = self._codes[changes.window]
        codes[np.arange(len(codes)), changes.index] = on_strand(changes.alt, self._minus[changes.window])
        return codes

    def _bases(self, start: int, end: int) -> np.ndarray:
        return (self._codes != N_CODE) & (start <= self._place) & (self._place < end)


def windows_of_genes(windows: pd.DataFrame, catalogue: pd.DataFrame, genes: Sequence[str]) -> pd.DataFrame:
    """The windows of some genes' sites, or all windows if no gene is given. genes: names or IDs. Raises InputError for
    an unknown one."""
    unknown = set(genes) - set(catalogue.gene_id) - set(catalogue.gene_name)
    if unknown:
        raise InputError(
            f"config key `saturation.genes`: {shorten(sorted(unknown))}: no site belongs to a gene of this name or ID; "
            "results/sites.parquet lists those that have one"
        )
    if not genes:
        return windows
    chosen = catalogue.gene_id.isin(genes) | catalogue.gene_name.isin(genes)
    return windows[windows.site_id.isin(catalogue.site_id[chosen])]


def score_saturation(
    engine: Network,
    windows: pd.DataFrame,
    stretches: pd.DataFrame,
    progress: Callable[..., tqdm] = no_progress,
    store: ScoreStore | None = None,
) -> Iterator[pa.Table]:
    """Table `saturation_scores` in pieces: every substitution of the windows whose base lies in the stretches, in their
    order.

    windows: table `windows` or some of its rows. stretches: rows of table `shards`. Windows are made as codes,
    `WINDOWS_AT_ONCE` at a time. engine, store, errors: as for `scores.score_codes`.
    """
    parts = []
    for row in stretches.itertuples():
        overlaps = (windows.window_start < row.end) & (windows.window_end > row.start)
        parts.append((row, ContigWindows(windows[(windows.chrom == row.chrom) & overlaps])))
    n_done = 0
    with progress(total=sum(near.count(row.start, row.end) for row, near in parts), unit="windows") as bar:
        for row, near in parts:
            for changes, found in _pieces(near, near.substitutions(row.start, row.end), store):
                scores = score_codes(engine, near.alternates(changes), within(bar), store, found).add_suffix("_alt")
                n_done += len(scores)
                bar.update(n_done - bar.n)  # what the store had
                alleles = {
                    "chrom": row.chrom,
                    "pos": changes.pos,
                    "ref": _LETTERS[changes.ref],
                    "alt": _LETTERS[changes.alt],
                    "site_id": near.site_id[changes.window],
                    "window_index": changes.index,
                }
                yield to_arrow(scores.assign(**alleles), "saturation_scores")


def _pieces(
    near: ContigWindows, every: Substitutions, store: ScoreStore | None
) -> Iterator[tuple[Substitutions, pd.DataFrame | None]]:
    """`WINDOWS_AT_ONCE` of the substitutions at a time, and the scores that the store has for them."""
    for start in range(0, len(every.pos), LOOKED_UP_AT_ONCE):
        borders = range(start, min(start + LOOKED_UP_AT_ONCE, len(every.pos)), WINDOWS_AT_ONCE)
        pieces = [every.take(slice(low, min(low + WINDOWS_AT_ONCE, start + LOOKED_UP_AT_ONCE))) for low in borders]
        found = None if store is None else store.find_parts(map(near.alternates, pieces))
        for low, piece in zip(borders, pieces, strict=True):
            yield piece, None if found is None else found.iloc[low - start :][: len(piece.pos)]


def saturate_hits(
    engine: Network,
    alleles: pd.DataFrame,
    windows: pd.DataFrame,
    progress: Callable[..., tqdm] = no_progress,
    store: ScoreStore | None = None,
) -> Iterator[pa.Table]:
    """As `score_saturation`, but every substitution of the sites that the alleles (by site_id) hit. windows: the whole
    table."""
    hit = windows[windows.site_id.isin(alleles.site_id)]
    contigs = hit.groupby("chrom", sort=False).agg(start=("window_start", "min"), end=("window_end", "max"))
    return score_saturation(engine, hit, contigs.reset_index(), progress, store)
