"""Training: the authors' procedure, and distillation of a small network.

In: assay tables, or a genome and a teacher. Out: model directories with metrics.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
