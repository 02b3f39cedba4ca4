"""A genome's sites, and shards of literal VCFs read one after the other, for the tests of what reading finds.

Sites of contig 20: PLUS has its window at [80, 285) and its hexamer at [150, 156); MINUS at [321, 526) and [450, 456).
"""

import pandas as pd

from builders import make_sites, records
from pasvar.genome import contig_table
from pasvar.scoring import reference_windows
from pasvar.tables import to_arrow
from pasvar.variants.hexamer_scan import NOWHERE
from pasvar.variants.read import ShardAlleles, read_shard
from pasvar.variants.shards import plan_shards, shard_of

PLUS, MINUS = ("20", "+", 150, "PLUS"), ("20", "-", 450, "MINUS")

ENDS = ("21", "+", 20, "ENDS")

SITES = make_sites(PLUS, MINUS, ENDS)

LONGEST = 20


def read(vcfs, genome, sites=SITES, n_shards=1, complete=True, longest=LONGEST, scan=NOWHERE) -> ShardAlleles:
    """All shards, their tables one after the other, `gene_counts` and `vcf_counts` added up."""
    windows = reference_windows(sites, genome)
    plan = plan_shards(sites, contig_table(genome), n_shards, margin=0)
    parts = [
        read_shard(
            vcfs,
            shard_of(plan, shard),
            windows,
            sites,
            genome,
            longest,
            complete,
            unknown_contigs=shard == n_shards,
            scan=scan,
        )
        for shard in range(1, n_shards + 1)
    ]
    for part in parts:
        for name, frame in part._asdict().items():
            to_arrow(frame, name)
    ledger, alleles, candidates, structural, vcf_counts, gene_counts, unscored = (
        pd.concat(frames, ignore_index=True) for frames in zip(*parts, strict=True)
    )
    return ShardAlleles(
        ledger,
        alleles,
        candidates,
        structural,
        vcf_counts.groupby(["vcf", "chrom"], as_index=False).sum(),
        gene_counts.groupby("gene_id", as_index=False).sum(),
        unscored,
    )


def statuses(found: ShardAlleles) -> list[tuple]:
    return records(found.ledger, "chrom", "pos", "ref", "alt", "status", "n_sites")
