"""Rows of tables by allele: whatever makes the same sequence is the same allele."""

from functools import partial

import pandas as pd
import pytest
from hypothesis import assume, given, strategies as st

from builders import CONTIG_20, write_fasta
from pasvar.annotate import allele_lookup as lookup
from pasvar.annotate.allele_lookup import AlleleRows, normal_forms
from pasvar.genome import Genome
from pasvar.tables import TABLES, empty_frame, io as tables, write_table
from pasvar.variants import left_align, to_vcf, trim


def table(path, alleles: list[tuple], name: str = "scores") -> None:
    """Table `name` with a row for each (chrom, pos, ref, alt, site, normal form)."""
    rows = []
    for chrom, pos, ref, alt, site, *normal in alleles:
        row = dict.fromkeys(TABLES[name].schema.names) | {
            "chrom": chrom,
            "pos": pos,
            "ref": ref,
            "alt": alt,
            "site_id": site,
        }
        rows.append(row | dict(zip(("norm_pos", "norm_ref", "norm_alt"), *(normal or [(pos, ref, alt)]), strict=True)))
    write_table(path, pd.DataFrame(rows), name)


def sites(path, chrom: str, alleles: list[tuple], genome=None, name: str = "scores") -> list[list[str]]:
    """The sites of the rows of each allele."""
    rows = AlleleRows(path, [name], ["site_id"])
    found = rows.find(chrom, alleles, partial(normal_forms, genome=genome, chrom=chrom))
    return [[row["site_id"] for row in rows] for rows in found]


# POS 78 to 82 of contig 20 are C A T A C: TA at 79 is AT one further left.
INDEL = ("20", 79, "ATA", "A", "del", (78, "CAT", "C"))


def test_alleles_however_they_are_spelled(tmp_path, genome):
    assert CONTIG_20[77:82] == "CATAC"
    table(tmp_path / "a", [INDEL, ("20", 79, "A", "G", "snv"), ("20", 81, "AC", "GT", "mnv")])
    spelled = [
        (79, "ATA", "A"),
        (78, "CAT", "C"),
        (78, "CATAC", "CAC"),
        (80, "TAC", "C"),
        (79, "A", "G"),
        (79, "a", "g"),
        (78, "CAT", "CGT"),
        (81, "AC", "GT"),
        (80, "TAC", "TGT"),
        # other alleles, and what is no sequence of this genome
        (79, "A", "C"),
        (80, "TA", "T"),
        (79, "G", "A"),
        (79, "A", "<DEL>"),
        (79, "A", "*"),
        (79, "A", "."),
        (0, "N", "A"),
        (700, "ATT", "A"),
        (78, "GAT", "G"),
    ]
    expected = [["del"]] * 4 + [["snv"]] * 3 + [["mnv"]] * 2 + [[]] * 9
    assert sites(tmp_path / "a", "20", spelled, genome) == expected


def test_without_a_genome_an_indel_stays_where_it_is_spelled(tmp_path):
    table(tmp_path / "a", [INDEL, ("20", 90, "T", "TA", "ins")])
    spelled = [
        (79, "ATA", "A"),
        (78, "CAT", "C"),
        (77, "ACATAC", "ACAC"),
        (80, "TAC", "C"),
        (90, "TG", "TAG"),
        (91, "G", "AG"),
    ]
    assert sites(tmp_path / "a", "20", spelled) == [["del"]] * 3 + [[], ["ins"], []]


def test_rows_of_one_spelling_are_taken_even_if_the_table_has_others(tmp_path, genome):
    """The same change stood twice in the scored VCF, and in each spelling it has two sites."""
    snv, padded = ("20", 90, "T", "A"), ("20", 89, "GT", "GA")
    rows = [(*padded, "s1", snv[1:]), (*padded, "s2", snv[1:]), (*snv, "s1"), (*snv, "s2")]
    table(tmp_path / "a", rows)
    assert sites(tmp_path / "a", "20", [snv[1:], padded[1:], (90, "TC", "AC")], genome) == [["s1", "s2"]] * 3


def test_other_contigs_have_other_alleles(tmp_path, genome):
    table(tmp_path / "a", [("20", 90, "T", "A", "here"), ("21", 90, "T", "A", "there")])
    assert [sites(tmp_path / "a", chrom, [(90, "T", "A")])[0] for chrom in ("20", "21", "22", "2")] == [
        ["here"],
        ["there"],
        [],
        [],
    ]


