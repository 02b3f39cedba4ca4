"""The report: what its pages show of small literal tables, that data stays text on them, and that they need no network."""

import math
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from pasvar.errors import InputError
from pasvar.report import content, gene_plots, plots, svg, words
from pasvar.report.build import MAX_LOLLIPOPS, build_report
from pasvar.tables import STATUSES, TABLES, empty_frame, write_table

MADE_BY = {
    "model": "aparent2",
    "model_sha256": "540147b1",
    "gtf_sha256": "67f0",
    "vcf_sha256": "1.vcf.gz=a1 2.vcf.gz=b2",
    "pasvar_commit": "0123456789abcdef-changed",
    "settings_sha256": "5e77",
}
SETTINGS = {
    "fasta": "/home/somebody/genome.fa",
    "gtf": "annotation/genes.gtf.gz",
    "vcf": ["cohort/people.vcf.gz"],
    "model": "aparent2",
    "shards": 7,
    "biotypes": ["protein_coding", "lncRNA"],
    "min_effect": 0.2231,
    "report_genes": 2,
    "merge_distance": 24,
    "device": "auto",
}
ALLELE = ["chrom", "pos", "ref", "alt"]


def site(gene: str, rank: int, cut_pos: int, strand: str = "+", **more) -> dict:
    """A site whose cut lies 20 nt after the hexamer's first base."""
    start = cut_pos - 21 if strand == "+" else cut_pos + 14
    row = {
        "site_id": f"20:{cut_pos}:{strand}",
        "chrom": "20",
        "strand": strand,
        "cut_pos": cut_pos,
        "hexamer": "AATAAA",
        "hexamer_start": start,
        "hexamer_end": start + 6,
        "hexamer_tier": 0,
        "window_start": start - 70 if strand == "+" else start + 76 - 205,
        "gene_id": f"ENSG_{gene}",
        "gene_name": gene,
        "site_class": "3utr",
        "source": "gtf",
        "n_transcripts": 2,
        "usage_ref": 1.0,
        "usage_source": "predicted:polyadb_v3",
        "rank": rank,
        "utr_length": 500 * rank,
        "a_rich": False,
        "logodds_narrow": 1.25,
        "logodds": 1.5,
    }
    return {**row, "window_end": row["window_start"] + 205, **more}


SITES = pd.DataFrame(
    [
        site("ABC1", 1, 1_000, usage_ref=0.25),
        site("ABC1", 2, 2_000, usage_ref=0.75, logodds_narrow=-6.0),
        site("XYZ", 1, 9_000, "-"),
        site("QUIET", 1, 20_000),
    ]
)


def hit(site_row: dict, pos: int, delta: float, **more) -> dict:
    """A row of `scores` for an SNV A>G."""
    index = pos - 1 - site_row["window_start"] if site_row["strand"] == "+" else site_row["window_end"] - pos
    row = {
        "chrom": "20",
        "pos": pos,
        "ref": "A",
        "alt": "G",
        "id": f"rs{pos}",
        "norm_pos": pos,
        "norm_ref": "A",
        "norm_alt": "G",
        "af": 0.125,
        "window_index": index,
        "region": "hexamer" if 70 <= index < 76 else "downstream",
        "anchor": "hexamer",
        "logodds_narrow_ref": site_row["logodds_narrow"],
        "logodds_narrow_alt": site_row["logodds_narrow"] + delta,
        "delta_logodds_narrow": delta,
        "logodds_ref": 1.5,
        "logodds_alt": 1.5 + delta / 2,
        "delta_logodds": delta / 2,
        "delta_usage": -0.1,
        "hexamer_ref": "AATAAA",
        "hexamer_alt": "AATAAA",
        "delta_cut_mean": 1.25,
        "mechanism": "other",
        "motif_lost": None,
        "motif_gained": None,
        "percentile": None,
        "n_carriers": 3,
        "allele_count": 4,
        "allele_number": 32,
    }
    of_site = {key: site_row[key] for key in ("site_id", "gene_id", "gene_name", "strand", "usage_ref")}
    return {**row, **of_site, **more}


