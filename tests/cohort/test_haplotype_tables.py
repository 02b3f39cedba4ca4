"""The genotypes of a shard's files as tables."""

import pandas as pd
import pysam
import pytest

from builders import records, write_vcf
from pasvar.cohort.haplotypes import write_haplotypes
from pasvar.errors import InputError
from pasvar.genome import contig_table
from pasvar.scoring import reference_windows
from pasvar.tables import read_table, to_arrow
from pasvar.variants import plan_shards, read_shard, shard_of
from shard_haplotypes import SITES, body


def test_tables_of_a_shard(tmp_path, genome):
    windows = reference_windows(SITES, genome)
    plan = shard_of(plan_shards(SITES, contig_table(genome), 1, 0), 1)
    paths = {
        name: tmp_path / f"{name}.parquet" for name in ("people", "carriers", "site_haplotypes", "sample_haplotypes")
    }
    text = (
        body("0|1 0/1 0|1", "0|1 0/1 0|0")
        + "\n20 119 . GATAC G . 0|1 0|0 0|0\n20 121 . T C . 0|1 0|0 0|0\n20 452 . T C . 0|0 0|1 0|0"
        + "\n20 640 . A C . 1|1 0/1 ./."
    )
    vcf = write_vcf(tmp_path / "a.vcf.gz", text, samples=("ann", "bob", "cy"))
    shard = read_shard([vcf], plan, windows, SITES, genome, 205)
    # An allele in no window, whose carriers are asked for too.
    candidates = pd.DataFrame({"chrom": ["20"], "pos": [640], "ref": ["A"], "alt": ["C"]})
    ledger = to_arrow(shard.ledger, "ledger")
    said = write_haplotypes(shard.alleles, candidates, windows, [vcf], genome, paths, ledger)
    assert said == [
        "3 people; 2 sites with a variant; 0 sets of variants share a haplotype, 1 more contradict one another; of 4 pairs of "
        "person and site, 1 have variants of unknown phase, which stay single"
    ]
    assert {name: len(read_table(path, name)) for name, path in paths.items()} == {
        "people": 3,
        "carriers": 6,
        "site_haplotypes": 6,
        "sample_haplotypes": 8,
    }
    counts = ["pos", "n_carriers", "allele_count", "allele_number"]
    assert records(read_table(paths["carriers"], "carriers"), *counts)[-1] == (640, 2, 3, 4)
    assert not list(tmp_path.glob(".*"))


def shard_of_file(tmp_path, genome, vcf, scored_from=None):
    """What rule read_genotypes says of a file, and its tables; the alleles are of `scored_from`, if given."""
    windows = reference_windows(SITES, genome)
    plan = shard_of(plan_shards(SITES, contig_table(genome), 1, 0), 1)
    shard = read_shard([scored_from or vcf], plan, windows, SITES, genome, 205)
    names = ("people", "carriers", "site_haplotypes", "sample_haplotypes")
    paths = {name: tmp_path / f"{name}.parquet" for name in names}
    ledger = to_arrow(shard.ledger, "ledger")
    said = write_haplotypes(shard.alleles, shard.candidates, windows, [vcf], genome, paths, ledger)
    return said, {name: read_table(path, name) for name, path in paths.items()}


def test_scored_alleles_that_are_not_met_again_stop_the_run(tmp_path, genome):
    """The file was replaced by one without B since its alleles were read."""
    before, path = tmp_path / "before" / "a.vcf.gz", tmp_path / "a.vcf.gz"
    before.parent.mkdir()
    write_vcf(before, body("0|1", "1|1"), samples=("ann",))
    write_vcf(path, body("0|1"), samples=("ann",))
    with pytest.raises(InputError) as error:
        shard_of_file(tmp_path, genome, path, scored_from=before)
    assert str(error.value) == (
        f"{path}: 20:100 T>C was read once, but not again: its index {path}.tbi is damaged or of another file, or the file "
        "changed during the run; index it again with: bcftools index --force a.vcf.gz"
    )
    assert not list(tmp_path.glob("*.parquet"))
    assert records(shard_of_file(tmp_path, genome, before)[1]["carriers"], "allele_count") == [(1,), (2,)]


def test_an_allele_that_only_one_of_two_files_has_is_met(tmp_path, genome):
    windows = reference_windows(SITES, genome)
    plan = shard_of(plan_shards(SITES, contig_table(genome), 1, 0), 1)
    first = write_vcf(tmp_path / "1.vcf.gz", body("0|1"), samples=("ann",))
    second = write_vcf(tmp_path / "2.vcf.gz", body("0|1", "0|1"), samples=("bob",))
    sites_only = write_vcf(tmp_path / "3.vcf.gz", "20 110 . A G .")
    vcfs = [first, second, sites_only]
    shard = read_shard(vcfs, plan, windows, SITES, genome, 205)
    names = ("people", "carriers", "site_haplotypes", "sample_haplotypes")
    paths = {name: tmp_path / f"{name}.parquet" for name in names}
    write_haplotypes(shard.alleles, shard.candidates, windows, vcfs, genome, paths, to_arrow(shard.ledger, "ledger"))
    counts = records(read_table(paths["carriers"], "carriers"), "pos", "n_carriers", "allele_count", "allele_number")
    assert counts == [(90, 2, 2, 4), (100, 1, 1, 2), (110, None, None, None)]


def test_carriers_are_unknown_where_records_have_no_gt(tmp_path, genome):
    """Dosages and genotype probabilities are not genotypes."""
    path = tmp_path / "a.vcf.gz"
    write_vcf(path, "20 90 . T A . 1.9 0.1\n20 100 . T C . 0/1 1/1", samples=("ann", "bob"))
    with pysam.BGZFile(str(path)) as file:
        lines = file.read().decode().splitlines()
    lines.insert(1, '##FORMAT=<ID=DS,Number=A,Type=Float,Description="Dosage">')
    with pysam.BGZFile(str(path), "w") as file:
        file.write(("\n".join(lines) + "\n").replace("\tGT\t1.9", "\tDS\t1.9").encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)
    said, tables = shard_of_file(tmp_path, genome, path)
    assert records(tables["carriers"], "pos", "n_carriers", "allele_count", "allele_number") == [
        (90, None, None, None),
        (100, 2, 3, 4),
    ]
    assert said[1:] == [
        f"{path}: 1 alleles stand in records without GT (or LGT and LAA): their carriers and counts are unknown (null)"
    ]


def test_without_genotypes_the_tables_are_empty(tmp_path, genome):
    windows = reference_windows(SITES, genome)
    plan = shard_of(plan_shards(SITES, contig_table(genome), 1, 0), 1)
    paths = {
        name: tmp_path / f"{name}.parquet" for name in ("people", "carriers", "site_haplotypes", "sample_haplotypes")
    }
    vcf = write_vcf(tmp_path / "a.vcf.gz", "20 90 . T A .")
    found = read_shard([vcf], plan, windows, SITES, genome, 205)
    assert len(found.alleles) == 1
    ledger = to_arrow(found.ledger, "ledger")
    (said,) = write_haplotypes(found.alleles, found.alleles.iloc[:0], windows, [vcf], genome, paths, ledger)
    assert said.startswith("0 people; 0 sites")
    assert {name: len(read_table(path, name)) for name, path in paths.items()} == dict.fromkeys(paths, 0)
