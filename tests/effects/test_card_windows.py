"""Which alleles have a card in the report, and which windows it looks at."""

import pandas as pd
import pytest

from pasvar.effects import choose_card_windows
from pasvar.tables import TABLES, write_table

REF, ALT, RIVAL = "A" * 205, "C" * 205, "G" * 205


def write(folder, name: str, rows: list[dict]) -> str:
    frame = pd.DataFrame(rows)
    missing = dict.fromkeys(set(TABLES[name].schema.names) - set(frame), None)
    write_table(folder / f"{name}.parquet", frame.assign(**missing), name)
    return str(folder / f"{name}.parquet")


def allele(pos: int, site: str = "s1") -> dict:
    return {"chrom": "20", "pos": pos, "ref": "A", "alt": "G", "site_id": site}


@pytest.fixture
def tables(tmp_path):
    """Three alleles and a structural change; the second hits two genes, the third's score is of a rival hexamer."""
    effects = [
        {**allele(1), "gene_id": "g1", "expected_impact": 0.1, "delta_logodds_narrow": 1.0},
        {**allele(2), "gene_id": "g1", "expected_impact": 0.3, "delta_logodds_narrow": -1.0},
        {**allele(2), "gene_id": "g2", "expected_impact": 0.2, "delta_logodds_narrow": -1.0},
        {**allele(3), "gene_id": "g1", "expected_impact": 0.25, "delta_logodds_narrow": 2.0},
        {**allele(4), "gene_id": "g1", "expected_impact": 0.9, "delta_logodds_narrow": None},
    ]
    flags = {3: "rival_hexamer"}
    scores = [{**allele(pos), "gene_id": "g1", "flags": flags.get(pos)} for pos in (1, 2, 3)]
    alleles = [
        {
            **allele(pos),
            "window_alt": ALT,
            "rival_window_ref": RIVAL,
            "rival_window_alt": ALT,
            "rival_hexamer_start": 77,
        }
        for pos in (1, 2, 3)
    ]
    alleles.append({**allele(2, "s2"), "window_alt": RIVAL})
    windows = pd.DataFrame(
        {
            "site_id": ["s1", "s2"],
            "strand": ["+", "-"],
            "window_start": [1_000, 1_000],
            "window_end": [1_205, 1_205],
            "window": [REF, RIVAL],
        }
    )
    paths = (write(tmp_path, "gene_effects", effects), write(tmp_path, "scores", scores))
    return *paths, [write(tmp_path, "alleles", alleles)], windows


NOBODY = pd.DataFrame({"chrom": [], "pos": [], "ref": [], "alt": []})


def test_the_highest_expected_impact_comes_first_and_a_structural_change_has_no_card(tables):
    rows = choose_card_windows(*tables, NOBODY, 3)
    assert list(zip(rows.pos, rows.gene_id, strict=True)) == [(2, "g1"), (3, "g1"), (2, "g2")]
    assert rows.window_ref.to_list() == [REF, RIVAL, REF]
    assert rows.window_alt.to_list() == [ALT, ALT, ALT]
    assert rows.hexamer_start.to_list() == [1_070, 77, 1_070]


def test_hidden_alleles_have_none(tables):
    rows = choose_card_windows(*tables, pd.DataFrame([allele(2)])[["chrom", "pos", "ref", "alt"]], 10)
    assert rows.pos.to_list() == [3, 1]


def test_no_card_at_all(tables):
    assert choose_card_windows(*tables, NOBODY, 0).empty
