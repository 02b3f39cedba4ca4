"""The people of a cohort: their genotypes, and the variants that share a haplotype.

In: VCF files, scored alleles. Out: tables `carriers`, `site_haplotypes` and `sample_haplotypes`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
