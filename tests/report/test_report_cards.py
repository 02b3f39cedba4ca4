"""The cards of a run: which variants have one, what stands on it, and that links lead there and back."""

import pandas as pd
import pytest

from pasvar.report import content
from report_tables import SETTINGS, read, report, unpacked


def links(path) -> set[str]:
    return {attributes["href"] for tag, attributes in read(path).elements if tag == "a" and "href" in attributes}


def test_the_first_variants_have_a_card_that_links_lead_to_and_from(folder):
    names = ["ABC1_20-2010-A-G.html", "ABC1_20-981-A-G.html"]
    assert sorted(path.name for path in (folder / "cards").iterdir()) == names
    for page, way in (("index.html", "cards/"), ("genes/ABC1.html", "../cards/")):
        assert {f"{way}{name}" for name in names} <= links(folder / page)
    assert links(folder / "cards" / names[0]) == {"../index.html#variants", "../genes/ABC1.html"}
    cards = unpacked(folder, "variants").set_index("pos").card
    assert cards.to_dict() == {981: names[1], 2010: names[0], 8990: None}


def test_a_card_of_a_run_says_what_the_tables_say(folder):
    page = read(folder / "cards" / "ABC1_20-981-A-G.html")
    assert "rs981 in ABC1" in page.text
    assert "Weakens the AATAAA of another site of ABC1 (25 % of 3' ends, predicted) to AGTAAA" in page.text
    assert "Carriers 3 people; 4 of 32 alleles" in page.text.replace("Carriers3", "Carriers 3")
    drawings = [attributes for tag, attributes in page.elements if tag == "svg"]
    assert [drawing["aria-label"].split()[0] for drawing in drawings] == ["Where", "Bases", "Usage"]


def test_a_gene_without_a_page_is_reached_in_the_page_that_reads_the_tables(tmp_path):
    folder = report(tmp_path / "run", settings={**SETTINGS, "report_genes": 0}, n_cards=1)
    assert "../genes/viewer.html#ENSG_ABC1" in links(folder / "cards" / "ABC1_20-981-A-G.html")


def test_without_cards_nothing_leads_to_one(tmp_path):
    folder = report(tmp_path / "run")
    assert list((folder / "cards").iterdir()) == []
    assert not [link for page in folder.rglob("*.html") for link in links(page) if "cards/" in link]
    assert "has a card" not in read(folder / "index.html").text


SOURCES = [
    {"name": name, "path": [f"{name}.vcf.gz"], "fields": ["CLNSIG"], "hide_above": {}, "frequency": None}
    for name in ("clinvar", "gnomad")
]


def test_what_is_known_stands_on_the_card(tmp_path):
    row = {"chrom": "20", "pos": 981, "ref": "A", "alt": "G", "source": "clinvar", "id": "12"}
    known = pd.DataFrame(
        [
            {**row, "field": "CLNSIG", "value": "Pathogenic", "number": None, "hides": False},
            {**row, "field": "STARS", "value": None, "number": 2.0, "hides": False},
        ]
    )
    folder = report(tmp_path / "run", known=known, n_cards=2, settings={**SETTINGS, "known": SOURCES})
    page = read(folder / "cards" / "ABC1_20-981-A-G.html")
    for row in ("clinvar CLNSIG", "Pathogenic", "clinvar STARS", "gnomad", "has no record of this allele"):
        assert row in page.text
    assert "CLNSIG" not in read(folder / "cards" / "ABC1_20-2010-A-G.html").text


@pytest.mark.parametrize(
    ("gene", "allele", "name"),
    [
        ("HBB", ("11", 5225485, "T", "C"), "HBB_11-5225485-T-C.html"),
        ("../x", ("chr1", 7, "A", "<DEL>"), "x_chr1-7-A-_DEL.html"),
        ("A", ("1", 7, "A" * 13, "C"), "A_1-7-13nt-C.html"),
        ("=cmd|' /C calc'!A0", ("HLA*01:01", 7, "A", "*"), "cmd_C_calc_A0_HLA_01_01-7-A.html"),
    ],
)
def test_names_of_files_are_safe(gene, allele, name):
    pairs = pd.DataFrame([[*allele, "E1"], [*allele, "E2"]], columns=[*content.ALLELE, "gene_id"])
    names = content.card_names(pairs, {"E1": gene, "E2": gene})
    assert list(names.values()) == [name, name.replace(".html", "_2.html")]
    assert names[*allele, "E1"] == name
