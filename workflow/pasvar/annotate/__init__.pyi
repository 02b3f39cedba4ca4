"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .annotated_vcf import (
    GENE as GENE,
    NEW_SITE as NEW_SITE,
    annotate_vcf as annotate_vcf,
)
from .burden import (
    BURDEN_COLUMNS as BURDEN_COLUMNS,
    burden_alleles as burden_alleles,
    on_chromosomes as on_chromosomes,
    saige_masks as saige_masks,
    write_regenie as write_regenie,
    write_saige as write_saige,
)
from .carriers import (
    count_carriers as count_carriers,
    read_labels as read_labels,
)
from .known import (
    Source as Source,
    describe_source as describe_source,
    join_known as join_known,
    known_sources as known_sources,
)
from .text import (
    write_tsv as write_tsv,
)
from .tracks import (
    write_tracks as write_tracks,
)
