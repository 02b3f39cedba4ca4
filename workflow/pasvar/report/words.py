"""Numbers and alleles as a reader sees them. Every function also accepts a null (None, NaN, NA) and then returns a
dash."""

import math
import re
from collections.abc import Mapping
from html import escape

import pandas as pd
from markupsafe import Markup

from pasvar.counts import plural as plural
from pasvar.sites import tier_of

NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
PRIME = "\N{PRIME}"
TIMES = "\N{MULTIPLICATION SIGN}"

NO_HEXAMER = "none"
_LAST_TIER = 3
"""Hexamers with a tier above this belong to positions without a signal, and are not shown as a signal."""

_MISSING_IDS = ("", ".")
_LONGEST_ALLELE = 12
_LONGEST_ID = 28


def count(value: float | None) -> str:
    """A whole number with commas."""
    return NOTHING if value is None or pd.isna(value) else f"{int(value):,}"


def duration(seconds: float) -> str:
    """`3.2 s`, `48 s`, `5.1 min`, `7.3 h`, `1,204 h`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{_two_digits(seconds / size)} {unit}"
    return f"{_two_digits(seconds)} s"


def amount(mb: float) -> str:
    """Megabytes (10^6 bytes) as `0.3 MB`, `212 MB`, `1.7 GB`, `3.1 TB`."""
    for unit, size in (("TB", 1e6), ("GB", 1e3)):
        if mb >= size:
            return f"{_two_digits(mb / size)} {unit}"
    return f"{_two_digits(mb)} MB"


def _two_digits(value: float) -> str:
    return f"{value:,.1f}" if value < 9.95 else f"{value:,.0f}"


def signed(value: float | None, digits: int = 2) -> str:
    """A number with its sign, + or a true minus; a number that is rounded to zero has none."""
    if value is None or pd.isna(value):
        return NOTHING
    text = f"{abs(value):,.{digits}f}"
    if not float(text.replace(",", "")):
        return text
    return ("+" if value > 0 else MINUS) + text


def number(value: float | None, digits: int = 2) -> str:
    """A number with a minus sign if it is negative."""
    return signed(value, digits).removeprefix("+")


def percent(share: float | None) -> str:
    """A share in percent, with two significant digits: 58 %, 4.2 %, 0.10 %, < 0.01 %."""
    if share is None or pd.isna(share):
        return NOTHING
    value = 100 * share
    if 0 < value < 0.01:
        return "< 0.01 %"
    digits = 0 if value >= 10 or value == 0 else 1 if value >= 1 else 2
    return f"{value:.{digits}f} %"


def fold(delta: float | None) -> str:
    """A change of log odds (ln) as a change of odds: "2.5-fold lower", "1.3-fold higher", "unchanged"."""
    if delta is None or pd.isna(delta):
        return NOTHING
    times = math.exp(min(abs(delta), 50.0))
    if times < 1.005:
        return "unchanged"
    return f"{_times(times)}-fold {'higher' if delta > 0 else 'lower'}"


def _times(times: float) -> str:
    if times < 2:
        return f"{times:.2f}"
    return f"{times:.1f}" if times < 10 else f"{times:,.0f}"


def sortable(value: float | str | None) -> str:
    """The sort key of a cell in a column: six digits of a number, empty for a null."""
    if pd.isna(value):
        return ""
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def odds_share(logodds: float | None) -> float | None:
    """The share that corresponds to log odds (ln)."""
    return None if logodds is None or pd.isna(logodds) else 1 / (1 + math.exp(-logodds))


def short_allele(letters: str) -> str:
    """An allele; a long one is shown by its first letters and its length."""
    if len(letters) <= _LONGEST_ALLELE:
        return letters
    return f"{letters[: _LONGEST_ALLELE - 4]}… ({len(letters)} nt)"


def change(row: Mapping) -> str:
    """`chrom:pos REF>ALT` of a row with those columns."""
    return f"{row['chrom']}:{int(row['pos'])} {short_allele(row['ref'])}>{short_allele(row['alt'])}"


def record_id(value: str | None) -> str:
    """The ID of a VCF record, shortened; empty if it has none."""
    if value is None or pd.isna(value) or value in _MISSING_IDS:
        return ""
    return value if len(value) <= _LONGEST_ID else value[: _LONGEST_ID - 1] + "…"


def variant(row: Mapping) -> str:
    """The name of a variant in a sentence: its ID, else its change."""
    return record_id(row["id"]) or change(row)


def hexamer(letters: str | None) -> str:
    """A hexamer that may be a signal; for other six letters, or for a null, a text that there is none."""
    if letters is None or pd.isna(letters) or tier_of(letters) > _LAST_TIER:
        return NO_HEXAMER
    return letters


def plain(name: str | None) -> str:
    """The value of a column as prose: `more_truncation` as more truncation."""
    return NOTHING if name is None or pd.isna(name) else name.replace("_", " ")


def source(name: str) -> str:
    """The source of a site: `gtf+polyadb3` as annotation and polyadb3."""
    names = {"gtf": "annotation", "predicted": "prediction alone"}
    return " and ".join(names.get(part, part) for part in name.split("+"))


def span(low: float | None, high: float | None, digits: int = 0) -> str:
    """An interval with signs: -340 to +12."""
    return f"{signed(low, digits)} to {signed(high, digits)}"


def motifs(row: Mapping) -> list[str]:
    """The elements that an allele removes from a site and adds to it: `AATAAA → AGTAAA`, `UGUA lost`."""
    changes: dict[str, str] = {}
    for column, verb in (("motif_lost", "lost"), ("motif_gained", "gained")):
        for name in (row[column] or "").split("&"):
            changes[name] = name.replace(">", " → ") if ">" in name else f"{name.replace('_', ' ')} {verb}"
    changes.pop("", None)
    return list(changes.values())


def code(text: str) -> Markup:
    """Prose with `names` in backticks as HTML; all other text is escaped."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text)))
