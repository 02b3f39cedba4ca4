"""The tables of a shard's haplotypes by the names of their variants, for the tests of who has which variants together.

Sites of contig 20, see `builders`: PLUS has its window at [80, 285) and its hexamer at [150, 156); MINUS at [321, 526) and
[450, 456).
"""

import pandas as pd

from builders import CONTIG_20, make_sites, records
from pasvar.cohort.genotypes import Cohort
from pasvar.cohort.haplotypes import ShardHaplotypes
from pasvar.genome import contig_table
from pasvar.scoring import reference_windows
from pasvar.tables import empty_frame, to_arrow
from pasvar.variants import EVERYTHING, plan_shards, read_shard, shard_of

SITES = make_sites(("20", "+", 150, "PLUS"), ("20", "-", 450, "MINUS"))
PLUS, MINUS = SITES.site_id


class Found:
    """The three tables of one shard, with the rows of `alleles` as `pos:ref:alt`."""

    def __init__(self, vcfs, genome, sites=SITES, filters=EVERYTHING, chosen=None):
        windows = reference_windows(sites, genome)
        plan = plan_shards(sites, contig_table(genome), 1, 0)
        alleles = read_shard(vcfs, shard_of(plan, 1), windows, sites, genome, 205).alleles
        self.cohort = Cohort(vcfs)
        shard = ShardHaplotypes(alleles, windows, self.cohort, genome, chosen=chosen)
        pairs = list(shard.read(filters))
        self.carriers = shard.carriers()
        to_arrow(self.carriers, "carriers")
        for sets, carried in pairs:
            to_arrow(sets, "site_haplotypes")
            to_arrow(carried, "sample_haplotypes")
            for _, of_site in sets.groupby("site_id"):
                assert of_site.haplotype.tolist() == list(range(1, len(of_site) + 1))
        self.names = [f"{row.pos}:{row.ref}:{row.alt}" for row in alleles.itertuples()]
        self.sets = pd.concat([sets for sets, _ in pairs]) if pairs else empty_frame("site_haplotypes")
        self.carried = pd.concat([carried for _, carried in pairs]) if pairs else empty_frame("sample_haplotypes")

    def variants(self, rows) -> str:
        return " ".join(self.names[row] for row in rows)

    def together(self, site=PLUS) -> dict[str, tuple]:
        """(people, copies, haplotypes in all, people of unknown phase) of each set of two or more, in its first spelling."""
        first = self.sets.same_as == self.sets.haplotype
        rows = self.sets[(self.sets.site_id == site) & (self.sets.alleles.str.len() > 1) & first]
        counts = records(rows, "n_carriers", "haplotype_count", "haplotype_number", "n_unphased")
        return dict(zip([self.variants(alleles) for alleles in rows.alleles], counts, strict=True))

    def people(self, site=PLUS) -> dict[str, list[tuple]]:
        """(copy, variants) by person."""
        named = {(row.site_id, row.haplotype): self.variants(row.alleles) for row in self.sets.itertuples()}
        found: dict[str, list[tuple]] = {}
        for row in self.carried[self.carried.site_id == site].itertuples():
            found.setdefault(self.cohort.people[row.person], []).append((row.copy, named[site, row.haplotype]))
        return found


A, B, C = "90:T:A", "100:T:C", "110:A:G"
assert [CONTIG_20[pos - 1] for pos in (90, 100, 110)] == ["T", "T", "A"]


def body(*genotypes: str) -> str:
    """Records of A, B and C, as many as there are genotypes."""
    alleles = [allele.split(":") for allele in (A, B, C)]
    return "\n".join(
        f"20 {pos} . {ref} {alt} . {calls}" for (pos, ref, alt), calls in zip(alleles, genotypes, strict=False)
    )


def windows_of(found: Found, site=PLUS) -> dict[str, tuple]:
    rows = found.sets[found.sets.site_id == site]
    pairs = records(rows, "anchor", "window_alt")
    return dict(zip([found.variants(alleles) for alleles in rows.alleles], pairs, strict=True))
