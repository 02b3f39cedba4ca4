"""Distributions over a whole run, drawn with matplotlib. Numbers in, one `<svg>` element out, the same bytes every time.

The pictures stand inside a page and take its colours: each colour drawn here is a stand-in that `_embed` replaces by a
variable of the style sheet, so that the dark scheme and the printer get their own.
"""

import io
import re
from collections.abc import Sequence
from xml.etree import ElementTree

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, FuncFormatter, MultipleLocator

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, NARROW_END, NARROW_START, WINDOW_LENGTH
from pasvar.report import words

_INK, _SOFT, _LINE, _GAIN, _LOSS, _NARROW, _HEXAMER = (f"#0{i}0b0c" for i in range(1, 8))
_VARIABLES = {
    _INK: "var(--ink)",
    _SOFT: "var(--soft)",
    _LINE: "var(--line)",
    _GAIN: "var(--gain)",
    _LOSS: "var(--loss)",
    _NARROW: "var(--narrow)",
    _HEXAMER: "var(--hexamer)",
}

_STYLE = {
    "svg.fonttype": "none",
    "font.size": 10,
    "axes.edgecolor": _SOFT,
    "axes.labelcolor": _SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "text.color": _INK,
    "grid.color": _LINE,
    "grid.linewidth": 0.7,
}

MAX_POINTS = 1_500
"""Variants drawn one by one; of more, the strongest are and the others show as a band, which keeps the page small."""

_BINS_EACH_WAY = 30
_LEAST_REACH = 0.5
"""Least |effect| (ln) that an axis reaches, so that noise does not look like an effect."""


def effect_histogram(delta: np.ndarray, min_effect: float) -> str:
    """How many windows see an effect of which size; log y. delta: (n,) ln. min_effect: where an effect is called strong."""
    figure, axes = _new("histogram", 7.4, 3.6)
    reach = _reach(delta)
    counts, edges = np.histogram(delta, bins=np.linspace(-reach, reach, 2 * _BINS_EACH_WAY + 1))
    colours = [_LOSS] * _BINS_EACH_WAY + [_GAIN] * _BINS_EACH_WAY
    # Bars start below 1, so that a single variant is to be seen on the log axis.
    axes.bar(edges[:-1], np.maximum(counts - 0.6, 0), np.diff(edges) * 0.88, 0.6, align="edge", color=colours)
    axes.set_yscale("log")
    axes.set_ylim(0.6, max(10, counts.max(initial=1) * 2))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.minorticks_off()
    for edge in (-min_effect, min_effect):
        axes.axvline(edge, color=_SOFT, lw=0.8, ls=(0, (3, 3)))
    _sign_ticks(axes.xaxis)
    axes.set_xlim(-reach * 1.02, reach * 1.02)
    axes.set_xlabel("change of log odds of cleavage in the narrow window (ln)")
    axes.set_ylabel("variants and sites (log scale)")
    return _embed(figure, "histogram", "Histogram of effect sizes")


def effect_by_position(offset: np.ndarray, delta: np.ndarray) -> str:
    """Where in the window the effects are. offset: (n,) nt from the hexamer's first base. delta: (n,) ln."""
    figure, axes = _new("position", 7.4, 3.6)
    axes.axvspan(NARROW_START - HEXAMER_INDEX, NARROW_END - HEXAMER_INDEX, color=_NARROW, lw=0)
    axes.axvspan(0, HEXAMER_LENGTH, color=_HEXAMER, lw=0)
    axes.axhline(0, color=_SOFT, lw=0.7)
    shown = np.sort(np.argsort(-np.abs(delta), kind="stable")[:MAX_POINTS])
    if len(shown) < len(delta):
        _band(axes, offset, delta)
    for way, colour in ((delta[shown] < 0, _LOSS), (delta[shown] >= 0, _GAIN)):
        axes.plot(offset[shown][way] + 0.5, delta[shown][way], "o", ms=3.6, mew=0, alpha=0.65, color=colour)
    reach = _reach(delta)
    axes.set_ylim(-reach * 1.05, reach * 1.05)
    axes.set_xlim(-HEXAMER_INDEX, WINDOW_LENGTH - HEXAMER_INDEX)
    axes.xaxis.set_major_locator(MultipleLocator(20))
    _sign_ticks(axes.xaxis)
    _sign_ticks(axes.yaxis)
    axes.set_xlabel("position relative to the hexamer's first base (nt along the transcript)")
    axes.set_ylabel("change of log odds (ln)")
    return _embed(figure, "position", "Effects by position in the window")


