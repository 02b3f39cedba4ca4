"""The templates of pages. Inserted text is escaped, and an unknown name is an error."""

import base64
import hashlib

import jinja2

from pasvar.paths import REPORT_TEMPLATES
from pasvar.report import words


def page_templates() -> jinja2.Environment:
    """The templates of `workflow/report/`, with the words of `words` as filters."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(REPORT_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for filter_ in (
        words.amount,
        words.change,
        words.code,
        words.count,
        words.duration,
        words.fold,
        words.hexamer,
        words.motifs,
        words.number,
        words.odds_share,
        words.percent,
        words.plain,
        words.plural,
        words.record_id,
        words.signed,
        words.sortable,
        words.source,
        words.span,
        words.variant,
        script_hash,
    ):
        templates.filters[filter_.__name__] = filter_
    return templates


def script_hash(script: str) -> str:
    """The hash by which a page's content policy allows an inline script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"
