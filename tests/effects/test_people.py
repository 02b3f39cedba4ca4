"""What literal haplotypes do to the genes of people, and an oracle of plain loops."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from builders import records
from pasvar.cohort import NO_PHASE, UNKNOWN
from pasvar.effects import people as module
from pasvar.effects.competition import GeneSites
from pasvar.effects.people import summarise_people, uncounted_genes, write_people
from pasvar.errors import InputError
from pasvar.tables import read_table, to_arrow, write_table

A, B, C = "20:100:+", "20:400:+", "20:900:+"
D = "20:2000:-"
PEOPLE = ["ann", "bob", "cy", "dan"]
NOT_READ = {
    "truncating": False,
    "usage_source": "predicted:x",
    "confidence": 1.0,
    "coding_share": 1.0,
    "coding_length": 9,
}


@pytest.fixture
def sites():
    """GENE1 has A, B and C, proximal to distal; GENE2 has B too, and GENE3 has D alone."""
    rows = [(A, "GENE1", 100, 1, 150), (B, "GENE1", 400, 2, 300), (B, "GENE2", 400, 1, 50), (C, "GENE1", 900, 3, 800)]
    frame = pd.DataFrame(
        [*rows, (D, "GENE3", 2000, 1, pd.NA)], columns=["site_id", "gene_id", "cut_pos", "rank", "utr_length"]
    )
    frame = frame.assign(gene_name=frame.gene_id.str.lower(), chrom="20", strand=frame.site_id.str[-1])
    logodds = frame.site_id.map({A: 1.0, B: 0.0, C: -1.0, D: 2.0})
    frame = frame.assign(logodds_narrow=logodds, logodds_core=logodds, utr_length=frame.utr_length.astype("Int32"))
    return frame.assign(usage_ref=[0.5, 0.3, 1.0, 0.2, 1.0], **NOT_READ)


def effects_of(*rows: tuple) -> pd.DataFrame:
    """Sets as `set_effects` has them, of (site, names of the variants, effect, largest effect of one alone)."""
    names = sorted({name for _, variants, *_ in rows for name in variants.split()})
    frame = pd.DataFrame(rows, columns=["site_id", "variants", "delta_site_logodds", "max_abs_alone"])
    frame["variants"] = frame.variants.str.split()
    frame["alleles"] = [[names.index(name) for name in variants] for variants in frame.variants]
    return frame.assign(haplotype=frame.groupby("site_id").cumcount() + 1)


def carried_of(*rows: tuple) -> pd.DataFrame:
    """Table `sample_haplotypes` of (site, person, copy, haplotype, ploidy, phase set)."""
    frame = pd.DataFrame(rows, columns=["site_id", "person", "copy", "haplotype", "ploidy", "phase_set"])
    n_ploidies = frame.groupby(["site_id", "person"]).ploidy.transform("nunique")
    return frame.assign(person=frame.person.map(PEOPLE.index), mixed_ploidy=n_ploidies > 1)


def summarise(carried, effects, sites, min_effect=0.5, pieces=1) -> tuple[pd.DataFrame, dict[str, int]]:
    """Table `samples`, and the number of carriers by gene."""
    borders = np.linspace(0, len(carried), pieces + 1).astype(int)
    parts = [carried.iloc[low:high] for low, high in pairwise(borders)]
    # Every site that has a set has somebody who carries it.
    effects = effects[effects.site_id.isin(carried.site_id)]
    found = list(summarise_people(iter(parts), effects, sites, PEOPLE, min_effect))
    for samples, carriers in found:
        to_arrow(samples, "samples")
        to_arrow(carriers, "gene_carriers")
    counts = {row.gene_id: row.carriers for _, carriers in found for row in carriers.itertuples()}
    return pd.concat([samples for samples, _ in found], ignore_index=True), counts


SETS = effects_of(
    (A, "v1", -1.0, 1.0),
    (A, "v1 v2", 0.75, 1.0),
    (A, "v2", 0.25, 0.25),
    (B, "v5", 0.25, 0.25),
    (B, "v6", -0.5, 0.5),
    (C, "v8", 2.0, 2.0),
)
EACH = ["delta_logodds_narrow_1", "delta_logodds_narrow_2", "delta_logodds_narrow"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([(A, "ann", 1, 1, 2, 1)], ("v1", "1", True, -1.0, 0.0, -0.5), id="heterozygous"),
        pytest.param([(A, "ann", 2, 1, 2, 9)], ("v1", "1", True, 0.0, -1.0, -0.5), id="one call"),
        pytest.param(
            [(A, "ann", 1, 1, 2, 1), (A, "ann", 2, 1, 2, 1), (A, "ann", 2, 3, 2, 1)],
            ("v1 v2", "2 1", True, -1.0, None, -0.875),
            id="variants of the second haplotype contradict one another",
        ),
        pytest.param(
            [(A, "ann", 0, 1, 1, UNKNOWN), (A, "ann", 0, 3, 2, UNKNOWN)],
            ("v1 v2", "1 1", False, None, None, -0.875),
            id="a haploid and a heterozygous call",
        ),
        pytest.param(
            [(A, "ann", 1, 1, 2, NO_PHASE), (A, "ann", 2, 1, 2, NO_PHASE)],
            ("v1", "2", True, -1.0, -1.0, -1.0),
            id="homozygous",
        ),
        pytest.param(
            [(A, "ann", 1, 2, 2, 1), (A, "ann", 2, 3, 2, 1)],
            ("v1 v2", "1 2", True, 0.75, 0.25, 0.5),
            id="joint on one haplotype",
        ),
        # alone v1 does -1 and v2 0.25; their mean over two haplotypes is -0.375, but who has v1 has it on some haplotype
        pytest.param(
            [(A, "ann", 0, 1, 2, UNKNOWN), (A, "ann", 0, 3, 2, UNKNOWN)],
            ("v1 v2", "1 1", False, None, None, -0.375),
            id="unphased",
        ),
        pytest.param([(A, "ann", 1, 1, 1, NO_PHASE)], ("v1", "1", True, -1.0, None, -1.0), id="haploid"),
        pytest.param(
            [(A, "ann", 3, 1, 3, 1), (A, "ann", 1, 2, 3, 1)],
            ("v1 v2", "2 1", True, None, None, -0.25 / 3),
            id="triploid",
        ),
        pytest.param([(A, "ann", 1, 3, 2, 1), (A, "ann", 2, 3, 2, 1)], None, id="weak on both haplotypes"),
        pytest.param(
            [(A, "ann", 0, 3, 2, UNKNOWN)] * 4, ("v2", "4", False, None, None, 0.5), id="weak copies, a strong mean"
        ),
    ],
)
def test_a_person_at_one_site(sites, rows, expected):
    samples, _ = summarise(carried_of(*rows), SETS, sites)
    found = records(samples, "phased", *EACH)
    variants = [(" ".join(row.variants), " ".join(map(str, row.copies))) for row in samples.itertuples()]
    assert [(*names, *values) for names, values in zip(variants, found, strict=True)] == (
        [expected] if expected else []
    )
    assert set(samples["sample"]) == ({"ann"} if expected else set())


def test_the_site_hit_hardest_is_named_and_of_equals_the_most_proximal(sites):
    both = effects_of((A, "v1", 0.75, 0.75), (B, "v5", -0.75, 0.75), (C, "v8", -1.0, 1.0))
    carried = carried_of((A, "ann", 1, 1, 2, 1), (A, "bob", 1, 1, 2, 1), (B, "ann", 1, 1, 2, 1), (C, "bob", 2, 1, 2, 1))
    samples, _ = summarise(carried, both, sites)
    assert records(samples, "sample", "gene_id", "site_id") == [
        ("ann", "GENE2", B),
        ("ann", "GENE1", A),
        ("bob", "GENE1", C),
    ]


def test_usage_is_the_mean_of_the_haplotypes(sites):
    """One haplotype of ann has v1 at A and v8 at C; bob has them on different ones."""
    carried = carried_of((A, "ann", 1, 1, 2, 1), (A, "bob", 1, 1, 2, 1), (C, "ann", 1, 1, 2, 1), (C, "bob", 2, 1, 2, 1))
    gene = GeneSites(sites[sites.gene_id == "GENE1"])
    samples, _ = summarise(carried, SETS, sites)
    for row, haplotypes in zip(samples.itertuples(), ([[-1, 0, 2], [0, 0, 0]], [[-1, 0, 0], [0, 0, 2]]), strict=True):
        usage = gene.usage_alt(np.array(haplotypes)).mean(axis=0)
        assert row.site_id == C
        assert row.delta_usage == pytest.approx(usage[2] - gene.usage_ref[2])
        assert row.delta_pdui == pytest.approx(gene.delta_pdui(usage))
        assert row.delta_utr_length == pytest.approx(gene.delta_utr_length(usage))


@pytest.mark.parametrize(
    ("at_a", "at_c", "joined"),
    [
        ((1, 1, 2, 1), (2, 1, 2, 1), True),
        ((1, 1, 2, 1), (2, 1, 2, 2), False),
        ((0, 1, 2, UNKNOWN), (2, 1, 2, 1), False),
        ((1, 1, 1, NO_PHASE), (2, 1, 2, 1), False),
        ((1, 1, 2, 3), (2, 1, 2, 3), True),
    ],
)
def test_sites_whose_haplotypes_cannot_be_joined(sites, at_a, at_c, joined):
    """Then usage is that of the mean effects."""
    gene = GeneSites(sites[sites.gene_id == "GENE1"])
    samples, _ = summarise(carried_of((A, "ann", *at_a), (C, "ann", *at_c)), SETS, sites)
    effect = -1 / at_a[2]
    mean = gene.usage_alt(np.array([effect, 0, 1]))
    each = gene.usage_alt(np.array([[-1, 0, 0], [0, 0, 2]])).mean(axis=0)
    assert samples.delta_pdui.to_list() == [pytest.approx((each if joined else mean)[2] - gene.usage_ref[2])]
    # what happens at the site that is hit hardest does not depend on it
    assert records(samples, "site_id", *EACH) == [(C, 0.0, 2.0, 1.0)]


def test_a_homozygous_site_needs_no_phase(sites):
    gene = GeneSites(sites[sites.gene_id == "GENE1"])
    carried = carried_of((A, "ann", 1, 1, 2, NO_PHASE), (A, "ann", 2, 1, 2, NO_PHASE), (C, "ann", 1, 1, 2, 7))
    samples, _ = summarise(carried, SETS, sites)
    usage = gene.usage_alt(np.array([[-1, 0, 2], [-1, 0, 0]])).mean(axis=0)
    assert samples.delta_pdui.to_list() == [pytest.approx(usage[2] - gene.usage_ref[2])]


def test_a_change_of_usage_alone_makes_a_row(sites):
    """Of measured usages of 0.3, 0.3 and 0.4, A gains and C loses, both too little to count."""
    measured = sites.assign(usage_source="measured:atlas", usage_ref=[0.3, 0.3, 1.0, 0.4, 1.0])
    sets = effects_of((A, "v1", 0.375, 0.375), (C, "v8", -0.375, 0.375))
    carried = carried_of(*((site, "ann", copy, 1, 2, NO_PHASE) for site in (A, C) for copy in (1, 2)))
    odds = 0.3 * np.exp(0.375) / (0.3 + 0.4 * np.exp(-0.375))
    assert np.log(odds / (0.3 / 0.7)) > 0.5
    samples, _ = summarise(carried, sets, measured)
    assert records(samples, "sample", "site_id", *EACH) == [("ann", A, 0.375, 0.375, 0.375)]
    assert samples.delta_usage.to_list() == [pytest.approx(odds / (1 + odds) - 0.3)]
    apart = sites.assign(usage_ref=[0.1, 0.8, 1.0, 0.1, 1.0])
    assert summarise(carried, sets, apart)[0].empty


def test_a_row_says_where_ploidies_differ(sites):
    carried = carried_of((A, "ann", 0, 1, 1, UNKNOWN), (A, "ann", 0, 3, 2, UNKNOWN), (A, "bob", 1, 1, 1, NO_PHASE))
    samples, _ = summarise(carried, SETS, sites)
    assert records(samples, "sample", "ploidy", "mixed_ploidy") == [("ann", 2, True), ("bob", 1, False)]


def test_usage_of_a_haplotype_whose_variants_contradict_one_another_is_of_their_sum(sites):
    gene = GeneSites(sites[sites.gene_id == "GENE1"])
    samples, _ = summarise(carried_of((A, "ann", 1, 1, 2, 1), (A, "ann", 1, 3, 2, 1)), SETS, sites)
    usage = gene.usage_alt(np.array([[-0.75, 0, 0], [0, 0, 0]])).mean(axis=0)
    assert samples.delta_usage.to_list() == [pytest.approx(usage[0] - gene.usage_ref[0])]


def test_carriers_of_strong_alleles(sites):
    """v1 is strong alone, also where the set is not; v2 never is."""
    sets = effects_of((A, "v1 v2", 0.0, 1.0), (A, "v2", 0.75, 0.25), (B, "v6", -0.5, 0.5), (D, "v9", 0.25, 0.25))
    carried = carried_of(
        (A, "ann", 1, 1, 2, 1),
        (A, "bob", 1, 2, 2, 1),
        (B, "ann", 1, 1, 2, 1),
        (B, "cy", 1, 1, 2, 1),
        (D, "dan", 1, 1, 2, 1),
    )
    samples, carriers = summarise(carried, sets, sites)
    assert carriers == {"GENE1": 2, "GENE2": 2, "GENE3": 0}
    assert records(samples, "sample", "gene_id") == [
        ("ann", "GENE1"),
        ("bob", "GENE1"),
        ("cy", "GENE1"),
        ("ann", "GENE2"),
        ("cy", "GENE2"),
    ]


def test_carriers_are_unknown_where_genotypes_of_a_strong_allele_are(sites):
    """GENE1 has v1 and a strong allele of a record without GT, GENE3 only the latter; the weak one of GENE2 does not matter."""
    scores = pd.DataFrame(
        {"gene_id": ["GENE1", "GENE1", "GENE2", "GENE3"], "delta_logodds_narrow": [-1.0, 1.0, 0.1, 0.5]}
    )
    scores["n_carriers"] = pd.array([1, pd.NA, pd.NA, pd.NA], dtype="Int32")
    uncounted = uncounted_genes(scores, 0.5)
    assert uncounted == {"GENE1", "GENE3"}
    carried = carried_of((A, "ann", 1, 1, 2, 1), (B, "ann", 1, 2, 2, 1))
    found = [carriers for _, carriers in summarise_people([carried], SETS[:5], sites, PEOPLE, 0.5, uncounted)]
    counts = pd.concat(found)
    assert sorted(records(counts, "gene_id", "carriers")) == [("GENE1", None), ("GENE2", 1), ("GENE3", None)]
    to_arrow(counts, "gene_carriers")


def test_one_site_only_has_no_usage_to_change(sites):
    sets = effects_of((D, "v9", -2.0, 2.0))
    samples, _ = summarise(carried_of((D, "ann", 1, 1, 2, 1)), sets, sites)
    columns = ["sample", "gene_id", "gene_name", "strand", "delta_usage", "delta_pdui", "delta_utr_length"]
    assert records(samples, *columns) == [("ann", "GENE3", "gene3", "-", 0.0, 0.0, None)]


# --- an oracle of plain loops -------------------------------------------------------------------------------------------

PLACES = [A, B, C]
EFFECTS = effects_of(
    *((site, name, effect, 0.0) for site in PLACES for name, effect in ((f"x{site}", -0.75), (f"y{site}", 0.375)))
)


@st.composite
def people(draw) -> list[list[tuple | None]]:
    """Of each person and site of GENE1, (known, ploidy, sets, phase set): sets of all haplotypes, or copies; None for nothing."""
    found = []
    for _ in PEOPLE:
        ploidy = draw(st.sampled_from([1, 2, 2, 2, 3]))
        row: list[tuple | None] = []
        for _ in PLACES:
            n = draw(st.sampled_from([ploidy] * 5 + [1]))
            sets = draw(st.lists(st.sampled_from([0, 0, 1, 2]), min_size=n, max_size=n))
            known = draw(st.sampled_from([True, True, True, False]))
            phase = NO_PHASE if len(set(sets)) == 1 else draw(st.sampled_from([9, 1, 1, 1, 2]))
            row.append((known, n, sets, phase if known else UNKNOWN) if any(sets) else None)
        found.append(row)
    return found


def expected_row(person: list[tuple | None], gene: GeneSites, min_effect: float) -> tuple | None:
    """(site, phased, effects of two haplotypes, mean, usage) of one person at GENE1, or None."""
    effect = {0: 0.0, 1: -0.75, 2: 0.375}
    mean, size = [0.0] * 3, [0.0] * 3
    for i, here in enumerate(person):
        if here is not None:
            effects = [effect[number] for number in here[2]]
            mean[i] = sum(effects) / here[1]
            size[i] = max([abs(mean[i]), *map(abs, effects)])
    touched = [here for here in person if here is not None]
    phases = [here[3] for here in touched if here[3] != NO_PHASE]
    joined = all(here[0] for here in touched) and len({here[1] for here in touched}) == 1 and len(set(phases)) < 2
    if joined:
        haplotypes = [[effect[here[2][h]] if here else 0.0 for here in person] for h in range(touched[0][1])]
        usage = sum(gene.usage_alt(np.array(haplotype)) for haplotype in haplotypes) / len(haplotypes)
    else:
        usage = gene.usage_alt(np.array(mean))
    shift = max(
        abs(np.log(alt / (1 - alt)) - np.log(ref / (1 - ref))) for alt, ref in zip(usage, gene.usage_ref, strict=True)
    )
    if max(*size, shift) < min_effect:
        return None
    hit = size.index(max(size))
    known, ploidy, sets, _ = person[hit]
    each = [effect[number] for number in sets] if known and ploidy < 3 else []
    one, two = [*each, None, None][:2]
    return PLACES[hit], known, one, two, pytest.approx(mean[hit]), pytest.approx(usage[2] - gene.usage_ref[2])


@given(people(), st.integers(1, 4), st.sampled_from([1, 6, 100]))
def test_people_are_those_of_the_oracle(cohort, pieces, at_a_time):
    """Whatever the pieces of the table, and however many people are taken at a time."""
    sites = pd.DataFrame({"site_id": PLACES, "gene_id": "GENE1", "cut_pos": [100, 400, 900], "rank": [1, 2, 3]})
    sites = sites.assign(
        gene_name="gene1",
        chrom="20",
        strand="+",
        logodds_narrow=[1.0, 0.0, -1.0],
        logodds_core=0.0,
        usage_ref=[0.5, 0.3, 0.2],
        **NOT_READ,
        utr_length=pd.array([1, 2, 3], dtype="Int32"),
    )
    gene = GeneSites(sites)
    rows = []
    for i, site in enumerate(PLACES):
        for name, person in zip(PEOPLE, cohort, strict=True):
            if person[i] is not None:
                known, ploidy, sets, phase = person[i]
                copies = [(h if known else 0, number) for h, number in enumerate(sets, start=1) if number]
                rows += [(site, name, h, number, ploidy, phase) for h, number in copies]
    if not rows:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_MANY", at_a_time)
        samples, _ = summarise(carried_of(*rows), EFFECTS, sites, pieces=pieces)
    expected = {
        name: expected_row(person, gene, 0.5) for name, person in zip(PEOPLE, cohort, strict=True) if any(person)
    }
    found = dict(zip(samples["sample"], records(samples, "site_id", "phased", *EACH, "delta_pdui"), strict=True))
    assert found == {name: row for name, row in expected.items() if row is not None}
    assert samples["sample"].is_monotonic_increasing


# --- files --------------------------------------------------------------------------------------------------------------


def test_tables_of_a_shard(tmp_path, sites):
    paths = {name: tmp_path / f"{name}.parquet" for name in ("samples", "gene_carriers")}
    carried = carried_of((A, "ann", 1, 1, 2, 1), (B, "bob", 1, 2, 2, 1))
    write_table(tmp_path / "sample_haplotypes.parquet", carried, "sample_haplotypes")
    write_people(tmp_path / "sample_haplotypes.parquet", SETS[:5], sites, PEOPLE, 0.5, paths, {"model": "m"})
    samples = read_table(paths["samples"], "samples")
    assert records(samples, "sample", "gene_id") == [("ann", "GENE1"), ("bob", "GENE1"), ("bob", "GENE2")]
    write_table(tmp_path / "sample_haplotypes.parquet", carried[:0], "sample_haplotypes")
    write_people(tmp_path / "sample_haplotypes.parquet", SETS[:0], sites, PEOPLE, 0.5, paths, {"model": "m"})
    assert read_table(paths["samples"], "samples").empty
    assert read_table(paths["gene_carriers"], "gene_carriers").empty


@pytest.mark.parametrize("sets", [SETS[SETS.site_id == A], SETS])
def test_what_is_carried_at_other_sites_is_refused(sites, sets):
    carried = carried_of((A, "ann", 1, 1, 2, 1), (B, "bob", 1, 2, 2, 1))
    with pytest.raises(
        InputError, match="the carried variants do not belong to the haplotypes of a shard; remove results/shards"
    ):
        list(summarise_people([carried], sets, sites, PEOPLE, 0.5))