def test_an_empty_table(tmp_path):
    write_table(tmp_path / "a", tables.empty_frame("scores"), "scores")
    assert sites(tmp_path / "a", "20", [(90, "T", "A")]) == [[]]


def test_only_row_groups_that_may_have_the_alleles_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "ROW_GROUP_SIZE", 10)
    monkeypatch.setattr(lookup, "MAX_SHIFT", 0)
    table(tmp_path / "a", [("20", pos, "A", "C", str(pos)) for pos in range(1, 501)])
    read = []
    whole = AlleleRows._read
    monkeypatch.setattr(AlleleRows, "_read", lambda self, path, group: read.append(group) or whole(self, path, group))
    rows, forms = AlleleRows(tmp_path / "a", ["scores"], ["site_id"]), partial(normal_forms, genome=None, chrom=None)
    for start in (15, 18, 21, 300, 17):
        alleles = [(pos, "A", "C") for pos in range(start, start + 3)]
        found = rows.find("20", alleles, forms)
        assert [[row["site_id"] for row in of_allele] for of_allele in found] == [[str(pos)] for pos, _, _ in alleles]
    assert rows.find("20", [(9999, "A", "C")], forms) == [[]]
    # POS 15 to 24 are in the row groups 1 and 2, which are held; 300 to 303 in 29 and 30
    assert read == [1, 2, 29, 30, 1]


@given(contig=st.text("ACG", min_size=8, max_size=14), data=st.data())
def test_alleles_are_found_exactly_where_they_make_the_same_sequence(tmp_path_factory, contig, data):
    folder = tmp_path_factory.mktemp("lookup")

    def allele() -> tuple[int, str, str]:
        start = data.draw(st.integers(0, len(contig) - 1))
        ref = contig[start : start + data.draw(st.integers(1, 4))]
        alt = data.draw(
            st.one_of(st.text("ACG", min_size=1, max_size=5), st.sampled_from([ref[:1], ref + ref, ref[-1:]]))
        )
        assume(alt != ref)
        return start + 1, ref, alt

    def sequence(pos: int, ref: str, alt: str) -> str:
        return contig[: pos - 1] + alt + contig[pos - 1 + len(ref) :]

    known, asked = [allele() for _ in range(6)], [allele() for _ in range(6)]
    with Genome(write_fasta(folder / "genome.fa", {"20": contig})) as genome:
        stretch = genome.slice("20", -10, len(contig) + 10)
        rows = [
            (
                "20",
                pos,
                ref,
                alt,
                sequence(pos, ref, alt),
                to_vcf(stretch, left_align(stretch, trim(pos - 1, ref, alt))),
            )
            for pos, ref, alt in sorted(set(known))
        ]
        table(folder / "a", rows)
        found = sites(folder / "a", "20", asked, genome)
    made = {sequence(*one) for one in known}
    assert found == [[sequence(*one)] if sequence(*one) in made else [] for one in asked]


@pytest.mark.parametrize("chrom", [None, "20"])
def test_no_alleles_have_no_normal_forms(genome, chrom):
    assert normal_forms([], genome, chrom) == []
    assert normal_forms([(5, "A", "<DEL>")], genome, chrom) == [None]


def test_a_table_of_substitutions_is_its_own_normal_form(tmp_path, genome):
    table(tmp_path / "a", [("20", 90, "T", "A", "snv")], "saturation")
    assert sites(tmp_path / "a", "20", [(90, "TC", "AC"), (90, "T", "A")], name="saturation") == [["snv"], ["snv"]]


def test_a_table_in_parts_is_as_the_whole(tmp_path):
    rows = [("20", pos, "A", "C", str(pos)) for pos in range(1, 21)]
    table(tmp_path / "a", rows[:10])
    write_table(tmp_path / "empty", empty_frame("scores"), "scores")
    table(tmp_path / "b", rows[10:])
    parts = AlleleRows([tmp_path / name for name in ("a", "empty", "b")], ["scores"], ["site_id"])
    found = parts.find(
        "20", [(pos, "A", "C") for pos in (9, 10, 11, 12, 99)], partial(normal_forms, genome=None, chrom=None)
    )
    assert [[row["site_id"] for row in of_allele] for of_allele in found] == [["9"], ["10"], ["11"], ["12"], []]
