"""The templates of pages. What they show is escaped, and a name that they do not know is an error."""

import jinja2

from pasvar.paths import REPORT_TEMPLATES


def page_templates() -> jinja2.Environment:
    """The templates of `workflow/report/`, without filters of a page's own."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(REPORT_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
