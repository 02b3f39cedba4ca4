"""Catalogues of measured polyadenylation sites, in the formats in which they are published: a module per format.

In: a mapping with the keys of config key `atlas`, and the genome. Out: an `Atlas`.
"""

from pasvar.sites.atlas.fetch import fetch_atlas
from pasvar.sites.atlas.read import FORMATS, Atlas, guess_format, read_atlas

__all__ = ["FORMATS", "Atlas", "fetch_atlas", "guess_format", "read_atlas"]
