"""Readers of cohorts that are no VCF. In: their files. Out: a VCF with the same genotypes, which everything else reads."""
