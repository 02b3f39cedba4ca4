"""The overview: what it says of small literal tables."""

import json
import re

import numpy as np
import pandas as pd
import pyarrow as pa

from pasvar.effects import leading_effects
from pasvar.paths import ACCURACY, ROOT
from pasvar.report import content, record, run_tables
from pasvar.tables import STATUSES, empty_frame
from report_tables import MADE_BY, SETTINGS, SITES, Page, read, report, strong_hits, unpacked


def test_a_precision_that_is_not_exact_stands_at_the_top(tmp_path, monkeypatch):
    note = "Scored with precision <b>fast</b>"
    monkeypatch.setitem(MADE_BY, "precision", "exact")
    assert note not in (report(tmp_path / "exact") / "index.html").read_text()
    monkeypatch.setitem(MADE_BY, "precision", "fast")
    assert note in (report(tmp_path / "fast") / "index.html").read_text()


def test_overview_says_what_was_found(folder):
    page = read(folder / "index.html")
    assert "Of 10 alleles, 3 change the 205 nt around one of 4 polyadenylation sites of 3 genes" in page.text
    assert "3 of them change the odds of cleavage at a site at least 1.25-fold, in 2 genes" in page.text
    assert "2 pairs of allele and gene are expected to move 5 % or more" in page.text
    assert "The direction is clear for 3 pairs: lengthening 2, more cleavage 1." in page.text
    assert (
        "The highest expected impact, 20 %, has rs981 in ABC1: Weakens the AATAAA of another site of ABC1 (25 % of 3' ends, "
        "predicted) to AGTAAA: about 15 % remain" in page.text
    )
    assert page.row("ABC1") == [
        "ABC1 20 +",
        "2",
        "2",
        "2",
        "6",
        "0",
        "rs981 20:981 A>G",
        "20 % lengthening",
        "-2.00 7.4-fold lower",
        "+1.25 78 %",
    ]
    variants = [row for row in page.rows if row[0].startswith("rs")]
    assert [row[0] for row in variants] == ["rs981 20:981 A>G", "rs2010 20:2010 A>G", "rs8990 20:8990 A>G"]
    assert variants[0][1] == "ABC1 20:1000:+"
    assert variants[0][2].endswith("and the direction is right with a probability of 97 %.")
    assert variants[0][3:] == [
        *("20 % lengthening", "7.4-fold lower -2.00 (-2.2 to -1.8)", "25 % → 15 %", "+50 nt distal +10.0"),
        *("AATAAA → AGTAAA hexamer +1", "3 12 %"),
    ]
    assert variants[2][5:7] == ["only site", "-"]


def test_genes_and_variants_are_led_by_expected_impact_and_flags_are_counted():
    effects = pa.table({"delta_logodds_narrow": [-4.0, 1.0, -2.0], "expected_impact": [0.1, 0.2, 0.2]})
    assert leading_effects(effects, 2)["delta_logodds_narrow"].to_pylist() == [-2.0, 1.0]
    genes = pd.DataFrame({"gene_id": ["A", "B", "C"], "max_expected_impact": [0.1, None, 0.3]})
    assert run_tables.ranked_genes(genes).gene_id.to_list() == ["C", "A"]
    flags = pa.table({"flags": pa.array(["a_rich&weak_reference", None, "a_rich"])})
    assert {row["flag"]: row["n"] for row in content.flag_rows(flags) if row["n"]} == {"weak_reference": 1, "a_rich": 2}


def test_overview_says_what_was_run_and_not_where(folder):
    html = (folder / "index.html").read_text(encoding="utf-8")
    page = Page(html)
    assert (
        "were scored with aparent2 by pasvar 0.1.0 (commit 0123456789, changed since), which implements APARENT2"
        in page.text
    )
    assert "Genome Biology 2022;23:232" in page.text
    digests = [row for row in page.rows if len(row) == 2 and row[0] != "input"]
    assert digests == [["gtf", "67f0"], ["model", "540147b1"], ["vcf 1.vcf.gz", "a1"], ["vcf 2.vcf.gz", "b2"]]
    settings = [row for row in page.rows if len(row) == 3]
    assert [row[1] for row in settings if row[0] in ("fasta", "gtf", "vcf", "biotypes", "min_effect")] == [
        *("genome.fa", "genes.gtf.gz", "people.vcf.gz", "protein_coding, lncRNA", "0.2231")
    ]
    assert "somebody" not in html
    assert not [row for row in page.rows if row and row[0] in ("shards", "device")]


def test_ledger_adds_up(folder):
    page = read(folder / "index.html")
    numbers = {row[0]: int(row[1]) for row in page.rows if row and row[0] in STATUSES}
    assert list(numbers) == list(STATUSES)
    assert sum(numbers.values()) == int(next(row[1] for row in page.rows if row and row[0] == "all")) == 10
    assert page.row("people.vcf.gz") == ["people.vcf.gz", "12", "12", "2", "10", "0"]
    assert "the 10 alleles of the ledger are all that the file contains" in page.text


