"""pasvar: how genetic variants change 3' cleavage and polyadenylation.

Coordinates, once for the whole library
---------------------------------------
* A variant keeps the words and the counting of VCF: ``chrom pos ref alt``, ``pos`` is 1-based.
* Every interval is ``start end``: 0-based, half-open, on the forward strand, whatever the strand of the gene.
* A single base that is not a VCF variant (``cut_pos``) is 1-based.
* A *window* is 205 nt of the transcribed strand; ``window_index`` counts along it from 0, and the hexamer starts at 70.

Importing this package loads neither torch nor pandas; the modules that need them import them.
"""

__version__ = "0.1.0"
