"""Alleles against literals and against an oracle of plain strings; the locus is that of `allele_windows`."""

from typing import NamedTuple

import pytest
from hypothesis import example, given, strategies as st

from allele_windows import HEXAMER, LOCUS, loci, on_strand, stretch_of, told, window_of
from builders import reverse_complement
from pasvar.genome import SequenceSlice
from pasvar.sequence import decode, encode
from pasvar.sites import tier_of
from pasvar.variants.alleles import (
    Edit,
    alternate_window,
    left_align,
    reach,
    region_of,
    room_after,
    room_left,
    room_right,
    shift,
    to_vcf,
    trim,
)

# --- the other side -----------------------------------------------------------------------------------------------------

REPEAT = LOCUS[:92] + "AAAT" * 5 + LOCUS[112:]  # the hexamers AATAAA begin at 93, 97, 101 and 105


@pytest.mark.parametrize("strand", ["+", "-"])
def test_an_indel_in_a_repeat_may_lie_on_either_side_of_the_hexamer(strand):
    """Of the hexamer at 101, a unit less before it, or after it: either way AATAAA stays at index 70."""
    start, end = (92, 96) if strand == "+" else (len(REPEAT) - 96, len(REPEAT) - 92)
    contig = REPEAT if strand == "+" else reverse_complement(REPEAT)
    found = window_of(contig, 101 if strand == "+" else len(REPEAT) - 102, strand, Edit(start, end, encode("")))
    without = REPEAT[:92] + REPEAT[96:]
    before, after = without[27:][:205], without[31:][:205]
    assert decode(found.codes) == before
    assert decode(found.other) == after
    assert before[70:76] == after[70:76] == "AATAAA"


@pytest.mark.parametrize(
    ("start", "end", "alt"),
    [
        (60, 62, ""),  # far from the hexamer
        (101, 102, "C"),  # no indel
        (105, 105, "A"),  # after the T: a run of A that is only longer, downstream
        (102, 104, ""),  # into the hexamer: the side with the better one is taken
    ],
)
def test_others_have_a_side(start, end, alt):
    assert window_of(LOCUS, HEXAMER, "+", Edit(start, end, encode(alt))).other is None