def test_ledger_that_does_not_add_up_is_not_hidden():
    totals = pd.DataFrame({"status": ["scored"], "n_alleles": [4]})
    files = pd.DataFrame(
        {
            "vcf": ["a"],
            "n_records": [5],
            "n_no_alt": [0],
            "n_alleles": [5],
            "n_indexed": pd.array([None], dtype="Int64"),
        }
    )
    assert record.reconcile(totals, files)["agree"] is False
    counted = files.assign(n_records=3, n_alleles=3, n_indexed=pd.array([4], dtype="Int64"))
    assert record.reconcile(totals, counted)["agree"] is True


def test_the_accuracy_shown_is_that_of_the_page():
    page = (ROOT / "docs" / "accuracy.md").read_text()
    for network, rows in json.loads(ACCURACY.read_text()).items():
        table = page.split(f"### {network}\n")[1]
        for row in rows:
            texts = [f"{value:.2f}" if isinstance(value, float) else str(value) for value in row.values()]
            assert f"| {' | '.join(texts)} |" in table
    assert record.accuracy(MADE_BY)["rows"] == []


def test_effects_are_grouped_by_the_frequency_of_the_rarer_allele():
    rows = {"chrom": ["1"] * 4, "pos": [1, 2, 3, 4], "ref": ["A"] * 4, "alt": ["C"] * 4, "site_id": ["s"] * 4}
    scores = pa.table({**rows, "af": [0.0005, 0.995, 0.5, None], "delta_logodds_narrow": [-1.0, 2.0, 0.5, 4.0]})
    groups = {name: sizes.tolist() for name, sizes in content.frequency_groups(scores)}
    assert groups == {"below 0.1 %": [1.0], "0.1 to 1 %": [2.0], "1 to 5 %": [], "5 % and more": [0.5]}
    assert content.frequency_groups(scores.filter(pa.compute.is_null(scores["af"]))) == []


def test_sites_are_counted_by_source_and_confidence():
    sites = SITES.assign(
        source=["gtf", "gtf", "predicted", "gtf"], confidence=[0.9, 0.6, 0.3, None], usage_measured=None
    )
    rows = content.source_rows(sites)
    counts = [[row[key] for key in ("source", "n", "sure", "likely", "doubtful", "unknown")] for row in rows]
    assert counts == [["gtf", 3, 1, 1, 0, 1], ["predicted", 1, 0, 0, 1, 0]]
    assert record.origins(rows) == "the annotation and the network's predictions"


def test_error_bars_are_those_of_the_network_in_use():
    known = record.accuracy(
        {"model": "aparent2", "model_sha256": "540147b1f239c27cec6594931a7305a3a5ded6d3c8fbc43661761bad94ed637e"}
    )
    assert (known["is_own"], known["n_variants"], known["coverage"]) == (True, 1166, 0.8)
    assert record.accuracy({"model": "mine", "model_sha256": "0"})["is_own"] is False


def test_cohort_without_a_scored_allele(tmp_path):
    folder = report(tmp_path / "run", empty_frame("scores"))
    page = read(folder / "index.html")
    assert "No allele could be scored" in page.text
    assert [path.name for path in (folder / "genes").iterdir()] == ["viewer.html"]
    assert page.row("scored")[1:3] == ["0", "-"]
    ids = {attributes.get("id") for _, attributes in page.elements}
    targets = {
        attributes["href"][1:] for tag, attributes in page.elements if tag == "a" and attributes["href"][0] == "#"
    }
    assert targets <= ids


def test_cohort_without_alleles(tmp_path):
    page = read(report(tmp_path / "run", empty_frame("scores"), n_alleles=0) / "index.html")
    assert "Of 0 alleles, 0 change" in page.text


def test_cohort_without_genotypes_has_no_column_of_carriers(tmp_path):
    folder = report(tmp_path / "run", with_genotypes=False)
    page = read(folder / "index.html")
    assert "The cohort has no genotypes" in page.text
    assert not [row for row in page.rows if "carriers" in row]
    assert "carrie" not in read(folder / "genes" / "ABC1.html").text


def test_nulls_are_dashes(tmp_path):
    scores = strong_hits().assign(id=None, af=np.nan)
    row = read(report(tmp_path / "run", scores) / "index.html").row("20:981 A>G")
    assert row[-1] == "3 -"


def haplotype(variants: str, together: float | None, alone: float, interacts: bool) -> dict:
    row = {
        "site_id": "20:1000:+", "gene_id": "ENSG_ABC1", "gene_name": "ABC1", "variants": variants.split(), "n_carriers": 7,
        "frequency": 0.125, "hexamer_ref": "AATAAA", "hexamer_alt": "AGTAAA", "logodds_narrow_ref": -6.0,
        "delta_logodds_narrow": together, "sum_delta_logodds_narrow": alone, "interacts": interacts,
    }  # fmt: skip
    return {**row, "interaction_narrow": None if together is None else together - alone}


