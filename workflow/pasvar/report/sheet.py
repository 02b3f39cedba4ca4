"""A figure of matplotlib that is filled from top to bottom by axes of given inches."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 7.4
"""Inches: what is left of an A4 page between its margins."""

_LEFT_MARGIN, _RIGHT_MARGIN = 0.66, 0.08


class Sheet:
    """A figure of some inches. No layout is solved, and so it is the same each time."""

    def __init__(self, width: float, height: float):
        self.figure = Figure(figsize=(width, height))
        self._size = width, height
        self._used = 0.0

    def skip(self, height: float) -> None:
        """Leave room."""
        self._used += height

    def axes(self, height: float, left: float = _LEFT_MARGIN, share: Axes | None = None) -> Axes:
        """Axes below what is there; left: room for their labels."""
        whole_width, whole_height = self._size
        self._used += height
        bottom = 1 - self._used / whole_height
        box = (left / whole_width, bottom, 1 - (left + _RIGHT_MARGIN) / whole_width, height / whole_height)
        return self.figure.add_axes(box, sharex=share)
