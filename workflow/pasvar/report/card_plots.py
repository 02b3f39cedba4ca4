"""The drawings of a variant card. Input: a `Card`. Output: figures of matplotlib, which `figures` embeds or saves.

Positions are nt from the hexamer's first base along the transcript; a base takes the interval from its position to the
next.
"""

import textwrap
from dataclasses import dataclass
from functools import cache
from math import log

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator
from matplotlib.transforms import Affine2D

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, NARROW_END, NARROW_START, WINDOW_LENGTH
from pasvar.report import words
from pasvar.report.card import GAP, Card, cleavage_row, usage_rows
from pasvar.report.figures import PAPER, Palette, style
from pasvar.report.gene_plots import MAP_STEPS
from pasvar.report.sheet import WIDTH, Sheet

_SHADES = (0.14, 0.3, 0.52, 0.76, 1.0)
"""Opacity of the map's colours, one value per step."""

_WINDOW_HEIGHT, _LETTERS_HEIGHT, _SITE_HEIGHT = 2.75, 2.15, 0.34
_NAME_MARGIN = 1.75
"""Width in inches for the names of sites."""

_BOLD = FontProperties(family="DejaVu Sans Mono", weight="bold")
_FIRST, _LAST = -HEXAMER_INDEX, WINDOW_LENGTH - HEXAMER_INDEX


@dataclass(frozen=True)
class Span:
    """The positions that a drawing shows, [low, high)."""

    low: int = _FIRST
    high: int = _LAST


WHOLE = Span()


def window_figure(card: Card, palette: Palette, width: float = WIDTH, span: Span = WHOLE) -> Figure:
    """The cleavage profile of reference and alternate, and below it the effect of every substitution."""
    with rc_context(style(palette)):
        sheet = Sheet(width, _WINDOW_HEIGHT)
        _draw_window(sheet, card, palette, span)
    return sheet.figure


def letters_figure(card: Card, palette: Palette, width: float = WIDTH, span: Span | None = None) -> Figure:
    """The bases around the change, each as high as its importance, and reference and alternate one below the other with
    their elements."""
    with rc_context(style(palette)):
        sheet = Sheet(width, _LETTERS_HEIGHT)
        _draw_letters(sheet, card, palette, span or Span(*card.view))
    return sheet.figure


def usage_figure(card: Card, palette: Palette, width: float = WIDTH) -> Figure:
    """The usage of the gene's sites without and with the allele, with the error bar of the site that is hit hardest."""
    with rc_context(style(palette)):
        sheet = Sheet(width, usage_height(card))
        _draw_usage(sheet, card, palette)
    return sheet.figure


def usage_height(card: Card) -> float:
    """Inches."""
    return 0.5 + _SITE_HEIGHT * len(shown_rows(card))


def card_figure(card: Card, verdict: str) -> Figure:
    """All drawings of a card, one below the other, with its title and verdict, in the colours of a file."""
    text_lines = "\n".join(_folded(text) for text in (verdict, known_line(card)) if text)
    head = 0.55 + 0.17 * (text_lines.count("\n") + 1)
    height = head + _WINDOW_HEIGHT + _LETTERS_HEIGHT + usage_height(card) + 0.1
    with rc_context(style(PAPER)):
        sheet = Sheet(WIDTH, height)
        sheet.figure.text(0.1 / WIDTH, 1 - 0.12 / height, card.title, fontsize=14, fontweight="bold", va="top")
        sheet.figure.text(0.1 / WIDTH, 1 - 0.46 / height, text_lines, fontsize=9, va="top", linespacing=1.35)
        sheet.skip(head)
        _draw_window(sheet, card, PAPER, WHOLE)
        _draw_letters(sheet, card, PAPER, Span(*card.view))
        sheet.skip(0.1)
        _draw_usage(sheet, card, PAPER)
    return sheet.figure


def known_line(card: Card) -> str:
    """The data of other sources, in one line; empty if none was asked."""
    return f"Known: {'; '.join(f'{name}: {value}' for name, value in card.known)}." if card.known else ""


def _folded(text: str, width: int = 112) -> str:
    return "\n".join(textwrap.wrap(text, width))


def _draw_window(sheet: Sheet, card: Card, palette: Palette, span: Span) -> None:
    sheet.skip(0.42)
    upper = sheet.axes(1.2)
    sheet.skip(0.18)
    lower = sheet.axes(0.5, share=upper)
    sheet.skip(0.45)
    _draw_profile(upper, card, palette)
    _draw_map(lower, card, palette, span)
    upper.set_xlim(span.low, span.high)
    upper.tick_params(axis="x", labelbottom=False)
    lower.xaxis.set_major_locator(MultipleLocator(20))
    lower.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.signed(value, 0)))
    lower.set_xlabel("nt from the hexamer's first base, along the transcript →")
    _genome_axis(upper, card, span)