HAPLOTYPES = pd.DataFrame(
    [
        haplotype("20:981:A:G 20:985:C:T", 0.5, 0.625, False),
        haplotype("20:981:A:G 20:990:C:CAAAA", -0.25, 1.5, True),
        haplotype("20:981:AAA:A 20:982:A:G", None, 0.75, False),
    ]
)


def test_haplotypes_that_differ_most_from_the_sum_come_first(tmp_path):
    """A set whose variants contradict one another is only counted."""
    page = read(report(tmp_path / "run", haplotypes=HAPLOTYPES) / "index.html")
    header = next(i for i, row in enumerate(page.rows) if row and row[0] == "variants" and "together" in row)
    rows = page.rows[header + 1 : header + 3]
    assert [row[0] for row in rows] == ["20:981 A>G 20:990 C>CAAAA", "20:981 A>G 20:985 C>T"]
    assert [row[2:4] + row[5:8] for row in rows] == [
        ["12 %", "7", "-0.25", "+1.50", "-1.75"],
        ["12 %", "7", "+0.50", "+0.62", "-0.12"],
    ]
    assert "People carry 3 sets of variants that lie on one haplotype" in page.text
    assert "1 of them differs from the sum at least 1.25-fold" in page.text
    assert ("a", {"href": "genes/ABC1.html"}) in page.elements


def test_without_haplotypes_there_is_no_section_on_them(folder):
    assert 'id="haplotype-table"' not in (folder / "index.html").read_text()


def test_hidden_counts_are_dashes_and_the_page_says_why(tmp_path, monkeypatch):
    monkeypatch.setitem(MADE_BY, "settings", '{"min_cell": 5}')
    samples = pd.DataFrame({"sample": ["ann", "bob", "ann"], "gene_id": ["ENSG_ABC1", "ENSG_ABC1", "ENSG_XYZ"]})
    scores = strong_hits().assign(n_carriers=None, allele_count=None, af=None)
    folder = report(tmp_path / "run", scores=scores, samples=samples)
    sentence = "Counts of 1 to 4 people or copies, and counts from which they could be derived, are hidden: -."
    assert sentence in read(folder / "index.html").text
    page = read(folder / "genes" / "ABC1.html").text
    assert sentence in page
    assert "People carry a change of this gene's sites" in page
    assert unpacked(folder, "genes").set_index("gene_id").n_people.isna().tolist() == [True, True, False]


def test_people_with_a_strong_effect_are_counted_by_gene(tmp_path):
    samples = pd.DataFrame({"sample": ["ann", "bob", "ann"], "gene_id": ["ENSG_ABC1", "ENSG_ABC1", "ENSG_XYZ"]})
    page = read(report(tmp_path / "run", samples=samples) / "index.html")
    header = next(i for i, row in enumerate(page.rows) if row[:1] == ["gene"] and "people" in row)
    column = page.rows[header].index("people")
    assert [row[column] for row in page.rows[header + 1 : header + 3]] == ["2", "1"]


def test_where_sites_and_usages_come_from_is_told(tmp_path):
    sites = SITES.assign(source=["gtf", "gtf+atlas", "atlas", "gtf"], usage_measured=[0.25, 0.75, None, None])
    sites.loc[sites.gene_id == "ENSG_ABC1", "usage_source"] = "measured:atlas"
    folder = report(tmp_path / "run", sites=sites)
    text = (folder / "index.html").read_text()
    assert "annotation and atlas" in text
    assert "For 1 gene an atlas has measured it" in text
    assert "Bars: measured share" in (folder / "genes/ABC1.html").read_text()
    assert "Bars: predicted share" in (folder / "genes/XYZ.html").read_text()


THINGS = "variants|genes|alleles|sites|pairs|people|carriers|windows|files|records|rows|pages|cards|sets"
ONE_OF_MANY = re.compile(rf"(?<![\d,.:-])1 (?:(?:\w+ )?(?:{THINGS})|of them (?:change|differ|are))\b")


def test_of_one_there_is_no_plural(tmp_path):
    sites, hits = (frame[frame.gene_id == "ENSG_XYZ"] for frame in (SITES, strong_hits()))
    more = {
        "samples": pd.DataFrame({"sample": ["ann"], "gene_id": ["ENSG_XYZ"]}),
        "haplotypes": HAPLOTYPES[1:2].assign(gene_id="ENSG_XYZ", site_id="20:9000:-", n_carriers=1),
        "settings": {**SETTINGS, "report_genes": 1},
    }
    hits = hits.assign(n_carriers=1, allele_count=1)
    folder = report(tmp_path / "run", hits, sites, n_alleles=1, n_cards=1, **more)
    pages = [path for path in folder.rglob("*.html") if path.stem != "viewer"]
    assert len(pages) == 3
    for path in pages:
        text = re.sub(r"</?(?:b|a|span|code)\b[^>]*>", "", path.read_text())
        assert not ONE_OF_MANY.findall(" ".join(text.split())), path.name
