"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .bundle import (
    write_bundle as write_bundle,
)
from .cells import (
    plain_cell as plain_cell,
    plain_cells as plain_cells,
)
from .docs import (
    write_pages as write_pages,
)
from .io import (
    as_read as as_read,
    content_sha256 as content_sha256,
    empty_frame as empty_frame,
    gather as gather,
    open_table as open_table,
    read_arrow as read_arrow,
    read_made_by as read_made_by,
    read_pieces as read_pieces,
    read_table as read_table,
    require_schema as require_schema,
    table_writer as table_writer,
    to_arrow as to_arrow,
    write_batches as write_batches,
    write_table as write_table,
    write_text as write_text,
)
from .known import (
    Facts as Facts,
    describe_known as describe_known,
    hidden_alleles as hidden_alleles,
    known_frequencies as known_frequencies,
    known_of as known_of,
    known_texts as known_texts,
    list_known as list_known,
    pivot_known as pivot_known,
    without_alleles as without_alleles,
)
from .schema import (
    ALLELE as ALLELE,
    DIRECTIONS as DIRECTIONS,
    FLAGS as FLAGS,
    GENOTYPES as GENOTYPES,
    SCORED_ALLELES as SCORED_ALLELES,
    SITE_CLASSES as SITE_CLASSES,
    STATUSES as STATUSES,
    TABLES as TABLES,
    USER_TABLES as USER_TABLES,
)
from .small_counts import (
    counts_people as counts_people,
    hide_alleles as hide_alleles,
    hide_carriers as hide_carriers,
    hide_counts as hide_counts,
    hide_haplotypes as hide_haplotypes,
    hide_people as hide_people,
    min_cell_of as min_cell_of,
    min_genotype_effect_of as min_genotype_effect_of,
    small as small,
)