def _band(axes: Axes, offset: np.ndarray, delta: np.ndarray) -> None:
    """Per position, where the middle 90 % of all variants are."""
    places = np.unique(offset)
    low, high = np.array([np.quantile(delta[offset == place], (0.05, 0.95)) for place in places]).T
    axes.vlines(places + 0.5, low, high, color=_SOFT, alpha=0.55, lw=2)


def hexamer_tiers(names: Sequence[str], counts: Sequence[int]) -> str:
    """How many sites have which hexamer, a bar per tier from top to bottom."""
    figure, axes = _new("tiers", 7.4, 0.6 + 0.36 * len(names))
    places = np.arange(len(names))
    axes.barh(places, counts, 0.66, color=_SOFT)
    whole = max(sum(counts), 1)
    for place, n in zip(places, counts, strict=True):
        axes.annotate(
            f"{n:,} ({n / whole:.0%})", (n, place), (5, 0), textcoords="offset points", va="center", color=_INK
        )
    axes.set_yticks(places, names)
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, max([*counts, 1]) * 1.16)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel("sites")
    return _embed(figure, "tiers", "Sites by hexamer")


def _new(name: str, width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of `width` x `height` inches, without pyplot and so without its global state."""
    with rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        return figure, figure.add_subplot()


def _reach(delta: np.ndarray) -> float:
    """Half the width of an axis symmetric around zero that holds all effects."""
    return max(_LEAST_REACH, float(np.abs(delta).max(initial=0)) * 1.02)


def _sign_ticks(axis) -> None:
    axis.set_major_formatter(_Signed())


class _Signed(Formatter):
    """Ticks with their sign, all with as many digits as the one that needs most (two at the most)."""

    def __call__(self, value: float, pos: int | None = None) -> str:
        return self.format_ticks([value])[0]

    def format_ticks(self, values: Sequence[float]) -> list[str]:
        # Ticks are sums of steps: 0.6 arrives as 0.6000000000000001.
        digits = next((digits for digits in (0, 1) if np.allclose(values, np.round(values, digits), atol=1e-9)), 2)
        return [words.signed(value, digits) for value in values]


def _embed(figure: Figure, name: str, label: str) -> str:
    """The figure as an element for a page: no metadata, no fonts, no fixed size, ids that no other figure has."""
    buffer = io.StringIO()
    # The salt makes ids the same in every run and different from those of the page's other figures.
    with rc_context({**_STYLE, "svg.hashsalt": name}):
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    root = _plain(ElementTree.fromstring(buffer.getvalue()))
    for element in root.findall(".//g"):
        element.attrib.pop("id", None)
    for parent in root.findall(".//style/.."):
        parent.remove(parent.find("style"))  # it would hold for the whole page
    _, _, width, height = root.get("viewBox").split()
    root.attrib.clear()
    root.attrib.update({"viewBox": f"0 0 {width} {height}", "class": "plot", "role": "img", "aria-label": label})
    text = ElementTree.tostring(root, encoding="unicode")
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    for stand_in, variable in _VARIABLES.items():
        text = text.replace(stand_in, variable)
    return text


def _plain(root: ElementTree.Element) -> ElementTree.Element:
    """The tree without XML namespaces, as HTML wants it."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key in [key for key in element.attrib if key.startswith("{")]:
            element.attrib[key.rpartition("}")[2]] = element.attrib.pop(key)
    return root