# --- literals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("start", "end", "alt", "expected", "index", "anchor"),
    [
        # expected: the locus with the allele, cut so that the six bases in capitals are at index 70
        pytest.param(110, 111, "G", LOCUS[30:110] + "G" + LOCUS[111:235], 80, "hexamer", id="SNV downstream"),
        pytest.param(30, 31, "T", "T" + LOCUS[31:235], 0, "hexamer", id="SNV at the first base"),
        pytest.param(234, 235, "G", LOCUS[30:234] + "G", 204, "hexamer", id="SNV at the last base"),
        pytest.param(101, 102, "C", LOCUS[30:101] + "C" + LOCUS[102:235], 71, "hexamer", id="SNV in the hexamer"),
        pytest.param(98, 102, "GGGG", LOCUS[30:98] + "GGGG" + LOCUS[102:235], 68, "hexamer", id="MNV over the border"),
        # upstream: what is lost or won is made up for at the window's upstream end
        pytest.param(50, 53, "", LOCUS[27:50] + LOCUS[53:235], 20, "hexamer", id="deletion upstream"),
        pytest.param(50, 50, "CCC", LOCUS[33:50] + "CCC" + LOCUS[50:235], 20, "hexamer", id="insertion upstream"),
        pytest.param(50, 53, "GC", LOCUS[29:50] + "GC" + LOCUS[53:235], 20, "hexamer", id="delins upstream"),
        pytest.param(98, 100, "", LOCUS[28:98] + LOCUS[100:235], 68, "hexamer", id="deletion up to the hexamer"),
        pytest.param(100, 100, "GG", LOCUS[32:100] + "GG" + LOCUS[100:235], 69, "hexamer", id="insertion just before"),
        pytest.param(26, 32, "", LOCUS[24:26] + LOCUS[32:235], 0, "hexamer", id="deletion over the first base"),
        # downstream: at its downstream end
        pytest.param(150, 153, "", LOCUS[30:150] + LOCUS[153:238], 120, "hexamer", id="deletion downstream"),
        pytest.param(
            150, 150, "CCC", LOCUS[30:150] + "CCC" + LOCUS[150:232], 120, "hexamer", id="insertion downstream"
        ),
        pytest.param(106, 108, "", LOCUS[30:106] + LOCUS[108:237], 76, "hexamer", id="deletion from the hexamer on"),
        pytest.param(106, 106, "GG", LOCUS[30:106] + "GG" + LOCUS[106:233], 76, "hexamer", id="insertion just after"),
        pytest.param(233, 238, "", LOCUS[30:233] + LOCUS[238:240], 203, "hexamer", id="deletion over the last base"),
        pytest.param(
            120,
            120,
            "ACGT" * 60,
            LOCUS[30:120] + ("ACGT" * 60)[:115],
            90,
            "hexamer",
            id="insertion longer than the window",
        ),
        pytest.param(81, 81, "ACGT" * 60, ("ACGT" * 60)[-51:] + LOCUS[81:235], 51, "hexamer", id="the same upstream"),
        # the hexamer itself: no side is better, so downstream keeps its place
        pytest.param(100, 106, "", LOCUS[24:100] + LOCUS[106:235], 70, "downstream", id="whole hexamer deleted"),
        pytest.param(96, 110, "", LOCUS[16:96] + LOCUS[110:235], 66, "downstream", id="hexamer and more deleted"),
        pytest.param(
            98, 103, "", LOCUS[25:98] + LOCUS[103:235], 68, "downstream", id="deletion over the upstream border"
        ),
        pytest.param(103, 109, "", LOCUS[24:103] + LOCUS[109:235], 73, "downstream", id="over the downstream border"),
        # AAT|CCC|AAA: six letters of neither side are a signal
        pytest.param(103, 103, "CCC", LOCUS[33:103] + "CCC" + LOCUS[103:235], 73, "downstream", id="insertion in it"),
        # A|G|ATAAA: AGATAA has no tier, GATAAA has tier 2; AAT|G|AAA: AATGAA has tier 3, ATGAAA tier 4
        pytest.param(101, 101, "G", LOCUS[31:101] + "G" + LOCUS[101:235], 71, "downstream", id="downstream is better"),
        pytest.param(103, 103, "G", LOCUS[30:103] + "G" + LOCUS[103:234], 73, "upstream", id="upstream is better"),
        # AATA|AAAC|AA reads AATAAA|ACAA too: an insertion just after the hexamer, which is whole
        pytest.param(
            104, 104, "AAAC", LOCUS[30:104] + "AAAC" + LOCUS[104:231], 76, "hexamer", id="another place is free"
        ),
        # |A|AATAAA: an A before it or after its first or second base is one and the same
        pytest.param(102, 102, "A", LOCUS[31:100] + "A" + LOCUS[100:235], 69, "hexamer", id="one more A before"),
    ],
)
def test_windows_of_literal_alleles(strand, start, end, alt, expected, index, anchor):
    contig, hexamer, edit = on_strand(strand, start, end, alt)
    found = window_of(contig, hexamer, strand, edit)
    assert len(expected) == 205
    assert decode(found.codes) == expected
    assert (found.index, found.anchor) == (index, anchor)


def test_the_reference_has_its_hexamer_at_70():
    assert LOCUS[30:235][70:76] == "AATAAA"
    assert reverse_complement(LOCUS)[194:200] == "TTTATT"


