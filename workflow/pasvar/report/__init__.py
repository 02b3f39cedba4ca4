"""The report of a run: an overview, a page per top gene and one page for all other genes, which can be opened from
disk; pictures; files for MultiQC.

words       numbers and alleles as a reader sees them
run_tables  the tables of a run that the pages need
content     the genes, variants and counts that the pages show, as plain rows
record      the data about the run itself that the pages show
svg         a few functions for drawing to scale
gene_figure a gene's end to scale with its sites, exons and variants
gene_picture a gene of a finished run as a file
gene_plots  a site's window with its variants
figures     figures of matplotlib as elements of a page and as files
sheet       axes of given size in inches, one below the other
card        the content of the card of one variant and one gene
card_plots  its drawings
card_pages  from cards to a page or a picture
run_cards   the cards of a run
plots       distributions over the whole run
listing     the tables that the pages search, as scripts in the same folder
multiqc     a run in MultiQC's format
pages       the overview and the pages of genes as HTML
costs       the cost of each rule of a run, as a page
build       from the tables of a run to the files

Plot functions take numbers and return one `<svg>` element (those of `card_plots` a figure). The templates and the style
sheet are in workflow/report/.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
