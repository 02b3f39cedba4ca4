"""Sites that variants make: where they are looked for, and what they do to a gene."""

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from builders import records, reverse_complement
from pasvar.effects.competition import GeneSites
from pasvar.effects.new_sites import _cuts, find_new_sites
from pasvar.genome import SequenceSlice
from pasvar.sequence import encode
from pasvar.sites import Calibration, tier_of
from pasvar.tables import GENOTYPES, to_arrow
from pasvar.variants import left_align, make_scan, trim
from pasvar.variants.alleles import Edit
from pasvar.variants.hexamer_scan import Scan

LENGTH = 2_000
PLAIN = ("CTGCGCTGTCCGTTCGGACGTCCTGCGGCT" * 67)[:LENGTH]  # no hexamer of tier 0 to 3 on either strand
NO_SITES = pd.DataFrame({"chrom": ["1"], "strand": ["+"], "cut_pos": [1]}).iloc[:0]


def stretch_of(sequence: str) -> SequenceSlice:
    return SequenceSlice(encode(sequence), 0, len(sequence))


def put(sequence: str, start: int, letters: str) -> str:
    return sequence[:start] + letters + sequence[start + len(letters) :]


def allele(sequence: str, start: int, ref: str, alt: str) -> Edit:
    assert sequence[start : start + len(ref)] == ref
    return left_align(stretch_of(sequence), trim(start, ref, alt))


def scan(*regions: tuple[str, int, int], strides: bool = False) -> Scan:
    return Scan(
        pd.DataFrame([("1", *region) for region in regions], columns=["chrom", "strand", "start", "end"]), strides
    )


EVERYWHERE = scan(("+", 0, LENGTH), ("-", 0, LENGTH))
COLUMNS = ["edit", "strand", "hexamer_pos", "hexamer_ref", "hexamer_alt"]


def test_an_snv_that_makes_a_hexamer_on_plus():
    sequence = put(PLAIN, 1000, "AATGAA")
    found = EVERYWHERE.candidates("1", [allele(sequence, 1003, "G", "A")], NO_SITES, stretch_of(sequence))
    assert records(found, *COLUMNS) == [(0, "+", 1001, "AATGAA", "AATAAA")]
    assert found.window_ref[0] == sequence[930:1135]
    assert found.window_alt[0] == put(sequence, 1003, "A")[930:1135]


def test_an_snv_that_makes_a_hexamer_on_minus():
    sequence = put(PLAIN, 1000, reverse_complement("AATGAA"))
    found = EVERYWHERE.candidates("1", [allele(sequence, 1002, "C", "T")], NO_SITES, stretch_of(sequence))
    assert records(found, *COLUMNS) == [(0, "-", 1006, "AATGAA", "AATAAA")]
    assert found.window_ref[0] == reverse_complement(sequence[871:1076])
    assert found.window_alt[0][70:76] == "AATAAA"


def test_a_better_hexamer_counts_and_a_worse_one_does_not():
    sequence = put(PLAIN, 1000, "AGTAAA")
    better = EVERYWHERE.candidates("1", [allele(sequence, 1001, "G", "A")], NO_SITES, stretch_of(sequence))
    assert records(better, "hexamer_ref", "hexamer_alt") == [("AGTAAA", "AATAAA")]
    assert EVERYWHERE.candidates("1", [allele(sequence, 1001, "G", "C")], NO_SITES, stretch_of(sequence)).empty


@pytest.mark.parametrize(("start", "n"), [(-3, 0), (999, 0), (1000, 1), (1003, 1)])
def test_only_variants_in_a_scanned_region_are_looked_at(start, n):
    sequence = put(PLAIN, 1000, "AATGAA")
    found = scan(("+", start, 1004)) if start < 1000 else scan(("+", start, 1500))
    if n == 0:
        found = scan(("+", 0, 1003), ("-", 0, LENGTH))
    assert len(found.candidates("1", [allele(sequence, 1003, "G", "A")], NO_SITES, stretch_of(sequence))) == n


