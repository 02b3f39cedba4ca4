"""Types of arguments that several commands take."""

import argparse
import math


def finite(text: str) -> float:
    """A number; not `nan` or `inf`, with which every comparison comes out the same."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is no finite number")
    return value
