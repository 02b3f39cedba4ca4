"""The report of a run: an overview, a page per top gene and one for all others, which open from disk; pictures; MultiQC's files.

words       numbers and alleles as a reader sees them
run_tables  the tables of a run, as far as pages need them
content     which genes, variants and counts the pages show, as plain rows
record      what the pages say of the run itself
svg         a few lines for drawing to scale
gene_figure a gene's end to scale with its sites, exons and variants
gene_picture a gene of a finished run as a file
gene_plots  a site's window with its variants
figures     figures of matplotlib as elements of a page and as files
sheet       axes of given inches below each other
card        what the card of one variant and one gene says
card_plots  its drawings
card_pages  from cards to a page or a picture
run_cards   the cards of a run
plots       distributions over the whole run
listing     the tables that the pages search, as scripts next to them
multiqc     a run in MultiQC's words
pages       the overview and the pages of genes as HTML
build       from the tables of a run to the files

Plot functions take numbers and give one `<svg>` element (those of `card_plots` a figure); templates and the style
sheet lie in workflow/report/.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
