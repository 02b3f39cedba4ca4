"""Fast scoring of windows: the engine, the store of earlier scores, reference windows, saturation.

In: windows of 205 nt and a model. Out: the `WINDOW_SCORES` of each window, as tables.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
