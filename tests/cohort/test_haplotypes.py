"""Who has which variants together: literal genotypes; the sites are those of `shard_haplotypes`."""

import pandas as pd
import pytest

from builders import CONTIG_20, make_sites, records, reverse_complement, write_fasta, write_vcf
from pasvar.cohort.haplotypes import spelled_edit
from pasvar.cohort.site_haplotypes import NO_PHASE, UNKNOWN
from pasvar.genome import Genome
from pasvar.sequence import decode
from shard_haplotypes import MINUS, PLUS, A, B, C, Found, body, windows_of

# --- one person ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calls", "carried", "together"),
    [
        pytest.param(["0|1", "0|1"], [(2, f"{A} {B}")], (1, 1, 2, 0), id="on one haplotype"),
        pytest.param(["0|1", "1|0"], [(1, B), (2, A)], None, id="on either"),
        pytest.param(["1|1", "1|1"], [(1, f"{A} {B}"), (2, f"{A} {B}")], (1, 2, 2, 0), id="on both"),
        pytest.param(["0/1", "0/1"], [(0, A), (0, B)], None, id="unphased"),
        pytest.param(["0/1", "0|1"], [(0, A), (0, B)], None, id="one of two phased"),
        pytest.param(["1/1", "1/1"], [(1, f"{A} {B}"), (2, f"{A} {B}")], (1, 2, 2, 0), id="homozygous, unphased"),
        pytest.param(
            ["1/1", "0/1"], [(1, A), (2, f"{A} {B}")], (1, 1, 2, 0), id="one heterozygous call needs no phase"
        ),
        pytest.param(["1/1", "0/1", "0/1"], [(0, A), (0, A), (0, B), (0, C)], None, id="two need one"),
        pytest.param(["1|0:5", "1|0:5"], [(1, f"{A} {B}")], (1, 1, 2, 0), id="one phase set"),
        pytest.param(["1|0:5", "1|0:6"], [(0, A), (0, B)], None, id="two phase sets"),
        pytest.param(["1|0:5", "1|0"], [(0, A), (0, B)], None, id="one phase set and none"),
        pytest.param(["1|0:5", "1|1:6"], [(1, f"{A} {B}"), (2, B)], (1, 1, 2, 0), id="homozygous in another phase set"),
        pytest.param(["0/1:5", "0/1:5"], [(0, A), (0, B)], None, id="a phase set of unphased calls"),
        pytest.param(["1", "1"], [(1, f"{A} {B}")], (1, 1, 1, 0), id="haploid"),
        pytest.param(["1", "0"], [(1, A)], None, id="haploid, one of two"),
        pytest.param(["1", "0|1"], [(0, A), (0, B)], None, id="haploid and diploid"),
        pytest.param(["1", "0/0"], [(1, A)], None, id="haploid and a diploid reference call"),
        pytest.param(["0|0", "1"], [(1, B)], None, id="haploid after a diploid reference call"),
        pytest.param(["1", "1/1"], [(1, f"{A} {B}")], (1, 1, 1, 0), id="haploid and homozygous"),
        pytest.param(["1/1", "1"], [(1, f"{A} {B}")], (1, 1, 1, 0), id="homozygous and haploid"),
        pytest.param(["0|1|1", "0|0|1"], [(2, A), (3, f"{A} {B}")], (1, 1, 3, 0), id="triploid"),
        pytest.param(
            ["0/1/1", "1/1/1"], [(1, B), (2, f"{A} {B}"), (3, f"{A} {B}")], (1, 2, 3, 0), id="one call, triploid"
        ),
        pytest.param(["0|1", "./."], [(2, A)], None, id="missing is the reference"),
        pytest.param(["./.", "."], None, None, id="all missing"),
        pytest.param([".|1", "0|1"], [(2, f"{A} {B}")], (1, 1, 2, 0), id="half missing, phased"),
        pytest.param(["1/.", "1/1"], [(1, f"{A} {B}"), (2, B)], (1, 1, 2, 0), id="half missing, one heterozygous call"),
        pytest.param(["0|0", "0/0"], None, None, id="the reference"),
    ],
)
def test_haplotypes_of_one_person(tmp_path, genome, calls, carried, together):
    found = Found([write_vcf(tmp_path / "a.vcf.gz", body(*calls), samples=("ann",))], genome)
    assert found.people().get("ann") == carried
    assert found.together().get(f"{A} {B}") == together


