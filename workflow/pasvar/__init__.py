"""pasvar: how genetic variants change 3' cleavage and polyadenylation.

Coordinates, once for the whole library
---------------------------------------
* A variant keeps the words and the counting of VCF: ``chrom pos ref alt``, ``pos`` is 1-based.
* Every interval is ``start end``: 0-based, half-open, on the forward strand, whatever the strand of the gene.
* A single base that is not a VCF variant (``cut_pos``) is 1-based.
* A *window* is 205 nt of the transcribed strand; ``window_index`` counts along it from 0, and the hexamer starts at 70.

The names below are loaded when they are first asked for: importing this package loads neither torch nor pandas.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

__version__ = "0.1.0"
