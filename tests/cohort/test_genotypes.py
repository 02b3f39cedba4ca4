"""Calls of literal genotypes, record by record, from one file or several."""

import numpy as np
import pandas as pd
import pysam
import pytest

from builders import write_vcf
from pasvar.cohort.genotypes import Calls, Cohort, read_calls
from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.variants import Filters

NAMES = ContigNames(["20", "21"])


def read(vcfs, *wanted: tuple, passed=None) -> tuple[list[str], list[Calls]]:
    """The people, and the calls of these (chrom, pos, ref, alt)."""
    cohort = Cohort(vcfs)
    alleles = pd.DataFrame(wanted, columns=["chrom", "pos", "ref", "alt"])
    return cohort.people, list(read_calls(alleles, cohort, NAMES, Filters(passed)))


def positions(calls: list[Calls]) -> list[tuple]:
    return [next(iter(call.key.values()))[:2] for call in calls]


def copies(calls: Calls, number: int) -> list[tuple[int, int]]:
    return list(zip(*(found.tolist() for found in calls.copies[number]), strict=True))


@pytest.mark.parametrize("name", ["a.vcf.gz", "a.bcf"])
def test_calls_of_one_record(tmp_path, name):
    vcf = write_vcf(
        tmp_path / name, "20 90 . T A,C,G . 0|1 2/. 1 ./. 3/3/0 3|3", samples=("zoe", "bob", "cy", "dan", "eve", "flo")
    )
    people, (calls,) = read([vcf], ("20", 90, "T", "A"), ("20", 90, "T", "G"), ("20", 91, "T", "C"))
    assert people == ["bob", "cy", "dan", "eve", "flo", "zoe"]
    assert calls.key == {1: ("20", 90, "T", "A"), 3: ("20", 90, "T", "G")}
    assert calls.people.tolist() == [5, 0, 1, 2, 3, 4]
    assert calls.ploidy.tolist() == [2, 2, 1, 0, 3, 2]
    assert copies(calls, 1) == [(0, 1), (2, 0)]
    assert copies(calls, 3) == [(4, 0), (4, 1), (5, 0), (5, 1)]
    assert calls.n_called == {1: 9, 3: 9}


def test_phase_sets_are_those_of_a_file_and_of_ps(tmp_path):
    first = write_vcf(
        tmp_path / "1.vcf.gz",
        "20 90 . T A . 0|1:7 0|1:9 0/1:7 0|1\n20 91 . C A . 0|1:7 0|1:7 1|0 1|0",
        samples=tuple("abcd"),
    )
    second = write_vcf(tmp_path / "2.vcf.gz", "20 92 . C A . 0|1:7 0|1", samples=tuple("ef"))
    _, (one, two, three) = read(
        [first, second], *(("20", pos, ref, "A") for pos, ref in ((90, "T"), (91, "C"), (92, "C")))
    )
    assert one.phase_sets[0] == two.phase_sets[0] == two.phase_sets[1] != one.phase_sets[1]
    # what is not phased is of the record's own
    assert one.phase_sets[2] not in {*one.phase_sets[[0, 1, 3]], *two.phase_sets}
    # without PS, all are of one set
    assert one.phase_sets[3] == two.phase_sets[2] == two.phase_sets[3]
    assert not {*one.phase_sets, *two.phase_sets} & {*three.phase_sets}
    assert min(*one.phase_sets[[0, 1, 3]], *two.phase_sets, *three.phase_sets) > 0


