"""Figures of matplotlib as elements of a page and as files: the same bytes every time, no fonts and no dates in them.

A figure is drawn with the colours of a `Palette`. The colours of `PAGE` are placeholders; `embed` replaces them by
variables of the style sheet, so that the dark scheme and the printer use their own colours. The colours of `PAPER` are
for files.
"""

import io
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from matplotlib import rc_context
from matplotlib.figure import Figure

from pasvar.errors import InputError
from pasvar.files import whole

FORMATS = ("svg", "png", "pdf")
"""Files that `save` writes, by suffix."""

_DOTS_PER_INCH = 200


@dataclass(frozen=True)
class Palette:
    """The colours of a figure; `base_a` to `base_t` are those of the letters of a logo."""

    ink: str
    soft: str
    line: str
    gain: str
    loss: str
    narrow: str
    hexamer: str
    paper: str
    base_a: str
    base_c: str
    base_g: str
    base_t: str


PAGE = Palette(*(f"#{i:02x}0b0c" for i in range(1, 13)))
# Those of the style sheet on white; the letters' are from Wong 2011, Nature Methods 8:441, darkened until white is 4.5:1 away.
PAPER = Palette(
    *("#1b2430", "#5b6673", "#e4e7eb", "#1d6fb8", "#b04408", "#eef2f4", "#f6e3b0", "#ffffff"),
    *("#00795a", "#0065a8", "#8a5a00", "#b3340f"),
)


def style(palette: Palette) -> Any:
    """Settings of matplotlib for `rc_context`."""
    return {
        "svg.fonttype": "none",
        "pdf.fonttype": 42,  # letters stay text that can be edited
        "text.parse_math": False,  # names are data, and may contain dollar signs
        "font.size": 10,
        "axes.edgecolor": palette.soft,
        "axes.labelcolor": palette.soft,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": 0.7,
        "xtick.color": palette.soft,
        "ytick.color": palette.soft,
        "text.color": palette.ink,
        "grid.color": palette.line,
        "grid.linewidth": 0.7,
    }


def embed(figure: Figure, name: str, label: str) -> str:
    """A figure in the colours of `PAGE` as an `<svg>`: no metadata, no fonts, no fixed size, and ids that no other
    figure has.

    name: used in its ids, and different for each figure of a page. label: the description for a screen reader.
    """
    _settle(figure)
    buffer = io.StringIO()
    # The salt makes ids the same in every run, and different from those of the page's other figures.
    with rc_context(style(PAGE) | {"svg.hashsalt": name}):
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    root = _plain(ElementTree.fromstring(buffer.getvalue()))
    for element in root.findall(".//g"):
        element.attrib.pop("id", None)
    for parent in root.findall(".//style/.."):
        for sheet in parent.findall("style"):  # it would apply to the whole page
            parent.remove(sheet)
    _, _, width, height = root.attrib["viewBox"].split()
    root.attrib.clear()
    root.attrib.update({"viewBox": f"0 0 {width} {height}", "class": "plot", "role": "img", "aria-label": label})
    text = ElementTree.tostring(root, encoding="unicode")
    text = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", text)
    text = re.sub(r' d="[^"]*"', _rounded, text)
    for colour, stand_in in asdict(PAGE).items():
        text = text.replace(stand_in, _variable(colour))
    return text


def _rounded(path: re.Match[str]) -> str:
    """The outline of a shape, rounded to hundredths of a point. The difference is not visible, and the size is
    halved."""
    return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}".rstrip("0").rstrip("."), path[0])


def _variable(colour: str) -> str:
    """The style sheet's variable of a colour of `Palette`."""
    return f"var(--{colour.replace('_', '-')})"


def _settle(figure: Figure) -> None:
    """Compute the layout of a figure once and round the positions. The layout solver gives different last digits each
    time, and ids depend on them."""
    if figure.get_layout_engine() is None:
        return
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for axes in figure.axes:
        left, bottom, width, height = (round(value, 5) for value in axes.get_position().bounds)
        axes.set_position((left, bottom, width, height))


def _plain(root: ElementTree.Element) -> ElementTree.Element:
    """The tree without XML namespaces, as HTML requires."""
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        for key in [key for key in element.attrib if key.startswith("{")]:
            element.attrib[key.rpartition("}")[2]] = element.attrib.pop(key)
    return root


def require_format(path: str | Path) -> str:
    """The format that a path's suffix names. Raises InputError if it is none of `FORMATS`."""
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise InputError(f"{path}: a picture's name ends in .svg, .png or .pdf")
    return suffix


def save(figure: Figure, path: str | Path, title: str) -> None:
    """Write a figure in the colours of `PAPER` as SVG, PNG or PDF, by the suffix; the same figure gives the same bytes.

    The file appears complete or not at all. title: written into the file as its title. Raises InputError for another
    suffix.
    """
    kind = require_format(path)
    _settle(figure)
    metadata: Any = {
        "svg": {"Creator": None, "Date": None, "Title": title},
        "png": {"Software": None, "Title": title},
        "pdf": {"Creator": None, "Producer": None, "CreationDate": None, "Title": title},
    }[kind]
    with rc_context(style(PAPER) | {"svg.hashsalt": "pasvar"}), whole(Path(path)) as temporary:
        figure.savefig(temporary, format=kind, dpi=_DOTS_PER_INCH, facecolor=PAPER.paper, metadata=metadata)