def strong_hits() -> pd.DataFrame:
    first, second, minus = (SITES.loc[i].to_dict() for i in (0, 1, 2))
    return pd.DataFrame(
        [
            hit(
                first, 981, -2.0, hexamer_alt="AGTAAA", mechanism="hexamer", motif_lost="AATAAA>AGTAAA", percentile=0.96
            ),
            hit(second, 2_010, 0.75, mechanism="downstream_element", motif_gained="GU-rich&U-rich_downstream"),
            hit(minus, 8_990, math.log(1.5)),
        ]
    )


def substitutions(site_row: dict, *effects: tuple[int, str, float]) -> pd.DataFrame:
    """Rows of `saturation_scores` of a site: (place in the window, base of the forward strand, effect)."""
    frame = pd.DataFrame(effects, columns=["window_index", "alt", "effect"])
    frame["logodds_narrow_alt"] = frame.effect + site_row["logodds_narrow"]
    nothing = dict.fromkeys(set(TABLES["saturation_scores"].schema.names) - set(frame))
    return frame.assign(**nothing).assign(site_id=site_row["site_id"])


SUBSTITUTIONS = substitutions(
    SITES.loc[0].to_dict(), (70, "C", -3.0), (70, "G", -2.0), (70, "T", -0.5), (90, "A", 0.25)
)


def effects_of(scores: pd.DataFrame) -> pd.DataFrame:
    """`gene_effects` where each allele hits one site of its gene and takes a tenth of the usage from it."""
    if scores.empty:
        return empty_frame("gene_effects")
    sites = {gene: rows.site_id.to_list() for gene, rows in SITES.groupby("gene_id")}
    usage = {gene: rows.usage_ref.to_list() for gene, rows in SITES.groupby("gene_id")}
    effects = scores.assign(
        n_sites=[len(sites[gene]) for gene in scores.gene_id],
        n_sites_hit=1,
        site_ids=[sites[gene] for gene in scores.gene_id],
        usage_ref=[usage[gene] for gene in scores.gene_id],
        usage_alt=[[usage[gene][0] - 0.1, *(share + 0.1 for share in usage[gene][1:])] for gene in scores.gene_id],
        delta_pdui=0.1,
        delta_utr_length=50.0,
    )
    return effects.drop_duplicates([*ALLELE, "gene_id"])


def genes_of(scores: pd.DataFrame, sites: pd.DataFrame, with_genotypes: bool = True) -> pd.DataFrame:
    genes = sites.drop_duplicates("gene_id")[["gene_id", "gene_name", "chrom", "strand"]].copy()
    genes["n_sites"] = sites.groupby("gene_id").size().reindex(genes.gene_id).to_list()
    size = scores.delta_logodds_narrow.abs()
    top = scores.loc[size.sort_values(ascending=False, kind="stable").index].drop_duplicates("gene_id")
    top = top.set_index("gene_id").reindex(genes.gene_id)
    variant = top.chrom.str.cat([top.pos.astype("Int64").astype(str), top.ref, top.alt], ":")
    counts = scores.groupby("gene_id").size().reindex(genes.gene_id, fill_value=0).to_list()
    strong = scores[size >= 0.2231].groupby("gene_id").size().reindex(genes.gene_id, fill_value=0).to_list()
    return genes.assign(
        n_alleles=counts,
        n_scored=counts,
        n_strong=strong,
        max_abs_delta_logodds_narrow=top.delta_logodds_narrow.abs().to_list(),
        top_delta_logodds_narrow=top.delta_logodds_narrow.to_list(),
        top_variant=variant.astype(object).where(variant.notna(), None).to_list(),
        top_variant_id=top.id.astype(object).where(top.id.notna(), None).to_list(),
        top_site=top.site_id.astype(object).where(top.site_id.notna(), None).to_list(),
        carriers=pd.array([n * 3 if with_genotypes else None for n in strong], dtype="Int32"),
    )


