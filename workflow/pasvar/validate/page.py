"""The page that the measurements make: a section by each module of this room, kept as it was where its data are absent."""

import logging
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

import pandas as pd

from pasvar.files import whole
from pasvar.validate.inputs import Absent, Inputs

log = logging.getLogger(__name__)

INTRODUCTION = """# Accuracy

Predictions of pasvar, compared with laboratory measurements. `make validate` makes this page from data that do not come with the
clone. Each section names its source. A section whose data are absent keeps its last figures.
"""

_UNMEASURED = "Not measured yet."


class Section(Protocol):
    """Markdown of a section, without its heading. Raises `Absent` where it cannot be measured here."""

    def __call__(self, inputs: Inputs) -> str: ...


def write_page(
    path: Path, sections: Mapping[str, tuple[str, Section]], inputs: Inputs, only: Collection[str] | None = None
) -> dict[str, str]:
    """Write the page; returns by section what became of it.

    sections: by key title and function, in the order of the page. only: those to measure (default: all); others stay as they are.
    """
    before = _read_sections(path)
    outcomes, parts = {}, [INTRODUCTION]
    for key, (title, measure) in sections.items():
        body, outcomes[key] = before.get(key, _UNMEASURED), "kept"
        if not only or key in only:
            log.info("%s", title)
            try:
                body, outcomes[key] = measure(inputs).strip(), "measured"
            except Absent as absent:
                outcomes[key] = f"skipped, {absent}"
        parts.append(f"## {title}\n\n<!-- begin {key} -->\n{body}\n<!-- end {key} -->\n")
    with whole(path) as temporary:
        temporary.write_text("\n".join(parts))
    return outcomes


def replace_section(path: Path, key: str, body: str) -> None:
    """Put `body` between the marks of section `key` of a page that is written by hand for the rest."""
    begin, end = f"<!-- begin {key} -->", f"<!-- end {key} -->"
    before, _, rest = path.read_text().partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{path}: has no section {key!r}")
    with whole(path) as temporary:
        temporary.write_text(f"{before}{begin}\n{body.strip()}\n{end}{after}")


def _read_sections(path: Path) -> dict[str, str]:
    """The bodies of the sections of an earlier page."""
    if not path.is_file():
        return {}
    found = re.findall(r"<!-- begin (\S+) -->\n(.*?)\n<!-- end \1 -->", path.read_text(), re.DOTALL)
    return {key: body for key, body in found if body != _UNMEASURED}


def markdown(table: pd.DataFrame) -> str:
    """A table of texts and whole numbers."""
    lines = [table.columns, ["---"] * len(table.columns), *table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
