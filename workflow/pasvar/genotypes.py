"""Who carries what: genotypes of the scored alleles, read from the VCF region by region."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import cyvcf2
import numpy as np
import pandas as pd

from pasvar.contigs import ContigNames
from pasvar.errors import InputError
from pasvar.tables import empty_frame
from pasvar.vcf import open_vcf, variants_between

_KEY = ["chrom", "pos", "ref", "alt"]

_GAP = 20_000
"""Scored alleles closer than this many nt are read in one go: a seek costs about as much as the records between."""


class Cohort:
    """The people of all VCF files of a run; a person who is in several files counts once."""

    def __init__(self, vcfs: list[Path]):
        self.vcfs = {path.name: open_vcf(path, with_samples=True) for path in vcfs}
        self.people = sorted({sample for vcf in self.vcfs.values() for sample in vcf.samples})
        place = {person: i for i, person in enumerate(self.people)}
        self.places = {
            name: np.array([place[s] for s in vcf.samples], dtype=np.int64) for name, vcf in self.vcfs.items()
        }


class Carriers:
    """Counts of one allele, added up over files."""

    def __init__(self, n_people: int):
        self.people = np.zeros(n_people, dtype=bool)
        self.allele_count = 0
        self.allele_number = 0

    def add(self, genotypes: np.ndarray, allele: int, places: np.ndarray) -> None:
        """genotypes: (samples, ploidy) allele numbers, -1 missing, -2 padding of a lower ploidy. allele: 1 for the first ALT."""
        self.people[places[(genotypes == allele).any(axis=1)]] = True
        self.allele_count += int((genotypes == allele).sum())
        self.allele_number += int((genotypes >= 0).sum())


def has_people(vcfs: Iterable[str | Path]) -> bool:
    """Whether any of the files has samples."""
    return any(open_vcf(path, with_samples=True).samples for path in vcfs)


def count_carriers(
    scores: pd.DataFrame, vcfs: list[Path], names: ContigNames, min_effect: float
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables `carriers` and `gene_carriers` of one shard's scored alleles.

    scores: table `scores` so far; an allele is strong for a gene where |delta_logodds_narrow| >= min_effect at any of its sites.
    Both tables have no rows where no file has genotypes.
    """
    cohort = Cohort(vcfs)
    if not cohort.people or scores.empty:
        return empty_frame("carriers"), empty_frame("gene_carriers")
    strong = scores[scores.delta_logodds_narrow.abs() >= min_effect]
    genes_of: dict[tuple, set[str]] = {}
    for *key, gene in strong[[*_KEY, "gene_id"]].itertuples(index=False, name=None):
        genes_of.setdefault(tuple(key), set()).add(gene)

    rows, by_gene = [], {}
    for key, found in _carriers_of(scores[_KEY].drop_duplicates(), cohort, names):
        rows.append((*key, int(found.people.sum()), found.allele_count, found.allele_number))
        for gene in genes_of.get(key, ()):
            by_gene[gene] = by_gene.get(gene, False) | found.people
    carriers = pd.DataFrame(rows, columns=empty_frame("carriers").columns)
    bits = [np.packbits(by_gene[gene]).tobytes() for gene in sorted(by_gene)]
    return carriers, pd.DataFrame({"gene_id": sorted(by_gene), "people": bits})


def _carriers_of(
    scored: pd.DataFrame, cohort: Cohort, names: ContigNames
) -> Iterator[tuple[tuple[str, int, str, str], Carriers]]:
    """((chrom, pos, ref, alt), Carriers) of each scored allele, in the order given, one run of neighbours in memory."""
    for chrom, alleles in scored.groupby("chrom", sort=False):
        runs = (alleles.pos.diff() > _GAP).cumsum()
        for _, run in alleles.groupby(runs, sort=False):
            wanted = {(row.pos, row.ref, row.alt): Carriers(len(cohort.people)) for row in run.itertuples()}
            start, end = int(run.pos.min()) - 1, int(run.pos.max())
            for name, vcf in cohort.vcfs.items():
                if vcf.samples:
                    _read_run(vcf, names, chrom, start, end, wanted, cohort.places[name])
            for (pos, ref, alt), found in wanted.items():
                yield (chrom, pos, ref, alt), found


def _read_run(
    vcf: cyvcf2.VCF,
    names: ContigNames,
    chrom: str,
    start: int,
    end: int,
    wanted: dict[tuple, Carriers],
    places: np.ndarray,
) -> None:
    positions = {pos for pos, _, _ in wanted}
    counted = set()  # a record that the file has twice counts once
    for contig in vcf.seqnames:
        if names.match(contig) != chrom:
            continue
        for variant in variants_between(vcf, contig, start, end):
            if variant.POS not in positions:
                continue
            genotypes = _genotypes(variant)
            if genotypes is None:
                continue
            for number, alt in enumerate(variant.ALT, start=1):
                key = (variant.POS, variant.REF, alt)
                if key in wanted and key not in counted:
                    counted.add(key)
                    wanted[key].add(genotypes, number, places)


def _genotypes(variant: cyvcf2.Variant) -> np.ndarray | None:
    """(samples, ploidy) allele numbers, None for a record without GT."""
    if "GT" not in variant.FORMAT:
        return None
    try:
        return variant.genotype.array()[:, :-1]  # the last column says whether the call is phased
    except Exception as error:  # cyvcf2 raises bare Exceptions
        raise InputError(f"{variant.CHROM}:{variant.POS}: genotypes cannot be read ({error})") from error


def union(people: pd.Series) -> int:
    """How many people are in any of the bit sets of `gene_carriers`."""
    bits = np.bitwise_or.reduce([np.frombuffer(packed, dtype=np.uint8) for packed in people])
    return int(np.unpackbits(bits).sum())
