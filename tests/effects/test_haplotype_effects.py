"""Joint effects compared with sums, from literal scores."""

import numpy as np
import pandas as pd
import pytest

from builders import records
from pasvar.effects.alone import large_alone
from pasvar.effects.haplotype_effects import compute_haplotype_effects, set_effects
from pasvar.errors import InputError
from pasvar.scoring import joint_windows
from pasvar.tables import to_arrow

A, B = "20:100:+", "20:400:+"
WINDOW = "C" * 70 + "AATAAA" + "C" * 129
CHANGED = "C" * 70 + "AGTAAA" + "C" * 129


@pytest.fixture
def sites():
    """GENE1 has A and B, GENE2 shares B; the reference log odds are 1 and 2 narrow, 3 and 4 wide."""
    frame = pd.DataFrame({"site_id": [A, B, B], "gene_id": ["GENE1", "GENE1", "GENE2"]})
    scores = {"logodds_narrow": np.float32([1, 2, 2]), "logodds": np.float32([3, 4, 4])}
    return frame.assign(gene_name=frame.gene_id.str.lower(), chrom="20", strand="+", **scores)


def allele_scores(*rows: tuple) -> pd.DataFrame:
    """(pos, site, narrow effect, wide effect) of alleles A>G."""
    frame = pd.DataFrame(rows, columns=["pos", "site_id", "narrow", "wide"])
    at = frame.site_id.map({A: 1, B: 2})
    scores = {"logodds_narrow_alt": frame.narrow + at, "logodds_alt": frame.wide + at + 2}
    rival = dict.fromkeys(("rival_logodds_narrow_ref", "rival_logodds_narrow_alt"), np.nan)
    return frame.assign(chrom="20", ref="A", alt="G", **rival, **scores).astype(
        {"logodds_narrow_alt": "float32", "logodds_alt": "float32"}
    )


def haplotypes(*rows: tuple) -> pd.DataFrame:
    """Table `site_haplotypes` of (site, rows of the alleles, whether there is a window)."""
    frame = pd.DataFrame(rows, columns=["site_id", "alleles", "has_window"])
    frame["haplotype"] = frame["same_as"] = frame.groupby("site_id").cumcount() + 1
    frame["window_alt"] = [CHANGED if has else None for has in frame.has_window]
    frame["anchor"] = ["hexamer" if has else None for has in frame.has_window]
    return frame.assign(n_carriers=3, haplotype_count=4, haplotype_number=16, n_unphased=1)


def scores_of(sets: pd.DataFrame, *effects: tuple) -> pd.DataFrame:
    """Table `haplotype_scores` with these (narrow, wide) effects."""
    joint = joint_windows(sets)
    at = joint.site_id.map({A: 1, B: 2}).astype("float32")
    narrow, wide = np.float32(effects).reshape(-1, 2).T
    return joint.assign(logodds_narrow_alt=narrow + at, logodds_alt=wide + at + 2)


ALLELES = allele_scores(
    (90, A, 0.5, 0.25), (95, A, -0.75, 1.0), (390, B, 0.5, 0.5), (392, B, 0.25, 0.5), (395, B, 0.125, 0.5)
)
SETS = haplotypes(
    (A, [0], False), (A, [0, 1], True), (B, [2], False), (B, [2, 3], False), (B, [2, 3, 4], True), (B, [3, 4], True)
)
SCORES = scores_of(SETS, (-0.5, 1.0), (1.0, 1.5), (-0.5, 1.0))


def test_effects_of_sets(sites):
    effects = set_effects(SETS, SCORES, ALLELES, sites)
    columns = [
        "delta_logodds_narrow",
        "sum_delta_logodds_narrow",
        "delta_logodds",
        "sum_delta_logodds",
        "max_abs_alone",
    ]
    assert records(effects, *columns) == [
        (0.5, 0.5, 0.25, 0.25, 0.5),
        (-0.5, -0.25, 1.0, 1.25, 0.75),
        (0.5, 0.5, 0.5, 0.5, 0.5),
        (None, 0.75, None, 1.0, 0.5),
        (1.0, 0.875, 1.5, 1.5, 0.5),
        (-0.5, 0.375, 1.0, 1.0, 0.25),
    ]
    assert effects.variants[4] == ["20:390:A:G", "20:392:A:G", "20:395:A:G"]


def test_a_row_per_site_and_gene_of_sets_of_two_and_more(sites):
    windows = pd.DataFrame({"site_id": [A, B], "window": WINDOW})
    table = compute_haplotype_effects(set_effects(SETS, SCORES, ALLELES, sites), sites, windows, 0.25)
    to_arrow(table, "haplotypes")
    assert records(table, "site_id", "gene_id", "n_variants", "interaction_narrow", "interaction", "hexamer_alt") == [
        (A, "GENE1", 2, -0.25, -0.25, "AGTAAA"),
        (B, "GENE1", 2, None, None, None),
        (B, "GENE1", 3, 0.125, 0.0, "AGTAAA"),
        (B, "GENE1", 2, -0.875, 0.0, "AGTAAA"),
        (B, "GENE2", 2, None, None, None),
        (B, "GENE2", 3, 0.125, 0.0, "AGTAAA"),
        (B, "GENE2", 2, -0.875, 0.0, "AGTAAA"),
    ]
    assert set(
        records(table, "n_carriers", "haplotype_count", "haplotype_number", "n_unphased", "frequency", "hexamer_ref")
    ) == {(3, 4, 16, 1, 0.25, "AATAAA")}
    assert table.interacts.to_list() == [True, False, False, True, False, False, True]


