"""Distributions over a whole run, drawn with matplotlib. Input: numbers and colours. Output: a figure.

`figures` embeds the figures in a page or saves them.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator, MultipleLocator

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, NARROW_END, NARROW_START, WINDOW_LENGTH
from pasvar.report import words
from pasvar.report.figures import Palette, style

MAX_POINTS = 1_500
"""Number of variants that are drawn one by one. If there are more, the strongest are drawn and the others are shown as
a band, which keeps the page small."""

_BINS_EACH_WAY = 30
_LEAST_REACH = 0.5
_LEAST_SHIFT = 10.0
_LEAST_SIZE = 0.001
"""Smallest |effect| (ln) and shift (percentage points) that an axis includes, so that noise does not look like an
effect; start of an axis of sizes (ln)."""


def effect_histogram(delta: np.ndarray, min_effect: float, palette: Palette) -> Figure:
    """Histogram of effects: number of windows by size of the effect; log y. delta: (n,) ln. min_effect: size from which
    an effect is called strong."""
    labels = ("change of log odds of cleavage (ln)", "variants and sites (log scale)")
    return _histogram(delta, _reach(delta), min_effect, labels, palette)


def shift_histogram(points: np.ndarray, limit: float, palette: Palette) -> Figure:
    """How many pairs of allele and gene lengthen (right) and shorten (left) the 3' UTR; log y.

    points: (n,) percentage points by which the share of the most distal site changes. limit: size from which a shift is
    of interest.
    """
    labels = ("change of the most distal site's share (percentage points)", "alleles and genes (log scale)")
    reach = max(_LEAST_SHIFT, float(np.abs(points).max(initial=0)) * 1.02)
    return _histogram(points, reach, limit, labels, palette)


def _histogram(values: np.ndarray, reach: float, limit: float, labels: tuple[str, str], palette: Palette) -> Figure:
    """Signed values in bins from -reach to reach, dashed lines at +-limit."""
    figure, axes = _new(palette, 5.2, 3.5)
    counts, edges = np.histogram(values, bins=np.linspace(-reach, reach, 2 * _BINS_EACH_WAY + 1))
    colours = [palette.loss] * _BINS_EACH_WAY + [palette.gain] * _BINS_EACH_WAY
    # Bars start below 1, so that a single variant is visible on the log axis.
    axes.bar(edges[:-1], np.maximum(counts - 0.6, 0), np.diff(edges) * 0.88, 0.6, align="edge", color=colours)
    axes.set_yscale("log")
    axes.set_ylim(0.6, max(10, counts.max(initial=1) * 2))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.minorticks_off()
    for edge in (-limit, limit):
        axes.axvline(edge, color=palette.soft, lw=0.8, ls=(0, (3, 3)))
    _sign_ticks(axes.xaxis)
    axes.set_xlim(-reach * 1.02, reach * 1.02)
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    return figure


def effect_by_position(offset: np.ndarray, delta: np.ndarray, palette: Palette) -> Figure:
    """Position of the effects in the window. offset: (n,) nt from the hexamer's first base. delta: (n,) ln."""
    figure, axes = _new(palette, 5.2, 3.5)
    axes.axvspan(NARROW_START - HEXAMER_INDEX, NARROW_END - HEXAMER_INDEX, color=palette.narrow, lw=0)
    axes.axvspan(0, HEXAMER_LENGTH, color=palette.hexamer, lw=0)
    axes.axhline(0, color=palette.soft, lw=0.7)
    shown = np.sort(np.argsort(-np.abs(delta), kind="stable")[:MAX_POINTS])
    if len(shown) < len(delta):
        _band(axes, offset, delta, palette)
    for way, colour in ((delta[shown] < 0, palette.loss), (delta[shown] >= 0, palette.gain)):
        axes.plot(offset[shown][way] + 0.5, delta[shown][way], "o", ms=3.6, mew=0, alpha=0.65, color=colour)
    reach = _reach(delta)
    axes.set_ylim(-reach * 1.05, reach * 1.05)
    axes.set_xlim(-HEXAMER_INDEX, WINDOW_LENGTH - HEXAMER_INDEX)
    axes.xaxis.set_major_locator(MultipleLocator(40))
    _sign_ticks(axes.xaxis)
    _sign_ticks(axes.yaxis)
    axes.set_xlabel("nt from the hexamer's first base, along the transcript")
    axes.set_ylabel("change of log odds (ln)")
    return figure


