"""An independent, obvious implementation of what the documentation says, and random genomes on which it must agree with pasvar.

`reference` works with plain strings, one person and one haplotype at a time, and imports nothing of pasvar; `pipeline` calls the
functions of the workflow's scripts; `cases` makes the inputs; `compare` holds the results against each other.
"""