@pytest.mark.parametrize(("cut", "n"), [(1000, 1), (1001, 0), (1045, 0), (1046, 1)])
@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_signal_where_a_site_has_its_own_is_no_new_site(cut, n, strand):
    """The signal of a cut starts 1 to 45 nt before it (0-based 1000 here)."""
    sequence = put(PLAIN, 1000, "AATGAA")
    variant = allele(sequence, 1003, "G", "A")
    if strand == "-":
        sequence, cut = reverse_complement(sequence), LENGTH - 1 - cut
        variant = allele(sequence, LENGTH - 1004, "C", "T")
    sites = pd.DataFrame({"chrom": "1", "strand": [strand, "-" if strand == "+" else "+"], "cut_pos": [cut + 1, 1015]})
    assert len(EVERYWHERE.candidates("1", [variant], sites, stretch_of(sequence))) == n


def test_an_insertion_and_a_deletion_that_make_a_hexamer():
    sequence = put(put(PLAIN, 1000, "AATCCAAA"), 1500, "AATAA")
    alleles = [allele(sequence, 1002, "TCC", "T"), allele(sequence, 1504, "A", "AA")]
    found = EVERYWHERE.candidates("1", alleles, NO_SITES, stretch_of(sequence))
    assert ("AATAAA", 0) in records(found, "hexamer_alt", "edit")
    assert ("AATAAA", 1) in records(found, "hexamer_alt", "edit")
    for row in found.itertuples():
        assert len(row.window_alt) == len(row.window_ref) == 205
        assert row.window_alt[70:76] == row.hexamer_alt


def test_the_seam_of_a_spelled_deletion_of_400_nt_is_searched():
    """docs/structural.md: of a deletion up to `max_allele_length`, which is scored as any indel."""
    sequence = put(put(PLAIN + PLAIN, 860, "GAAT"), 1264, "AAAC")
    variant = allele(sequence, 863, sequence[863:1264], "T")
    assert (variant.start, variant.end) == (864, 1264)
    found = EVERYWHERE.candidates("1", [variant], NO_SITES, stretch_of(sequence))
    assert records(found, "strand", "hexamer_pos", "hexamer_alt") == [("+", 1262, "AATAAA")]
    assert found.window_alt[0] == (sequence[791:864] + sequence[1264:])[:205]
    assert found.window_ref[0] == sequence[1191:1396]


letters = st.text("ACGT", min_size=300, max_size=300)


@given(letters, st.sampled_from("ACGT"), st.sampled_from("+-"))
def test_snvs_as_a_plain_search_finds_them(middle, alt, strand):
    sequence = put(PLAIN, 850, middle)
    ref = sequence[1000]
    if alt == ref:
        return
    found = EVERYWHERE.candidates("1", [allele(sequence, 1000, ref, alt)], NO_SITES, stretch_of(sequence))
    before, after, place = sequence, put(sequence, 1000, alt), 1000
    if strand == "-":
        before, after, place = reverse_complement(before), reverse_complement(after), LENGTH - 1001
    expected = [
        (after[i : i + 6], before[i - 70 : i + 135], after[i - 70 : i + 135])
        for i in range(place - 5, place + 1)
        if tier_of(after[i : i + 6]) <= 3 and tier_of(after[i : i + 6]) < tier_of(before[i : i + 6])
    ]
    assert records(found[found.strand == strand], "hexamer_alt", "window_ref", "window_alt") == expected


@given(letters, st.integers(0, 6), st.text("ACGT", max_size=6), st.integers(0, 8))
def test_another_spelling_of_an_allele_finds_the_same(middle, n_deleted, inserted, pad):
    sequence = put(PLAIN, 850, middle)
    ref, alt = sequence[999 : 1000 + n_deleted], sequence[999] + inserted
    if ref == alt:
        return
    plain = allele(sequence, 999, ref, alt)
    padded = allele(
        sequence, 999 - pad, sequence[999 - pad : 999] + ref + sequence[1000 + n_deleted :][:pad],
        sequence[999 - pad : 999] + alt + sequence[1000 + n_deleted :][:pad],
    )  # fmt: skip
    columns = ["strand", "hexamer_pos", "hexamer_ref", "hexamer_alt", "window_ref", "window_alt"]
    found = [EVERYWHERE.candidates("1", [one], NO_SITES, stretch_of(sequence)) for one in (plain, padded)]
    assert records(found[0], *columns) == records(found[1], *columns)
    # Each is new: the reference window has no hexamer as good at that place.
    assert all(tier_of(row.hexamer_alt) < tier_of(row.hexamer_ref) for row in found[0].itertuples())