def _band(axes: Axes, offset: np.ndarray, delta: np.ndarray, palette: Palette) -> None:
    """For each position, the range of the middle 90 % of all variants."""
    places = np.unique(offset)
    low, high = np.array([np.quantile(delta[offset == place], (0.05, 0.95)) for place in places]).T
    axes.vlines(places + 0.5, low, high, color=palette.soft, alpha=0.55, lw=2)


def effect_by_frequency(
    groups: Sequence[tuple[str, np.ndarray]], min_effect: float, palette: Palette, source: str = ""
) -> Figure:
    """Size of effects among rare and common alleles: the box is the middle half, the whiskers are the middle 90 %.

    groups: name and sizes of effect (|ln|) of each class of allele frequency, the rarest first. source: the source of
    the frequency, if it is not the cohort.
    """
    figure, axes = _new(palette, 5.2, 3.5)
    for place, size in enumerate(np.maximum(size, _LEAST_SIZE) for _, size in groups):
        if len(size):
            low, first, middle, third, high = np.quantile(size, (0.05, 0.25, 0.5, 0.75, 0.95))
            axes.vlines(place, low, high, color=palette.soft, lw=1.2)
            axes.bar(place, third - first, 0.5, first, color=palette.narrow, edgecolor=palette.soft, lw=0.8)
            axes.hlines(middle, place - 0.25, place + 0.25, color=palette.ink, lw=1.8)
            strong = np.sort(size[size >= min_effect])[-MAX_POINTS // len(groups) :]
            axes.plot(np.full(len(strong), place), strong, "o", ms=2.6, mew=0, alpha=0.5, color=palette.loss)
    axes.axhline(min_effect, color=palette.soft, lw=0.8, ls=(0, (3, 3)))
    axes.set_yscale("log")
    axes.set_ylim(_LEAST_SIZE * 0.8)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.minorticks_off()
    axes.set_xticks(np.arange(len(groups)), [f"{name}\n{len(size):,}" for name, size in groups])
    axes.set_xlabel(f"allele frequency{f' ({source})' if source else ''}, and how many alleles and windows")
    axes.set_ylabel("size of the effect (ln, log scale)")
    return figure


def counts(rows: Sequence[tuple[str, int]], what: str, palette: Palette) -> Figure:
    """The number of each kind, one bar per kind from top to bottom."""
    return stacked([(label, [n]) for label, n in rows], [palette.soft], what, palette)


def site_confidence(rows: Sequence[tuple[str, Sequence[int]]], palette: Palette) -> Figure:
    """Sites of each source, one bar each: real with 80 % or more (dark), 50 to 80 %, less, and not known (pale)."""
    return stacked(rows, [palette.ink, palette.soft, palette.line, palette.narrow], "sites", palette)


def stacked(rows: Sequence[tuple[str, Sequence[int]]], colours: Sequence[str], what: str, palette: Palette) -> Figure:
    """One bar per row from top to bottom, each of adjacent parts, with its sum and share of all."""
    figure, axes = _new(palette, 5.6, 0.6 + 0.36 * len(rows))
    places = np.arange(len(rows))
    parts = np.array([parts for _, parts in rows], dtype=np.int64).reshape(len(rows), len(colours))
    sums = parts.sum(axis=1)
    for part, left, colour in zip(parts.T, (parts.cumsum(axis=1) - parts).T, colours, strict=True):
        axes.barh(places, part, 0.66, left, color=colour, edgecolor=palette.soft, lw=0.5)
    whole = max(sums.sum(), 1)
    for place, n in zip(places, sums, strict=True):
        axes.annotate(
            f"{n:,} ({words.percent(n / whole)})",
            (n, place),
            (5, 0),
            textcoords="offset points",
            va="center",
            color=palette.ink,
        )
    axes.set_yticks(places, [label for label, _ in rows])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, max(sums.max(initial=0), 1) * 1.35)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_xlabel(what)
    return figure


def _new(palette: Palette, width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of `width` x `height` inches, without pyplot and so without its global state."""
    with rc_context(style(palette)):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.add_subplot()


def _reach(delta: np.ndarray) -> float:
    """Half the width of an axis symmetric around zero that holds all effects."""
    return max(_LEAST_REACH, float(np.abs(delta).max(initial=0)) * 1.02)


def _sign_ticks(axis) -> None:
    axis.set_major_formatter(_Signed())


class _Signed(Formatter):
    """Ticks with their sign, all with as many digits as the tick that needs most (at most two)."""

    def __call__(self, value: float, pos: int | None = None) -> str:
        return self.format_ticks([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        # Ticks are sums of steps: 0.6 becomes 0.6000000000000001.
        digits = next((digits for digits in (0, 1) if np.allclose(values, np.round(values, digits), atol=1e-9)), 2)
        return [words.signed(value, digits) for value in values]