def _draw_profile(axes: Axes, card: Card, palette: Palette) -> None:
    """Probability of a cut after each base."""
    _shade(axes, card, palette, with_names=True)
    colour = _colour(card, palette)
    edges = np.arange(_FIRST, _LAST + 1)
    ref, alt = 100 * card.profile_ref, 100 * card.profile_alt
    axes.stairs(ref, edges, fill=True, color=palette.soft, alpha=0.3, lw=0)
    axes.stairs(ref, edges, color=palette.soft, lw=1.1)
    axes.stairs(alt, edges, color=colour, lw=1.3)
    top = max(ref.max(), alt.max(), 0.1) * 1.28
    axes.set_ylim(0, top)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylabel("cut here, %")
    first, last = card.change
    axes.annotate(
        "change",
        ((first + last) / 2, 0),
        (0, -9),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=8,
        color=colour,
        annotation_clip=False,
    )
    axes.axvspan(first, max(last, first + 0.6), color=colour, alpha=0.35, lw=0)
    shares = (
        ("reference", card.row["logodds_narrow_ref"], palette.soft),
        ("alternate", card.row["logodds_narrow_ref"] + card.row["delta_logodds_narrow"], colour),
    )
    for line, (name, logodds, shade) in enumerate(shares):
        text_lines = f"{name}: {words.percent(words.odds_share(logodds))} in the narrow window"
        axes.text(
            0.995,
            0.96 - 0.14 * line,
            text_lines,
            transform=axes.transAxes,
            ha="right",
            va="top",
            fontsize=9,
            color=shade,
        )


