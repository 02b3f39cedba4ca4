"""Results joined to VCF files: alleles found in any spelling, INFO/PASVAR.

In: tables of results and a VCF. Out: the VCF with the results in INFO.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
