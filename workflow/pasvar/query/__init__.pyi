"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .answers import (
    answer as answer,
    as_lines as as_lines,
    as_text as as_text,
)
from .assembly import (
    Assembly as Assembly,
    open_assembly as open_assembly,
)
from .cards import (
    make_cards as make_cards,
)
from .library import (
    SiteSet as SiteSet,
    VariantEffects as VariantEffects,
    find_effects as find_effects,
    make_sites as make_sites,
    open_engine as open_engine,
    read_sites as read_sites,
    score_variants as score_variants,
)
