"""Text for tab-separated files, changed so that a spreadsheet does not read a cell as a formula."""

import pandas as pd

_FORMULA = ("=", "+", "@", "-", "\t", "\r")
"""Characters at the start of a cell that make a spreadsheet compute it (OWASP, CSV injection)."""


def plain_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its texts changed by `plain_cell`; numbers stay."""
    plain = frame.copy()
    for column in plain.columns[plain.dtypes.map(pd.api.types.is_object_dtype) | plain.dtypes.eq("str")]:
        plain[column] = plain[column].map(plain_cell)
    return plain


def plain_cell(value: object) -> object:
    """If a spreadsheet would read a text as a formula, an apostrophe is put before it; a strand stays as it is. Lists
    are joined by commas."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) and value not in ("+", "-") else value
    return plain_cell(",".join(map(str, value))) if hasattr(value, "__iter__") else value
