"""Variants: from VCF files to a status for each allele, and to the windows of the alleles that touch a site.

In: VCF or BCF files, windows, catalogue. Out: tables `ledger`, `alleles`, `candidates`, `vcf_counts`, `gene_counts`,
`shards`.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