def report(
    folder,
    scores=None,
    sites=SITES,
    with_genotypes=True,
    settings=SETTINGS,
    n_alleles=10,
    new_sites=None,
    tissue_effects=None,
    haplotypes=None,
    samples=None,
):
    """Write the tables of a run and their report; returns the report's folder."""
    scores = strong_hits() if scores is None else scores
    if not with_genotypes:
        nulls = pd.array([None] * len(scores), dtype="Int32")
        scores = scores.assign(n_carriers=nulls, allele_count=nulls, allele_number=nulls)
    effects = effects_of(scores)
    folder.mkdir(exist_ok=True)
    tables = {
        "sites": sites,
        "genes": genes_of(scores, sites, with_genotypes),
        "gene_effects": effects,
        "tissue_effects": empty_frame("tissue_effects") if tissue_effects is None else tissue_effects,
        "new_sites": empty_frame("new_sites") if new_sites is None else new_sites,
        "scores": scores,
        "haplotypes": empty_frame("haplotypes") if haplotypes is None else haplotypes,
        "samples": empty_frame("samples") if samples is None else samples,
    }
    for name, frame in tables.items():
        # Columns that no page shows are null.
        frame = frame.assign(**dict.fromkeys(set(TABLES[name].schema.names) - set(frame), None))
        write_table(folder / f"{name}.parquet", frame, name, MADE_BY)
    write_table(folder / "hit_saturation.parquet", SUBSTITUTIONS, "saturation_scores", MADE_BY)
    n_scored = len(scores.drop_duplicates(ALLELE))
    counts = {**dict.fromkeys(STATUSES, 0), "scored": n_scored, "no_site_in_range": n_alleles - n_scored}
    (folder / "ledger.tsv").write_text("status\tn_alleles\n" + "".join(f"{s}\t{n}\n" for s, n in counts.items()))
    (folder / "ledger_files.tsv").write_text(
        f"vcf\tn_records\tn_no_alt\tn_alleles\tn_indexed\npeople.vcf.gz\t{n_alleles + 2}\t2\t{n_alleles}\t{n_alleles + 2}\n"
    )
    build_report(paths(folder), settings, folder / "report" / "index.html", folder / "report" / "genes")
    return folder / "report"


def paths(folder) -> dict:
    names = ("sites", "genes", "gene_effects", "tissue_effects", "new_sites", "scores", "haplotypes", "samples")
    files = {"totals": folder / "ledger.tsv", "files": folder / "ledger_files.tsv"}
    files["hit_saturation"] = [folder / "hit_saturation.parquet"]
    return {name: folder / f"{name}.parquet" for name in names} | files


