"""The pages of genes: what they say of small literal tables."""

import numpy as np
import pandas as pd
import pytest

from pasvar.report import content
from pasvar.report.pages import MAX_LOLLIPOPS
from report_tables import SETTINGS, SITES, hit, plain, read, report, unpacked


def test_gene_pages_are_those_of_the_strongest_genes(tmp_path):
    folder = report(tmp_path / "run", settings={**SETTINGS, "report_genes": 1})
    assert sorted(path.name for path in (folder / "genes").iterdir()) == ["ABC1.html", "viewer.html"]
    links = [attributes["href"] for tag, attributes in read(folder / "index.html").elements if tag == "a"]
    assert "genes/ABC1.html" in links
    assert not [link for link in links if "XYZ" in link]
    assert all((folder / link).is_file() for link in links if link.startswith("genes/"))


def test_gene_page_shows_sites_and_variants(folder):
    page = read(folder / "genes" / "ABC1.html")
    assert "2 polyadenylation sites, 2 scored variants, 2 of them strong, carried by 6 people" in page.text
    assert page.row("1")[:7] == ["1", "1,000", "AATAAA +20 nt to the cut", "25 %", "90 %", "annotation", "+1.25 78 %"]
    assert page.row("1, largest effect")[1:] == ["25 %", "15 %"]
    by_gene, by_site = (row for row in page.rows if row[0].startswith("rs981"))
    assert by_gene[1].startswith("Weakens the AATAAA of another site of ABC1")
    assert "that are 5.8- to 9.5-fold lower" in page.text
    assert "changes by +5.0 to +15.0 percentage points and the 3\N{PRIME} UTR by +25 to +75 nt" in page.text
    assert by_site[1:9] == [
        *("1", "12 %", "3", "hexamer +1 nt", "hexamer AATAAA → AGTAAA", "-2.00 7.4-fold lower", "96.0 %", "-1.00")
    ]
    row = [row for row in page.rows if row[0].startswith("rs2010")][1]
    assert (row[5], row[7], row[9]) == ("downstream element GU-rich gained U-rich downstream gained", "-", "+1.2")
    heads = [attributes for tag, attributes in page.elements if tag == "circle"]
    assert [head["class"] for head in heads] == ["head loss", "head gain"]
    assert "rs981 20:981 A>G" in page.text  # the tooltip
    links = {attributes["href"] for tag, attributes in page.elements if tag == "a"}
    cards = {f"../cards/ABC1_20-{pos}-A-G.html" for pos in (981, 2010)}
    assert links == {"../index.html", "../index.html#reading", *cards}


def test_a_window_whose_substitutions_are_known_has_a_map_of_them(folder):
    page = read(folder / "genes" / "ABC1.html")
    maps = [
        attributes["aria-label"] for tag, attributes in page.elements if tag == "svg" and "aria-label" in attributes
    ]
    assert sum("every possible substitution" in label for label in maps) == 1
    assert "the effect of every possible substitution" in page.text
    assert "A>C -3.00 A>G -2.00 A>T -0.50" in page.text
    assert "every possible substitution" not in read(folder / "genes" / "XYZ.html").text


NEW_SITE = {
    "chrom": "20", "pos": 1_500, "ref": "A", "alt": "G", "id": "rs1500", "af": 0.25, "gene_id": "ENSG_ABC1", "gene_name": "ABC1",
    "site_id": "20:1525:+", "strand": "+", "cut_pos": 1_525, "site_class": "3utr", "source": "variant", "hexamer_pos": 1_499,
    "hexamer_ref": "AATGAA", "hexamer_alt": "AATAAA", "logodds_narrow_ref": -5.0, "logodds_narrow_alt": -2.0,
    "delta_logodds_narrow": 3.0, "strength": 0.37, "usage_ref": 0.02, "usage_alt": 0.14, "delta_usage": 0.12, "delta_pdui": -0.1,
    "delta_utr_length": -60.0, "truncating": False,
}  # fmt: skip


def test_sites_that_variants_make_are_listed_on_the_overview_and_on_the_gene_s_page(tmp_path):
    folder = report(tmp_path / "run", new_sites=pd.DataFrame([NEW_SITE]))
    for page in ("index.html", "genes/ABC1.html"):
        text = plain((folder / page).read_text())
        for words in (
            "Sites that variants may create",
            "rs1500",
            "AATGAA",
            "+3.00",
            "20-fold higher",
            "2.0 → 14.0 %",
            "37 %",
        ):
            assert words in text, (page, words)
    assert "Sites that variants may create" not in (folder / "genes/XYZ.html").read_text()


def test_the_strongest_variant_tissue_by_tissue(tmp_path):
    allele = {"chrom": "20", "ref": "A", "alt": "G", "gene_id": "ENSG_ABC1", "gene_name": "ABC1"}
    columns = ["pos", "tissue", "usage_ref", "usage_alt", "delta_pdui", "total_variation"]
    rows = pd.DataFrame(
        [
            (981, "liver", [0.5, 0.5], [0.4, 0.6], 0.1, 0.1),
            (981, "brain", [0.9, 0.1], [0.5, 0.5], 0.4, 0.4),
            (5, "skin", [1, 0], [1, 0], 0, 0.9),
        ],
        columns=columns,
    ).assign(**allele)
    text = (report(tmp_path / "run", tissue_effects=rows) / "genes/ABC1.html").read_text()
    assert text.index("<td>brain</td>") < text.index("<td>liver</td>")
    assert "skin" not in text


def test_many_variants_are_cut_and_the_page_says_so(tmp_path):
    first = SITES.loc[0].to_dict()
    effects = np.linspace(-3, 3, 2_500)
    many = [hit(first, 910 + i % 205, effect, alt="A" + "CGT"[i % 3] * i) for i, effect in enumerate(effects)]
    folder = report(tmp_path / "run", pd.DataFrame(many), n_alleles=5_000)
    index, page = folder / "index.html", folder / "genes" / "ABC1.html"
    assert "All 2,500 pairs of allele and gene" in read(index).text
    assert len(unpacked(folder, "variants")) == 2_500
    assert "Points are the 1,500 strongest of 2,500" in read(index).text
    assert f"The {content.MAX_GENE_ROWS} strongest of 2,500 pairs" in read(page).text
    assert [tag for tag, _ in read(page).elements].count("circle") == MAX_LOLLIPOPS
    assert index.stat().st_size < 500_000
    assert page.stat().st_size < 400_000


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["ABC1", "XYZ"], ["ABC1.html", "XYZ.html"]),
        (["abc", "ABC"], ["abc.html", "ABC_E1.html"]),
        (["A/B", "../x", "é"], ["A_B_E0.html", "x_E1.html", "gene_E2.html"]),
        (["a_E1", "A"], ["a_E1.html", "A.html"]),
        (["A", "A", "A_E1"], ["A.html", "A_E1.html", "A_E1_E2.html"]),
    ],
)
def test_page_names_are_safe_and_unique(names, expected):
    genes = pd.DataFrame({"gene_id": [f"E{i}" for i in range(len(names))], "gene_name": names})
    assert list(content.page_names(genes).values()) == expected
