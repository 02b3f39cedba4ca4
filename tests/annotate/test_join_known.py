"""What ClinVar, gnomAD and the like have of alleles: found in any spelling, field by field."""

import logging
import re

import pandas as pd
import pytest
from hypothesis import given, strategies as st

from builders import CONTIG_20, records, write_vcf
from pasvar.annotate import Source, join_known
from pasvar.annotate.known import _Wanted
from pasvar.errors import InputError
from pasvar.genome import Genome
from pasvar.tables import ALLELE

HEADER = (
    '##INFO=<ID=CLNSIG,Number=.,Type=String,Description="Significance">',
    '##INFO=<ID=AF,Number=A,Type=Float,Description="Frequency of each ALT">',
    '##INFO=<ID=AD,Number=R,Type=Integer,Description="Reads of each allele">',
    '##INFO=<ID=SNP,Number=0,Type=Flag,Description="A flag">',
)


def frame(*alleles: tuple) -> pd.DataFrame:
    return pd.DataFrame(alleles, columns=ALLELE)


def source(path, *fields: str, **hide_above: float) -> Source:
    return Source("db", [path], fields, hide_above)


def values(known: pd.DataFrame) -> list[tuple]:
    return records(known, "pos", "alt", "id", "field", "value", "number", "hides")


# POS 78 to 82 of contig 20 are C A T A C: TA at 79 is AT one further left.
SPELLINGS = ["20 78 . CAT C", "20 79 . ATA A", "chr20 78 . CATAC CAC", "20 80 . TAC C", "20 77 . GCATA GCA,T"]


@pytest.mark.parametrize("index", ["tbi", None])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_deletion_in_any_spelling_on_either_side(tmp_path, genome, spelling, index):
    assert CONTIG_20[77:82] == "CATAC"
    body = f"{spelling} AF={','.join(['0.25'] * (1 + spelling.count(',')))}"
    contigs = (spelling.split()[0],)
    path = write_vcf(tmp_path / "db.vcf.gz", body, contigs, index=index, header=HEADER)
    for pos, ref, alt in ((78, "CAT", "C"), (79, "ATA", "A"), (80, "TAC", "C")):
        known = join_known(frame(("20", pos, ref, alt)), [source(path, "AF")], genome)
        assert records(known, *ALLELE, "source", "field", "number") == [("20", pos, ref, alt, "db", "AF", 0.25)]


def test_each_allele_has_its_own_value_and_what_is_missing_is_null(tmp_path, genome):
    body = """
        20 90 rs1 T A,C CLNSIG=Benign,low;AF=0.5,0.125;AD=9,8,7;SNP
        20 91 .   C A   AF=.
        20 95 rs3 G A   CLNSIG=Pathogenic"""
    path = write_vcf(tmp_path / "db.vcf.gz", body, header=HEADER, filters=("PASS", "AC0"))
    alleles = frame(("20", 90, "T", "C"), ("20", 91, "C", "A"), ("20", 92, "G", "A"))
    known = join_known(alleles, [source(path, "AF", "AD", "CLNSIG", "SNP", "ID", "FILTER", AF=0.1)], genome)
    assert values(known) == [
        (90, "C", "rs1", "AF", "0.125", 0.125, True),
        (90, "C", "rs1", "AD", "7", 7, False),
        (90, "C", "rs1", "CLNSIG", "Benign,low", None, False),
        (90, "C", "rs1", "SNP", "true", None, False),
        (90, "C", "rs1", "ID", "rs1", None, False),
        (90, "C", "rs1", "FILTER", "PASS", None, False),
        (91, "A", None, "AF", None, None, False),
        (91, "A", None, "AD", None, None, False),
        (91, "A", None, "CLNSIG", None, None, False),
        (91, "A", None, "SNP", None, None, False),
        (91, "A", None, "ID", None, None, False),
        (91, "A", None, "FILTER", "AC0", None, False),
    ]


def test_several_records_of_an_allele_are_told_together(tmp_path, genome):
    body = """
        20 78 a CAT C CLNSIG=Benign;AF=0.5
        20 79 b ATA A CLNSIG=Benign;AF=0.25
        20 79 c ATA A CLNSIG=Pathogenic"""
    path = write_vcf(tmp_path / "db.vcf.gz", body, header=HEADER)
    known = join_known(frame(("20", 78, "CAT", "C")), [source(path, "CLNSIG", "AF", AF=0.5)], genome)
    assert values(known) == [
        (78, "C", "a; b; c", "CLNSIG", "Benign; Pathogenic", None, False),
        # The largest counts, and only what is above the limit hides.
        (78, "C", "a; b; c", "AF", "0.5; 0.25", 0.5, False),
    ]


def test_a_record_that_reaches_over_two_places_counts_once(tmp_path, genome, monkeypatch):
    """A long REF is met from both of its ends where they are read apart."""
    monkeypatch.setattr("pasvar.annotate.known._CHEAP_GAP", 3)
    alleles = frame(("20", 60, *"CA"), ("20", 61, CONTIG_20[60:80], "A"), ("20", 100, *"TC"), ("20", 200, *"GA"))
    long = CONTIG_20[59:105]
    body = f"20 60 long {long} {long[0]}C{long[2:]},{long[:40]}C{long[41:]} AF=0.1,0.2"
    path = write_vcf(tmp_path / "db.vcf.gz", body, header=HEADER)
    assert len(list(_Wanted("20", alleles, genome).regions())) == 3
    known = join_known(alleles, [source(path, "AF")], genome)
    assert values(known) == [(100, "C", "long", "AF", "0.2", 0.2, False)]


