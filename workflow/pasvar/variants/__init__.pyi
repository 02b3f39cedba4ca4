"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .accessions import (
    assembly_of as assembly_of,
    find_contig as find_contig,
)
from .alleles import (
    MAX_SHIFT as MAX_SHIFT,
    Edit as Edit,
    haplotype_window as haplotype_window,
    left_align as left_align,
    reach as reach,
    region_of as region_of,
    room_after as room_after,
    to_vcf as to_vcf,
    trim as trim,
)
from .filters import (
    EVERYTHING as EVERYTHING,
    Filters as Filters,
    make_filters as make_filters,
)
from .frames import (
    write_alleles as write_alleles,
)
from .hexamer_scan import (
    NOWHERE as NOWHERE,
    make_scan as make_scan,
    reference_offset as reference_offset,
)
from .htslib_check import (
    check_htslib as check_htslib,
)
from .ledger import (
    close_ledger as close_ledger,
)
from .notation import (
    Allele as Allele,
    VariantReader as VariantReader,
)
from .read import (
    read_shard as read_shard,
    scored_zones as scored_zones,
)
from .shards import (
    files_of_shards as files_of_shards,
    plan_shards as plan_shards,
    shard_of as shard_of,
)
from .structural import (
    Structure as Structure,
    read_structure as read_structure,
)
from .vcf import (
    indexed_contigs as indexed_contigs,
    lost_record as lost_record,
    open_vcf as open_vcf,
    read_genotypes as read_genotypes,
    read_lines as read_lines,
    stream_vcf as stream_vcf,
    variants_between as variants_between,
)
from .vcf_spans import (
    record_spans as record_spans,
)