MADE_BY_30_NT = "CGTCTGCCTCAATAAAGCTCGTGCGTCTGC"


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("start", "ref", "alt", "cut_index", "cut"),
    [
        # hexamer 10 nt into an insertion of 30 after base 1000: 19 nt on, cuts are past the insertion
        (1000, "T", "T" + MADE_BY_30_NT, 70 + 20, 1001),
        (1000, "T", "T" + MADE_BY_30_NT, 70 + 50, 1031),
        # within the insertion: the last base before it
        (1000, "T", "T" + MADE_BY_30_NT, 70 + 19, 1000),
        (1000, "T", "T" + MADE_BY_30_NT, 70 - 10, 1000),
        (1000, "T", "T" + MADE_BY_30_NT, 70 - 12, 999),
        # AATCC-AAA to AATAAA: what follows is 2 nt further on in the reference
        (1102, "TCC", "T", 70 + 25, 1100 + 25 + 2),
        (1102, "TCC", "T", 70 + 2, 1102),
        (1102, "TCC", "T", 70 + 3, 1105),
        # a substitution moves nothing
        (1203, "G", "A", 70 + 25, 1225),
    ],
)
def test_a_cut_in_the_alternate_is_where_the_reference_has_it(strand, start, ref, alt, cut_index, cut):
    """Bases 0-based along the strand. `start` is that of `ref`."""
    sequence = put(put(put(PLAIN, 1000, "T"), 1100, "AATCCAAA"), 1200, "AATGAA")
    assert sequence[start : start + len(ref)] == ref
    edit = trim(start, ref, alt)
    if strand == "-":
        edit = trim(LENGTH - start - len(ref), reverse_complement(ref), reverse_complement(alt))
        sequence = reverse_complement(sequence)
    stretch = stretch_of(sequence)
    found = EVERYWHERE.candidates("1", [left_align(stretch, edit)], NO_SITES, stretch)
    found = found[(found.strand == strand) & (found.hexamer_alt == "AATAAA")]
    (row,) = _cuts(found.assign(cut_mode_alt=float(cut_index)))
    assert row == (cut if strand == "+" else LENGTH - 1 - cut)


@given(letters, st.integers(0, 40), st.text("ACGT", max_size=40), st.sampled_from("+-"))
def test_each_base_of_an_alternate_window_is_the_reference_base_that_the_map_names(middle, n_deleted, inserted, strand):
    sequence = put(PLAIN, 850, middle)
    stretch = stretch_of(sequence)
    ref, alt = sequence[999 : 1000 + n_deleted], sequence[999] + inserted
    if ref == alt:
        return
    found = EVERYWHERE.candidates("1", [left_align(stretch, trim(999, ref, alt))], NO_SITES, stretch)
    for row in found[found.strand == strand].itertuples():
        each = pd.DataFrame([row._asdict()] * 205).assign(cut_mode_alt=np.arange(205.0))
        places = _cuts(each).to_numpy()
        kept = [i for i in range(205) if not row.change_index <= i < row.change_index + row.n_inserted]
        bases = "".join(sequence[places[i]] for i in kept)
        assert "".join(row.window_alt[i] for i in kept) == (bases if strand == "+" else reverse_complement(bases)[::-1])
        assert (np.diff(places) * (1 if strand == "+" else -1) >= 0).all()


def test_a_gene_and_its_mirror_image_have_the_same_candidates():
    """A repeat of CA next to AATCACAAA, of which one unit is deleted: the change has many places."""
    sequence = put(PLAIN, 1000, "CACACACAATCACAAA")
    mirror = reverse_complement(sequence)
    changes = [(1011, "ACA", "A"), (1011, "A", "ACA"), (1000, "CACA", ""), (1006, "CAA", "C"), (1010, "C", "CAC")]
    for start, ref, alt in changes:
        assert sequence[start:].startswith(ref)
        forward = left_align(stretch_of(sequence), trim(start, ref, alt))
        start = LENGTH - start - len(ref)
        back = left_align(stretch_of(mirror), trim(start, reverse_complement(ref), reverse_complement(alt)))
        one = scan(("+", 0, LENGTH), strides=True).candidates("1", [forward], NO_SITES, stretch_of(sequence))
        other = scan(("-", 0, LENGTH), strides=True).candidates("1", [back], NO_SITES, stretch_of(mirror))
        for name in ("hexamer_pos", "change_pos"):
            other[name] = LENGTH + 1 - other[name]
        pd.testing.assert_frame_equal(one.drop(columns="strand"), other.drop(columns="strand"))


