"""A few functions for drawing to scale: elements of an SVG and a linear scale. Colours come from the page's style
sheet."""

import math
from dataclasses import dataclass
from xml.etree import ElementTree


class Drawing:
    """An `<svg>` of `width` x `height` pixels that is filled element by element."""

    def __init__(self, width: float, height: float, label: str):
        """label: the description for a screen reader."""
        self.root = ElementTree.Element(
            "svg",
            {
                "viewBox": f"0 0 {_text(width)} {_text(height)}",
                "width": _text(width),
                "height": _text(height),
                "role": "img",
                "aria-label": label,
            },
        )

    def add(self, tag: str, css_class: str = "", text: str = "", tooltip: str = "", **attributes: float | str) -> None:
        """Add an element on top; `text_anchor=` is the attribute `text-anchor`, numbers are rounded to 0.01."""
        names = {name.replace("_", "-"): _text(value) for name, value in attributes.items()}
        element = ElementTree.SubElement(self.root, tag, {"class": css_class, **names} if css_class else names)
        if tooltip:
            ElementTree.SubElement(element, "title").text = tooltip
        if text:
            element.text = text

    def __str__(self) -> str:
        return ElementTree.tostring(self.root, encoding="unicode", short_empty_elements=True)


def _text(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Scale:
    """The linear function that maps `low`..`high` of the data to `first`..`last` pixels."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        return self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first)


def round_step(span: float, n_steps: int) -> float:
    """The 1, 2 or 5 times a power of ten that divides `span` into at most `n_steps` steps."""
    least = span / n_steps
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9))


def ticks(low: float, high: float, n_steps: int) -> list[float]:
    """Round numbers in [low, high]."""
    step = round_step(high - low, n_steps)
    first = math.ceil(low / step - 1e-9)
    return [i * step for i in range(first, math.floor(high / step + 1e-9) + 1)]


def spread(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Positions of labels near ascending `wanted` positions, at least `gap` apart and inside [low, high] if they
    fit."""
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    placed: list[float] = []
    for place in wanted:
        placed.append(max(place, placed[-1] + gap if placed else low))
    for i in range(len(placed) - 1, -1, -1):
        placed[i] = min(placed[i], placed[i + 1] - gap if i + 1 < len(placed) else high)
    return placed
