"""The variant card: what it says of one literal variant, that it is drawn to the place, and that data stays text on it."""

import dataclasses
import html
import json
import math
import re
import shutil
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest

from pasvar.errors import InputError
from pasvar.report import Card, card as said, card_pages, card_plots, draw_card, write_cards
from pasvar.report.figures import PAPER

UPSTREAM, DOWNSTREAM = ("GATC" * 18)[:70], ("CGTT" * 33)[:129]
WINDOW = UPSTREAM + "AATAAA" + DOWNSTREAM
MADE_BY = {"model": "aparent2-mini", "model_note": "a small approximation"}


def site(rank: int, cut_pos: int, usage: float, usage_alt: float, **more) -> dict:
    row = {
        "site_id": f"chr11:{cut_pos}:+",
        "cut_pos": cut_pos,
        "rank": rank,
        "hexamer": "AATAAA",
        "hexamer_tier": 0,
        "source": "gtf+polyadb3",
        "confidence": 0.9,
        "usage_ref": usage,
        "usage_alt": usage_alt,
    }
    return {**row, **more}


def card(window_alt: str = UPSTREAM + "AATGAA" + DOWNSTREAM, strand: str = "+", **more) -> Card:
    """AATAAA to AATGAA at the distal site of two, 20 nt before the cut; its usage falls from 3/4 to 3/7 (1/10 to 1/2)."""
    row = {
        "chrom": "chr11",
        "pos": 1_004,
        "ref": "A",
        "alt": "G",
        "id": None,
        "asked": "ABC:c.*4A>G",
        "norm_pos": 1_004,
        "norm_ref": "A",
        "norm_alt": "G",
        "gene_id": "ENSG1",
        "gene_name": "ABC",
        "strand": strand,
        "site_id": "chr11:1021:+",
        "n_sites": 2,
        "hexamer_ref": "AATAAA",
        "hexamer_alt": "AATGAA",
        "delta_logodds_narrow_other": None,
        "logodds_narrow_ref": 0.0,
        "delta_logodds_narrow": -math.log(4),
        "delta_low": -math.log(27),
        "delta_high": -math.log(3),
        "direction_probability": 0.98,
        "flags": "hexamer_changed",
        "site_ids": ["chr11:521:+", "chr11:1021:+"],
        "usage_ref": [0.25, 0.75],
        "usage_alt": [4 / 7, 3 / 7],
        "usage_measured": False,
        "delta_cleavage": None,
        "impact": 9 / 28,
        "confidence": 0.9,
        "expected_impact": 0.29,
        "direction": "shortening",
        "delta_utr_length": -161.0,
        "delta_truncated": None,
        "gaining_site": "chr11:521:+",
        "losing_site": "chr11:1021:+",
        "n_carriers": None,
        "af": None,
        "motif_lost": "AATAAA>AATGAA",
        "motif_gained": None,
        "percentile": None,
        "sites": [site(1, 521, 0.25, 4 / 7), site(2, 1_021, 0.75, 3 / 7)],
    } | more
    profile = np.zeros(205)
    profile[90:95] = 0.1
    effects = np.where(card_plots._one_hot(WINDOW), np.nan, 0.0)
    effects[[1, 2, 3], 73] = (-3.0, -2.0, -1.0)
    return Card(row, WINDOW, window_alt, 1_000, profile, profile / 4, effects, "GRCh38")


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", page.partition("<body")[2])))


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts]


def test_a_substitution_leaves_every_base_in_its_place():
    columns = card().aligned
    assert len(columns) == 205
    assert [column for column in columns if column[1] != column[2]] == [(3, "A", "G")]
    assert card().change == (3, 4)


def test_a_deletion_behind_the_hexamer_moves_what_follows():
    alt = WINDOW[:80] + WINDOW[82:] + "AC"
    columns = card(alt, ref="TCG", alt="T").aligned
    assert [column[2] for column in columns if column[1] != column[2]] == ["-", "-"]
    assert [column[0] for column in columns] == list(range(-70, 135))[: len(columns)]


def test_an_insertion_before_the_hexamer_moves_what_is_before_it():
    alt = WINDOW[3:40] + "CCC" + WINDOW[40:]
    columns = card(alt, ref="C", alt="CCCC").aligned
    inserted = [column for column in columns if column[1] == "-"]
    assert [column[2] for column in inserted] == ["C", "C", "C"]
    assert all(ref == alt for _, ref, alt in columns if ref != "-")
    assert [column for column in columns if column[0] == 0] == [(0, "A", "A")]


@pytest.mark.parametrize(("strand", "cut"), [("+", 20), ("-", -15)])
def test_places_are_positions_of_the_genome_and_back(strand, cut):
    shown = card(strand=strand)
    assert shown.position(0) == (1_001 if strand == "+" else 1_006)
    assert shown.position(3) == (1_004 if strand == "+" else 1_003)
    assert shown.offset(shown.position(17)) == 17
    assert shown.cut_offset == cut