def test_phase_sets_declared_as_text(tmp_path):
    vcf = write_vcf(
        tmp_path / "a.vcf.gz",
        "20 90 . T A . 0|1:7 0|1:9 0|1:.\n20 91 . C A . 0|1:7 0|1:7 0|1:.\n20 92 . C A . 0|1 0|1 0|1",
        samples=tuple("abc"),
    )
    with pysam.BGZFile(str(vcf)) as file:
        text = file.read().replace(b"ID=PS,Number=1,Type=Integer", b"ID=PS,Number=1,Type=String")
    with pysam.BGZFile(str(vcf), "w") as file:
        file.write(text)
    pysam.tabix_index(str(vcf), preset="vcf", force=True)
    wanted = [("20", pos, ref, "A") for pos, ref in ((90, "T"), (91, "C"), (92, "C"))]
    one, two, three = (calls.phase_sets.tolist() for calls in read([vcf], *wanted)[1])
    assert one[0] == two[0] == two[1] != one[1]
    assert one[2] == two[2] == three[0] == three[1] == three[2] not in (one[0], one[1])


def test_records_of_several_files_come_by_position(tmp_path):
    """Also where their contigs are called otherwise, or one file has both names; and regions far apart."""
    first = write_vcf(
        tmp_path / "1.vcf.gz", "20 90 . T A . 0|1\n20 95 . T A . 0|1\n20 9000 . T A . 1|1", samples=("a",)
    )
    second = write_vcf(
        tmp_path / "2.bcf",
        "20 93 . T A . 0|1\n20 95 . T A . 0|1\nchr20 91 . T A . 0|1\nchr20 94 . T A . 0|1\nchr21 5 . T A . 0|1",
        contigs=("20", "chr20", "chr21"),
        samples=("b",),
    )
    nobody = write_vcf(tmp_path / "3.vcf.gz", "20 92 . T A .")
    wanted = [("20", pos, "T", "A") for pos in (90, 91, 92, 93, 94, 95, 9000)] + [("21", 5, "T", "A")]
    people, calls = read([first, second, nobody], *wanted)
    assert people == ["a", "b"]
    assert positions(calls) == [("20", pos) for pos in (90, 91, 93, 94, 95, 95, 9000)] + [("21", 5)]
    assert [call.people.tolist() for call in calls] == [[0], [1], [1], [1], [0], [1], [0], [1]]


def test_the_first_call_of_a_person_counts(tmp_path):
    """b has calls in both files, and c in two records of one; a missing call leaves the next its turn."""
    first = write_vcf(tmp_path / "1.vcf.gz", "20 90 . T A . 0|1 0|1 ./. ./.", samples=tuple("abcd"))
    second = write_vcf(
        tmp_path / "2.vcf.gz", "20 90 . T A,C . 1|1 1|2 1|.\n20 90 . T A . 1|1 1|1 1|1", samples=tuple("bce")
    )
    _, calls = read([first, second], ("20", 90, "T", "A"), ("20", 90, "T", "C"))
    assert [copies(call, 1) for call in calls] == [[(0, 1), (1, 1)], [(1, 0), (2, 0)], []]
    assert copies(calls[1], 2) == [(1, 1)]
    # of A the calls of a and b, then c and e, then nobody's; of C those of b, c and e
    assert [call.n_called for call in calls] == [{1: 4}, {1: 3, 2: 5}, {1: 0}]


def rewritten(vcf, *pairs: tuple[bytes, bytes]):
    """The file with other bytes in place of some."""
    with pysam.BGZFile(str(vcf)) as file:
        text = file.read()
    for old, new in pairs:
        text = text.replace(old, new)
    with pysam.BGZFile(str(vcf), "w") as file:
        file.write(text)
    pysam.tabix_index(str(vcf), preset="vcf", force=True)
    return vcf