def test_genotypes_of_chosen_alleles_alone(tmp_path, genome):
    """The other ones are on no haplotype and have no row in `carriers`; rows of `alleles` keep their numbers."""
    vcf = write_vcf(tmp_path / "a.vcf.gz", body("0|1 1|1", "0/1 0|1", "0|1 0|0"), samples=("ann", "bob"))
    chosen = pd.DataFrame([allele.split(":") for allele in (A, C)], columns=["pos", "ref", "alt"])
    chosen = chosen.assign(chrom="20", pos=chosen.pos.astype("int64"))
    found = Found([vcf], genome, chosen=chosen)
    assert found.people() == {"ann": [(2, f"{A} {C}")], "bob": [(1, A), (2, A)]}
    assert records(found.carriers, "pos", "n_carriers", "allele_count", "allele_number") == [
        (90, 2, 3, 4),
        (110, 1, 1, 4),
    ]
    none = Found([vcf], genome, chosen=chosen.head(0))
    assert (len(none.carriers), none.people()) == (0, {})


@pytest.mark.parametrize(
    ("calls", "phase_set"),
    [
        (["1/1", "1|1"], NO_PHASE),
        (["1", "1"], NO_PHASE),
        (["1/1", "0/1"], 3),
        (["0|1", "0|1"], 1),
        (["0|1", "0/1"], UNKNOWN),
    ],
)
def test_what_is_known_of_the_phase(tmp_path, genome, calls, phase_set):
    found = Found([write_vcf(tmp_path / "a.vcf.gz", body(*calls), samples=("ann",))], genome)
    assert set(found.carried.phase_set) == {phase_set}
    assert set(found.carried.ploidy) == {2 if len(calls[0]) > 1 else 1}


def test_several_alts_of_a_record(tmp_path, genome):
    """bob has both ALTs, and no phase is needed to keep them apart; cy needs one."""
    text = "20 90 . T A,C,G . 1|2 1/2 1/2\n20 100 . T C . 1|0 1/1 0/1"
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob", "cy"))], genome)
    assert found.people() == {
        "ann": [(1, "90:T:A 100:T:C"), (2, "90:T:C")],
        "bob": [(1, "90:T:A 100:T:C"), (2, "90:T:C 100:T:C")],
        "cy": [(0, "90:T:A"), (0, "90:T:C"), (0, "100:T:C")],
    }


# --- cohorts ------------------------------------------------------------------------------------------------------------


def test_counts_of_a_cohort(tmp_path, genome):
    calls = "0|1 1|1 0/1 0/1 1/1 0|0 ./.", "0|1 1|0 0/1 0/1 0/0 0|0 ./.", "0|0 0|1 0/0 0/1 0/0 0|0 ./."
    found = Found([write_vcf(tmp_path / "a.vcf.gz", body(*calls), samples=tuple("abcdefg"))], genome)
    # c and d carry A and B, d carries C too, who knows how; nothing is known of g
    assert found.together() == {f"{A} {B}": (None, None, 12, 2), f"{A} {C}": (None, None, 12, 1)}
    assert records(found.carriers, "pos", "n_carriers", "allele_count", "allele_number") == [
        (90, 5, 7, 12),
        (100, 4, 4, 12),
        (110, 2, 2, 12),
    ]


def test_a_person_of_several_files(tmp_path, genome):
    """Phased calls of two files are not of one phase set; homozygous ones need none."""
    first = write_vcf(tmp_path / "1.vcf.gz", "20 90 . T A . 0|1 1|1 0|1", samples=("ann", "bob", "cy"))
    second = write_vcf(tmp_path / "2.vcf.gz", "chr20 100 . T C . 0|1 0|1", contigs=("chr20",), samples=("bob", "ann"))
    found = Found([first, second], genome)
    assert found.people() == {"ann": [(0, A), (0, B)], "bob": [(1, A), (2, f"{A} {B}")], "cy": [(2, A)]}
    assert found.together() == {f"{A} {B}": (None, None, 6, 1)}


