"""Every table of pasvar: columns, types, units and meanings (`schema`), reading and writing (`io`), documentation (`docs`),
text that is safe in a spreadsheet (`cells`).

In: frames and arrow tables. Out: parquet files, tab-separated text, docs/tables.md. Nothing else reads or writes a table.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
