"""Usages judged against literal measurements, and coefficients found again in genes that were made with them."""

import numpy as np
import pandas as pd
import pytest

from pasvar.sites import share_out, usage_terms
from pasvar.validate.usage import RULES, Measured, _by_gene, fit


def sites_of(*rows: tuple) -> pd.DataFrame:
    """Sites of (gene, cut_pos, log odds, transcripts, coding share, confidence), proximal to distal."""
    columns = ["gene_name", "cut_pos", "logodds_narrow", "n_transcripts", "coding_share", "confidence"]
    frame = pd.DataFrame(rows, columns=columns)
    rank = frame.groupby("gene_name").cumcount() + 1
    return frame.assign(gene_id=frame.gene_name, rank=rank, in_usage=True, site_class="3utr")


def measured_of(*rows: tuple) -> pd.DataFrame:
    """Clusters of (gene, start, end, TPM of the gene, share)."""
    return pd.DataFrame(rows, columns=["gene_name", "start", "end", "total", "share"])


TWO = sites_of(
    ("A", 1000, 1.0, 2, 1.0, 1.0), ("A", 2000, 0.0, 3, 1.0, 1.0), ("A", 3000, 2.0, 0, 1.0, 0.5),
    ("B", 1000, 0.0, 1, 1.0, 1.0), ("B", 1500, 1.0, 1, 1.0, 1.0),
    ("C", 500, 0.0, 1, 1.0, 1.0), ("LOW", 500, 0.0, 1, 1.0, 1.0),
)  # fmt: skip
CLUSTERS = measured_of(
    ("A", 2010, 2020, 9.0, 0.75), ("B", 5000, 5010, 2.0, 1.0), ("C", 499, 520, 5.0, 1.0), ("LOW", 499, 500, 0.5, 1.0)
)  # fmt: skip


def test_the_most_used_site_and_the_error_of_its_share():
    """A: 0.6 at the measured site, 11 nt before its cluster. B: it is missing. C has nothing to choose, LOW too few reads."""
    measured = Measured(TWO, CLUSTERS)
    assert set(measured.sites.gene_name) == {"A", "B", "C"}
    right, error = measured.judge(np.array([0.3, 0.6, 0.1, 0.5, 0.5, 1.0]))
    assert (right, error) == (0.5, pytest.approx((0.15 + 1.0) / 2))
    right, error = measured.judge(np.array([0.6, 0.3, 0.1, 0.5, 0.5, 1.0]))
    assert (right, error) == (0.0, pytest.approx((0.45 + 1.0) / 2))


@pytest.mark.parametrize(
    ("rule", "a", "b"),
    [
        ("strongest end", [1, 0, 0], [0, 1]),
        ("most distal end", [0, 1, 0], [0, 1]),
        ("end of most transcripts", [0, 1, 0], [0, 1]),
    ],
)
def test_rules_look_at_annotated_ends_alone(rule, a, b):
    assert _by_gene(TWO, RULES[rule]).tolist() == [*a, *b, 1, 1]


def test_coefficients_are_found_again():
    """Three hundred genes of three sites, whose shares follow the formula."""
    random = np.random.default_rng(0)
    rows = [
        (
            f"G{i}",
            1000 * k + 1000,
            random.normal(-1, 2),
            int(random.integers(1, 6)),
            random.uniform(0, 1),
            random.uniform(0.2, 1),
        )
        for i in range(300)
        for k in range(3)
    ]
    sites = sites_of(*rows)
    truth = np.array([0.3, 1.2, 2.0, 1.5])
    shares = pd.Series(share_out(usage_terms(sites) @ truth, sites))
    top = shares.groupby(sites.gene_name).idxmax()
    clusters = sites.loc[top].assign(
        start=lambda s: s.cut_pos - 1, end=lambda s: s.cut_pos, total=9.0, share=shares[top]
    )
    measured = Measured(sites, clusters)
    np.testing.assert_allclose(fit(measured, np.full(300, True)), truth, atol=0.1)
