"""Names are data: what a hostile annotation, VCF or model says runs nowhere in a report that a browser shows."""

import json
import re
import shutil

import pytest
from bench.report import SETTINGS, make_run

from pasvar.report import Outputs, build_report
from pasvar.tables import read_table, write_table

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs chromium")

RUN = "self.ran=1;alert(1)"
GENES = [
    f"<img src=x onerror={RUN}>",
    f"</script><script>{RUN}</script>",
    f"../../\"'><svg onload={RUN}>",
    "=cmd|' /C calc'!A0",
    f"{{{{ 7*7 }}}}`${{{RUN}}}`javascript:{RUN}",
]
ID = f'"><iframe srcdoc="<script>parent.{RUN}</script>">'
MADE_BY = {"model": f"</title><script>{RUN}</script>", "model_sha256": "0", "model_note": f"<b onclick={RUN}>"}
FILE = f"<img src=x onerror={RUN}>.vcf.gz"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The report of a run of five genes with such names, in IDs of records, of the network and of files, too."""
    run = tmp_path_factory.mktemp("run")
    tables = make_run(run, len(GENES), 40)
    for name in ("sites", "genes", "gene_effects", "scores"):
        frame = read_table(tables[name], name)
        frame["gene_name"] = frame.gene_name.map({f"GENE{i}": gene for i, gene in enumerate(GENES)})
        ids = "top_variant_id" if name == "genes" else "id"
        if ids in frame:
            frame[ids] = frame[ids].where(frame[ids].isna(), ID)
        write_table(tables[name], frame, name, MADE_BY)
    row = {"chrom": "1", "source": "known", "id": ID, "field": "TEXT", "number": None, "hides": False}
    alleles = read_table(tables["scores"], "scores")[["pos", "ref", "alt"]].drop_duplicates()
    write_table(tables["known"], alleles.assign(**row, value=GENES[0]), "known")
    tables["files"].write_text(tables["files"].read_text().replace("cohort.vcf.gz", FILE))
    known = {"name": "known", "path": ["k.vcf"], "fields": ["TEXT"], "hide_above": {}, "frequency": None}
    settings = SETTINGS | {"report_genes": 4, "vcf": [FILE], "known": [known]}
    build_report(tables, settings, Outputs.under(run / "report", run / "multiqc"))
    return run / "report"


def test_files_have_names_of_letters_and_lie_in_their_folders(folder):
    files = [path for path in folder.parent.rglob("*") if path.is_file()]
    assert not [path for path in files if not re.fullmatch(r"[\w.-]+", path.name)]
    assert len(list((folder / "genes").iterdir())) == 5
    assert len(list((folder / "cards").iterdir())) == 5
    for path in (folder.parent / "multiqc").iterdir():
        json.loads(path.read_text())


def test_a_browser_shows_them_as_text(folder):
    trouble = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("request", lambda request: request.url.startswith(f"file://{folder}/") or trouble.append(request.url))
        addresses = [path.relative_to(folder) for path in sorted(folder.rglob("*.html")) if path.stem != "viewer"]
        for address in [*addresses, "genes/viewer.html#ENSG00000000004", "genes/viewer.html#" + "%3Cimg src=x%3E"]:
            page.goto(f"file://{folder}/{address}")
            if str(address) == "index.html":
                for section in ("#genes", "#variants"):
                    page.locator(section).scroll_into_view_if_needed()
                    page.wait_for_selector(f"{section} .dt-container tbody tr td")
                page.locator("#variants input[type=search]").fill("<img")
            if "viewer" in str(address):
                page.wait_for_function("document.getElementById('name').textContent !== 'Genes'")
            page.mouse.move(300, 300)
            assert page.locator("img, iframe, [onclick], [onerror], svg[onload]").count() == 0, address
            assert page.evaluate("self.ran") is None, address
            assert page.evaluate("location.href").startswith(f"file://{folder}/")
        shown = page.locator("body").inner_text()
        browser.close()
    assert trouble == []
    assert "<img src=x>" in shown
