"""The report in a real browser (Debian's chromium): a run of 20,000 genes, made of random numbers."""

import os
import re
import shutil
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest
from bench.report import SETTINGS, make_run

from pasvar.report import Outputs, build_report, render_costs

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium")

N_GENES = 20_000
INDEX = "index.html"
VIEWER = "genes/viewer.html#GENE3"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A report of 20,000 genes and 5,000 alleles, with the pages of two genes and five cards."""
    run = tmp_path_factory.mktemp("run")
    tables = make_run(run, N_GENES, 5_000)
    build_report(tables, SETTINGS | {"report_genes": 2}, Outputs.under(run / "report", run / "multiqc"))
    cost = {"jobs": 4, "seconds": 9.0, "cpu_seconds": 8.0, "max_rss_mb": 100.0, "mb_read": 25.0}
    record = {"pasvar_version": "1", "inputs": {}, "jobs": {"read_alleles": cost, "score_alleles": cost}}
    (run / "costs.html").write_text(render_costs(record), encoding="utf-8")
    return run / "report"


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser, folder):
    """Opens a page of the report; at the end it must have said nothing in the console and asked for nothing from elsewhere."""
    trouble, pages = [], []

    def open_(address, section=None, **options):
        page = browser.new_page(**options)
        pages.append(page)
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: request.url.startswith("file://") or trouble.append(request.url))
        page.goto(f"file://{folder / address}")
        if section:
            page.locator(section).scroll_into_view_if_needed()
            page.wait_for_selector(f"{section} .dt-container tbody tr td")
        return page

    yield open_
    for page in pages:
        page.close()
    assert trouble == []


def first_row(page, table: str) -> list[str]:
    return page.locator(f"#{table} tbody tr").first.locator("td").all_inner_texts()


def sort_by(page, table: str, column: int, order: str) -> None:
    """Clicks on a column's name, and waits for the order: DataTables sorts when the click has been answered."""
    page.locator(f"#{table} thead th").nth(column).click()
    page.wait_for_selector(f"#{table} thead th:nth-child({column + 1})[aria-sort={order}]")


def test_the_search_finds_a_gene_below_the_top_and_one_without_an_allele(opened):
    page = opened(INDEX, "#genes")
    genes = page.locator("#genes")
    for name in ("GENE19999", "GENE12345"):
        genes.locator("input[type=search]").fill(name)
        assert first_row(page, "gene-table")[0].split()[0] == name
        assert "of 1 " in genes.locator(".dt-info").inner_text()
        assert "20,000" in genes.locator(".dt-info").inner_text()
    link = genes.locator("#gene-table tbody a").first
    assert link.get_attribute("href") == "genes/viewer.html#ENSG00000012345"
    link.click()
    page.wait_for_selector("#sites-place tbody tr td")
    assert page.locator("h1").inner_text() == "GENE12345"
    assert page.locator("#sites-place tbody tr").count() == 3
    page.locator("#gene-name").fill("gene1999")
    assert page.locator("#gene-names option").count() == 11


def test_a_click_sorts_text_from_a_and_numbers_from_the_largest(opened):
    page = opened(INDEX, "#genes")
    sort_by(page, "gene-table", 0, "ascending")
    assert first_row(page, "gene-table")[0].split()[0] == "GENE0"
    sort_by(page, "gene-table", 2, "descending")
    counts = [int(text) for text in page.locator("#gene-table tbody td:nth-child(3)").all_inner_texts()]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 1


def test_nothing_of_the_tables_is_read_before_it_is_to_be_seen(opened):
    page = opened(INDEX)
    assert page.evaluate("[...document.scripts].map((script) => script.src.split('/').pop())") == ["here.js", ""]
    page = opened(INDEX, "#variants")
    assert page.locator("#variants .dt-container").count() == 1


def test_a_variant_leads_to_its_card_and_back(opened):
    page = opened(INDEX, "#variants")
    link = page.locator("#variant-table tbody a[href^='cards/']").first
    name = link.inner_text()
    link.click()
    assert page.locator("h1").inner_text().startswith(name)
    page.locator("nav a").first.click()
    assert page.url.endswith("index.html#variants")


@pytest.mark.parametrize("which", ["page", "viewer"])
def test_a_picture_of_a_gene_is_saved_as_it_is_seen(opened, folder, tmp_path, which):
    own = next(path for path in sorted((folder / "genes").iterdir()) if path.stem != "viewer")
    page = opened(
        VIEWER if which == "viewer" else own.relative_to(folder), "#sites-place" if which == "viewer" else None
    )
    picture = page.locator("figure svg").first
    box = picture.evaluate("(svg) => [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height]")
    for kind in ("SVG", "PNG"):
        with page.expect_download() as download:
            page.locator("figure").first.get_by_role("button", name=f"save as {kind}").first.click()
        name = download.value.suggested_filename
        assert re.fullmatch(rf"GENE\d+_[\w.+-]+\.{kind.lower()}", name)
        download.value.save_as(tmp_path / kind)
    root = ElementTree.parse(tmp_path / "SVG").getroot()
    assert [float(root.attrib["width"]), float(root.attrib["height"])] == box
    assert len(list(root.iter())) == picture.evaluate("(svg) => svg.querySelectorAll('*').length") + 2
    pixels = matplotlib.image.imread(tmp_path / "PNG")
    assert pixels.shape[:2] == tuple(int(3 * size + 0.5) for size in reversed(box))
    assert pixels[..., 3].min() == 1
    assert len(np.unique(pixels.reshape(-1, 4), axis=0)) > 20


def test_the_report_of_20_000_genes_is_below_5_megabytes(folder):
    files = [folder / INDEX, *(folder / "data").iterdir()]
    assert sum(os.path.getsize(file) for file in files) < 5e6


LOOKS = [(width, scheme) for width in (1280, 400) for scheme in ("light", "dark")]


@pytest.mark.parametrize("kind", ["overview", "viewer", "gene", "card", "costs"])
def test_axe_finds_nothing(opened, folder, kind):
    """Each page at two widths; the colours of light and dark are looked at without opening it again."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="needs axe-playwright-python").Axe()
    one = {
        "gene": next(path for path in sorted((folder / "genes").iterdir()) if path.stem != "viewer"),
        "card": next((folder / "cards").iterdir()),
    }
    address = {"overview": INDEX, "viewer": VIEWER, "costs": "../costs.html"}.get(kind) or one[kind].relative_to(folder)
    page = opened(address, {"overview": "#variants", "viewer": "#sites-place"}.get(kind))
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        found = axe.run(page).response["violations"]
        faults = [(each["id"], each["nodes"][0]["target"], each["nodes"][0]["failureSummary"]) for each in found]
        assert faults == [], (kind, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
