"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .formats.convert import (
    convert_genotypes as convert_genotypes,
)
from .genotypes import (
    Cohort as Cohort,
    read_calls as read_calls,
)
from .haplotypes import (
    write_haplotypes as write_haplotypes,
)
from .site_haplotypes import (
    NO_PHASE as NO_PHASE,
    UNKNOWN as UNKNOWN,
)
