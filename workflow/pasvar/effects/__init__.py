"""The effects of alleles: on sites, genes and tissues, and of haplotypes and in people.

In: scores of windows, sites, genotypes. Out: tables `sites`, `scores`, `gene_effects`, `tissue_effects`, `new_sites`,
`haplotypes`, `samples`, `genes`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