def _genome_axis(axes: Axes, card: Card, span: Span) -> None:
    """Positions of the genome above the plot."""
    above = axes.secondary_xaxis("top", functions=(np.vectorize(card.position), np.vectorize(card.offset)))
    step = 50 if span.high - span.low > 120 else 25
    low, high = sorted((card.position(span.low + 0.5), card.position(span.high - 0.5)))
    above.set_xticks([place for place in range(int(-(-low // step)) * step, int(high) + 1, step) if place > 0])
    above.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    above.tick_params(labelsize=8, length=2, pad=1)
    strand = "minus" if card.is_minus else "plus"
    above.set_xlabel(f"position on {card.row['chrom']}, {strand} strand", fontsize=8)


def _draw_map(axes: Axes, card: Card, palette: Palette, span: Span) -> None:
    """Every possible substitution of the reference window: one row per base, the shade shows the change of the odds."""
    shade = np.searchsorted([log(fold) for fold in MAP_STEPS], np.abs(np.nan_to_num(card.effects)), side="right")
    for colour, is_way in ((palette.gain, card.effects > 0), (palette.loss, card.effects < 0)):
        for step, opacity in enumerate(_SHADES, start=1):
            _add_cells(axes, is_way & (shade == step), 0.0, facecolor=colour, alpha=opacity, lw=0)
    _add_cells(axes, _one_hot(card.window_ref), 0.32, facecolor=palette.soft, alpha=0.7, lw=0)
    aligned = [column for column in card.aligned if column[1] != column[2]]
    for place, _, alt in aligned:
        if alt in "ACGT" and span.low <= place < span.high:
            box = Rectangle((place, "ACGT".index(alt)), 1, 1, fill=False, edgecolor=palette.ink, lw=1.1)
            axes.add_patch(box)
    axes.set_ylim(4, 0)
    axes.set_yticks(np.arange(4) + 0.5, list("ACGT"))
    axes.tick_params(axis="y", length=0, labelsize=8)
    axes.set_ylabel("any base")


def _one_hot(window: str) -> np.ndarray:
    """(4, 205) whether the base of a row is the base of the window."""
    return np.array([[letter == base for letter in window] for base in "ACGT"])


def _add_cells(axes: Axes, chosen: np.ndarray, margin: float, **look) -> None:
    """The chosen cells of a (4, 205) grid as one path: neighbours in a row are one rectangle, with a margin."""
    boxes = []
    for row, columns in enumerate(chosen):
        edges = np.flatnonzero(np.diff(columns.astype(int), prepend=0, append=0)) + _FIRST
        for first, last in edges.reshape(-1, 2):
            starts = range(first, last) if margin else (first,)
            width = 1 if margin else last - first
            for start in starts:
                size = Affine2D().scale(width - 2 * margin, 1 - 2 * margin)
                boxes.append(size.translate(start + margin, row + margin).transform_path(Path.unit_rectangle()))
    if boxes:
        axes.add_artist(PathPatch(Path.make_compound_path(*boxes), edgecolor="none", **look))


def _draw_letters(sheet: Sheet, card: Card, palette: Palette, span: Span) -> None:
    sheet.skip(0.06)
    upper = sheet.axes(0.8)
    sheet.skip(0.06)
    lower = sheet.axes(0.95, share=upper)
    sheet.skip(0.28)
    _draw_logo(upper, card, palette, span)
    _draw_alignment(lower, card, palette, span)
    upper.set_xlim(span.low, span.high)
    upper.tick_params(axis="x", labelbottom=False)
    lower.xaxis.set_major_locator(MultipleLocator(10))
    lower.xaxis.set_major_formatter(FuncFormatter(lambda value, _: words.signed(value, 0)))


def _draw_logo(axes: Axes, card: Card, palette: Palette, span: Span) -> None:
    """Each base as high as the mean fall of the log odds when it is replaced by another base; below the line if they
    rise."""
    _shade(axes, card, palette)
    places = range(span.low, span.high)
    heights = card.importance[np.array(places) + HEXAMER_INDEX]
    for letter in "ACGT":
        glyphs = [
            _glyph(letter, place + 0.04, 0, 0.92, height)
            for place, height in zip(places, heights, strict=True)
            if card.window_ref[place + HEXAMER_INDEX] == letter and abs(height) > 1e-3
        ]
        _add_glyphs(axes, glyphs, _base_colour(letter, palette))
    axes.axhline(0, color=palette.soft, lw=0.7)
    reach = max(float(np.abs(heights).max()), 0.05)
    axes.set_ylim(min(-0.1 * reach, heights.min() * 1.1), max(0.3 * reach, heights.max() * 1.1))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: words.signed(value, 1)))
    axes.set_ylabel("importance")


def _draw_alignment(axes: Axes, card: Card, palette: Palette, span: Span) -> None:
    """Reference and alternate, base by base, with the elements below."""
    _shade(axes, card, palette)
    columns = [column for column in card.aligned if span.low <= column[0] < span.high]
    # A base that only the alternate has is drawn between two positions: all following bases move.
    shown = columns[: span.high - span.low]
    for row, which in ((0, 1), (1, 2)):
        for letter in "ACGT":
            glyphs = [
                _glyph(letter, span.low + i + 0.1, row + 0.86, 0.8, -0.72)
                for i, column in enumerate(shown)
                if column[which] == letter
            ]
            _add_glyphs(axes, glyphs, _base_colour(letter, palette))
    for i, (_, ref, alt) in enumerate(shown):
        if ref != alt:
            axes.add_patch(Rectangle((span.low + i, 0), 1, 2, facecolor=_colour(card, palette), alpha=0.22, lw=0))
        for row, letter in enumerate((ref, alt)):
            if letter == GAP:
                axes.plot([span.low + i + 0.2, span.low + i + 0.8], [row + 0.5] * 2, color=palette.ink, lw=1)
    _draw_elements(axes, card, palette, span)
    axes.set_ylim(4.1, 0)
    axes.set_yticks([0.5, 1.5], ["ref", "alt"])
    axes.tick_params(axis="y", length=0)


def _draw_elements(axes: Axes, card: Card, palette: Palette, span: Span) -> None:
    """A line under each element of the reference, with its name if there is room, and a mark at the cut."""
    elements = list(card.motifs)
    if words.hexamer(card.row["hexamer_ref"]) != words.NO_HEXAMER:
        elements.append(("hexamer", 0, HEXAMER_LENGTH))
    ends = [-np.inf, -np.inf, -np.inf]
    for name, first, last in sorted(elements, key=lambda each: each[1:]):
        if last <= span.low or first >= span.high:
            continue
        first, last = max(first, span.low), min(last, span.high)
        room = max(last, first + 0.95 * len(name))
        line = next((i for i, end in enumerate(ends) if end < first), None)
        if line is None or room > span.high + 2:
            continue
        ends[line] = room
        level = 2.25 + 0.62 * line
        axes.plot([first + 0.1, last - 0.1], [level, level], color=palette.ink, lw=1.6, solid_capstyle="butt")
        axes.text(first + 0.1, level + 0.1, name, fontsize=7.5, va="top", color=palette.ink)
    if span.low <= card.cut_offset + 1 <= span.high:
        axes.axvline(card.cut_offset + 1, color=palette.ink, lw=0.9, ls=(0, (2, 2)))
        axes.text(card.cut_offset + 1.3, 4.05, "cut", fontsize=7.5, va="bottom", color=palette.ink)


def _glyph(letter: str, left: float, base: float, width: float, height: float) -> Path:
    """A letter's outline that fills a box; a negative height turns it upside down."""
    return Affine2D().scale(width, height).translate(left, base).transform_path(_outline(letter))


@cache
def _outline(letter: str) -> Path:
    """A letter's outline in a box of one by one."""
    path = TextPath((0, 0), letter, size=1, prop=_BOLD)
    box = path.get_extents()
    return Affine2D().translate(-box.x0, -box.y0).scale(1 / box.width, 1 / box.height).transform_path(path)


def _add_glyphs(axes: Axes, glyphs: list[Path], colour: str) -> None:
    if glyphs:
        # A patch would be measured for the limits of the axes. These are set already, and measuring takes longer than
        # drawing.
        axes.add_artist(PathPatch(Path.make_compound_path(*glyphs), facecolor=colour, edgecolor="none", lw=0))


def _draw_usage(sheet: Sheet, card: Card, palette: Palette) -> None:
    """A pair of bars per site."""
    rows = shown_rows(card)
    axes = sheet.axes(_SITE_HEIGHT * len(rows), _NAME_MARGIN)
    sheet.skip(0.5)
    places = np.arange(len(rows))
    before, after = ([100 * row[key] for row in rows] for key in ("before", "after"))
    axes.barh(places - 0.2, before, 0.36, color=palette.soft, alpha=0.75)
    colours = [
        palette.loss if b < a - 0.05 else palette.gain if b > a + 0.05 else palette.soft
        for a, b in zip(before, after, strict=True)
    ]
    axes.barh(places + 0.2, after, 0.36, color=colours)
    for place, row in enumerate(rows):
        reach = 100 * max(row["after"], row["high"] or 0)
        if row["low"] is not None:
            axes.plot([100 * row["low"], 100 * row["high"]], [place + 0.2] * 2, color=palette.ink, lw=1.1)
            for end in (row["low"], row["high"]):
                axes.plot([100 * end] * 2, [place + 0.1, place + 0.3], color=palette.ink, lw=1.1)
        for shift, share, left in ((-0.2, row["before"], 100 * row["before"]), (0.2, row["after"], reach)):
            axes.text(left + 0.8, place + shift, words.percent(share), va="center", fontsize=8, color=palette.ink)
    axes.set_yticks(places, [row["name"] for row in rows], fontsize=8)
    for label, row in zip(axes.get_yticklabels(), rows, strict=True):
        label.set_color(palette.ink)
        label.set_fontweight("bold" if row["is_hit"] else "normal")
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 108)
    axes.xaxis.set_major_locator(MultipleLocator(25))
    axes.tick_params(axis="x", labelsize=8)
    axes.set_xlabel(_usage_label(card), fontsize=8)


def _usage_label(card: Card) -> str:
    if _is_only_site(card):
        return "cut at the only site, %"
    measured = "measured" if card.row.get("usage_measured") else "predicted"
    return f"share of 3{words.PRIME} ends, % ({measured})"


def _is_only_site(card: Card) -> bool:
    return card.row.get("delta_cleavage") is not None


def shown_rows(card: Card) -> list[dict]:
    """The rows of the drawing of usage."""
    return [cleavage_row(card)] if _is_only_site(card) else usage_rows(card)


def _shade(axes: Axes, card: Card, palette: Palette, with_names: bool = False) -> None:
    """The narrow window, and the hexamer if there is one."""
    low, high = NARROW_START - HEXAMER_INDEX, NARROW_END - HEXAMER_INDEX
    axes.axvspan(low, high, color=palette.narrow, lw=0, zorder=0)
    if words.hexamer(card.row["hexamer_ref"]) != words.NO_HEXAMER:
        axes.axvspan(0, HEXAMER_LENGTH, color=palette.hexamer, lw=0, zorder=0)
        if with_names:
            axes.text(-1, 0.97, "hexamer", transform=axes.get_xaxis_transform(), ha="right", va="top", fontsize=8)
    if with_names:
        axes.text(low + 1, 0.97, "narrow window", transform=axes.get_xaxis_transform(), va="top", fontsize=8)


def _colour(card: Card, palette: Palette) -> str:
    return palette.gain if card.row["delta_logodds_narrow"] > 0 else palette.loss


def _base_colour(letter: str, palette: Palette) -> str:
    return {"A": palette.base_a, "C": palette.base_c, "G": palette.base_g, "T": palette.base_t}[letter]
