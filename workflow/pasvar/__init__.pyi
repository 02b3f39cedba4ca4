"""The library for people who call it from Python: docs/python.md."""

from .genome import Genome as Genome
from .model import load_checkpoint as load_checkpoint
from .query import (
    SiteSet as SiteSet,
    VariantEffects as VariantEffects,
    find_effects as find_effects,
    make_sites as make_sites,
    open_engine as open_engine,
    read_sites as read_sites,
    score_variants as score_variants,
)
from .tables import read_table as read_table
from .variants import VariantReader as VariantReader

__version__: str