def plain(text: str) -> str:
    """Minus signs and dashes as they are typed."""
    return text.translate(str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"}))


def test_a_precision_that_is_not_exact_stands_at_the_top(tmp_path, monkeypatch):
    note = "Scored with precision <b>fast</b>"
    monkeypatch.setitem(MADE_BY, "precision", "exact")
    assert note not in (report(tmp_path / "exact") / "index.html").read_text()
    monkeypatch.setitem(MADE_BY, "precision", "fast")
    assert note in (report(tmp_path / "fast") / "index.html").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The report of `strong_hits`."""
    return report(tmp_path_factory.mktemp("run"))


class Page(HTMLParser):
    """Text, tables, attributes of an HTML page; checks that its elements are closed in order."""

    VOID = frozenset({"meta", "input", "br", "link", "img"})

    def __init__(self, html: str):
        super().__init__()
        self.text, self.rows, self.elements, self.open, self.cell = "", [], [], [], None
        self.feed(plain(html))
        self.close()
        assert self.open == []
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] = " ".join((self.rows[-1][-1] + " " + data).split())

    def row(self, start: str) -> list[str]:
        """The first row of a table whose first cell starts so."""
        return next(row for row in self.rows if row[0].startswith(start))


def read(path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def test_overview_says_what_was_found(folder):
    page = read(folder / "index.html")
    assert "Of 10 alleles, 3 change the 205 nt around one of 4 polyadenylation sites of 3 genes" in page.text
    assert "3 of them change the odds of cleavage at a site at least 1.25-fold, in 2 genes" in page.text
    assert "The strongest is rs981 in ABC1: odds 7.4-fold lower." in page.text
    assert page.row("ABC1") == [
        "ABC1 20 +",
        "2",
        "2",
        "2",
        "6",
        "0",
        "rs981 20:981 A>G",
        "-2.00 7.4-fold lower",
        "+1.25 78 %",
    ]
    variants = [row for row in page.rows if row[0].startswith("rs")]
    assert [row[0] for row in variants] == ["rs981 20:981 A>G", "rs2010 20:2010 A>G", "rs8990 20:8990 A>G"]
    assert variants[0][1:] == [
        *("ABC1 20:1000:+", "12 %", "3", "hexamer +1 nt", "AATAAA → AGTAAA", "-2.00 7.4-fold lower", "-1.00"),
        *("+1.25 78 %", "-10.0 25.0 → 15.0 %", "+10.0", "+50"),
    ]
    assert "very weak" in variants[1][8]
    assert variants[2][9:] == ["only site", "-", "-"]


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
    assert sum(numbers.values()) == int(page.row("all")[1]) == 10
    assert page.row("people.vcf.gz") == ["people.vcf.gz", "12", "12", "2", "10", "0"]
    assert "the 10 alleles of the ledger are all that the file holds" in page.text


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
    assert content.reconcile(totals, files)["agree"] is False
    counted = files.assign(n_records=3, n_alleles=3, n_indexed=pd.array([4], dtype="Int64"))
    assert content.reconcile(totals, counted)["agree"] is True


def test_gene_pages_are_those_of_the_strongest_genes(tmp_path):
    folder = report(tmp_path / "run", settings={**SETTINGS, "report_genes": 1})
    assert [path.name for path in (folder / "genes").iterdir()] == ["ABC1.html"]
    links = [attributes["href"] for tag, attributes in read(folder / "index.html").elements if tag == "a"]
    assert "genes/ABC1.html" in links
    assert not [link for link in links if "XYZ" in link]
    assert all((folder / link).is_file() for link in links if link.startswith("genes/"))


def test_gene_page_shows_sites_and_variants(folder):
    page = read(folder / "genes" / "ABC1.html")
    assert "2 polyadenylation sites, 2 scored variants, 2 of them strong, carried by 6 people" in page.text
    assert page.row("1")[:6] == ["1", "1,000", "AATAAA", "+20 nt", "25 %", "+1.25 78 %"]
    assert page.row("rs981")[1:9] == [
        *("1", "12 %", "3", "hexamer +1 nt", "hexamer AATAAA → AGTAAA", "-2.00 7.4-fold lower", "96.0 %", "-1.00")
    ]
    row = page.row("rs2010")
    assert (row[5], row[7], row[9]) == ("downstream element GU-rich gained U-rich downstream gained", "-", "+1.2")
    heads = [attributes for tag, attributes in page.elements if tag == "circle"]
    assert [head["class"] for head in heads] == ["head loss", "head gain"]
    assert "rs981 20:981 A>G" in page.text  # the tooltip
    links = {attributes["href"] for tag, attributes in page.elements if tag == "a"}
    assert links == {"../index.html", "../index.html#reading"}


def test_what_stands_in_the_data_stays_text(tmp_path):
    evil = "<script>alert(1)</script>"
    sites = SITES.replace({"gene_name": {"ABC1": evil}})
    scores = strong_hits().replace({"gene_name": {"ABC1": evil}}).assign(id=f'"{evil}', ref="A", alt="<img src=x>")
    folder = report(tmp_path / "run", scores, sites)
    pages = [folder / "index.html", *(folder / "genes").iterdir()]
    assert sorted(path.name for path in pages[1:]) == ["XYZ.html", "script_alert_1_script_ENSG_ABC1.html"]
    for path in pages:
        page = read(path)
        assert [tag for tag, _ in page.elements].count("script") == 1
        assert "img" not in [tag for tag, _ in page.elements]
    assert evil in read(pages[0]).text


def test_pages_load_nothing(folder):
    for path in [folder / "index.html", *(folder / "genes").iterdir()]:
        html = path.read_text(encoding="utf-8")
        assert not re.search(r"https?:|//www|@import|url\((?!#)", html)
        for tag, attributes in Page(html).elements:
            assert tag not in ("link", "img", "iframe", "object")
            assert "src" not in attributes


def test_same_tables_give_the_same_bytes(folder, tmp_path):
    again = report(tmp_path / "again")
    first, second = ({path.name: path.read_bytes() for path in where.rglob("*.html")} for where in (folder, again))
    assert first == second
    assert len(first) == 3


def test_page_of_an_older_run_does_not_stay(tmp_path):
    report(tmp_path / "run")
    folder = report(tmp_path / "run", settings={**SETTINGS, "report_genes": 0})
    assert list((folder / "genes").iterdir()) == []
    assert not list(folder.rglob("*.part"))
    assert "a page with its sites" not in read(folder / "index.html").text


def test_cohort_without_a_scored_allele(tmp_path):
    folder = report(tmp_path / "run", empty_frame("scores"))
    page = read(folder / "index.html")
    assert "No allele could be scored" in page.text
    assert list((folder / "genes").iterdir()) == []
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
    assert row[2] == "-"


def test_many_variants_are_cut_and_the_page_says_so(tmp_path):
    first = SITES.loc[0].to_dict()
    effects = np.linspace(-3, 3, 2_500)
    many = [hit(first, 910 + i % 205, effect, alt="A" + "CGT"[i % 3] * i) for i, effect in enumerate(effects)]
    folder = report(tmp_path / "run", pd.DataFrame(many), n_alleles=5_000)
    index, page = folder / "index.html", folder / "genes" / "ABC1.html"
    assert f"The first {content.MAX_ROWS} of 2,500 pairs of allele and gene" in read(index).text
    assert "Points are the 1,500 strongest of 2,500" in read(index).text
    assert f"The {content.MAX_GENE_ROWS} strongest of 2,500 pairs" in read(page).text
    assert [tag for tag, _ in read(page).elements].count("circle") == MAX_LOLLIPOPS
    assert index.stat().st_size < 1_500_000
    assert page.stat().st_size < 400_000


def test_ledger_that_is_something_else_is_named(tmp_path):
    folder = tmp_path / "run"
    report(folder)
    (folder / "ledger.tsv").write_text("something\nelse\n")
    with pytest.raises(InputError, match=r"ledger\.tsv"):
        build_report(paths(folder), SETTINGS, tmp_path / "i.html", tmp_path / "genes")
    assert not (tmp_path / "i.html").exists()


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


@pytest.mark.parametrize(
    ("delta", "text"),
    [
        (math.log(2), "2.0-fold higher"),
        (-math.log(1.25), "1.25-fold lower"),
        (-math.log(40), "40-fold lower"),
        (0.001, "unchanged"),
        (None, "-"),
        (math.nan, "-"),
    ],
)
def test_fold_says_which_way(delta, text):
    assert plain(words.fold(delta)) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0 %"), (1, "100 %"), (0.0994, "9.9 %"), (0.001, "0.10 %"), (1e-6, "< 0.01 %"), (None, "-")],
)
def test_percent(share, text):
    assert plain(words.percent(share)) == text


def test_signed_has_a_true_minus_and_none_at_zero():
    assert [plain(words.signed(value)) for value in (-0.5, 1234.5, -0.001, pd.NA)] == [
        "-0.50",
        "+1,234.50",
        "0.00",
        "-",
    ]


def test_code_marks_names_and_escapes_the_rest():
    assert words.code("`max` <DEL>") == "<code>max</code> &lt;DEL&gt;"


def test_labels_keep_their_distance():
    assert svg.spread([10, 11, 12], 5, 0, 100) == [10, 15, 20]
    assert svg.spread([90, 98, 99], 5, 0, 100) == [90, 95, 100]
    assert svg.spread([1, 2, 3, 4], 50, 0, 100) == pytest.approx([0, 100 / 3, 200 / 3, 100], abs=2)


@pytest.mark.parametrize(("span", "n", "step"), [(10, 5, 2), (0.5, 3, 0.2), (1, 1, 1), (7_000, 5, 2_000)])
def test_steps_are_round(span, n, step):
    assert svg.round_step(span, n) == pytest.approx(step)


def test_a_window_whose_substitutions_are_known_has_a_map_of_them(folder):
    page = read(folder / "genes" / "ABC1.html")
    maps = [
        attributes["aria-label"] for tag, attributes in page.elements if tag == "svg" and "aria-label" in attributes
    ]
    assert sum("every possible substitution" in label for label in maps) == 1
    assert "what every possible substitution would do" in page.text
    assert "A>C -3.00 A>G -2.00 A>T -0.50" in page.text
    assert "every possible substitution" not in read(folder / "genes" / "XYZ.html").text


@pytest.mark.parametrize(("strand", "rows"), [("+", [1, 2, 3]), ("-", [2, 1, 0])])
def test_the_grid_of_substitutions_has_the_bases_of_the_transcript(strand, rows):
    row = site("ABC", 1, 1_000, strand)
    known = substitutions(row, (70, "C", -3.0), (70, "G", -2.0), (70, "T", -0.5))
    grid = content.substitution_grid(pd.concat([known, known.assign(site_id="another")]), row)
    assert grid.shape == (4, 205)
    assert grid[rows, 70].tolist() == [-3.0, -2.0, -0.5]
    assert np.isfinite(grid).sum() == 3


def test_the_map_shades_by_fold_change_and_merges_neighbours():
    grid = np.zeros((4, 205))
    grid[0] = np.nan
    grid[1, 10:13], grid[2, 10], grid[3, 204] = math.log(2.5), -math.log(1.05), -math.log(20)
    root = ElementTree.fromstring(gene_plots.substitution_map(site("ABC", 1, 1_000), grid))
    paths = {path.get("class"): path.get("d") for path in root.iter("path")}
    assert paths.pop("cell reference").count("M") == 205
    assert {css_class: d for css_class, d in paths.items() if d} == {
        "cell gain step3": "M10 1h3v1h-3z",
        "cell loss step5": "M204 3h1v1h-1z",
    }
    titles = [title.text for title in root.iter("title")]
    assert len(titles) == 205
    assert plain(titles[10]) == "-60 nt\nA>C +0.92\nA>G -0.05\nA>T 0.00"


def test_cut_lies_after_the_hexamer_on_both_strands():
    assert [gene_plots.cut_offset(row) for row in SITES.to_dict("records")] == [20, 20, 20, 20]


def test_gene_is_drawn_along_transcription():
    minus = [site("M", 1, 5_000, "-", usage_ref=0.5), site("M", 2, 3_000, "-", usage_ref=0.5)]
    root = ElementTree.fromstring(gene_plots.gene_track(minus))
    bars = [float(bar.get("x")) for bar in root.iter("rect") if bar.get("class").startswith("usage")]
    assert bars == sorted(bars)


def test_lollipops_stand_at_their_base_and_effect():
    row = SITES.loc[0].to_dict()
    root = ElementTree.fromstring(gene_plots.window_plot(row, [{**hit(row, 980, -1.0), "offset": 0}], span=2.0))
    head = root.find("circle")
    hexamer = next(rect for rect in root.iter("rect") if rect.get("class") == "hexamer")
    per_base = float(hexamer.get("width")) / 6
    assert float(head.get("cx")) == pytest.approx(float(hexamer.get("x")) + per_base / 2, abs=0.02)
    top, height = float(hexamer.get("y")), float(hexamer.get("height"))
    assert float(head.get("cy")) == pytest.approx(top + height * 0.75, abs=0.02)


def test_plots_take_their_colours_from_the_page():
    drawn = plots.effect_by_position(np.arange(-70, 135), np.sin(np.arange(205.0)))
    assert "var(--gain)" in drawn
    assert "var(--loss)" in drawn
    assert not re.search(r"#0\d0b0c", drawn)
    assert ElementTree.fromstring(drawn).get("viewBox")


@pytest.mark.parametrize("n", [1, 2])
def test_plots_of_few_variants(n):
    delta = np.zeros(n)
    assert "<svg" in plots.effect_histogram(delta, 0.2231)
    assert "<svg" in plots.effect_by_position(np.zeros(n, dtype=int), delta)
    assert "<svg" in plots.hexamer_tiers(["AATAAA"], [n])


def test_ticks_of_an_axis_have_equally_many_digits():
    signed = plots._Signed()
    assert signed.format_ticks([-0.4, 0.0, 0.2 + 0.4]) == [f"{words.MINUS}0.4", "0.0", "+0.6"]
    assert signed.format_ticks([-2.0, 0.0, 2.0]) == [f"{words.MINUS}2", "0", "+2"]
    assert signed.format_ticks([-0.25, 0.0, 0.5]) == [f"{words.MINUS}0.25", "0.00", "+0.50"]


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
        for told in (
            "Sites that variants may make",
            "rs1500",
            "AATGAA",
            "+3.00",
            "20-fold higher",
            "2.0 → 14.0 %",
            "37 %",
        ):
            assert told in text, (page, told)
    assert "Sites that variants may make" not in (folder / "genes/XYZ.html").read_text()


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


def test_where_sites_and_usages_come_from_is_told(tmp_path):
    sites = SITES.assign(source=["gtf", "gtf+atlas", "atlas", "gtf"], usage_measured=[0.25, 0.75, None, None])
    sites.loc[sites.gene_id == "ENSG_ABC1", "usage_source"] = "measured:atlas"
    folder = report(tmp_path / "run", sites=sites)
    text = (folder / "index.html").read_text()
    assert "annotation and atlas" in text
    assert "For 1 gene an atlas has measured it" in text
    assert "Bars: measured share" in (folder / "genes/ABC1.html").read_text()
    assert "Bars: predicted share" in (folder / "genes/XYZ.html").read_text()


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
    assert "1 of them differ from the sum at least 1.25-fold" in page.text
    assert ("a", {"href": "genes/ABC1.html"}) in page.elements


def test_without_haplotypes_there_is_no_section_on_them(folder):
    assert "haplotype-table" not in (folder / "index.html").read_text()


def test_people_with_a_strong_effect_are_counted_by_gene(tmp_path):
    samples = pd.DataFrame({"sample": ["ann", "bob", "ann"], "gene_id": ["ENSG_ABC1", "ENSG_ABC1", "ENSG_XYZ"]})
    page = read(report(tmp_path / "run", samples=samples) / "index.html")
    header = next(i for i, row in enumerate(page.rows) if row[:1] == ["gene"] and "people" in row)
    column = page.rows[header].index("people")
    assert [row[column] for row in page.rows[header + 1 : header + 3]] == ["2", "1"]