@pytest.mark.parametrize(
    ("pos", "ref", "alt", "expected"),
    [
        # hexamer at 20: 50 nt of the window lie before the contig, and it ends 55 nt after the contig's 100th base
        (31, "G", "T", "N" * 50 + LOCUS[80:110] + "T" + LOCUS[111:180] + "N" * 55),
        # an insertion before the hexamer pushes N out of the window, a deletion draws N in
        (11, "C", "CAA", "N" * 48 + LOCUS[80:91] + "AA" + LOCUS[91:180] + "N" * 55),
        (11, "CGC", "C", "N" * 52 + LOCUS[80:91] + LOCUS[93:180] + "N" * 55),
        # and so at the other end
        (91, "A", "AGG", "N" * 50 + LOCUS[80:171] + "GG" + LOCUS[171:180] + "N" * 53),
        (91, "ATC", "A", "N" * 50 + LOCUS[80:171] + LOCUS[173:180] + "N" * 57),
        # the contig's first and last base
        (1, "A", "T", "N" * 50 + "T" + LOCUS[81:180] + "N" * 55),
        (100, "A", "G", "N" * 50 + LOCUS[80:179] + "G" + "N" * 55),
        (1, "AC", "C", "N" * 51 + LOCUS[81:180] + "N" * 55),
        (99, "CA", "C", "N" * 50 + LOCUS[80:179] + "N" * 56),
    ],
)
@pytest.mark.parametrize("strand", ["+", "-"])
def test_windows_past_both_ends_of_a_contig(pos, ref, alt, expected, strand):
    contig, hexamer = LOCUS[80:180], 20
    assert contig[pos - 1 :].startswith(ref)
    edit = trim(pos - 1, ref, alt)
    if strand == "-":
        contig, hexamer = reverse_complement(contig), 99 - hexamer
        edit = Edit(100 - edit.end, 100 - edit.start, encode(reverse_complement(decode(edit.alt))))
    assert decode(window_of(contig, hexamer, strand, edit).codes) == expected


# --- spelling -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ref", "alt", "start", "end", "left"),
    [
        ("A", "C", 9, 10, "C"),
        ("GAT", "GCT", 10, 11, "C"),
        ("AC", "GT", 9, 11, "GT"),
        ("ACG", "TCA", 9, 12, "TCA"),
        ("A", "ACC", 10, 10, "CC"),
        ("ACC", "A", 10, 12, ""),
        ("CA", "A", 9, 10, ""),
        ("A", "CA", 9, 9, "C"),
        ("AC", "G", 9, 11, "G"),
        ("GACT", "GT", 10, 12, ""),
        ("AAA", "AA", 9, 10, ""),
        ("AA", "AAA", 9, 9, "A"),
        ("CAGG", "CTTGG", 10, 11, "TT"),
        # REF again: a base replaced by itself
        ("ACG", "ACG", 9, 10, "A"),
    ],
)
def test_trim(ref, alt, start, end, left):
    edit = trim(9, ref, alt)
    assert (edit.start, edit.end, decode(edit.alt)) == (start, end, left)


@pytest.mark.parametrize(
    ("contig", "pos", "ref", "alt", "normal"),
    [
        ("GCAAAAT", 6, "A", "AA", (2, "C", "CA")),
        ("GCAAAAT", 5, "AA", "A", (2, "CA", "C")),
        ("GCATATATG", 6, "TAT", "T", (2, "CAT", "C")),
        ("GCATATATG", 8, "T", "TAT", (2, "C", "CAT")),
        # a unit of three turns as it moves: CAT after GTCAT is TCA after G, and so is ATC after GTCATC
        ("GTCATCATCAG", 5, "T", "TCAT", (1, "G", "GTCA")),
        ("GTCATCATCAG", 6, "C", "CATC", (1, "G", "GTCA")),
        ("GCATG", 3, "A", "T", (3, "A", "T")),
        ("GCATG", 2, "CAT", "CGT", (3, "A", "G")),
        ("GCATG", 2, "CAT", "CGG", (3, "AT", "GG")),
        ("GCATG", 2, "CAT", "GG", (2, "CAT", "GG")),
        # at the contig's start the base after the indel is taken along
        ("AAAACG", 3, "A", "AA", (1, "A", "AA")),
        ("AAAACG", 3, "AA", "A", (1, "AA", "A")),
        ("TTACG", 1, "TT", "T", (1, "TT", "T")),
        ("TGACG", 1, "TG", "G", (1, "TG", "G")),
        ("TGACG", 1, "T", "CCT", (1, "T", "CCT")),
        # REF again
        ("GCATG", 3, "AT", "AT", (3, "A", "A")),
    ],
)
def test_normal_form(contig, pos, ref, alt, normal):
    stretch = stretch_of(contig, flank=10)
    assert to_vcf(stretch, left_align(stretch, trim(pos - 1, ref, alt))) == normal


