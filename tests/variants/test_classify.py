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
