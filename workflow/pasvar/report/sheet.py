"""A figure of matplotlib that is filled from top to bottom with axes of given size in inches."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure

WIDTH = 7.4
"""Width in inches of an A4 page between its margins."""

_LEFT_MARGIN, _RIGHT_MARGIN = 0.66, 0.08


class Sheet:
    """A figure of given size in inches. No layout is computed, so it is the same each time."""

    def __init__(self, width: float, height: float):
        self.figure = Figure(figsize=(width, height))
        self._size = width, height
        self._used = 0.0

    def skip(self, height: float) -> None:
        """Leave empty space."""
        self._used += height

    def axes(self, height: float, left: float = _LEFT_MARGIN, share: Axes | None = None) -> Axes:
        """Axes below the existing ones; left: space for their labels."""
        whole_width, whole_height = self._size
        self._used += height
        bottom = 1 - self._used / whole_height
        box = (left / whole_width, bottom, 1 - (left + _RIGHT_MARGIN) / whole_width, height / whole_height)
        return self.figure.add_axes(box, sharex=share)