@pytest.mark.parametrize(
    ("text", "edit", "left", "right"),
    [
        ("GAAAAC", (2, 3, ""), 1, 2),
        ("GAAAAC", (3, 3, "A"), 2, 2),
        ("GACACAT", (1, 3, ""), 0, 3),
        ("GACACAT", (3, 3, "AC"), 2, 3),
        ("GACACAT", (4, 4, "CA"), 3, 2),
        ("AAAA", (1, 2, ""), 1, 2),
        ("NNAANN", (2, 3, ""), 0, 1),
        ("GATC", (1, 2, "T"), 0, 0),
        ("GATC", (1, 3, "A"), 0, 0),
    ],
)
def test_room(text, edit, left, right):
    edit = Edit(edit[0], edit[1], encode(edit[2]))
    assert (room_left(encode(text), edit), room_right(encode(text), edit)) == (left, right)


@pytest.mark.parametrize(
    ("contig", "edit", "room"),
    [
        ("GAAAAC", (1, 2, ""), 3),
        ("GAAAAC", (2, 4, ""), 1),
        ("GAAAAC", (1, 1, "A"), 4),
        ("GACACAT", (1, 3, ""), 3),
        ("GACACAT", (1, 1, "AC"), 5),
        ("GATC", (1, 2, "T"), 0),
        ("GATC", (1, 3, "A"), 0),
        # up to the contig's end, and over no more than 1,000 nt of it
        ("GAAA", (1, 2, ""), 2),
        ("GAAA", (1, 1, "A"), 3),
        ("G" + "A" * 1500, (1, 1, "A"), 1000),
        ("G" + "A" * 1500, (1, 3, ""), 1000),
        ("G" + "A" * 1500, (1, 1401, ""), 100),
    ],
)
def test_room_after_an_edit(contig, edit, room):
    assert room_after(stretch_of(contig), Edit(*edit[:2], encode(edit[2]))) == room


@pytest.mark.parametrize(
    ("edit", "by", "expected"),
    [
        ((5, 5, "ACG"), 0, (5, 5, "ACG")),
        ((5, 5, "ACG"), 1, (6, 6, "CGA")),
        ((5, 5, "ACG"), -1, (4, 4, "GAC")),
        ((5, 5, "ACG"), -3, (2, 2, "ACG")),
        ((5, 7, ""), 2, (7, 9, "")),
    ],
)
def test_an_insertion_turns_as_it_moves(edit, by, expected):
    found = shift(Edit(*edit[:2], encode(edit[2])), by)
    assert (found.start, found.end, decode(found.alt)) == expected


@pytest.mark.parametrize(
    ("index", "last_index", "cut_index", "region"),
    [
        (0, 0, 90, "upstream"),
        (69, 69, 90, "upstream"),
        (69, 70, 90, "hexamer"),
        (60, 100, 90, "hexamer"),
        (70, 70, 90, "hexamer"),
        (75, 80, 90, "hexamer"),
        (76, 76, 90, "hexamer_to_cut"),
        (90, 90, 90, "hexamer_to_cut"),
        (90, 91, 90, "hexamer_to_cut"),
        (91, 91, 90, "downstream"),
        (204, 204, 90, "downstream"),
    ],
)
def test_region(index, last_index, cut_index, region):
    assert region_of(index, last_index, cut_index) == region


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("start", "end", "alt", "region"),
    [
        # 80 bases of which the window holds the last 30, all of them before the hexamer; and so at the other end
        (-20, 60, "", "upstream"),
        (210, 290, "", "downstream"),
        (99, 99, "G", "upstream"),
        (100, 100, "G", "upstream"),
        (101, 101, "G", "hexamer"),
        (98, 101, "", "hexamer"),
        (106, 106, "T", "hexamer_to_cut"),
        (106, 110, "", "hexamer_to_cut"),
        (105, 106, "G", "hexamer"),
    ],
)
def test_region_of_edits_near_a_border(strand, start, end, alt, region):
    before = "GTCCATGTCAGCTAGCATCGATC" * 2  # so that the locus is not the contig's start
    contig, hexamer = before + LOCUS, len(before) + HEXAMER
    edit = Edit(len(before) + start, len(before) + end, encode(alt))
    if strand == "-":
        length = len(contig)
        contig, hexamer = reverse_complement(contig), length - 1 - hexamer
        edit = Edit(length - edit.end, length - edit.start, encode(reverse_complement(alt)))
    found = window_of(contig, hexamer, strand, edit)
    assert region_of(found.index, found.last_index, 90) == region


