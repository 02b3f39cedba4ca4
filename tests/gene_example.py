"""Three genes with literal sites and scores, for the tests of effects."""

import numpy as np
import pandas as pd
import pytest

from pasvar.effects import add_genotypes, compute_gene_effects, score_alleles, score_sites
from pasvar.tables import empty_frame

A, B, C = "20:100:+", "20:400:+", "20:900:+"
D = "20:2000:-"

RELEASED = "540147b1f239c27cec6594931a7305a3a5ded6d3c8fbc43661761bad94ed637e"
MADE_BY = {"model": "aparent2", "model_sha256": RELEASED}


@pytest.fixture
def catalogue():
    """GENE1 with sites A, B, C, proximal to distal; GENE2 with D alone; GENE3 shares B."""
    rows = [
        (A, "GENE1", 100, 1, 150),
        (B, "GENE1", 400, 2, 300),
        (B, "GENE3", 400, 1, pd.NA),
        (C, "GENE1", 900, 3, 800),
        (D, "GENE2", 2000, 1, pd.NA),
    ]
    frame = pd.DataFrame(rows, columns=["site_id", "gene_id", "cut_pos", "rank", "utr_length"])
    return frame.assign(
        gene_name=frame.gene_id.str.lower(),
        chrom="20",
        strand=frame.site_id.str[-1],
        utr_length=frame.utr_length.astype("Int32"),
        truncating=False,
        usage_measured=np.nan,
        usage_source=None,
        source="gtf",
        site_class="3utr",
        n_transcripts=1,
        a_rich=False,
        hexamer="AATAAA",
        hexamer_tier=[0, 4, 4, -1, 3],
        confidence=1.0,
        in_usage=True,
    )


@pytest.fixture
def exons():
    """A transcript of GENE1 with a coding part of 90 nt in two exons; the other genes do not code."""
    return pd.DataFrame(
        {
            "transcript_id": ["T1", "T1"],
            "gene_id": "GENE1",
            "gene_name": "gene1",
            "chrom": "20",
            "strand": "+",
            "start": [0, 40],
            "end": [30, 900],
            "coding_start": [0.0, 0.0],
            "coding_end": [100.0, 100.0],
        }
    )


@pytest.fixture
def window_scores():
    frame = pd.DataFrame(
        {"site_id": [A, B, C, D], "logodds_narrow": [1.0, 0.0, -1.0, 2.0], "logodds": [2.0, 1.0, 0.5, 3.0]}
    )
    return frame.assign(logodds_core=frame.logodds_narrow - 0.5, cut_mean=100.0, cut_entropy=4.0, cut_mode=95.0)


@pytest.fixture
def sites(catalogue, window_scores, exons):
    return score_sites(catalogue, window_scores, exons, 0.001, RELEASED)


@pytest.fixture
def windows():
    window = "C" * 70 + "AATAAA" + "C" * 129
    return pd.DataFrame({"site_id": [A, B, C, D], "cut_index": 90, "window": [window] * 4})


def scored(sites, windows, *rows: tuple) -> pd.DataFrame:
    """Table `scores` of (pos, alt, site, narrow, wide) on contig 20."""
    alleles = pd.DataFrame(rows, columns=["pos", "alt", "site_id", "logodds_narrow_alt", "logodds_alt"])
    alleles = alleles.assign(
        chrom="20", ref="A", id=None, norm_pos=alleles.pos, norm_ref="A", norm_alt=alleles.alt, af=np.nan
    )
    alleles = alleles.assign(window_index=71, window_last=71, region="hexamer", anchor="hexamer", percentile=np.nan)
    alleles["window_alt"] = "C" * 70 + "AGTAAA" + "C" * 129
    alleles["rival_window_alt"] = None
    alleles = alleles.assign(
        logodds_core_alt=alleles.logodds_narrow_alt - 0.5, cut_mean_alt=101.0, cut_entropy_alt=3.0, cut_mode_alt=96.0
    )
    scores = score_alleles(alleles, alleles, windows, sites, MADE_BY)
    return add_genotypes(scores, empty_frame("carriers"))


def effects_of(scores: pd.DataFrame, sites: pd.DataFrame, min_usage_shift: float = 0.05) -> pd.DataFrame:
    """Table `gene_effects` without tissues."""
    return compute_gene_effects(scores, sites, empty_frame("tissue_usage"), 0.001, min_usage_shift)
