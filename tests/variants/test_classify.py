"""Statuses and edits of whole columns of alleles, against one allele at a time and plain text."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, strategies as st

from builders import CONTIG_20, write_fasta
from pasvar.genome import Genome
from pasvar.sequence import decode
from pasvar.tables import STATUSES
from pasvar.variants.classify import CODE, VALID, classify

LONGEST = 8


def judge(pos: int, ref: str, alt: str, contig: str) -> tuple[str, int, int]:
    """Status ("" for a sound one), start and end of the bases of an allele that is judged by itself."""
    start, end = pos - 1, pos - 1 + len(ref)
    ref, alt = ref.upper(), alt.upper()
    if alt[0] in "<." or alt[-1] == "." or "[" in alt or "]" in alt:
        return "symbolic", start, end
    if "*" in alt:
        return "star", start, end
    if set(ref + alt) - set("ACGT"):
        return "non_acgt", start, end
    fault = ""
    if start < 0 or end > len(contig):
        fault = "chrom_end"
    elif contig[start:end].upper() != ref:
        fault = "ref_mismatch"
    spelled = start, end
    while ref != alt and ref and alt and ref[-1] == alt[-1]:
        ref, alt, end = ref[:-1], alt[:-1], end - 1
    while ref != alt and ref and alt and ref[0] == alt[0]:
        ref, alt, start = ref[1:], alt[1:], start + 1
    if ref == alt:
        ref, alt, end = ref[:1], ref[:1], start + 1
    fault = fault or ("too_long" if max(len(ref), len(alt)) > LONGEST else "")
    # What is wrong touches what it would change; of the sound ones it is found out later, near a window.
    return (fault, start, end) if fault else ("", *spelled)


@pytest.fixture(scope="module")
def masked(tmp_path_factory):
    """CONTIG_20 with some of it in lower case and a gap."""
    contig = CONTIG_20[:100] + CONTIG_20[100:200].lower() + "N" * 20 + CONTIG_20[220:]
    with Genome(write_fasta(tmp_path_factory.mktemp("masked") / "genome.fa", {"20": contig})) as genome:
        yield genome, contig


def columns(alleles: list[tuple[int, str, str]]) -> pa.Table:
    schema = pa.schema([("pos", pa.int64()), ("ref", pa.string()), ("alt", pa.string())])
    return pa.Table.from_pylist([dict(zip(schema.names, allele, strict=True)) for allele in alleles], schema)


@st.composite
def alleles(draw) -> tuple[int, str, str]:
    """Mostly REFs of the contig; at its ends, past them, and wrong ones; ALTs of every kind."""
    contig = CONTIG_20[:200] + "N" * 20 + CONTIG_20[220:]
    pos = draw(st.one_of(st.integers(1, 700), st.integers(-1, 3), st.integers(690, 710), st.integers(195, 225)))
    ref = contig[max(pos - 1, 0) :][: draw(st.sampled_from([1, 1, 2, 3, 12]))] or "A"
    ref = draw(st.sampled_from([ref, ref, ref, ref.lower(), "ACGTACGTACGTACGT", "R", "U"]))
    alt = draw(
        st.one_of(
            st.text("ACGTacgt", min_size=1, max_size=12),
            st.sampled_from(
                [
                    "*",
                    "<DEL>",
                    "<*>",
                    ".A",
                    "A.",
                    "G[21:5[",
                    "]21:5]G",
                    "N",
                    "R",
                    "AU",
                    "A*",
                    ref,
                    ref + "T",
                    ref[:-1] + "c",
                ]
            ),
        )
    )
    return pos, ref, alt


@given(st.lists(alleles(), max_size=30))
def test_columns_are_judged_as_single_alleles_are(masked, found):
    genome, contig = masked
    places = [(pos - 1, pos - 1 + len(ref)) for pos, ref, _ in found if pos > 0 and pos - 1 + len(ref) <= len(contig)]
    starts, ends = np.array(sorted(places), dtype=np.int64).reshape(-1, 2).T
    judged = classify(columns(found), LONGEST, genome.chunks("20", starts, ends))
    statuses = ["" if code == VALID else STATUSES_LIST[code] for code in judged.status]
    assert list(zip(statuses, judged.start.tolist(), judged.end.tolist(), strict=True)) == [
        judge(*allele, contig) for allele in found
    ]
    for (_, ref, alt), base in zip(found, judged.base.tolist(), strict=True):
        plain = len(ref) == len(alt) == 1 and alt.upper() in "ACGT"
        assert base == ("ACGT".index(alt.upper()) if plain else 255)


STATUSES_LIST = list(STATUSES)


def test_codes_are_places_in_the_list_of_statuses():
    assert {status: STATUSES_LIST[code] for status, code in CODE.items()} == {status: status for status in STATUSES}
    assert VALID not in CODE.values()


def test_edits_are_made_of_sound_alleles_that_are_no_plain_substitutions(genome):
    # CATAC at POS 78: TA is also AT one to the left
    table = columns([(78, "CATA", "CAT"), (79, "AT", "<DEL>"), (79, "A", "G"), (79, "ATA", "A"), (79, "ATAC", "GC")])
    assert CONTIG_20[76:82] == "GCATAC"
    judged = classify(table, LONGEST, genome.chunks("20", np.array([0]), np.array([700])))
    judged.make_edits(np.arange(5), genome.slice("20", 0, 700))
    assert {row: (edit.start, edit.end, decode(edit.alt)) for row, edit in judged.edits.items()} == {
        0: (80, 81, ""),
        3: (78, 80, ""),
        4: (78, 81, "G"),
    }
    assert judged.start.tolist() == [80, 78, 78, 78, 78]
    edit = judged.edit(2)
    assert (edit.start, edit.end, decode(edit.alt)) == (78, 79, "G")


def test_no_alleles(genome):
    judged = classify(columns([]), LONGEST, genome.chunks("20", np.array([], dtype=int), np.array([], dtype=int)))
    assert len(judged.status) == len(judged.base) == 0


# --- single rows, by hand -----------------------------------------------------------------------------------------------


def judged_by_hand(genome, *rows: tuple[int, str, str], longest: int = LONGEST):
    """Alleles of contig 20 with their edits made."""
    judged = classify(columns(list(rows)), longest, genome.chunks("20", np.array([0]), np.array([700])))
    judged.make_edits(np.arange(len(rows)), genome.slice("20", 0, 700))
    return judged


@pytest.mark.parametrize(
    ("pos", "ref", "alt", "status", "start", "end", "last_start"),
    [
        # GATTAG at 111: one T less, at either place, and one more
        (112, "AT", "A", "", 112, 113, 113),
        (113, "tt", "t", "", 112, 113, 113),
        (112, "A", "AT", "", 112, 112, 114),
        # a base for another, and two for two
        (112, "A", "C", "", 111, 112, 111),
        (111, "GA", "CC", "", 110, 112, 110),
        # what is wrong stays where it is spelled, without what REF and ALT share
        (111, "GAA", "GA", "ref_mismatch", 111, 112, 111),
        (699, "CAT", "C", "chrom_end", 699, 701, 699),
        (0, "AC", "A", "chrom_end", 0, 1, 0),
        (-1, "A", "C", "chrom_end", -2, -1, -2),
        (112, "AT", "<DEL>", "symbolic", 111, 113, 111),
        (112, "AT", "*", "star", 111, 113, 111),
        (112, "AN", "A", "non_acgt", 111, 113, 111),
        (112, "AT", "AR", "non_acgt", 111, 113, 111),
        # nine bases beside those that REF and ALT share are too long, eight are not
        (112, "A", "AACGTACGTC", "too_long", 112, 112, 112),
        (112, "A", "AACGTACGT", "", 112, 112, 112),
        (111, "GATTAGCTGA", "G", "too_long", 111, 120, 111),
        (111, "GATTAGCTG", "G", "", 110, 118, 113),
    ],
)
def test_status_and_place_of_an_allele(genome, pos, ref, alt, status, start, end, last_start):
    assert CONTIG_20[110:116] == "GATTAG"
    judged = judged_by_hand(genome, (pos, ref, alt))
    code = judged.status[0]
    assert ("" if code == VALID else STATUSES_LIST[code]) == status
    assert [array.tolist() for array in judged.reach] == [[start], [end], [last_start]]


def test_edits_are_made_of_what_is_too_long_and_only_where_asked(genome):
    judged = classify(
        columns([(112, "A", "ATTTTTTTTTT"), (112, "AT", "A"), (112, "AT", "A")]),
        LONGEST,
        genome.chunks("20", np.array([0]), np.array([700])),
    )
    assert judged.edits == {}
    judged.make_edits(np.array([2, 0]), genome.slice("20", 0, 700))
    assert sorted(judged.edits) == [0, 2]
    assert judged.start.tolist() == [112, 111, 112]


def test_changes_have_a_number_each_whatever_their_spelling(genome):
    """One T less in three spellings; A to C, alone and with its neighbour; a symbolic allele twice, and another at its place; a
    wrong REF twice, spelled in two ways."""
    rows = [
        (112, "AT", "A"), (113, "TT", "T"), (113, "tt", "t"),
        (112, "A", "C"), (111, "GA", "GC"), (112, "A", "G"),
        (112, "A", "<DEL>"), (112, "A", "<DEL>"), (112, "A", "<DUP>"),
        (112, "C", "CT"), (112, "C", "CT"), (112, "C", "CG"),
        (112, "AT", "*"), (112, "AG", "*"),
    ]  # fmt: skip
    judged = judged_by_hand(genome, *rows)
    assert judged.changes(np.arange(len(rows))).tolist() == [0, 0, 0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 8]
    assert judged.changes(np.array([5, 1, 3, 0])).tolist() == [0, 1, 2, 1]


def test_duplicates_and_filtered_alleles_keep_their_change(genome):
    judged = judged_by_hand(genome, (112, "AT", "A"), (113, "TT", "T"), (112, "A", "<DEL>"), (112, "A", "<DEL>"))
    judged.status[:] = [CODE["duplicate"], CODE["filtered"], CODE["scored"], CODE["no_site_in_range"]]
    assert judged.changes(np.arange(4)).tolist() == [0, 0, 1, 1]