def test_strides_look_every_ten_nt_too():
    sequence = put(PLAIN, 1000, "AATGAA")
    found = scan(("+", 0, LENGTH), strides=True).candidates(
        "1", [allele(sequence, 1003, "G", "A")], NO_SITES, stretch_of(sequence)
    )
    assert found.hexamer_pos.to_list() == [1001, *range(924, 1045, 10)]
    for row in found.itertuples():
        assert row.window_ref == sequence[row.hexamer_pos - 71 :][:205]
        assert row.window_alt == put(sequence, 1003, "A")[row.hexamer_pos - 71 :][:205]


# --- regions ------------------------------------------------------------------------------------------------------------


def exons_of(strand: str) -> pd.DataFrame:
    """Exons 100-200 and 300-600, CDS 150 to 400, of a gene on plus; mirrored in a contig of 2,000 nt on minus."""
    rows = [(100, 200, 150.0, 400.0), (300, 600, 150.0, 400.0)]
    if strand == "-":
        rows = [(LENGTH - end, LENGTH - start, LENGTH - last, LENGTH - first) for start, end, first, last in rows]
    frame = pd.DataFrame(rows, columns=["start", "end", "coding_start", "coding_end"])
    return frame.assign(transcript_id="T", gene_id="ONE", gene_name="one", chrom="1", strand=strand)


@pytest.mark.parametrize(
    ("strand", "introns", "expected"),
    [("+", False, (400, 700)), ("+", True, (100, 700)), ("-", False, (1300, 1600)), ("-", True, (1300, 1900))],
)
def test_regions(strand, introns, expected):
    found = make_scan(exons_of(strand), 100, "hexamers", introns)
    assert records(found.regions, "chrom", "strand", "start", "end") == [("1", strand, *expected)]
    assert not found.strides
    assert make_scan(exons_of(strand), 100, "strides", introns).strides
    assert make_scan(exons_of(strand), 100, "off", introns).regions.empty


# --- effects ------------------------------------------------------------------------------------------------------------


def gene(strand: str = "+", source: str = "predicted:polyadb_v3") -> pd.DataFrame:
    """Sites at 450 and 600 (1-based), 50 and 200 nt after the stop codon."""
    cuts = [450, 600] if strand == "+" else [LENGTH - 449, LENGTH - 599]
    frame = pd.DataFrame({"cut_pos": cuts, "rank": [1, 2], "utr_length": [50, 200], "usage_ref": [0.4, 0.6]})
    return frame.assign(
        site_id=[f"1:{cut}:{strand}" for cut in cuts],
        gene_id="ONE",
        gene_name="one",
        chrom="1",
        strand=strand,
        logodds_narrow=[0.0, 1.0],
        logodds_core=0.0,
        truncating=False,
        usage_source=source,
        coding_share=1.0,
        coding_length=150,
        confidence=1.0,
    )


LIMITS = SimpleNamespace(
    min_effect=0.5, merge_distance=24, extension=100, new_sites={"mode": "hexamers", "introns": False}
)


CALIBRATION = Calibration(
    gtf={}, predicted={"intercept": 0.5, "logodds_narrow": 0.25, "tier_1": -9, "beyond": -1.0}, atlas=0.9, is_fit=True
)
"""Of a place in the 3' UTR with AATAAA, e^(0.5 + 0.25 of its log odds) to 1."""


