"""Windows of haplotypes against literals and against an oracle of plain strings; the locus is that of `allele_windows`."""

import pytest
from hypothesis import example, given, settings, strategies as st

from allele_windows import HEXAMER, LOCUS, draw_edit, loci, signals, stretch_of, window_of
from builders import reverse_complement
from pasvar.sequence import decode, encode
from pasvar.sites import tier_of
from pasvar.variants.alleles import Edit, collide, haplotype_window


def haplotype_of(contig: str, hexamer: int, strand: str, edits: list[tuple[int, int, str]]) -> tuple[str, str] | None:
    """`haplotype_window` as text; contig, hexamer and edits are those of the transcribed strand."""
    if strand == "-":
        length = len(contig)
        edits = [(length - end, length - start, reverse_complement(alt)) for start, end, alt in edits]
        contig, hexamer = reverse_complement(contig), length - 1 - hexamer
    start = hexamer - 70 if strand == "+" else hexamer + 71 - 205
    found = haplotype_window(
        stretch_of(contig), [Edit(low, high, encode(alt)) for low, high, alt in edits], start, strand
    )
    return None if found is None else (decode(found[0]), found[1])


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    ("edits", "expected", "anchor"),
    [
        # expected: the locus with all of it, cut so that the hexamer is at index 70
        pytest.param(
            [(110, 111, "G"), (40, 41, "C")],
            LOCUS[30:40] + "C" + LOCUS[41:110] + "G" + LOCUS[111:235],
            "hexamer",
            id="two SNVs, in any order",
        ),
        pytest.param(
            [(101, 102, "C"), (104, 105, "G")],
            LOCUS[30:100] + "ACTAGA" + LOCUS[106:235],
            "hexamer",
            id="two SNVs of the hexamer",
        ),
        pytest.param(
            [(50, 53, ""), (60, 60, "GGGGG")],
            LOCUS[32:50] + LOCUS[53:60] + "GGGGG" + LOCUS[60:235],
            "hexamer",
            id="upstream: three lost, five won",
        ),
        pytest.param(
            [(50, 53, ""), (120, 120, "GG"), (101, 102, "T")],
            LOCUS[27:50] + LOCUS[53:101] + "T" + LOCUS[102:120] + "GG" + LOCUS[120:233],
            "hexamer",
            id="one on either side, and one in the hexamer",
        ),
        pytest.param(
            [(60, 60, "GG"), (60, 61, "C")],
            LOCUS[32:60] + "GGC" + LOCUS[61:235],
            "hexamer",
            id="an insertion just before a replaced base",
        ),
        pytest.param(
            [(60, 61, "C"), (61, 61, "GG")],
            LOCUS[32:60] + "CGG" + LOCUS[61:235],
            "hexamer",
            id="and just after one",
        ),
        pytest.param(
            [(50, 53, ""), (98, 103, "")],
            LOCUS[22:50] + LOCUS[53:98] + LOCUS[103:235],
            "downstream",
            id="a deletion upstream, one over the border",
        ),
        # AAT|G|AAA: upstream is better, as without the deletion before and the insertion after
        pytest.param(
            [(50, 53, ""), (103, 103, "G"), (150, 150, "CCC")],
            LOCUS[27:50] + LOCUS[53:103] + "G" + LOCUS[103:150] + "CCC" + LOCUS[150:231],
            "upstream",
            id="an insertion in the hexamer between two indels",
        ),
        # A|GG|AT|--|AA: what comes and goes within the hexamer leaves both sides in place
        pytest.param(
            [(101, 101, "GG"), (104, 106, "")],
            LOCUS[30:101] + "GG" + LOCUS[101:104] + LOCUS[106:235],
            "hexamer",
            id="two indels of the hexamer that make up for one another",
        ),
        # one more A after the first A of the hexamer is one before it, but not past an SNV
        pytest.param(
            [(101, 101, "A"), (100, 101, "G")],
            LOCUS[31:100] + "GA" + LOCUS[101:235],
            "downstream",
            id="an SNV keeps an insertion from moving out of the hexamer",
        ),
    ],
)
def test_windows_of_literal_haplotypes(strand, edits, expected, anchor):
    assert len(expected) == 205
    assert haplotype_of(LOCUS, HEXAMER, strand, edits) == (expected, anchor)


