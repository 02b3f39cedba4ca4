"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .build import (
    Built as Built,
    Outputs as Outputs,
    build_report as build_report,
    build_report_of as build_report_of,
)
from .card import (
    Card as Card,
    known_rows as known_rows,
)
from .card_pages import (
    draw_card as draw_card,
    write_cards as write_cards,
)
from .costs import (
    render_costs as render_costs,
)
from .figures import (
    require_format as require_format,
)
from .gene_picture import (
    draw_gene as draw_gene,
    gene_of_run as gene_of_run,
)
from .run_tables import (
    RUN_TABLES as RUN_TABLES,
)
