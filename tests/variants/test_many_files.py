"""A cohort in hundreds of small files reads as one in a single file, and each shard opens few of them."""

import numpy as np
import pandas as pd
import pytest

from builders import make_sites, write_fasta, write_vcf
from pasvar.contigs import ContigNames
from pasvar.genome import Genome, contig_table
from pasvar.scoring import reference_windows
from pasvar.sequence import decode
from pasvar.variants import files_of_shards, plan_shards, read_shard, record_spans, shard_of

N_FILES, WIDTH, N_SHARDS = 300, 4_000, 4
PLACES = [("20", "+-"[i % 2], 50_000 + 100_000 * i, f"G{i}") for i in range(12)]


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """(genome, the file of all records, those of a part each)"""
    folder = tmp_path_factory.mktemp("cohort")
    letters = decode(np.random.default_rng(0).integers(0, 4, N_FILES * WIDTH, dtype=np.uint8))
    write_fasta(folder / "genome.fa", {"20": letters})
    # In each part some far from any site; and three in every window.
    places = {
        place for start in range(0, N_FILES * WIDTH, WIDTH) for place in (start, start + 1_000, start + WIDTH - 1)
    }
    places |= {hexamer + shift for _, _, hexamer, _ in PLACES for shift in (0, 1, 30)}
    lines = {
        place: f"20 {place + 1} . {letters[place]} {'CGTA'['ACGT'.index(letters[place])]} ." for place in sorted(places)
    }
    whole = write_vcf(folder / "whole.vcf.gz", "\n".join(lines.values()), ("20",))
    parts = []
    for i in range(N_FILES):
        body = "\n".join(line for place, line in lines.items() if place // WIDTH == i)
        parts.append(write_vcf(folder / f"part{i:03}.vcf.gz", body, ("20",)))
    with Genome(folder / "genome.fa") as genome:
        yield genome, whole, parts


def test_three_hundred_files_read_as_one(cohort):
    genome, whole, parts = cohort
    sites = make_sites(*PLACES)
    plan, windows = plan_shards(sites, contig_table(genome), N_SHARDS, 300), reference_windows(sites, genome)
    files = files_of_shards({path: record_spans(path) for path in parts}, plan, N_SHARDS, ContigNames(["20"]))
    assert sum(map(len, files)) <= N_FILES + 5 * (N_SHARDS - 1)  # 16 kb are four files
    for shard in range(1, N_SHARDS + 1):
        one, many = (
            read_shard(vcfs, shard_of(plan, shard), windows, sites, genome, 20) for vcfs in ([whole], files[shard - 1])
        )
        assert len(one.alleles)
        pd.testing.assert_frame_equal(many.alleles, one.alleles)
        pd.testing.assert_frame_equal(many.ledger.drop(columns="vcf"), one.ledger.drop(columns="vcf"))
        pd.testing.assert_frame_equal(many.gene_counts, one.gene_counts)
