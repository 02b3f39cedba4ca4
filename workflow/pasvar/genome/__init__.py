"""The reference genome and its annotation: FASTA, GTF, and where in a gene a position lies.

In: FASTA and GTF files. Out: sequences as codes, transcripts and exons, and the genes of positions.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