@pytest.mark.parametrize(("at", "first"), [(73, -22), (119, -22), (120, -21), (140, -1), (3, -70), (203, 55)])
def test_letters_are_shown_round_the_hexamer_or_where_the_change_is(at, first):
    alt = WINDOW[:at] + {"A": "C"}.get(WINDOW[at], "A") + WINDOW[at + 1 :]
    assert card(alt).view == (first, first + 80)


def test_importance_is_what_is_lost_on_average():
    importance = card().importance
    assert importance[73] == 2.0
    assert importance[10] == 0.0


def test_usage_has_the_error_bar_of_the_site_that_is_hit():
    proximal, distal = said.usage_rows(card())
    assert (proximal["before"], proximal["after"], proximal["low"]) == (0.25, 4 / 7, None)
    assert (distal["low"], distal["high"]) == pytest.approx((0.1, 0.5))


def test_what_other_sources_say_is_in_the_picture():
    known = [("clinvar CLNSIG", "Benign"), ("gnomad", "has no record of this allele")]
    line = card_plots.known_line(dataclasses.replace(card(), known=known))
    assert line == "Known: clinvar CLNSIG: Benign; gnomad: has no record of this allele."
    assert card_plots.known_line(card()) == ""


def test_small_sites_are_one_row():
    sites = [site(i, 500 + i, 0.01, 0.01) for i in range(1, 26)] + [site(26, 1_021, 0.75, 3 / 7)]
    rows = said.usage_rows(card(sites=sites))
    assert len(rows) == 8
    assert rows[-1]["name"] == "19 other sites"
    assert rows[-1]["before"] == pytest.approx(0.19)


def test_of_an_only_site_the_share_that_is_cut_is_shown():
    row = said.cleavage_row(card(delta_cleavage=-0.3))
    assert (row["before"], row["after"]) == pytest.approx((0.5, 0.2))
    assert (row["low"], row["high"]) == pytest.approx((1 / 28, 0.25))


def test_links_name_the_place_and_the_assembly():
    row = {"chrom": "chr11", "pos": 5225485, "ref": "T", "alt": "C", "id": "rs63750954"}
    assert said.links(row, "GRCh38") == [
        ("gnomAD", "https://gnomad.broadinstitute.org/variant/11-5225485-T-C?dataset=gnomad_r4"),
        ("ClinVar", "https://www.ncbi.nlm.nih.gov/clinvar/?term=11[chr]+AND+5225485[chrpos38]"),
        ("dbSNP", "https://www.ncbi.nlm.nih.gov/snp/rs63750954"),
        ("UCSC", "https://genome.ucsc.edu/cgi-bin/hgTracks?db=hg38&position=chr11:5225435-5225535"),
        ("Ensembl", "https://www.ensembl.org/Homo_sapiens/Location/View?r=11:5225435-5225535"),
    ]
    old = dict(said.links(row | {"id": None}, "GRCh37"))
    assert old["gnomAD"].endswith("dataset=gnomad_r2_1")
    assert old["Ensembl"].startswith("https://grch37.ensembl.org/")
    assert "GCF_000001405.25&chr=11&from=5225435" in old["dbSNP"]


def test_without_a_known_assembly_or_chromosome_there_are_no_links():
    row = {"chrom": "chr11", "pos": 1, "ref": "T", "alt": "C"}
    assert said.links(row, None) == []
    assert said.links(row | {"chrom": "GL000220.1"}, "GRCh38") == []
    page = card_pages.render_cards([Card(**{**vars(card()), "assembly": None})], MADE_BY)
    assert "the lengths of neither GRCh37 nor GRCh38" in page
    assert "<a " not in page


def test_the_page_says_what_happens():
    page = plain(card_pages.render_cards([card()], MADE_BY))
    assert "Destroys the AATAAA of ABC's main site (75 % of 3' ends, predicted): about 43 % remain" in page
    assert "ABC:c.*4A>G in ABC" in page
    assert "hexamer changed : the six bases at the hexamer's place are others" in page
    assert "AATAAA → AATGAA" in page
    assert "aparent2-mini , a small approximation." in page


def test_the_profile_is_drawn_at_its_place_with_the_narrow_window():
    figure = card_plots.window_figure(card(), PAPER)
    upper = figure.axes[0]
    steps = [patch for patch in upper.patches if hasattr(patch, "get_data")]
    highest = [float(patch.get_data().edges[np.argmax(patch.get_data().values)]) for patch in steps]
    assert highest == [20.0, 20.0, 20.0]
    assert [float(patch.get_data().values.max()) for patch in steps] == [10.0, 10.0, 2.5]
    spans = {(patch.get_x(), patch.get_width()) for patch in upper.patches if hasattr(patch, "get_width")}
    assert {(7, 50), (0, 6), (3, 1)} <= spans
    assert "reference: 50 % in the narrow window" in texts(figure)
    assert "alternate: 20 % in the narrow window" in texts(figure)


