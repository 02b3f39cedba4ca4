"""The files of a report: that data stays text in them, that they need no network, that they are the same each time."""

import base64
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest

from pasvar.cli import main
from pasvar.errors import InputError
from pasvar.paths import ROOT
from pasvar.report import content, listing
from pasvar.report.build import build_report
from pasvar.tables import STATUSES, TABLES
from report_tables import SETTINGS, SITES, Page, outputs_of, paths, read, report, strong_hits, unpacked


def test_what_stands_in_the_data_stays_text(tmp_path):
    evil = "<script>alert(1)</script>"
    sites = SITES.replace({"gene_name": {"ABC1": evil}})
    scores = strong_hits().replace({"gene_name": {"ABC1": evil}}).assign(id=f'"{evil}', ref="A", alt="<img src=x>")
    folder = report(tmp_path / "run", scores, sites)
    names = ["XYZ.html", "script_alert_1_script_ENSG_ABC1.html", "viewer.html"]
    assert sorted(path.name for path in (folder / "genes").iterdir()) == names
    pages = [folder / "genes" / names[1], folder / "genes" / names[0], folder / "index.html"]
    for path in pages:
        page = read(path)
        assert [attributes.get("src", "") for tag, attributes in page.elements if tag == "script"].count("") == 1
        assert "img" not in [tag for tag, _ in page.elements]
    assert evil in read(pages[0]).text


def test_the_pages_search_all_genes_and_variants(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "MAX_ROWS", 1)
    evil = "</script><img src=x>"
    sites, scores = (frame.replace({"gene_name": {"XYZ": evil}}) for frame in (SITES, strong_hits()))
    folder = report(tmp_path / "run", scores, sites, settings={**SETTINGS, "report_genes": 1})
    assert len([row for row in read(folder / "index.html").rows if row[0].startswith("ABC1")]) == 1
    assert "img" not in (folder / "data" / "genes.js").read_text()
    genes = unpacked(folder, "genes").set_index("gene_id")
    assert genes.index.to_list() == ["ENSG_ABC1", "ENSG_XYZ", "ENSG_QUIET"]  # the last has no scored allele
    assert genes.page.to_list() == ["ABC1.html", None, None]
    columns = ["gene_name", "n_scored", "n_strong", "carriers", "n_people", "top_variant", "max_expected_impact"]
    assert genes.loc["ENSG_XYZ", columns].to_list() == [evil, 1, 1, 3, 0, "20:8990:A:G", 0.040547]
    assert genes.loc["ENSG_QUIET", columns].to_list() == ["QUIET", 0, 0, 0, 0, None, None]
    variants = unpacked(folder, "variants")
    assert variants.pos.to_list() == [981, 2010, 8990]
    assert variants.loc[0, ["n_sites", "usage_site_ref", "usage_site_alt", "hexamer_alt", "offset"]].to_list() == [
        *(2, 0.25, 0.15, "AGTAAA", 1)
    ]
    assert variants.verdict[0].startswith("Weakens the AATAAA of another site of ABC1")
    assert unpacked(folder, "sites").cut_pos.to_list() == [1_000, 2_000, 20_000, 9_000]


def test_a_script_beside_the_pages_holds_every_kind_of_value():
    frame = pd.DataFrame(
        {
            "share": [0.123456789, np.nan, 1.0],
            "n": pd.array([3, None, 5], dtype="Int64"),
            "name": ["a", "a", "a"],
            "id": ["x", None, "z"],
            "sure": pd.array([True, None, False], dtype="boolean"),
        }
    )
    text = listing.script("some", frame)
    assert json.loads(gzip.decompress(base64.b64decode(text.split('"')[1]))) == {
        "share": [0.12346, None, 1.0],
        "n": [3, None, 5],
        "name": {"levels": ["a"], "codes": [0, 0, 0]},
        "id": ["x", None, "z"],
        "sure": [True, None, False],
    }


def test_the_table_library_comes_as_a_plain_script():
    script = listing.library()
    assert "(self.pasvar ??= {}).jQuery = " in script
    assert not re.search(r"\bexport\s*\{", script)


def test_what_multiqc_reads(folder):
    texts = [(folder.parent / "multiqc" / f"{name}_mqc.json").read_text() for name in ("pasvar", "pasvar_ledger")]
    counts, ledger = map(json.loads, texts)
    assert counts["data"] == {
        "people": {"alleles": 10, "scored": 3, "strong": 3, "moving": 2, "genes": 2, "impact": 20.0}
    }
    assert [list(column) for column in counts["pconfig"]] == [[key] for key in counts["data"]["people"]]
    assert ledger["data"]["people"] == {**dict.fromkeys(STATUSES, 0), "scored": 3, "no_site_in_range": 7}