def test_nothing_is_called_in_records_without_gt(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A . 7\n20 91 . T A . 8", samples=("a",))
    rewritten(vcf, (b"\tGT\t7", b"\tDP\t7"), (b"\t8", b"\t0/1"))
    _, (one, two) = read([vcf], ("20", 90, "T", "A"), ("20", 91, "T", "A"))
    assert (one.has_genotypes, copies(one, 1), one.n_called, one.ploidy.tolist()) == (False, [], {1: 0}, [0])
    assert (two.has_genotypes, copies(two, 1), two.n_called) == (True, [(0, 1)], {1: 2})


def local_alleles(path, calls: str):
    """A VCF of three ALTs with LGT and LAA in place of GT and PS."""
    samples = tuple("abcdef"[: len(calls.split())])
    vcf = write_vcf(path, f"20 90 . T A,C,G . {calls}", samples=samples)
    header = (
        b"##FORMAT=<ID=LGT,Number=1,Type=String,Description=l>\n##FORMAT=<ID=LAA,Number=.,Type=Integer,Description=l>\n"
    )
    return rewritten(vcf, (b"#CHROM", header + b"#CHROM"), (b"\tGT:PS\t", b"\tLGT:LAA\t"))


def test_local_alleles_are_read(tmp_path):
    """LGT counts in LAA (VCF 4.5 specification): 1 is the first ALT that LAA names."""
    vcf = local_alleles(tmp_path / "a.vcf.gz", "0/1:3 1|2:1,3 0|0:. ./.:. 1:2 1|1:3")
    _, (calls,) = read([vcf], *(("20", 90, "T", alt) for alt in "ACG"))
    assert calls.alleles.tolist() == [[0, 3], [1, 3], [0, 0], [-1, -1], [2, -2], [3, 3]]
    assert calls.ploidy.tolist() == [2, 2, 2, 0, 1, 2]
    assert calls.n_called == dict.fromkeys([1, 2, 3], 9)
    assert calls.phase_sets[1] == calls.phase_sets[5] != calls.phase_sets[0]


def test_local_alleles_that_are_not_named(tmp_path):
    vcf = local_alleles(tmp_path / "a.vcf.gz", "0/2:3 0/1:1")
    with pytest.raises(InputError, match="20:90: LGT 0/2 has an allele that LAA does not name"):
        read([vcf], ("20", 90, "T", "A"))


def test_one_alt_twice_in_a_record_is_one_allele(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T C,C . 0|1 2|0 1/2 2/2", samples=tuple("abcd"))
    _, (calls,) = read([vcf], ("20", 90, "T", "C"))
    assert calls.key == {1: ("20", 90, "T", "C")}
    assert copies(calls, 1) == [(0, 1), (1, 0), (2, 0), (2, 1), (3, 0), (3, 1)]
    assert calls.n_called == {1: 8}


def test_records_whose_filter_does_not_pass_are_left_out(tmp_path):
    vcf = write_vcf(
        tmp_path / "a.vcf.gz", "20 90 . T A . 0|1\n20 91 . T A . 0|1", samples=("a",), filters=("q10", "PASS")
    )
    wanted = [("20", 90, "T", "A"), ("20", 91, "T", "A")]
    assert positions(read([vcf], *wanted)[1]) == [("20", 90), ("20", 91)]
    assert positions(read([vcf], *wanted, passed=frozenset({"PASS"}))[1]) == [("20", 91)]


def test_other_alleles_at_the_position_are_left_out(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . TA T . 1|1\n20 90 . T C . 1|1\n20 90 . T G,A . 1|2", samples=("a",))
    _, (calls,) = read([vcf], ("20", 90, "T", "A"))
    assert list(calls.key) == [2]
    assert copies(calls, 2) == [(0, 1)]


def test_nobody(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .")
    assert read([vcf], ("20", 90, "T", "A")) == ([], [])
    with_samples = write_vcf(tmp_path / "b.vcf.gz", "20 90 . T A . 0/1", samples=("a",))
    assert read([with_samples]) == (["a"], [])


def test_genotypes_that_cannot_be_read_are_named(monkeypatch):
    class Broken:
        CHROM, POS = "20", 90

        @property
        def genotype(self):
            raise Exception("error parsing genotypes")  # as cyvcf2 does

    from pasvar.variants import read_genotypes

    with pytest.raises(InputError, match=r"20:90: genotypes cannot be read \(error parsing genotypes\)"):
        read_genotypes(Broken())


def test_ploidy_of_records_without_a_missing_call():
    calls = Calls({}, np.arange(2), np.array([[0, 1], [1, 0]]), np.ones(2), {})
    assert calls.ploidy.tolist() == [2, 2]
