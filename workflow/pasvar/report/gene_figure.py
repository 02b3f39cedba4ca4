"""A gene's 3' ends to scale, its introns folded: usage of the sites, exons, and variants as lollipops. Drawn with matplotlib."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from pasvar.report import words
from pasvar.report.content import LIKELY_SITE, SURE_SITE
from pasvar.report.figures import Palette, style
from pasvar.report.sheet import WIDTH, Sheet
from pasvar.report.svg import spread

_AROUND = 60
"""nt that are drawn on either side of a window or an exon."""

_LONGEST_UNFOLDED = 400
"""Empty stretches longer than this are folded."""

_FOLD = 0.035
"""Width of a fold, as a share of the width of the drawing."""

MOST_VARIANTS = 150
MORE, LESS = ("lengthening", "more_cleavage", "less_truncation"), ("shortening", "less_cleavage", "more_truncation")
"""Directions in the colour of a gain, and in that of a loss; the others are grey."""


class FoldedAxis:
    """Converts positions of the genome to positions in a drawing (nt from its left end, along transcription). Long
    empty stretches are folded to a fixed width."""

    def __init__(self, stretches: Sequence[tuple[int, int]], minus: bool):
        """stretches: the intervals that are drawn, [start, end) of the forward strand, 0-based, in any order."""
        merged: list[list[int]] = []
        for start, end in sorted(stretches):
            if merged and start - merged[-1][1] <= _LONGEST_UNFOLDED:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        self.segments = [(start, end) for start, end in merged]
        drawn = sum(end - start for start, end in self.segments)
        gap = _FOLD * drawn
        positions, places, at = [], [], 0.0
        for start, end in self.segments:
            positions += [start, end]
            places += [at, at + end - start]
            at += end - start + gap
        self.length = places[-1]
        self._positions = np.array(positions, dtype=float)
        self._places = np.array(places)
        self._minus = minus
        self.folds = [
            tuple(sorted((self(left), self(right))))
            for (_, left), (right, _) in zip(self.segments, self.segments[1:], strict=False)
        ]

    def __call__(self, position: float) -> float:
        """The position of a border between two bases (0-based)."""
        place = float(np.interp(position, self._positions, self._places))
        return self.length - place if self._minus else place


def end_figure(
    sites: Sequence[Mapping[str, Any]],
    exons: pd.DataFrame,
    effects: Sequence[Mapping[str, Any]],
    palette: Palette,
    width: float = WIDTH,
) -> Figure:
    """The end of a gene. sites: rows of `sites` by rank. exons: the gene's rows of `exons`. effects: rows of
    `gene_effects`, the highest expected impact first; if there are very many, only the first are drawn."""
    minus = sites[0]["strand"] == "-"
    axis = FoldedAxis(_stretches(sites, exons, minus), minus)
    with rc_context(style(palette)):
        sheet = Sheet(width, 3.35 if effects else 2.0)
        sheet.skip(0.42)
        upper = sheet.axes(0.8)
        model = sheet.axes(0.42, share=upper)
        if effects:
            sheet.skip(0.08)
            lower = sheet.axes(1.1, share=upper)
            _draw_variants(lower, effects[:MOST_VARIANTS], axis, palette)
        _draw_usage(upper, sites, axis, palette)
        _draw_exons(model, sites, exons, axis, palette)
        _label_positions(lower if effects else model, sites[0]["chrom"], axis, minus)
        upper.set_xlim(-0.01 * axis.length, 1.01 * axis.length)
    return sheet.figure


def _stretches(sites: Sequence[Mapping[str, Any]], exons: pd.DataFrame, minus: bool) -> list[tuple[int, int]]:
    """The intervals that are drawn: the windows, and the exons from the gene's first stop codon on, or from its first
    window on."""
    windows = [(site["window_start"] - _AROUND, site["window_end"] + _AROUND) for site in sites]
    low, high = min(start for start, _ in windows), max(end for _, end in windows)
    stops = exons.coding_start.dropna() if minus else exons.coding_end.dropna()
    if len(stops) and minus:
        high = max(high, int(stops.max()) + _AROUND)
    elif len(stops):
        low = min(low, int(stops.min()) - _AROUND)
    inside = exons[(exons.end > low) & (exons.start < high)]
    clipped = zip(inside.start.clip(lower=low), inside.end.clip(upper=high), strict=True)
    return windows + [(int(start), int(end)) for start, end in clipped]


def _draw_usage(axes: Axes, sites: Sequence[Mapping[str, Any]], axis: FoldedAxis, palette: Palette) -> None:
    """One bar per site, as high as its share of the gene's 3' ends; a paler bar shows a lower confidence of the site;
    the number is above the bar."""
    places = [axis(site["cut_pos"] - 0.5) for site in sites]
    opacity = [_opacity(site["confidence"]) for site in sites]
    thickness = 0.008 * axis.length
    for place, site, alpha in zip(places, sites, opacity, strict=True):
        usage = 100 * (site["usage_ref"] or 0)
        axes.bar(place, max(usage, 1.0), thickness, color=palette.ink, alpha=alpha)
    order = np.argsort(places, kind="stable")
    spaced = spread([places[i] for i in order], 0.024 * axis.length, 0, axis.length)
    for i, label in zip(order, spaced, strict=True):
        site = sites[i]
        line = {"arrowstyle": "-", "color": palette.soft, "lw": 0.4, "shrinkA": 0, "shrinkB": 0}
        at, words_at = (places[i], 100 * (site["usage_ref"] or 0) + 2), (label, 112)
        look: Any = {"ha": "center", "va": "bottom", "fontsize": 8, "annotation_clip": False, "arrowprops": line}
        axes.annotate(str(site["rank"]), at, words_at, **look)
    axes.set_ylim(0, 104)
    axes.set_yticks([0, 50, 100], ["0", "50", "100 %"], fontsize=8)
    axes.set_ylabel("usage", fontsize=9)
    axes.tick_params(axis="x", bottom=False, labelbottom=False)


def _opacity(confidence: float | None) -> float:
    if confidence is None:
        return 0.35
    return 1.0 if confidence >= SURE_SITE else 0.65 if confidence >= LIKELY_SITE else 0.35


def _draw_exons(
    axes: Axes, sites: Sequence[Mapping[str, Any]], exons: pd.DataFrame, axis: FoldedAxis, palette: Palette
) -> None:
    """Exons as boxes, with their coding part thicker; folds as gaps; and the windows of the sites below."""
    drawn = [axis(border) for segment in axis.segments for border in segment]
    for left, right in zip(drawn[::2], drawn[1::2], strict=True):
        axes.plot([left, right], [1, 1], color=palette.soft, lw=0.8, zorder=1)
    for left, right in axis.folds:
        axes.plot([left, right], [1, 1], color=palette.soft, lw=0.8, ls=(0, (1, 2)), zorder=1)
        axes.text((left + right) / 2, 1, "//", ha="center", va="center", fontsize=8, color=palette.soft)
    for start, end, height in _boxes(exons, axis):
        left, right = sorted((axis(start), axis(end)))
        axes.barh(1, right - left, height, left, color=palette.soft, zorder=2)
    for site in sites:
        left, right = sorted((axis(site["window_start"]), axis(site["window_end"])))
        axes.barh(0.1, right - left, 0.28, left, color=palette.soft, alpha=_opacity(site["confidence"]))
    axes.set_ylim(-0.15, 1.6)
    axes.set_yticks([0.1, 1], ["windows", "exons"], fontsize=8)
    axes.tick_params(axis="both", length=0, labelbottom=False)
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_visible(False)


def _boxes(exons: pd.DataFrame, axis: FoldedAxis) -> list[tuple[int, int, float]]:
    """Distinct exons and coding parts inside the drawn intervals: start, end, height."""
    boxes: set[tuple[int, int, float]] = set()
    for exon in exons.itertuples():
        parts: list[tuple[float, float, float]] = [(exon.start, exon.end, 0.42)]
        if not pd.isna(exon.coding_start):
            parts.append((max(exon.start, exon.coding_start), min(exon.end, exon.coding_end), 0.9))
        for start, end, height in parts:
            for low, high in axis.segments:
                if max(start, low) < min(end, high):
                    boxes.add((int(max(start, low)), int(min(end, high)), height))
    return sorted(boxes)


def _draw_variants(axes: Axes, effects: Sequence[Mapping[str, Any]], axis: FoldedAxis, palette: Palette) -> None:
    """One lollipop per variant: its height is the expected impact, its colour the direction, its size the number of
    carriers."""
    looks: dict[tuple[str, float], list[tuple[float, float]]] = {}
    for effect in effects:
        look = _colour(effect["direction"], palette), round(head_size(effect["n_carriers"]), 1)
        looks.setdefault(look, []).append((axis(effect["pos"] - 0.5), 100 * (effect["expected_impact"] or 0)))
    # One line per style, of stems with gaps between them, takes a tenth of the time of one line per variant.
    for (colour, size), points in sorted(looks.items(), key=lambda each: max(height for _, height in each[1])):
        stems = [(place, y) for place, height in points for y in (0, height, np.nan)]
        axes.plot(*zip(*stems, strict=True), color=colour, lw=1.0, alpha=0.7)
        xs, ys = zip(*points, strict=True)
        axes.plot(xs, ys, "o", ms=size, color=colour, mec=palette.paper, mew=0.5, clip_on=False)
    top = max([1.0, *(100 * (effect["expected_impact"] or 0) for effect in effects)])
    axes.set_ylim(0, 1.12 * top)
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g} %"))
    axes.tick_params(axis="y", labelsize=8)
    axes.set_ylabel("exp. impact", fontsize=9)


def _colour(direction: str, palette: Palette) -> str:
    return palette.gain if direction in MORE else palette.loss if direction in LESS else palette.soft


def head_size(n_carriers: int | None) -> float:
    """Points: 4 for one carrier or an unknown number, three more for ten times as many carriers, at most 13."""
    return min(4 + 3 * float(np.log10(max(n_carriers or 1, 1))), 13.0)


def _label_positions(axes: Axes, chrom: str, axis: FoldedAxis, minus: bool) -> None:
    """Positions of the genome at which a drawn stretch begins or ends, as many as there is room for."""
    borders = sorted((axis(border), border) for segment in axis.segments for border in segment)
    kept: list[tuple[float, int]] = []
    for place, border in borders:
        if not kept or place - kept[-1][0] > 0.13 * axis.length:
            kept.append((place, border))
    axes.set_xticks([place for place, _ in kept], [f"{border:,}" for _, border in kept], fontsize=8)
    axes.tick_params(axis="x", bottom=True, labelbottom=True, length=3)
    if len(kept) > 1 and kept[-1][0] > 0.95 * axis.length:
        axes.get_xticklabels()[-1].set_horizontalalignment("right")  # otherwise the figure's edge cuts it
    strand = "minus" if minus else "plus"
    axes.set_xlabel(f"position on {chrom}, {strand} strand; transcription runs left to right →", fontsize=9)


def gene_words(sites: Sequence[Mapping[str, Any]], effects: Sequence[Mapping[str, Any]]) -> str:
    """The description of the figure for a screen reader."""
    shares = ", ".join(f"site {site['rank']} {words.percent(site['usage_ref'])}" for site in sites if site["usage_ref"])
    sentence = f"The gene's end with {words.plural(len(sites), 'polyadenylation site')}; usage: {shares or 'not known'}"
    if not effects:
        return sentence
    highest = max((effect["expected_impact"] or 0) for effect in effects)
    return f"{sentence}; {words.plural(len(effects), 'variant')}, the highest expected impact {words.percent(highest)}"