def test_sources_and_files_in_their_order_and_chrom_by_chrom(tmp_path, genome):
    first = write_vcf(tmp_path / "20.vcf.gz", "chr20 90 x T A AF=0.5", ("chr20",), header=HEADER)
    second = write_vcf(tmp_path / "21.bcf", "chr21 21 y A C AF=0.25", ("chr21",), header=HEADER, index="csi")
    sources = [Source("b", [first, second], ["AF"], {}), Source("a", [first], ["ID"], {})]
    known = join_known(frame(("20", 90, "T", "A"), ("21", 21, "A", "C")), sources, genome)
    assert records(known, "chrom", "source", "field", "value") == [
        ("20", "b", "AF", "0.5"),
        ("20", "a", "ID", "x"),
        ("21", "b", "AF", "0.25"),
    ]


def test_nothing_is_asked_of_no_allele_and_nothing_found_is_an_empty_table(tmp_path, genome):
    path = write_vcf(tmp_path / "db.vcf.gz", "20 90 . T <DEL> AF=0.5\n20 91 . C * AF=1", header=HEADER)
    assert join_known(frame(), [source(tmp_path / "none.vcf.gz", "AF")], genome).empty
    assert join_known(frame(("20", 90, "T", "A"), ("20", 91, "C", "<DUP>")), [source(path, "AF")], genome).empty
    empty = write_vcf(tmp_path / "empty.vcf.gz", "", header=HEADER)
    assert join_known(frame(("20", 90, "T", "A")), [source(empty, "AF")], genome).empty


def test_a_contig_that_a_source_lacks_is_named(tmp_path, genome, caplog):
    path = write_vcf(tmp_path / "db.vcf.gz", "20 90 . T A AF=0.5", header=HEADER)
    with caplog.at_level(logging.WARNING):
        join_known(frame(("20", 90, "T", "A"), ("21", 21, "A", "C")), [source(path, "AF")], genome)
    assert "db.vcf.gz: has no record on contig 21, which has 1 of the scored alleles" in caplog.text


@pytest.mark.parametrize("index", ["tbi", None])
@pytest.mark.parametrize(
    ("body", "fields", "message"),
    [
        ("20 90 . T A AF=0.5", ["AF_popmax"], "db.vcf.gz: its header has no INFO field AF_popmax (config key `known`, "
         "source db); it has AD, AF, CLNSIG, END, SNP"),
        ("X 90 . T A AF=0.5", ["AF"], "db.vcf.gz: none of its contigs (X) is in "),
        ("\n".join(f"20 {pos} . {'A' if CONTIG_20[pos - 1] != 'A' else 'C'} G,T AF=0.5,0.1" for pos in range(60, 90)), ["AF"],
         "of another assembly"),
    ],
)  # fmt: skip
def test_what_a_source_lacks_is_one_line(tmp_path, genome, body, fields, message, index):
    path = write_vcf(tmp_path / "db.vcf.gz", body, (body.split()[0],), header=HEADER, index=index)
    alleles = frame(*(("20", pos, CONTIG_20[pos - 1], "N") for pos in range(60, 90)))
    alleles["alt"] = ["C" if ref != "C" else "G" for ref in alleles.ref]
    with pytest.raises(InputError, match=re.escape(message)) as raised:
        join_known(alleles, [source(path, *fields)], genome)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("index", [True, False])
def test_a_damaged_source_is_named(tmp_path, genome, index):
    path = write_vcf(tmp_path / "db.vcf.gz", "20 90 . T A AF=0.5", header=HEADER, index="tbi" if index else None)
    path.write_bytes(path.read_bytes()[:-28])
    with pytest.raises(InputError, match=r"db\.vcf\.gz: is cut short"):
        join_known(frame(("20", 90, "T", "A")), [source(path, "AF")], genome)


@given(
    st.lists(st.tuples(st.integers(60, 600), st.integers(1, 12), st.text("ACGT", min_size=1, max_size=5)), max_size=12)
)
def test_by_an_index_and_as_a_stream_the_same_is_found(tmp_path_factory, fasta, drawn):
    folder = tmp_path_factory.mktemp("known")
    spelled = sorted({(pos, CONTIG_20[pos - 1 : pos - 1 + n], alt) for pos, n, alt in drawn})
    spelled = [allele for allele in spelled if allele[1] != allele[2]]
    body = "\n".join(f"20 {pos} . {ref} {alt} AF=0.5" for pos, ref, alt in spelled)
    paths = [write_vcf(folder / f"{i}.vcf.gz", body, header=HEADER, index=i) for i in ("tbi", None)]
    alleles = frame(*(("20", *allele) for allele in spelled))
    with Genome(fasta) as genome:
        found = [values(join_known(alleles, [source(path, "AF")], genome)) for path in paths]
    # Each at least finds itself.
    assert found[0] == found[1]
    assert len(found[0]) == len(spelled)
