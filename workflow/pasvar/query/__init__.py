"""Questions about a few variants, without a workflow: the main job as calls, and its answers in words.

In: variants in any notation, a genome with its sites. Out: the tables of a run for these variants; text, JSON, lines.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
