"""Text in tab-separated files that a spreadsheet opens without taking a cell for a formula."""

import pandas as pd

_FORMULA = ("=", "+", "@", "-", "\t", "\r")
"""What a cell begins with that spreadsheets compute (OWASP, CSV injection)."""


def plain_cells(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its texts as `plain_cell` has them; numbers stay."""
    plain = frame.copy()
    for column in plain.columns[plain.dtypes.map(pd.api.types.is_object_dtype) | plain.dtypes.eq("str")]:
        plain[column] = plain[column].map(plain_cell)
    return plain


def plain_cell(value: object) -> object:
    """A text that a spreadsheet would take for a formula has an apostrophe before it, but a strand stays as it is. Lists are
    joined by commas."""
    if value is None or value is pd.NA:
        return None
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) and value not in ("+", "-") else value
    return plain_cell(",".join(map(str, value))) if hasattr(value, "__iter__") else value