def test_spellings_of_one_haplotype_are_one_row_and_unknown_phase_gives_no_frequency(sites):
    windows = pd.DataFrame({"site_id": [A, B], "window": WINDOW})
    unknown = pd.array([3, None, 3, 3, 3, 3], dtype="Int32")
    sets = SETS.assign(same_as=[1, 2, 1, 2, 3, 3], haplotype_count=unknown, n_carriers=unknown)
    table = compute_haplotype_effects(set_effects(sets, SCORES, ALLELES, sites), sites, windows, 0.25)
    found = records(to_arrow(table, "haplotypes").to_pandas(), "site_id", "gene_id", "n_variants", "frequency")
    assert found == [
        (A, "GENE1", 2, None),
        *((B, gene, n, 0.1875) for gene in ("GENE1", "GENE2") for n in (2, 3)),
    ]


@pytest.mark.parametrize(
    ("together", "alone", "interacts"),
    [
        # at least 0.25 apart
        (1.25, 1.0, True),
        (1.125, 1.0, False),
        (-1.25, -1.0, True),
        # of opposite signs, one of them strong
        (-0.0625, 0.25, True),
        (0.25, -0.0625, True),
        (-0.0625, 0.125, False),
        (0.0, 0.125, False),
    ],
)
def test_when_variants_interact(sites, together, alone, interacts):
    sets = haplotypes((A, [0, 1], True))
    effects = set_effects(
        sets, scores_of(sets, (together, 0.0)), allele_scores((90, A, alone, 0.0), (95, A, 0.0, 0.0)), sites
    )
    table = compute_haplotype_effects(effects, sites, pd.DataFrame({"site_id": [A], "window": [WINDOW]}), 0.25)
    assert table.interacts.to_list() == [interacts]


def test_no_haplotypes(sites):
    none = haplotypes().astype({"window_alt": object})
    effects = set_effects(none, scores_of(none), ALLELES, sites)
    assert effects.empty
    assert to_arrow(compute_haplotype_effects(effects, sites, pd.DataFrame(), 0.25), "haplotypes").num_rows == 0
    single = haplotypes((A, [0], False))
    effects = set_effects(single, scores_of(single), ALLELES, sites)
    assert to_arrow(compute_haplotype_effects(effects, sites, pd.DataFrame(), 0.25), "haplotypes").num_rows == 0


def test_scores_of_other_haplotypes_are_refused(sites):
    with pytest.raises(
        InputError, match="the scores of a shard do not belong to its haplotypes; remove results/shards"
    ):
        set_effects(SETS, SCORES.assign(haplotype=[1, 2, 3]), ALLELES, sites)


def test_a_rival_hexamer_counts_in_what_a_person_has(sites):
    # The second allele, with an own effect of -0.75 from 1.0, also takes the rival from 0.5 to -2.5.
    alleles = ALLELES.copy()
    alleles.loc[1, ["rival_logodds_narrow_ref", "rival_logodds_narrow_alt"]] = 0.5, -2.5
    plain, found = (set_effects(SETS, SCORES, each, sites) for each in (ALLELES, alleles))
    site = np.logaddexp(0.25, -2.5) - np.logaddexp(1.0, 0.5)
    assert found.delta_site_logodds[:3].tolist() == pytest.approx([0.5, -0.5 + site + 0.75, 0.5])
    assert found.max_abs_alone[:3].tolist() == [0.5, 3.0, 0.5]
    unchanged = ["delta_logodds_narrow", "sum_delta_logodds_narrow", "delta_logodds"]
    pd.testing.assert_frame_equal(found[unchanged], plain[unchanged])
    assert plain.delta_site_logodds.equals(plain.delta_logodds_narrow)


def test_alleles_of_large_effects(sites):
    """At some site, in either of its windows, or in both together; either way."""
    alleles = allele_scores(
        (90, A, 0.25, 9), (91, A, -0.5, 0), (92, A, -0.25, 0), (92, B, 0.5, 0), (93, A, 0.25, 0), (94, B, 0.375, 0)
    )
    references = sites.drop_duplicates("site_id")[["site_id", "logodds_narrow"]]

    def found(**rival: float) -> list[int]:
        scores = alleles.assign(**{f"rival_logodds_narrow_{name}": [np.nan] * 5 + [rival[name]] for name in rival})
        return large_alone(scores, references, 0.5).pos.to_list()

    assert found() == [91, 92]
    assert found(ref=-1.0, alt=-0.25) == [91, 92, 94]
    # ln((e^2.375 + e^2.45) / (e^2 + e^2)) = 0.41, and 0.45 in the window of the rival.
    assert found(ref=2.0, alt=2.45) == [91, 92]
    # ln((e^2.375 + e^1.5) / (e^2 + e^-9)) = 0.72.
    assert found(ref=-9.0, alt=1.5) == [91, 92, 94]
    assert large_alone(alleles.head(0), references, 0.5).empty
