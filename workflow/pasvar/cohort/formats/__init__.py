"""Readers of cohorts that are not in VCF. In: their files. Out: a VCF with the same genotypes, which all other code
reads."""