def candidates(*rows: tuple[int, str, float, float], strand: str = "+") -> tuple[pd.DataFrame, pd.DataFrame]:
    """(first base of the hexamer, pos of an A>G, narrow log odds before, after); cleavage 25 nt after the hexamer's start."""
    frame = pd.DataFrame(rows, columns=["hexamer_pos", "pos", "logodds_narrow_ref", "logodds_narrow_alt"])
    frame = frame.assign(chrom="1", ref="A", alt="G", id="rs1", af=0.1, strand=strand, hexamer_ref="AATGAA")
    frame = frame.assign(hexamer_alt="AATAAA", window_ref="", window_alt="")
    ahead = (frame.pos - frame.hexamer_pos) * (1 if strand == "+" else -1)
    frame = frame.assign(change_index=70 + ahead, change_pos=frame.pos, n_replaced=1, n_inserted=1)
    scores = frame.assign(logodds_ref=0.0, logodds_alt=1.0, cut_mode_alt=95.0)
    return frame.drop(columns=["logodds_narrow_ref", "logodds_narrow_alt"]), scores


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_new_site_competes(strand):
    hexamer, pos = (500, 502) if strand == "+" else (LENGTH - 499, LENGTH - 501)
    found = find_new_sites(
        *candidates((hexamer, pos, -6.0, 1.0), strand=strand), gene(strand), exons_of(strand), LIMITS, CALIBRATION
    )
    (row,) = found.itertuples()
    cut = 525 if strand == "+" else LENGTH - 524
    assert (row.site_id, row.cut_pos, row.site_class, row.source) == (f"1:{cut}:{strand}", cut, "3utr", "variant")
    assert row.delta_logodds_narrow == pytest.approx(7)
    assert row.utr_length == 125
    assert row.strength == 0.5  # one of the two sites is weaker
    passing = 0.6 / (1 + np.exp(6.0))  # of those that end further downstream, what the network has cut here
    before = np.array([0.4 * (1 - passing), passing, 0.6 * (1 - passing)])
    after = before * np.exp([0, 7, 0]) / (before * np.exp([0, 7, 0])).sum()
    assert (row.usage_ref, row.usage_alt) == pytest.approx((before[1], after[1]))
    assert row.impact == pytest.approx(row.delta_usage)
    assert row.confidence == pytest.approx(1 / (1 + np.exp(-0.75)))
    assert row.expected_impact == pytest.approx(row.impact * row.confidence)
    assert row.delta_pdui == pytest.approx(after[2] - before[2])
    assert row.delta_utr_length == pytest.approx(((after - before) * [50, 125, 200]).sum())
    to_arrow(found.assign(**dict.fromkeys(GENOTYPES)), "new_sites")


def test_a_measured_gene_is_treated_as_a_predicted_one():
    measured, predicted = (
        GeneSites(gene(source=source)).with_new_site(525, -6.0, 1.0) for source in ("measured:x", "predicted:y")
    )
    for one, other in zip(measured[:2], predicted[:2], strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.sum() == pytest.approx(1)
        assert one[0] / one[2] == pytest.approx(0.4 / 0.6)


def test_small_gains_and_places_next_to_sites_are_left_out():
    small = candidates((500, 502, -6.0, -5.6))
    near = candidates((440, 442, -6.0, 1.0))  # cut at 465, 15 nt after a site
    outside = candidates((900, 902, -6.0, 1.0))
    coding = candidates((330, 332, -6.0, 1.0))
    for one in (small, near, outside, coding):
        assert find_new_sites(*one, gene(), exons_of("+"), LIMITS, CALIBRATION).empty


def test_of_places_next_to_each_other_the_strongest_is_kept():
    rows = [(500, 502, -6.0, 1.0), (505, 502, -6.0, 2.0), (540, 502, -6.0, 0.0), (505, 503, -6.0, 0.0)]
    found = find_new_sites(*candidates(*rows), gene(), exons_of("+"), LIMITS, CALIBRATION)
    assert records(found, "pos", "hexamer_pos") == [(502, 505), (502, 540), (503, 505)]


def test_downstream_of_the_gene_it_is_the_new_distal_site():
    found = find_new_sites(*candidates((620, 622, -6.0, 3.0)), gene(), exons_of("+"), LIMITS, CALIBRATION)
    (row,) = found.itertuples()
    assert (row.site_class, row.cut_pos, row.utr_length) == ("extended", 645, 245)
    assert row.delta_pdui == pytest.approx(row.delta_usage)
    assert row.delta_utr_length > 0
    assert not math.isnan(row.delta_pdui)
    assert row.confidence == pytest.approx(0.5)  # log odds count up to 2


def test_how_sure_a_place_is_is_not_known_where_nothing_was_calibrated():
    unknown = CALIBRATION._replace(is_fit=False)
    (row,) = find_new_sites(*candidates((500, 502, -6.0, 1.0)), gene(), exons_of("+"), LIMITS, unknown).itertuples()
    assert math.isnan(row.confidence)
    assert row.expected_impact == row.impact
    introns = SimpleNamespace(**vars(LIMITS) | {"new_sites": {"mode": "hexamers", "introns": True}})
    (row,) = find_new_sites(
        *candidates((230, 232, -6.0, 1.0)), gene(), exons_of("+"), introns, CALIBRATION
    ).itertuples()
    assert (row.site_class, math.isnan(row.confidence)) == ("intron", True)