@pytest.mark.parametrize("strand", ["+", "-"])
@pytest.mark.parametrize(
    "edits",
    [
        pytest.param([(60, 61, "C"), (60, 61, "G")], id="one base, two letters"),
        pytest.param([(60, 63, ""), (62, 63, "G")], id="a base of a deletion"),
        pytest.param([(62, 62, "G"), (60, 63, "")], id="an insertion within a deletion"),
        pytest.param([(60, 60, "G"), (60, 60, "C")], id="two insertions at one place"),
        pytest.param([(40, 41, "C"), (60, 70, ""), (65, 75, ""), (90, 91, "C")], id="two deletions that overlap"),
    ],
)
def test_edits_that_collide_make_no_window(strand, edits):
    assert haplotype_of(LOCUS, HEXAMER, strand, edits) is None


def haplotype_oracle(text: str, hexamer: int, edits: list[tuple[int, int, str]]) -> tuple[str, str]:
    """What the docstrings say of `place_edits`, for the transcribed strand as a text (slow)."""
    pad = 2000
    text, hexamer = "N" * pad + text + "N" * pad, hexamer + pad
    edits = [(start + pad, end + pad, alt) for start, end, alt in sorted(edits)]

    def made(edits):
        changed = text
        for start, end, alt in reversed(edits):
            changed = changed[:start] + alt + changed[end:]
        return changed

    before = hit = 0
    for i, (start, end, alt) in enumerate(edits):
        low = edits[i - 1][1] if i else 0
        high = edits[i + 1][0] if i + 1 < len(edits) else len(text)
        alone, lost = made([edits[i]]), end - start
        places = [start]
        if (lost == 0) != (alt == ""):
            near = range(max(low, start - 700), min(high - lost, start + 700) + 1)
            moved = [(at, at + lost, alone[at : at + len(alt)]) for at in near if "N" not in text[at : at + lost]]
            places = [edit[0] for edit in moved if made([*edits[:i], edit, *edits[i + 1 :]]) == made(edits)]
        if any(at + lost <= hexamer for at in places):
            before += len(alt) - lost
        elif all(at < hexamer + 6 for at in places):
            hit += len(alt) - lost
    upstream_kept, downstream_kept = (made(edits)[hexamer + by - 70 :][:205] for by in (before, before + hit))
    if hit == 0:
        return upstream_kept, "hexamer"
    if tier_of(upstream_kept[70:76]) < tier_of(downstream_kept[70:76]):
        return upstream_kept, "upstream"
    return downstream_kept, "downstream"


@st.composite
def haplotypes(draw) -> tuple[str, int, list[tuple[int, int, str]]]:
    """(contig, hexamer, edits): up to five edits that share no base and do not insert at the same place."""
    contig, hexamer = draw(signals())
    edits: list[tuple[int, int, str]] = []
    for _ in range(draw(st.integers(1, 5))):
        start, end, alt = draw_edit(draw, contig, hexamer)
        if all(end <= other[0] or other[1] <= start for other in edits) and (start, end) not in [e[:2] for e in edits]:
            edits.append((start, end, alt))
    return contig, hexamer, edits


@settings(max_examples=settings().max_examples * 10 // 3)
@given(haplotypes(), st.sampled_from("+-"))
@example(("C" + "A" * 20 + "TAAAG", 19, [(22, 22, "A"), (24, 25, "G")]), "+")  # a run of A into the hexamer, and an SNV
@example(("C" + "A" * 30 + "G", 12, [(3, 4, "C"), (15, 16, ""), (20, 20, "A")]), "-")
def test_windows_of_haplotypes_are_those_of_the_oracle(haplotype, strand):
    assert haplotype_of(*haplotype[:2], strand, haplotype[2]) == haplotype_oracle(*haplotype)


@given(loci(), st.sampled_from("+-"))
def test_a_haplotype_of_one_variant_is_that_variant(locus, strand):
    text, hexamer, start, end, alt = locus
    found = haplotype_of(text, hexamer, strand, [(start, end, alt)])
    if strand == "-":
        length = len(text)
        text, hexamer = reverse_complement(text), length - 1 - hexamer
        start, end, alt = length - end, length - start, reverse_complement(alt)
    expected = window_of(text, hexamer, strand, Edit(start, end, encode(alt)))
    assert found == (decode(expected.codes), expected.anchor)


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 4), st.booleans()), max_size=5))
def test_edits_collide_base_by_base(drawn):
    edits = [Edit(start, start + lost, encode("A" if won or not lost else "")) for start, lost, won in drawn]
    bases = [base for edit in edits for base in range(edit.start, edit.end)]
    insertions = [edit.start for edit in edits if edit.start == edit.end]
    within = any(edit.start < at < edit.end for at in insertions for edit in edits)
    assert collide(edits) == (len(set(bases)) < len(bases) or len(set(insertions)) < len(insertions) or within)