def test_a_place_without_a_signal_has_no_hexamer_band():
    bare = card(hexamer_ref="CCGGTT", hexamer_alt="CCGGTT")
    figure = card_plots.window_figure(bare, PAPER)
    assert "hexamer" not in texts(figure)
    colours = [patch.get_facecolor() for axes in figure.axes for patch in axes.patches]
    yellow = next(
        patch.get_facecolor() for patch in card_plots.window_figure(card(), PAPER).axes[0].patches
        if hasattr(patch, "get_width") and (patch.get_x(), patch.get_width()) == (0, 6)
    )  # fmt: skip
    assert yellow not in colours


def test_usage_is_two_bars_a_site():
    figure = card_plots.usage_figure(card(), PAPER)
    assert [round(bar.get_width(), 1) for bar in figure.axes[0].patches] == [25.0, 75.0, 57.1, 42.9]
    assert texts(figure) == ["25 %", "57 %", "75 %", "43 %"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["1: 521 AATAAA", "2: 1,021 AATAAA"]


def test_elements_are_named_below_the_sequence():
    window = UPSTREAM + "AATAAA" + "C" * 18 + "TTTTTCCC" + "C" * 103
    shown = Card(**{**vars(card()), "window_ref": window, "window_alt": window[:73] + "G" + window[74:]})
    assert shown.motifs == [("U-rich downstream", 23, 30)]
    assert {"hexamer", "cut", "U-rich downstream"} <= set(texts(card_plots.letters_figure(shown, PAPER)))


def test_what_stands_in_the_data_stays_text(tmp_path):
    hostile = "<script>alert(1)</script>$\\frac{$"
    page = card_pages.render_cards(
        [
            card(
                gene_name=hostile, id="rs\"1'><img src=x>", chrom="chr<b>", asked="</title><script>", gene_id='"><svg onload=x>'
            )
        ],
        MADE_BY,
    )  # fmt: skip
    assert "<script" not in page
    assert "<img" not in page
    assert "<svg onload" not in page
    draw_card(card(gene_name=hostile), tmp_path / "card.svg")
    ElementTree.parse(tmp_path / "card.svg")
    assert "<script" not in (tmp_path / "card.svg").read_text()


@pytest.mark.parametrize("suffix", ["svg", "png", "pdf"])
def test_a_picture_has_the_same_bytes_every_time(tmp_path, suffix):
    for name in ("a", "b"):
        draw_card(card(), tmp_path / f"{name}.{suffix}")
    first, second = ((tmp_path / f"{name}.{suffix}").read_bytes() for name in "ab")
    assert first == second
    assert first.startswith({"svg": b"<?xml", "png": b"\x89PNG", "pdf": b"%PDF"}[suffix])


def test_another_suffix_is_named(tmp_path):
    with pytest.raises(InputError, match=r"card\.jpg: a picture's name ends in \.svg, \.png or \.pdf"):
        draw_card(card(), tmp_path / "card.jpg")
    assert list(tmp_path.iterdir()) == []


def test_drawings_of_a_page_have_ids_of_their_own():
    page = card_pages.render_cards([card(), card(gene_id="ENSG2")], MADE_BY)
    ids = re.findall(r' id="([^"]+)"', page)
    assert ids
    assert len(ids) == len(set(ids))


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")
def test_two_cards_are_two_sheets_in_a_browser_without_errors_or_requests(tmp_path):
    flags = "hexamer_changed&weak_reference&a_rich&outside_fit"
    write_cards([card(), card(gene_id="ENSG2", flags=flags)], MADE_BY, tmp_path / "card.html")
    command = [
        *(
            "chromium",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ),
        *(
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={tmp_path}/profile",
            "--enable-logging=stderr",
        ),
        *(f"--log-net-log={tmp_path}/net.json", "--no-pdf-header-footer", f"--print-to-pdf={tmp_path}/card.pdf"),
    ]
    run = subprocess.run(
        [*command, f"file://{tmp_path}/card.html"], capture_output=True, text=True, timeout=120, check=True
    )
    assert "CONSOLE" not in run.stderr
    assert len(re.findall(rb"/Type\s*/Page[^s]", (tmp_path / "card.pdf").read_bytes())) == 2
    log = json.loads((tmp_path / "net.json").read_text())
    asked = {event["params"]["url"] for event in log["events"] if "url" in event.get("params", {})}
    assert {url for url in asked if re.match("(https?|wss?):.*(card|gnomad|ncbi|ucsc|ensembl)", url)} == set()
