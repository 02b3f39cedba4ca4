"""Effects person by person: the effect on a gene of the haplotypes that a person carries.

Table `sample_haplotypes` is read site by site, and memory holds only the rows of the current genes. There is no matrix
of people and variants.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
from pandas._libs.missing import NAType

from pasvar.cohort import NO_PHASE, UNKNOWN
from pasvar.constants import PROBABILITY_FLOOR
from pasvar.effects.competition import GeneSites
from pasvar.errors import InputError
from pasvar.tables import empty_frame, read_pieces, table_writer, to_arrow

_GENE = ["gene_id", "gene_name", "chrom", "strand"]

_MANY = 500_000
"""Number of pairs of person and site of a gene whose usages are predicted together: about 50 MB."""


class GenePeople:
    """The haplotypes of m people at the k sites of a gene, and their effects.

    people: (m,) indices in the cohort. mean, size: (m, k) mean effect of a person's haplotypes at a site, and the
    largest |effect| of one of them, or of a single copy if the phase is unknown. haplotypes: (m, most haplotypes, k)
    effects; for variants that contradict each other the sum, and `contradictory` is set.
    ploidy, unphased, mixed: (m, k), 0 and False if the person has only the reference. joined: (m,) whether it is known
    which haplotype of one site goes with which haplotype of another.
    """

    def __init__(self, carried: pd.DataFrame, n_sites: int):
        """carried: rows with person, site (index in the gene), copy, effect, ploidy, phase_set and mixed_ploidy."""
        self.people, person = np.unique(carried.person.to_numpy(), return_inverse=True)
        site, copy, effect = (carried[name].to_numpy() for name in ("site", "copy", "effect"))
        ploidy, phase_set = carried.ploidy.to_numpy(), carried.phase_set.to_numpy()
        shape = len(self.people), n_sites
        place = person, site
        self.mean, self.size = np.zeros(shape), np.zeros(shape)
        self.ploidy = np.zeros(shape, dtype=np.int8)
        np.maximum.at(self.ploidy, place, ploidy)
        # Each copy is weighted by the ploidy of its own call.
        np.add.at(self.mean, place, effect * (self.ploidy[place] / ploidy))
        self.mean /= np.maximum(self.ploidy, 1)
        np.maximum.at(self.size, place, np.abs(effect))
        self.size = np.maximum(self.size, np.abs(self.mean))
        self.unphased, self.mixed = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        self.unphased[place] = phase_set == UNKNOWN
        self.mixed[place] = carried.mixed_ploidy.to_numpy()
        known = copy > 0
        each = person[known], copy[known] - 1, site[known]
        self.haplotypes = np.zeros((len(self.people), max(int(ploidy.max(initial=1)), 2), n_sites))
        np.add.at(self.haplotypes, each, effect[known])
        n_rows = np.zeros(self.haplotypes.shape, dtype=np.int16)
        np.add.at(n_rows, each, 1)
        self.contradictory = n_rows > 1
        self.joined = self._joined(person, site, phase_set)

    def _joined(self, person: np.ndarray, site: np.ndarray, phase_set: np.ndarray) -> np.ndarray:
        """Whether a person has one ploidy at all sites, and heterozygous calls in only one phase set."""
        phases = np.full(self.mean.shape, NO_PHASE, dtype=np.int64)
        phases[person, site] = phase_set
        heterozygous = phases != NO_PHASE
        highest = phases.max(axis=1, where=heterozygous, initial=UNKNOWN)
        lowest = phases.min(axis=1, where=heterozygous, initial=np.iinfo(np.int64).max)
        one_ploidy = self.ploidy.max(axis=1) == self.ploidy.min(axis=1, where=self.ploidy > 0, initial=127)
        return one_ploidy & (~heterozygous.any(axis=1) | (lowest == highest)) & ~self.unphased.any(axis=1)

    def usage(self, gene: GeneSites) -> np.ndarray:
        """(m, k) usages: the mean over a person's haplotypes, or, if the haplotypes are not `joined`, the usages for
        the mean effects."""
        usage = np.empty(self.mean.shape)
        usage[~self.joined] = gene.usage_alt(self.mean[~self.joined])
        ploidy = self.ploidy.max(axis=1)
        for n in np.unique(ploidy[self.joined]):
            chosen = self.joined & (ploidy == n)
            usage[chosen] = gene.usage_alt(self.haplotypes[chosen, :n]).mean(axis=1)
        return usage


def gene_samples(
    carried: pd.DataFrame, gene: GeneSites, variants: list[list[tuple]], min_effect: float
) -> pd.DataFrame:
    """Rows of table `samples` of one gene and some people, without gene and name: `person` is an index in the cohort.

    carried: as for `GenePeople`, and `set`, the index in `variants`, which has the (row, name) of each variant of the
    set.
    A person has a row if the effect of a haplotype at some site is at least `min_effect` in either direction (with
    unknown phase, the effect of a copy or the mean), or if the log odds of a site's usage change by that much.
    """
    found = GenePeople(carried, len(gene.site_ids))
    usage = found.usage(gene)
    shift = np.abs(_logit(usage) - _logit(gene.usage_ref)).max(axis=1)
    row = np.flatnonzero((found.size.max(axis=1) >= min_effect) | (shift >= min_effect))
    # Of equal effects, the most proximal site is first.
    hit = found.size[row].argmax(axis=1)
    ploidy, phased = found.ploidy[row, hit], ~found.unphased[row, hit]
    is_known = (phased & (ploidy <= 2))[:, None] & ~found.contradictory[row, :2, hit]
    each = np.where(is_known, found.haplotypes[row, :2, hit], np.nan)
    samples = pd.DataFrame(
        {
            "person": found.people[row],
            "site": hit,
            "site_id": np.array(gene.site_ids, dtype=object)[hit],
            "ploidy": ploidy,
            "mixed_ploidy": found.mixed[row, hit],
            "phased": phased,
            "delta_logodds_narrow_1": each[:, 0],
            "delta_logodds_narrow_2": np.where(ploidy > 1, each[:, 1], np.nan),
            "delta_logodds_narrow": found.mean[row, hit],
            "delta_usage": usage[row, hit] - gene.usage_ref[hit],
            "delta_pdui": gene.delta_pdui(usage[row]),
            "delta_utr_length": gene.delta_utr_length(usage[row]),
        }
    )
    sets = samples[["person", "site"]].merge(carried[["person", "site", "set"]])
    # Both are sorted by person: each person has a row there.
    names, copies = _variants_and_copies(sets.groupby("person").set.agg(tuple), variants)
    return samples.assign(variants=pd.Series(names, dtype=object), copies=pd.Series(copies, dtype=object))


def _variants_and_copies(
    sets: Iterable[tuple[int, ...]], variants: list[list[tuple]]
) -> tuple[list[list[str]], list[list[int]]]:
    """The names of the variants in each of these tuples of sets, by position, and the number of times that each
    occurs."""
    found: dict[tuple[int, ...], tuple[list[str], list[int]]] = {}
    for numbers in sets:
        if numbers not in found:
            copies = sorted(Counter(variant for number in numbers for variant in variants[number]).items())
            found[numbers] = [name for (_, name), _ in copies], [n for _, n in copies]
    return [found[numbers][0] for numbers in sets], [found[numbers][1] for numbers in sets]


def _logit(usage: np.ndarray) -> np.ndarray:
    usage = np.clip(usage, PROBABILITY_FLOOR, 1 - PROBABILITY_FLOOR)
    return np.log(usage) - np.log1p(-usage)


def uncounted_genes(scores: pd.DataFrame, min_effect: float) -> set[str]:
    """The genes with a strong allele whose genotypes are unknown. scores: table `scores`."""
    return {*scores.gene_id[(scores.delta_logodds_narrow.abs() >= min_effect) & scores.n_carriers.isna()]}


def summarise_people(
    carried: Iterable[pd.DataFrame],
    effects: pd.DataFrame,
    sites: pd.DataFrame,
    people: list[str],
    min_effect: float,
    uncounted: Collection[str] = (),
) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    """Rows of tables `samples` and `gene_carriers`, gene by gene, as soon as the last of a gene's sites has been read.

    carried: pieces of table `sample_haplotypes`. effects: of the same sites in the same order, from
    `interactions.set_effects`. sites: table `sites`. people: the names of the cohort, sorted. uncounted: genes whose
    carriers are unknown (null).
    """
    first_set = effects.reset_index(drop=True).site_id.drop_duplicates()
    first_set = pd.Series(first_set.index, index=first_set)
    variants = [list(zip(*pair, strict=True)) for pair in zip(effects.alleles, effects.variants, strict=True)]
    effect, alone = effects.delta_site_logodds.to_numpy(dtype=np.float64), effects.max_abs_alone.to_numpy()
    genes = dict(tuple(sites.groupby("gene_id", sort=False)))
    counted = set()
    for gene_id, found in _by_gene(carried, sites.assign(place=sites.site_id.map(first_set)).dropna(subset="place")):
        counted.add(gene_id)
        gene = GeneSites(genes[gene_id])
        number = first_set[found.site_id].to_numpy() + found.haplotype.to_numpy() - 1
        index = pd.Series(range(len(gene.site_ids)), index=gene.site_ids)
        found = found.assign(set=number, effect=effect[number], site=index[found.site_id].to_numpy())
        counted_people = found.person[alone[number] >= min_effect].nunique()
        samples = pd.concat(
            [gene_samples(part, gene, variants, min_effect) for part in _people_at_a_time(found, len(gene.site_ids))]
        )
        named = genes[gene_id].iloc[0]
        samples = samples.assign(sample=[people[i] for i in samples.person], **named[_GENE].to_dict())
        yield samples, _carriers(gene_id, counted_people, uncounted)
    for gene_id in sorted({*uncounted}.difference(counted)):
        yield empty_frame("samples"), _carriers(gene_id, 0, uncounted)


def _carriers(gene_id: str, counted: int, uncounted: Collection[str]) -> pd.DataFrame:
    carriers: int | NAType = pd.NA if gene_id in uncounted else counted
    return pd.DataFrame({"gene_id": [gene_id], "carriers": pd.array([carriers], dtype="Int32"), "counted": [counted]})


def _by_gene(carried: Iterable[pd.DataFrame], sites: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """(gene_id, the haplotypes of people at its sites), each gene once, as soon as all of its sites have been read.

    sites: the sites that `sample_haplotypes` has, of each gene; `place` gives their order there. Raises InputError if
    the table has other sites.
    """
    sites = sites.sort_values("place", kind="stable")
    sites_of = sites.groupby("gene_id", sort=False).site_id.agg(list).to_dict()
    waiting = sites.groupby("site_id", sort=False).gene_id.agg(list).to_dict()
    pieces = ((site, rows) for piece in carried for site, rows in piece.groupby("site_id", sort=False))
    held: dict[str, pd.DataFrame] = {}
    for site, parts in groupby(pieces, key=lambda piece: piece[0]):
        held[site] = pd.concat([rows for _, rows in parts])
        for gene_id in [gene_id for gene_id in waiting.get(site, ()) if held.keys() >= {*sites_of[gene_id]}]:
            yield gene_id, pd.concat([held[at] for at in sites_of[gene_id]])
            for at in sites_of.pop(gene_id):
                waiting[at].remove(gene_id)
                if not waiting[at]:
                    del held[at]
    if held or sites_of:
        raise InputError(
            "the carried variants do not belong to the haplotypes of a shard; remove results/shards and run again"
        )


def _people_at_a_time(carried: pd.DataFrame, n_sites: int) -> Iterator[pd.DataFrame]:
    """The rows of as many people as `_MANY` allows, part by part, sorted by person."""
    people, n_people = carried.person.to_numpy(), max(_MANY // n_sites, 1)
    borders = np.unique(people)[n_people::n_people]
    for _, part in carried.groupby(np.searchsorted(borders, people, side="right")):
        yield part


def write_people(
    carried: str | Path,
    effects: pd.DataFrame,
    sites: pd.DataFrame,
    people: list[str],
    min_effect: float,
    paths: Mapping[str, str | Path],
    made_by: dict[str, str],
    uncounted: Collection[str] = (),
) -> None:
    """Write tables `samples` and `gene_carriers` of one shard, as `summarise_people` has them. carried: the table's file."""
    with (
        table_writer(paths["samples"], "samples", made_by) as write,
        table_writer(paths["gene_carriers"], "gene_carriers") as write_carriers,
    ):
        for samples, gene_carriers in summarise_people(
            read_pieces(carried, "sample_haplotypes"), effects, sites, people, min_effect, uncounted
        ):
            write(to_arrow(samples, "samples"))
            write_carriers(to_arrow(gene_carriers, "gene_carriers"))
