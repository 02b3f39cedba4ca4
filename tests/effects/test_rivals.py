"""Of the effects in the windows of a site's own hexamer and of its rival the larger one counts."""

import numpy as np
import pandas as pd
import pytest

from builders import records
from gene_example import MADE_BY
from pasvar.effects import score_alleles
from pasvar.scoring import WINDOW_SCORES

SITE = "20:500:+"
OWN = "C" * 70 + "AATAAA" + "C" * 13 + "AATAAT" + "C" * 110
RIVAL = "C" * 51 + "AATAAA" + "C" * 13 + "AATAAT" + "C" * 129
CHANGED, CHANGED_RIVAL = OWN[:91] + "G" + OWN[92:], RIVAL[:72] + "G" + RIVAL[73:]


@pytest.fixture
def compared(sites, windows):
    """Function from (own alt, rival ref, rival alt) narrow log odds to the row of table `scores`; the site's own are 1.0."""
    site = windows.site_id[0]

    def compare(own: float, rival_ref: float | None, rival_alt: float | None) -> pd.Series:
        allele = {"chrom": "20", "pos": 400, "ref": "T", "alt": "G", "id": None, "norm_pos": 400, "norm_ref": "T"}
        allele |= {"norm_alt": "G", "af": np.nan, "site_id": site, "percentile": 0.5, "window_alt": CHANGED}
        allele |= {"window_index": 91, "window_last": 91, "region": "downstream", "anchor": "hexamer"}
        has = rival_ref is not None
        allele |= {"rival_hexamer_start": sites.cut_pos[0] - 23 if has else None}
        allele |= {"rival_window_index": 72, "rival_window_last": 72, "rival_anchor": "hexamer"}
        allele |= {"rival_window_ref": RIVAL if has else None, "rival_window_alt": CHANGED_RIVAL if has else None}
        for name in WINDOW_SCORES:
            allele |= {f"{name}_alt": own, f"rival_{name}_ref": rival_ref, f"rival_{name}_alt": rival_alt}
        frame = pd.DataFrame([allele])
        own_windows = windows.assign(window=OWN, cut_index=111)
        own_sites = sites.assign(rival_start=sites.cut_pos - 23)
        return score_alleles(frame, frame, own_windows, own_sites, MADE_BY).iloc[0]

    return compare


def test_the_larger_effect_is_named_with_its_hexamer(compared):
    row = compared(0.9, 0.5, -2.5)
    assert (row.delta_logodds_narrow, row.logodds_narrow_ref, row.logodds_narrow_alt) == pytest.approx(
        (-3.0, 0.5, -2.5)
    )
    assert (row.hexamer_ref, row.hexamer_alt, row.window_index, row.region) == ("AATAAT", "AAGAAT", 72, "hexamer")
    assert row.mechanism == "hexamer"
    assert set(row["flags"].split("&")) >= {"hexamer_changed", "rival_hexamer"}
    assert np.isnan(row.percentile)


@pytest.mark.parametrize("scores", [(-3.0, 0.5, -2.5), (0.9, 0.5, 0.45), (0.9, None, None)])
def test_otherwise_the_sites_own_window_counts(compared, scores):
    row = compared(*scores)
    assert row.delta_logodds_narrow == pytest.approx(scores[0] - 1.0)
    assert (row.hexamer_ref, row.hexamer_alt, row.window_index, row.percentile) == ("AATAAA", "AATAAA", 91, 0.5)
    assert "rival_hexamer" not in (row["flags"] or "")


def test_a_gain_at_the_rival_keeps_its_sign(compared):
    assert compared(1.1, -1.0, 1.0).delta_logodds_narrow == pytest.approx(2.0)


def test_every_gene_of_the_site_has_the_effect(sites, compared):
    row = compared(0.9, 0.5, -2.5)
    assert records(sites.head(1), "gene_id") == [(row.gene_id,)]


@pytest.mark.parametrize(
    ("own", "rival_ref", "rival_alt", "expected"),
    [
        # ln(e^0.9 + e^-2.5) - ln(e^1 + e^0.5): what is left of both hexamers
        (0.9, 0.5, -2.5, -0.5413),
        # the rival is so weak that its loss is none to the site
        (1.0, -5.0, -9.0, -0.0024),
        (0.9, None, None, -0.1),
    ],
)
def test_the_site_changes_by_the_odds_of_both_hexamers(compared, own, rival_ref, rival_alt, expected):
    assert compared(own, rival_ref, rival_alt).delta_site_logodds == pytest.approx(expected, abs=1e-4)
