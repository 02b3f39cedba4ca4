"""The documentation as pages: `make site`."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from pasvar.paths import ROOT
from pasvar.tables.schema import TABLES

pytestmark = pytest.mark.skipif(
    find_spec("material") is None, reason="needs mkdocs-material, which `make site` installs"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The site, made without the network. A link that leads nowhere is an error."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "ONLINE": "false", "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    return folder


def leads_to(page: Path, place: str) -> bool:
    """Whether a page has a link to this file in the same folder."""
    return re.search(rf'href="?{re.escape(place)}["\s>]', page.read_text()) is not None


def test_every_page_of_the_clone_is_there(site):
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} | {"config", "aparent2-mini", "changelog", "404"}
    assert {path.stem for path in site.glob("*.html")} == pages


def test_the_menu_has_every_page(site):
    pages = {path.stem for path in (ROOT / "docs").glob("*.md")} - {"index"}
    assert {page for page in pages if not leads_to(site / "faq.html", f"{page}.html")} <= {"faq"}


def test_it_is_read_from_disk_without_the_network(site):
    """Nothing is loaded from elsewhere, and links name files, not folders."""
    for page in site.glob("*.html"):
        text = page.read_text()
        assert re.findall(r"<(?:script|img|iframe)[^>]* src=\"?https?:", text) == []
        assert re.findall(r"<link[^>]* rel=\"?stylesheet\"?[^>]* href=\"?https?:", text) == []
    assert leads_to(site / "index.html", "tutorial.html")


def test_links_out_of_the_docs_lead_to_pages_of_the_site(site):
    """In docs/index.md the link is to ../config/README.md."""
    assert leads_to(site / "index.html", "config.html")


def test_it_has_the_tables_of_the_schema(site):
    text = (site / "tables.html").read_text()
    assert {
        column.name for column in TABLES["gene_effects"].columns if f"<code>{column.name}</code>" not in text
    } == set()