MULTIQC = shutil.which("multiqc") or shutil.which("multiqc", path=str(ROOT / ".venv" / "multiqc" / "bin"))


@pytest.mark.skipif(not MULTIQC, reason="needs MultiQC")
def test_multiqc_shows_a_run(folder, tmp_path):
    command = [MULTIQC, "--quiet", "--outdir", tmp_path, folder.parent / "multiqc"]
    subprocess.run(command, check=True, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    table = pd.read_csv(tmp_path / "multiqc_data" / "multiqc_general_stats.txt", sep="\t", index_col=0)
    assert table.loc["people"].to_list() == [10, 3, 3, 2, 2, 20]
    assert "pasvar: ledger" in (tmp_path / "multiqc_report.html").read_text()


def test_a_report_is_written_again_from_the_tables_of_a_run(tmp_path, folder, capsys):
    results = tmp_path / "run" / "results"
    shutil.copytree(folder.parent, results)
    (results / "provenance.json").write_text(json.dumps({"config": SETTINGS}))
    for name in ("exons", "contigs", "card_windows"):
        place = results / TABLES[name].file
        place.parent.mkdir(exist_ok=True)
        (results / f"{name}.parquet").rename(place)
    assert main(["report", "--run", str(tmp_path / "run"), "--out", str(tmp_path / "again")]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'again' / 'index.html'}, 2 pages of genes and 2 cards of variants\n"
    assert (tmp_path / "again" / "index.html").is_file()
    assert main(["report", "--run", str(tmp_path / "run"), "--out", str(tmp_path / "again")]) == 0
    (tmp_path / "home" / "data").mkdir(parents=True)
    assert main(["report", "--run", str(tmp_path / "run"), "--out", str(tmp_path / "home")]) == 1
    assert f"{tmp_path / 'home'}: contains other files than a report of pasvar" in capsys.readouterr().err
    (results / "genes.parquet").unlink()
    assert main(["report", "--run", str(tmp_path / "run")]) == 1
    assert "genes.parquet: no such file; give the folder of a finished run" in capsys.readouterr().err


def test_what_scrolls_is_reached_by_the_keyboard_and_named(folder):
    for path in [folder / "index.html", *folder.glob("genes/[A-Z]*.html")]:
        regions = [attributes for tag, attributes in read(path).elements if attributes.get("class") == "scroll"]
        assert regions
        assert all(region["tabindex"] == "0" and region["role"] == "region" for region in regions)
        assert len({region["aria-label"] for region in regions}) == len(regions)


def test_pages_load_only_scripts_beside_them(folder):
    for path in folder.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|//www\.(?!w3)|@import|url\((?!#)", html)
        for tag, attributes in Page(html).elements:
            assert tag not in ("link", "img", "iframe", "object")
            if "src" in attributes:
                assert (path.parent / attributes["src"]).is_file()
                assert (path.parent / attributes["src"]).resolve().parent == folder / "data"


def test_only_a_page_s_own_script_may_run(folder):
    for path in folder.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html)[1]
        if path.parent.name == "cards":
            assert "script" not in policy
            assert "<script" not in html
            continue
        script = re.search(r"<script>(.*?)</script>", html, re.DOTALL)[1]
        assert "script-src 'self' 'sha256-" in policy
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() in policy


def test_same_tables_give_the_same_bytes(folder, tmp_path):
    again = report(tmp_path / "again", n_cards=2, with_pictures=True)
    first, second = ({path.name: path.read_bytes() for path in where.rglob("*.*")} for where in (folder, again))
    assert first == second
    assert len(first) == 4 + 2 + 6 + 2 * 7  # pages, cards, scripts and figures


def test_page_of_an_older_run_does_not_stay(tmp_path):
    report(tmp_path / "run")
    folder = report(tmp_path / "run", settings={**SETTINGS, "report_genes": 0})
    assert [path.name for path in (folder / "genes").iterdir()] == ["viewer.html"]
    assert not list(folder.rglob("*.part"))
    assert "a page with its sites" not in read(folder / "index.html").text


def test_ledger_that_is_something_else_is_named(tmp_path):
    folder = tmp_path / "run"
    report(folder)
    (folder / "ledger.tsv").write_text("something\nelse\n")
    with pytest.raises(InputError, match=r"ledger\.tsv"):
        build_report(paths(folder), SETTINGS, outputs_of(tmp_path / "another"))
    assert not (tmp_path / "another").exists()