def test_spellings_of_one_change_are_one_variant(tmp_path, genome):
    """A deletion in a run, spelled in two ways in two batches, and an SNV spelled with its neighbour."""
    assert CONTIG_20[110:116] == "GATTAG"
    text = ["20 112 . AT A . 0|1\n20 120 . A G . 0|1", "20 113 . TT T . 0|1\n20 119 . GA GG . 0|1"]
    assert CONTIG_20[118:120] == "GA"
    vcfs = [write_vcf(tmp_path / f"{i}.vcf.gz", text[i], samples=(f"p{i}",)) for i in range(2)]
    found = Found(vcfs, genome)
    assert found.together() == {"112:AT:A 120:A:G": (2, 2, 4, 0)}
    # everybody has the records that name them
    assert found.people() == {"p0": [(2, "112:AT:A 120:A:G")], "p1": [(2, "113:TT:T 119:GA:GG")]}
    assert records(found.carriers, "pos", "n_carriers") == [(112, 1), (113, 1), (119, 1), (120, 1)]


@pytest.mark.parametrize("second", ["0/1", "1/0", "1/1", "1|0"])
def test_a_change_in_two_records_counts_in_the_first_that_has_it(tmp_path, genome, second):
    text = f"20 112 . AT A . 0/1 0/0 ./.\n20 113 . TT T . {second} 0/1 1/0"
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob", "cy"))], genome)
    assert found.people() == {"ann": [(2, "112:AT:A")], "bob": [(2, "113:TT:T")], "cy": [(1, "113:TT:T")]}


def test_a_change_stays_where_the_persons_own_record_spells_it(tmp_path, genome):
    """In GATTAG, 112 AT>A and 113 TT>T take one T away; with 114 T>C they leave GACAG and GATAG's other neighbour."""
    text = "20 112 . AT A . 0|0 0|1\n20 113 . TT T . 0|1 0|0\n20 113 . T C . 0|1 0|0\n20 114 . T C . 0|0 0|1"
    alone = "\n".join(line.rsplit(" ", 1)[0] for line in text.splitlines() if line.endswith("0|0"))
    both = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob"))], genome)
    one = Found([write_vcf(tmp_path / "b.vcf.gz", alone, samples=("ann",))], genome)
    assert both.people()["ann"] == one.people()["ann"] == [(2, "113:T:C 113:TT:T")]
    assert both.people()["bob"] == [(2, "112:AT:A 114:T:C")]
    assert windows_of(both)["113:T:C 113:TT:T"] == windows_of(one)["113:T:C 113:TT:T"]


@pytest.mark.parametrize(
    ("ref", "alt", "expected"),
    [
        pytest.param("AA", "A", (18, 19, ""), id="the second of two, for the first is the anchor"),
        pytest.param("A", "AA", (18, 18, "A"), id="after the anchor"),
        pytest.param("ATT", "AT", (18, 19, ""), id="next to the anchor"),
        pytest.param("AC", "C", (17, 18, ""), id="without an anchor"),
        pytest.param("AC", "AG", (18, 19, "G"), id="one base for another"),
        pytest.param("ACG", "ATT", (18, 20, "TT"), id="two for two"),
    ],
)
def test_an_indel_is_where_its_record_spells_it(ref, alt, expected):
    """VCF specification: the base in front of an indel is its anchor and stays."""
    edit = spelled_edit(17, ref, alt)
    assert (edit.start, edit.end, decode(edit.alt)) == expected


def test_an_indel_does_not_contradict_its_anchor(tmp_path, genome):
    assert CONTIG_20[112:114] == "TT"
    text = "20 113 . TT T . 0|1\n20 113 . T G . 0|1"
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann",))], genome)
    window = CONTIG_20[79:112] + "G" + CONTIG_20[114:285]
    assert windows_of(found)["113:T:G 113:TT:T"] == ("hexamer", window)


