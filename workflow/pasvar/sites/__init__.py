"""Polyadenylation sites: from transcript ends and atlases to one catalogue, and how the sites of a gene share its 3' ends.

In: annotation, atlases, genome. Out: tables `catalogue`, `tissue_usage` and `exons`; usages.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
