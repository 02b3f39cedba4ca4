"""What other sources have of the variants, in the report: columns, the figure by frequency, and filters in a browser."""

import shutil

import pandas as pd
import pyarrow as pa
import pytest
from bench.report import SETTINGS, make_run

from pasvar.report import Outputs, build_report
from pasvar.report.known import add_known, frequency_field, known_frequency_groups
from pasvar.tables import ALLELE, TABLES, empty_frame, read_table, write_table

A, B, C = ("20", 5, "A", "C"), ("20", 9, "G", "T"), ("20", 12, "T", "C")
KNOWN = pd.DataFrame(
    [
        (*A, "clinvar", "17", "CLNSIG", "Likely_pathogenic", None, False),
        (*A, "gnomad", "rs5", "AF", "0.0005", 0.0005, False),
        (*A, "gnomad", "rs5", "AC", "3", 3, False),
        (*B, "gnomad", None, "AF", "0.25", 0.25, False),
        (*B, "gnomad", None, "AC", None, None, False),
    ],
    columns=TABLES["known"].schema.names,
)
CHROMIUM = shutil.which("chromium")


def test_each_field_of_a_source_is_a_column():
    rows = pd.DataFrame([(*B, "G1"), (*A, "G1"), (*A, "G2"), (*C, "G2")], columns=[*ALLELE, "gene_id"])
    joined, fields = add_known(rows, KNOWN)
    assert joined.gene_id.to_list() == ["G1", "G1", "G2", "G2"]
    assert joined.clinvar_CLNSIG.fillna("").to_list() == ["", "Likely_pathogenic", "Likely_pathogenic", ""]
    assert joined.gnomad_AF.fillna(-1).to_list() == [0.25, 0.0005, 0.0005, -1]
    assert fields.to_dict("split")["data"] == [
        ["clinvar_CLNSIG", "clinvar", "CLNSIG", "choice"],
        ["gnomad_AF", "gnomad", "AF", "share"],
        ["gnomad_AC", "gnomad", "AC", "number"],
    ]


def test_without_rows_or_sources_the_columns_are_the_same():
    rows = pd.DataFrame([(*A, "G1")], columns=[*ALLELE, "gene_id"])
    joined, fields = add_known(rows, empty_frame("known"))
    assert list(joined) == list(rows)
    assert fields.empty
    joined, fields = add_known(rows.iloc[:0], KNOWN)
    assert list(joined) == [*rows, "clinvar_CLNSIG", "gnomad_AF", "gnomad_AC"]
    assert len(fields) == 3


def test_the_first_source_with_a_frequency_is_drawn():
    sources = [
        {"name": "a", "frequency": None},
        {"name": "b", "frequency": "AF_grpmax"},
        {"name": "c", "frequency": "AF"},
    ]
    assert frequency_field({"known": sources}) == ("b", "AF_grpmax")
    assert frequency_field({"known": sources[:1]}) is None
    assert frequency_field({}) is None


def test_effects_by_the_frequency_that_a_source_has():
    scores = pa.table(
        {
            **{name: [allele[i] for allele in (A, A, B, C)] for i, name in enumerate(ALLELE)},
            "site_id": ["s1", "s1", "s1", "s2"],  # two genes share s1
            "af": pa.nulls(4, pa.float32()),
            "delta_logodds_narrow": [-1.0, -1.0, 0.5, 2.0],
        }
    )
    groups = known_frequency_groups(scores, KNOWN, ("gnomad", "AF"))
    assert [(name, sizes.tolist()) for name, sizes in groups] == [
        ("not in gnomad", [2.0]),
        ("below 0.1 %", [1.0]),
        ("0.1 to 1 %", []),
        ("1 to 5 %", []),
        ("5 % and more", [0.5]),
    ]
    assert known_frequency_groups(scores, KNOWN, None) == []
    assert known_frequency_groups(scores, KNOWN, ("clinvar", "AF")) == []


@pytest.mark.skipif(not CHROMIUM, reason="needs chromium")
def test_the_list_of_variants_shows_finds_and_filters(tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    tables = make_run(tmp_path, 3, 20)
    alleles = read_table(tables["scores"], "scores")[ALLELE].drop_duplicates()
    rows = [
        (*allele, *fact)
        for i, allele in enumerate(alleles.itertuples(index=False, name=None))
        for fact in (
            ("gnomad", None, "AF", str(0.02 / (1 + i)), 0.02 / (1 + i), False),
            ("clinvar", None, "CLNSIG", "Likely_benign" if i else "Pathogenic", None, False),
        )[: 2 if i < 6 else 0]
    ]
    write_table(tables["known"], pd.DataFrame(rows, columns=TABLES["known"].schema.names), "known")
    known = [{"name": "gnomad", "path": ["g.vcf.gz"], "fields": ["AF"], "hide_above": {}, "frequency": "AF"}]
    outputs = Outputs.under(tmp_path / "report", tmp_path / "multiqc")
    build_report(tables, SETTINGS | {"report_genes": 1, "known": known}, outputs)
    assert "The same by gnomad AF" in outputs.index.read_text()
    trouble = []
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(f"file://{outputs.index}")
        page.locator("#variants").scroll_into_view_if_needed()
        page.wait_for_selector("#variants .dt-container tbody tr td")
        variants = page.locator("#variants")

        def found() -> int:
            return int(variants.locator(".dt-info").inner_text().split(" of ")[1].split()[0])

        assert found() == len(alleles)
        variants.get_by_label("clinvar CLNSIG").select_option("Likely benign")
        assert found() == 5
        assert "clinvar CLNSIG=Likely_benign" in variants.locator("tbody").inner_text()
        variants.get_by_label("clinvar CLNSIG").select_option("none")
        assert found() == len(alleles) - 6
        variants.get_by_label("clinvar CLNSIG").select_option("any")
        variants.get_by_label("gnomad AF").select_option("1 % at most, or none")
        assert found() == len(alleles) - 1
        variants.get_by_label("gnomad AF").select_option("any")
        variants.locator("input[type=search]").fill("Pathogenic")
        assert found() == 1
        browser.close()
    assert trouble == []
