"""Drawings of a site's window with its variants, and of the effect of every substitution there. Input: rows. Output:
one `<svg>`."""

from collections.abc import Sequence
from math import log

import numpy as np

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, NARROW_END, NARROW_START, WINDOW_LENGTH
from pasvar.report import words
from pasvar.report.content import has_hexamer, tooltip
from pasvar.report.svg import Drawing, Scale, round_step, ticks

WIDTH = 920
_LEFT, _RIGHT = 64, 20
_LEAST_SPAN = 0.25
"""Smallest |effect| that a window's y axis includes (ln), so that noise does not look like an effect."""

MAP_STEPS = (1.1, 1.25, 2, 4, 10)
"""Changes of odds, in either direction, at which the map of substitutions takes a darker shade."""


def effect_span(deltas: Sequence[float]) -> float:
    """The |effect| up to which the y axes of a gene's windows extend; it is the same for all, so that they can be
    compared."""
    largest = max([_LEAST_SPAN, *(abs(delta) for delta in deltas)])
    step = round_step(largest, 3)
    return step * -(-largest * 1.02 // step)


def window_plot(site: dict, hits: Sequence[dict], span: float) -> str:
    """A site's 205-nt window to scale with its variants as lollipops at their position and effect.

    site: a row of `sites`. hits: rows of `scores` at that site with `offset`. span: see `effect_span`.
    """
    height, top, base = 236, 30, 186
    first = -HEXAMER_INDEX
    x = Scale(first, first + WINDOW_LENGTH, _LEFT, WIDTH - _RIGHT)
    y = Scale(-span, span, base, top)
    drawing = Drawing(
        WIDTH, height, f"effects of {words.plural(len(hits), 'variant')} in the window of site {site['rank']}"
    )
    _shade(drawing, x, top, base, has_hexamer(site))
    _effect_axis(drawing, y, span)
    _window_axis(drawing, x, base)
    cut = x(cut_offset(site) + 1)
    drawing.add("line", "cut", x1=cut, x2=cut, y1=top - 4, y2=base, tooltip="the cut")
    # A cut may lie within the hexamer; its label is then next to that of the hexamer.
    drawing.add("text", "label", "cut", x=max(cut - 9, x(HEXAMER_LENGTH) + 8), y=top - 9)
    for hit in reversed(hits):  # the strongest are drawn last, on top
        place, end, way = x(hit["offset"] + 0.5), y(hit["delta_logodds_narrow"]), _way(hit["delta_logodds_narrow"])
        drawing.add("line", f"stem {way}", x1=place, x2=place, y1=y(0), y2=end)
        drawing.add("circle", f"head {way}", tooltip=tooltip(hit), cx=place, cy=end, r=4.5)
    label = "position relative to the hexamer's first base, nt along the transcript"
    drawing.add("text", "label", label, x=(_LEFT + WIDTH - _RIGHT) / 2, y=height - 6, text_anchor="middle")
    return str(drawing)


def substitution_map(site: dict, grid: np.ndarray) -> str:
    """Every possible substitution of a site's window as a coloured cell, below `window_plot` and at the same scale.

    site: a row of `sites`. grid: (4, 205), see `content.substitution_grid`.
    """
    cell_height, top = 13, 18
    base = top + cell_height * len(grid)
    x = Scale(-HEXAMER_INDEX, WINDOW_LENGTH - HEXAMER_INDEX, _LEFT, WIDTH - _RIGHT)
    drawing = Drawing(WIDTH, base + 30, f"effect of every possible substitution in the window of site {site['rank']}")
    for row, letter in enumerate("ACGT"):
        drawing.add("text", "tick", letter, x=_LEFT - 8, y=top + cell_height * (row + 0.5) + 4, text_anchor="end")
    # One path per shade, in units of cells: one rectangle for each of 615 cells would take ten times as much space.
    scale = f"translate({_LEFT} {top}) scale({(x.last - x.first) / WINDOW_LENGTH:.5f} {cell_height})"
    drawing.add("path", "cell reference", d=_cells(np.isnan(grid), 0.3), transform=scale)
    shade = np.searchsorted([log(fold) for fold in MAP_STEPS], np.abs(np.nan_to_num(grid)), side="right")
    for css_class, is_way in (("gain", grid > 0), ("loss", grid < 0)):
        for step in range(1, len(MAP_STEPS) + 1):
            drawing.add("path", f"cell {css_class} step{step}", d=_cells(is_way & (shade == step)), transform=scale)
    if has_hexamer(site):
        drawing.add("rect", "frame", y=top, height=base - top, x=x(0), width=x(HEXAMER_LENGTH) - x(0))
    cut = x(cut_offset(site) + 1)
    drawing.add("line", "cut", x1=cut, x2=cut, y1=top, y2=base)
    drawing.add("text", "label", "every possible substitution", x=_LEFT, y=top - 6)
    for index in range(WINDOW_LENGTH):
        label = _substitution_words(grid[:, index], index - HEXAMER_INDEX)
        drawing.add("rect", "column", tooltip=label, x=x(index - HEXAMER_INDEX), y=top, width=4.1, height=base - top)
    _map_key(drawing, base + 8)
    return str(drawing)


def _substitution_words(effects: np.ndarray, offset: int) -> str:
    """The text for one position. effects: (4,) of A C G T, NaN for the base that is in the window."""
    if np.isnan(effects).sum() != 1:
        return ""
    here = "ACGT"[int(np.flatnonzero(np.isnan(effects))[0])]
    changes = (
        f"{here}>{base} {words.signed(effect)}" for base, effect in zip("ACGT", effects, strict=True) if base != here
    )
    return "\n".join([f"{words.signed(offset, 0)} nt", *changes])


def _map_key(drawing: Drawing, top: float) -> None:
    """The shades from the strongest loss to the strongest gain, with the changes of odds at their borders."""
    steps = list(range(1, len(MAP_STEPS) + 1))
    shades = [*(f"loss step{step}" for step in reversed(steps)), "", *(f"gain step{step}" for step in steps)]
    limits = [*(f"÷{fold:g}" for fold in reversed(MAP_STEPS)), *(f"{words.TIMES}{fold:g}" for fold in MAP_STEPS)]
    width, left = 38, WIDTH - _RIGHT - 38 * len(shades)
    drawing.add("text", "tick", "odds of cleavage", x=left - 10, y=top + 9, text_anchor="end")
    for i, shade in enumerate(shades):
        if shade:
            drawing.add("rect", f"cell {shade}", x=left + i * width, y=top, width=width, height=6)
    drawing.add("rect", "frame", x=left, y=top, width=width * len(shades), height=6)
    for i, limit in enumerate(limits, start=1):
        # On a phone there is only room for every second one.
        drawing.add(
            "text",
            "tick" if i in (1, 3, 8, 10) else "tick minor",
            limit,
            x=left + i * width,
            y=top + 18,
            text_anchor="middle",
        )


def _cells(chosen: np.ndarray, margin: float = 0) -> str:
    """The chosen cells of a grid as an SVG path in units of cells. Neighbours in a row are one rectangle, with a
    margin."""
    parts = []
    for row, columns in enumerate(chosen):
        edges = np.flatnonzero(np.diff(columns.astype(int), prepend=0, append=0))
        for first, last in edges.reshape(-1, 2):
            for start, width in [(first, last - first)] if not margin else [(i, 1) for i in range(first, last)]:
                size = f"h{width - 2 * margin:g}v{1 - 2 * margin:g}h{2 * margin - width:g}z"
                parts.append(f"M{start + margin:g} {row + margin:g}{size}")
    return "".join(parts)


def cut_offset(site: dict) -> int:
    """Position of the last base before the cut, in nt from the hexamer's first base along the transcript."""
    if site["strand"] == "-":
        return site["hexamer_end"] - site["cut_pos"]
    return site["cut_pos"] - 1 - site["hexamer_start"]


def _way(delta: float) -> str:
    return "gain" if delta > 0 else "loss"


def _shade(drawing: Drawing, x: Scale, top: float, base: float, with_hexamer: bool) -> None:
    """The narrow window, and the hexamer if there is one."""
    places = [
        ("narrow", NARROW_START - HEXAMER_INDEX, NARROW_END - HEXAMER_INDEX, "narrow window: cleavage is counted here")
    ]
    if with_hexamer:
        places.append(("hexamer", 0, HEXAMER_LENGTH, "hexamer"))
        drawing.add("text", "label", "hexamer", x=x(HEXAMER_LENGTH), y=top - 9, text_anchor="end")
    for css_class, start, end, name in places:
        drawing.add("rect", css_class, tooltip=name, x=x(start), y=top, width=x(end) - x(start), height=base - top)


def _effect_axis(drawing: Drawing, y: Scale, span: float) -> None:
    step = round_step(span, 3)
    for value in ticks(-span, span, round(2 * span / step)):
        drawing.add("line", "grid" if value else "axis", x1=_LEFT, x2=WIDTH - _RIGHT, y1=y(value), y2=y(value))
        digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
        drawing.add("text", "tick", words.signed(value, digits), x=_LEFT - 8, y=y(value) + 4, text_anchor="end")
    middle = y(0)
    turned = f"rotate(-90 14 {middle:.0f})"
    drawing.add("text", "label turned", "change of log odds", x=14, y=middle, text_anchor="middle", transform=turned)


def _window_axis(drawing: Drawing, x: Scale, base: float) -> None:
    drawing.add("line", "axis", x1=x.first, x2=x.last, y1=base, y2=base)
    for offset in range(-60, WINDOW_LENGTH - HEXAMER_INDEX, 20):
        place = x(offset + 0.5)
        drawing.add("line", "axis", x1=place, x2=place, y1=base, y2=base + 5)
        drawing.add("text", "tick", words.signed(offset, 0), x=place, y=base + 18, text_anchor="middle")
