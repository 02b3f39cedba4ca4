"""Carriers from literal genotypes."""

import numpy as np
import pandas as pd
import pytest

from builders import records, write_vcf
from pasvar.contigs import ContigNames
from pasvar.genotypes import count_carriers, has_people, union

NAMES = ContigNames(["20", "21"])


def scored(*rows: tuple) -> pd.DataFrame:
    """(chrom, pos, ref, alt, gene, effect)."""
    return pd.DataFrame(rows, columns=["chrom", "pos", "ref", "alt", "gene_id", "delta_logodds_narrow"])


def count(scores, vcfs, min_effect=0.5):
    carriers, genes = count_carriers(scores, vcfs, NAMES, min_effect)
    return (
        records(carriers, "chrom", "pos", "ref", "alt", "n_carriers", "allele_count", "allele_number"),
        {row.gene_id: union(pd.Series([row.people])) for row in genes.itertuples()},
    )


@pytest.mark.parametrize(
    ("genotypes", "expected"),
    [
        # people with a copy, copies, called alleles
        ("0/0 0/1 1/1 0|1 1|0", (4, 5, 10)),
        # missing: not carried, not called; half missing counts what is called
        ("./. .|. . ./1 0/.", (1, 1, 2)),
        # haploid calls beside diploid ones
        ("1 0 0/1 1/1 .", (3, 4, 6)),
        # more than two copies
        ("0/0/1 1/1/1 0/0 0 ./././1", (3, 5, 10)),
        ("0/0 0/0 0/0 0/0 0/0", (0, 0, 10)),
        ("2/1 2/2 0/2 3|1 3/.", (2, 2, 9)),
    ],
)
@pytest.mark.parametrize("name", ["a.vcf.gz", "a.bcf"])
def test_genotypes_of_one_allele(tmp_path, genotypes, expected, name):
    vcf = write_vcf(tmp_path / name, f"20 90 . T A,C,G . {genotypes}", samples=tuple("abcde"))
    carriers, genes = count(scored(("20", 90, "T", "A", "G", 1.0)), [vcf])
    assert carriers == [("20", 90, "T", "A", *expected)]
    assert genes == {"G": expected[0]}


def test_each_alt_of_a_record_on_its_own(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A,C,G . 0/1 1/2 2|2 ./3", samples=tuple("abcd"))
    rows = [("20", 90, "T", alt, "G", 1.0) for alt in "ACG"]
    assert count(scored(*rows), [vcf])[0] == [
        ("20", 90, "T", "A", 2, 2, 7),
        ("20", 90, "T", "C", 2, 3, 7),
        ("20", 90, "T", "G", 1, 1, 7),
    ]


def test_records_without_gt_and_other_records_at_the_position_do_not_count(tmp_path):
    vcf = write_vcf(
        tmp_path / "a.vcf.gz",
        "20 90 . T C . 1/1 1/1\n20 90 . TA T . 1/1 1/1\n20 90 . T A . 0/1 0/0",
        samples=("a", "b"),
    )
    assert count(scored(("20", 90, "T", "A", "G", 1.0)), [vcf])[0] == [("20", 90, "T", "A", 1, 1, 4)]


def test_a_record_that_a_file_has_twice_counts_once(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A . 0/1 0/0\n20 90 . T A . 0/1 0/0", samples=("ann", "bob"))
    assert count(scored(("20", 90, "T", "A", "G", 1.0)), [vcf])[0] == [("20", 90, "T", "A", 1, 1, 4)]


def test_samples_of_several_files(tmp_path):
    """b is in both files and counts once; the file without samples says nothing; `chr` differs."""
    first = write_vcf(tmp_path / "1.vcf.gz", "20 90 . T A . 0/1 0/1", samples=("a", "b"))
    second = write_vcf(tmp_path / "2.vcf.gz", "chr20 90 . T A . 1/1 0/0", contigs=("chr20",), samples=("b", "c"))
    third = write_vcf(tmp_path / "3.vcf.gz", "20 90 . T A .")
    carriers, genes = count(scored(("20", 90, "T", "A", "G", 1.0)), [first, second, third])
    assert carriers == [("20", 90, "T", "A", 2, 4, 8)]
    assert genes == {"G": 2}


def test_the_people_of_a_gene_carry_any_of_its_strong_alleles(tmp_path):
    vcf = write_vcf(
        tmp_path / "a.vcf.gz",
        "20 90 . T A . 0/1 0/0 0/0 0/0\n20 50000 . A C . 0/0 0|1 0/0 0/0\n20 50001 . A C . 0/0 0/0 1/1 0/0\n"
        "21 7 . A C . 0/0 1/1 0/0 0/0",
        samples=tuple("abcd"),
    )
    scores = scored(
        ("20", 90, "T", "A", "G", -0.5),
        ("20", 90, "T", "A", "H", 0.49),
        ("20", 50000, "A", "C", "G", 0.1),
        ("20", 50000, "A", "C", "G", -0.9),
        ("20", 50001, "A", "C", "G", 0.49),
        ("21", 7, "A", "C", "G", 2.0),
    )
    carriers, genes = count(scores, [vcf])
    assert carriers == [
        ("20", 90, "T", "A", 1, 1, 8),
        ("20", 50000, "A", "C", 1, 1, 8),
        ("20", 50001, "A", "C", 1, 2, 8),
        ("21", 7, "A", "C", 1, 2, 8),
    ]
    assert genes == {"G": 2}


def test_a_scored_allele_that_the_file_lacks_has_no_carriers(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 91 . T A . 0/1", samples=("a",))
    assert count(scored(("20", 90, "T", "A", "G", 1.0)), [vcf]) == ([("20", 90, "T", "A", 0, 0, 0)], {"G": 0})


def test_without_genotypes_there_are_no_rows(tmp_path):
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .")
    assert not has_people([vcf])
    assert count(scored(("20", 90, "T", "A", "G", 1.0)), [vcf]) == ([], {})
    with_samples = write_vcf(tmp_path / "b.vcf.gz", "20 90 . T A . 0/1", samples=("a",))
    assert has_people([vcf, with_samples])
    assert count(scored(), [with_samples]) == ([], {})


@pytest.mark.parametrize("n_people", [1, 7, 8, 9, 20])
def test_union_counts_people_once(n_people):
    some, other = np.arange(n_people) % 2 == 0, np.arange(n_people) % 3 == 0
    packed = pd.Series([np.packbits(people).tobytes() for people in (some, other, some)])
    assert union(packed) == (some | other).sum()