# --- an oracle of plain strings -----------------------------------------------------------------------------------------


class Expected(NamedTuple):
    window: str
    index: int
    last_index: int
    anchor: str


def equivalent_places(text: str, start: int, end: int, alt: str) -> list[int]:
    """Starts of all edits of the same lengths that make the same text, by trying them all; of `start` alone for a delins."""
    changed = text[:start] + alt + text[end:]
    lost, won = end - start, len(alt)
    if (lost == 0) == (won == 0):
        return [start]
    return [
        at
        for at in range(len(text) - lost + 1)
        if text[:at] + changed[at : at + won] + text[at + lost :] == changed and "N" not in text[at : at + lost]
    ]


def oracle(text: str, hexamer: int, start: int, end: int, alt: str) -> Expected:
    """What the docstrings say of `alternate_window`, for the transcribed strand as a text (slow)."""
    pad = 600
    text, hexamer, start, end = "N" * pad + text + "N" * pad, hexamer + pad, start + pad, end + pad
    changed = text[:start] + alt + text[end:]
    shift = len(changed) - len(text)
    upstream_kept, downstream_kept = changed[hexamer - 70 :][:205], changed[hexamer + shift - 70 :][:205]
    places = equivalent_places(text, start, end, alt)
    first, lost = places[0], end - start
    low, high, window, anchor = 0, 204, upstream_kept, "hexamer"
    if shift != 0:
        if any(at + lost <= hexamer for at in places):
            high, window = 69, downstream_kept
        elif any(at >= hexamer + 6 for at in places):
            low = 76
        elif tier_of(upstream_kept[70:76]) < tier_of(downstream_kept[70:76]):
            anchor = "upstream"
        else:
            window, anchor = downstream_kept, "downstream"
    index, last = first - (hexamer - 70), max(first + lost - 1, first) - (hexamer - 70)
    return Expected(window, min(max(index, low), high), min(max(last, low), high), anchor)


@given(loci(), st.sampled_from("+-"))
@example(("CATAAAAAAAAAAAAAG", 1, 3, 4, ""), "+")  # AAAAAA in a longer run: the deletion is on both sides of it
@example(("G" + "A" * 400 + "G", 150, 200, 200, "A"), "-")  # a run longer than the window
def test_windows_are_those_of_the_oracle(locus, strand):
    text, hexamer, start, end, alt = locus
    expected = oracle(text, hexamer, start, end, alt)
    if strand == "+":
        found = window_of(text, hexamer, "+", Edit(start, end, encode(alt)))
    else:
        length = len(text)
        edit = Edit(length - end, length - start, encode(reverse_complement(alt)))
        found = window_of(reverse_complement(text), length - 1 - hexamer, "-", edit)
    assert (decode(found.codes), *found[1:4]) == expected


@given(loci())
def test_an_allele_wholly_on_one_side_leaves_the_other_side_and_the_hexamer(locus):
    text, hexamer, start, end, alt = locus
    found = decode(window_of(text, hexamer, "+", Edit(start, end, encode(alt))).codes)
    reference = ("N" * 200 + text + "N" * 200)[hexamer + 130 : hexamer + 335]
    places = equivalent_places(text, start, end, alt)
    # In a run of A that covers the hexamer an indel lies on both sides; it then counts as upstream.
    if places[0] + end - start <= hexamer:
        assert found[70:] == reference[70:]
    elif places[-1] >= hexamer + 6:
        assert found[:76] == reference[:76]
    elif len(alt) == end - start:
        assert [i for i in range(205) if found[i] != reference[i] and not start <= hexamer - 70 + i < end] == []


