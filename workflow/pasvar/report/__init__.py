"""The report of a run: one overview page and a page per top gene, each a file of its own that opens from disk.

words       numbers and alleles as a reader sees them
content     which genes, variants and counts the pages show, as plain rows
svg         a few lines for drawing to scale
gene_plots  a gene along the genome, a site's window with its variants
plots       distributions over the whole run
build       from the tables of a run to the files

Plot functions take numbers and give one `<svg>` element; templates and the style sheet lie in workflow/report/.
"""
