"""The record of a run: logs of jobs, provenance, RO-Crate.

In: results, inputs and settings. Out: provenance.json, ro-crate-metadata.json, metadata of tables.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