def test_ploidy_of_one_person_by_call(tmp_path, genome):
    """ann's haploid call counts whole, the other by half; bob's ploidy is that of his variant."""
    text = body("1 1 1/1", "0/1 0/0 1", "0 0 0/0")
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob", "cy"))], genome)
    columns = ["person", "copy", "ploidy", "phase_set", "mixed_ploidy"]
    assert records(found.carried[found.carried.site_id == PLUS], *columns) == [
        (0, 0, 1, UNKNOWN, True),
        (0, 0, 2, UNKNOWN, True),
        (1, 1, 1, NO_PHASE, False),
        (2, 1, 1, NO_PHASE, True),
    ]
    assert found.together() == {f"{A} {B}": (None, None, 4, 1)}


def test_alleles_that_take_no_part(tmp_path, genome):
    """An ALT that is REF again, and one spelled from more than 1,000 nt before its change; their carriers are counted."""
    contig = "ACGT" * 300 + CONTIG_20
    with Genome(write_fasta(tmp_path / "long.fa", {"20": contig})) as long:
        far = contig[99:1290]
        text = f"20 100 . {far} {far[:-1]}A . 0|1\n20 1291 . C C . 0|1\n20 1300 . T C . 0|1"
        sites = make_sites(("20", "+", 1350, "PLUS"))
        found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann",))], long, sites)
    assert found.names[1:] == ["1291:C:C", "1300:T:C"]
    assert found.people(sites.site_id[0]) == {"ann": [(2, "1300:T:C")]}
    assert records(found.carriers, "pos", "n_carriers") == [(100, 1), (1291, 1), (1300, 1)]


def test_alleles_that_are_not_scored_take_no_part(tmp_path, genome):
    text = "20 90 . T A,<DEL>,* . 1|2 3|1\n20 91 . T G . 0|1 0|1\n20 100 . T C . 1|1 1|1"
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob"))], genome)
    assert found.people() == {"ann": [(1, f"{A} {B}"), (2, B)], "bob": [(1, B), (2, f"{A} {B}")]}


# --- windows ------------------------------------------------------------------------------------------------------------


def test_windows_of_sets(tmp_path, genome):
    """Of two or more variants; a deletion before the hexamer of PLUS and an insertion after that of MINUS."""
    assert CONTIG_20[119:123] == "ATAC"
    text = """
20 90  . T    A      . 1|1
20 120 . ATAC A      . 0|1
20 400 . T    TGGGGG . 1|0
20 452 . T    C      . 1|0
"""
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann",))], genome)
    assert windows_of(found) == {
        "90:T:A": (None, None),
        "90:T:A 120:ATAC:A": ("hexamer", CONTIG_20[77:89] + "A" + CONTIG_20[90:120] + CONTIG_20[123:285]),
    }
    minus = CONTIG_20[326:400] + "GGGGG" + CONTIG_20[400:451] + "C" + CONTIG_20[452:526]
    assert windows_of(found, MINUS) == {"400:T:TGGGGG 452:T:C": ("hexamer", reverse_complement(minus))}


def test_variants_that_contradict_one_another_stay_single(tmp_path, genome):
    """ann has an SNV within a deletion on one haplotype, bob has the two on different ones, and cy has both on all."""
    text = "20 90 . T A . 1|0 1|1 1|1\n20 119 . GATAC G . 0|1 1|0 1|1\n20 121 . T C . 0|1 0|1 1|1"
    found = Found([write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob", "cy"))], genome)
    one, two, three = A, "119:GATAC:G", "121:T:C"
    assert found.people() == {
        "ann": [(1, one), (2, two), (2, three)],
        "bob": [(1, f"{one} {two}"), (2, f"{one} {three}")],
        "cy": [(1, one), (1, two), (1, three), (2, one), (2, two), (2, three)],
    }
    # the phase is known, so that they count as haplotypes, but there is no window
    assert found.together() == {
        f"{one} {two}": (1, 1, 6, 0),
        f"{one} {two} {three}": (1, 2, 6, 0),
        f"{one} {three}": (1, 1, 6, 0),
        f"{two} {three}": (1, 1, 6, 0),
    }
    without = {name for name, (anchor, window) in windows_of(found).items() if window is None and anchor is None}
    assert without == {one, two, three, f"{one} {two} {three}", f"{two} {three}"}