@given(loci(), st.data())
def test_equivalent_spellings_are_one_edit_and_one_window(locus, data):
    """Any place of a repeat, any bases of context on either side: the same normal form and the same window."""
    text, hexamer, start, end, alt = locus
    stretch = stretch_of(text)
    normal = left_align(stretch, Edit(start, end, encode(alt)))
    changed = text[:start] + alt + text[end:]
    at = data.draw(st.sampled_from(equivalent_places(text, start, end, alt)), label="place")
    moved_alt = changed[at : at + len(alt)]
    before = data.draw(st.integers(0, min(at, 12)), label="bases before")
    after = data.draw(st.integers(0, min(len(text) - at - (end - start), 12)), label="bases after")
    ref = text[at - before : at + end - start + after]
    spelled = trim(at - before, ref, text[at - before : at] + moved_alt + ref[len(ref) - after :])
    again = left_align(stretch, spelled)
    assert (again.start, again.end, decode(again.alt)) == (normal.start, normal.end, decode(normal.alt))
    for strand in "+-":
        one, other = window_of(text, hexamer, strand, spelled), window_of(text, hexamer, strand, normal)
        assert told(one) == told(other)


@given(loci())
def test_the_normal_form_spells_the_same_change(locus):
    text, _, start, end, alt = locus
    stretch = stretch_of(text)
    edit = left_align(stretch, Edit(start, end, encode(alt)))
    pos, ref, normal_alt = to_vcf(stretch, edit)
    if "N" in ref:
        assert edit == (0, len(text), edit.alt)  # all of the contig is deleted: no base is left to take along
        return
    assert text[pos - 1 :].startswith(ref)
    assert text[: pos - 1] + normal_alt + text[pos - 1 + len(ref) :] == text[:start] + alt + text[end:]
    assert ref
    assert normal_alt
    # minimal: nothing shared but the one base that an indel takes along
    assert len(ref) == 1 or len(normal_alt) == 1 or (ref[0] != normal_alt[0] and ref[-1] != normal_alt[-1])


@given(st.text("ACGT", min_size=1, max_size=40), st.data())
def test_an_mnv_spelled_out_is_its_snvs_together(text, data):
    """Same window whether neighbouring changes are one allele or, changed one by one, several."""
    start = data.draw(st.integers(0, len(text) - 1))
    alt = data.draw(st.text("ACGT", min_size=1, max_size=len(text) - start))
    hexamer = data.draw(st.integers(0, len(text)))
    one_by_one = text
    for i, letter in enumerate(alt):
        one_by_one = one_by_one[: start + i] + letter + one_by_one[start + i + 1 :]
    found = window_of(text, hexamer, "+", trim(start, text[start : start + len(alt)], alt))
    assert decode(found.codes) == ("N" * 200 + one_by_one + "N" * 200)[hexamer + 130 :][:205]
    assert found.anchor == "hexamer"


@given(loci(), st.integers(0, 5))
def test_strand_symmetry(locus, context):
    """The reverse-complemented genome with the mirrored site and the mirrored VCF allele gives the same window."""
    text, hexamer, start, end, alt = locus
    low, high = max(start - context, 0), min(end + context, len(text))
    ref, spelled = text[low:high], text[low:start] + alt + text[end:high]
    mirror, length = reverse_complement(text), len(text)
    edit = left_align(stretch_of(text), trim(low, ref, spelled))
    mirrored = left_align(stretch_of(mirror), trim(length - high, reverse_complement(ref), reverse_complement(spelled)))
    one = window_of(text, hexamer, "+", edit)
    other = window_of(mirror, length - 1 - hexamer, "-", mirrored)
    assert told(one) == told(other)


def test_the_stretch_that_reach_promises_is_enough():
    """An indel at the far end of a long run, moved as far as it ever is, with a window at the very end of its reach."""
    longest = 50
    contig = "G" + "A" * 2500 + "G"
    pos = 2000
    stretch = SequenceSlice(
        encode(contig[pos - 1 - reach(longest) : pos + reach(longest)]), pos - 1 - reach(longest), len(contig)
    )
    edit = left_align(stretch, trim(pos - 1, "A", "A" * (longest + 1)))
    assert edit.start == pos - 1 - 1000
    for window_start in (edit.start - 204, edit.start - 1):
        for strand in "+-":
            letter = "A" if strand == "+" else "T"
            assert decode(alternate_window(stretch, edit, window_start, strand).codes) == letter * 205
