"""The APARENT2 network family: architecture, checkpoints, model classes, tokenizer, logits, the authors' loss. Knows no genome.

In: checkpoints in any of their formats. Out: logits and log odds of windows of codes.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
