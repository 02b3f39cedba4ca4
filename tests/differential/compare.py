"""Where pasvar's tables and the reference differ, and where two wordings of one case do."""

import math
from collections import Counter
from collections.abc import Iterator

import pandas as pd

from differential.cases import Case, reverse_complement
from differential.pipeline import MIN_EFFECT
from differential.reference import Allele, Gene, Reference, Site, find_hexamer

TOLERANCE = 2e-5
"""Of usages and logits, which the tables hold as float32; effects are 64ths and exact."""


class Comparison:
    """Counts what was compared, and keeps the first difference."""

    def __init__(self) -> None:
        self.n = Counter[str]()
        self.difference: str | None = None

    def same(self, what: str, where: object, found: object, expected: object) -> None:
        self.n[what] += 1
        if self.difference is None and not _equal(found, expected):
            self.difference = f"{what} of {where}: pasvar has {found!r}, the reference {expected!r}"


def _equal(found: object, expected: object) -> bool:
    if found is None or found is pd.NA or found != found:
        return expected is None
    if isinstance(expected, float):
        return math.isclose(float(found), expected, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return found == expected


def reference_of(case: Case, tables: dict[str, pd.DataFrame]) -> Reference:
    """The reference of a case. Sites, their genes and the usages before are the pipeline's."""
    genes = []
    for gene_id, rows in tables["sites"].groupby("gene_id", sort=False):
        rows = rows.sort_values("rank")
        sites = [
            Site(row.site_id, row.chrom, row.strand, row.hexamer_start, row.window_start) for row in rows.itertuples()
        ]
        lengths = [None if pd.isna(length) else float(length) for length in rows.utr_length]
        genes.append(Gene(gene_id, sites, [float(share) for share in rows.usage_ref], lengths))
    reference = Reference(case, genes)
    for row in tables["rivals"].dropna(subset="rival_hexamer_start").itertuples():
        allele = Allele(row.chrom, row.pos, row.ref, row.alt)
        reference.rivals[allele, row.site_id] = int(row.rival_hexamer_start)
    return reference


def compare(case: Case, tables: dict[str, pd.DataFrame], check: Comparison) -> None:
    """Everything that the reference knows of a case."""
    reference = reference_of(case, tables)
    _sites(case, reference, tables, check)
    _alleles(reference, tables, check)
    _gene_effects(reference, tables, check)
    _haplotypes(reference, tables, check)
    _people(reference, tables, check)


def _sites(case: Case, reference: Reference, tables: dict[str, pd.DataFrame], check: Comparison) -> None:
    sites = tables["sites"]
    for transcript in case.transcripts:
        of_gene = sites[(sites.gene_id == transcript.gene) & (sites.strand == transcript.strand)]
        evidence = of_gene.evidence.explode()
        check.same("end of a transcript", transcript, (evidence == f"gtf:{transcript.cut + 1}").sum(), 1)
    for row in sites.drop_duplicates("site_id").itertuples():
        text = reference.genome[row.chrom]
        cut = row.cut_pos - 1 if row.strand == "+" else len(text) - row.cut_pos
        start, tier = find_hexamer(text if row.strand == "+" else reverse_complement(text), cut)
        start = start if row.strand == "+" else len(text) - start - 6
        check.same("hexamer", row.site_id, (row.hexamer_start, row.hexamer_tier), (start, tier))
    for row in tables["windows"].itertuples():
        check.same("window", row.site_id, row.window, reference.window(reference.sites[row.site_id]))


def _alleles(reference: Reference, tables: dict[str, pd.DataFrame], check: Comparison) -> None:
    ledger = tables["ledger"]
    found = Counter(zip(ledger.chrom, ledger.pos, ledger.ref, ledger.alt, ledger.status, strict=True))
    expected = Counter((a.contig, a.pos, a.ref, a.alt, status) for _, a, status, _ in reference.status)
    for row in {**found, **expected}:
        check.same("status", row, found[row], expected[row])
    scores = tables["scores"]
    keys = list(zip(scores.chrom, scores.pos, scores.ref, scores.alt, scores.site_id, strict=True))
    rows = dict(zip(keys, scores.itertuples(), strict=True))
    wanted = {(a.contig, a.pos, a.ref, a.alt, site) for a, sites in reference.scored.items() for site in sites}
    for key in sorted(wanted | rows.keys()):
        check.same("allele and site", key, key in rows, key in wanted)
    for key in wanted & rows.keys():
        row, allele, site = rows[key], Allele(*key[:4]), reference.sites[key[4]]
        check.same("effect", key, row.delta_logodds_narrow, reference.allele_effect(site, allele))
        check.same("wide effect", key, row.delta_logodds, reference.allele_effect(site, allele, wide=True))
        check.same("effect on the site", key, row.delta_site_logodds, reference.site_effect(site, allele))
        counts = reference.counts(allele) or (None, None, None)
        check.same("carriers", key, _plain(row.n_carriers, row.allele_count, row.allele_number), counts)


def _plain(*values: object) -> tuple[int | None, ...]:
    return tuple(None if pd.isna(value) else int(value) for value in values)


def _gene_effects(reference: Reference, tables: dict[str, pd.DataFrame], check: Comparison) -> None:
    genes = {gene.gene_id: gene for gene in reference.genes}
    rows = tables["gene_effects"]
    found = Counter(zip(rows.chrom, rows.pos, rows.ref, rows.alt, rows.gene_id, strict=True))
    expected = {
        (allele.contig, allele.pos, allele.ref, allele.alt, gene.gene_id)
        for allele, sites in reference.scored.items()
        for gene in genes.values()
        if {site.site_id for site in gene.sites} & {*sites}
    }
    for key in sorted(expected | found.keys()):
        check.same("allele and gene", key, found[key], int(key in expected))
    for row in rows.itertuples():
        allele, gene = Allele(row.chrom, row.pos, row.ref, row.alt), genes[row.gene_id]
        touched = {i: site for i, site in enumerate(gene.sites) if site.site_id in reference.scored.get(allele, ())}
        size, place = max((abs(reference.allele_effect(site, allele)), -i) for i, site in touched.items())
        effects = [reference.site_effect(site, allele) if i in touched else 0.0 for i, site in enumerate(gene.sites)]
        usage = reference.gene_usage(gene, effects)
        where = allele.name, gene.gene_id
        check.same(
            "hardest site", where, (row.site_id, abs(row.delta_logodds_narrow)), (gene.sites[-place].site_id, size)
        )
        check.same("usage with an allele", where, _near(row.usage_alt, usage), True)
        moved = sum(abs(after - before) for after, before in zip(usage, gene.usage, strict=True)) / 2
        check.same("total variation", where, row.total_variation, moved)


def _near(found, expected) -> bool:
    return len(found) == len(expected) and all(_equal(one, two) for one, two in zip(found, expected, strict=True))


def _haplotypes(reference: Reference, tables: dict[str, pd.DataFrame], check: Comparison) -> None:
    table = tables["haplotypes"]
    for gene in reference.genes:
        for site in gene.sites:
            rows = table[(table.site_id == site.site_id) & (table.gene_id == gene.gene_id)]
            groups = reference.haplotypes(site)
            check.same("haplotypes", site.site_id, len(rows), len(groups))
            for row in rows.itertuples():
                names = tuple(sorted(row.variants))
                group = next((group for group in groups if names in group["names"]), None)
                check.same("haplotype", (site.site_id, names), group is not None, True)
                if group is not None:
                    _haplotype(reference, site, row, group, check)


def _haplotype(reference: Reference, site: Site, row, group: dict, check: Comparison) -> None:
    where = site.site_id, tuple(row.variants)
    counts = (None, None) if group["n_unphased"] else (len(group["people"]), group["n"])
    found = _plain(row.n_carriers, row.haplotype_count, row.haplotype_number, row.n_unphased)
    check.same("counts of a haplotype", where, found, (*counts, group["n_haplotypes"], group["n_unphased"]))
    share = None if group["n_unphased"] else group["n"] / group["n_haplotypes"]
    check.same("frequency of a haplotype", where, row.frequency, share)
    check.same("joint effect", where, row.delta_logodds_narrow, reference.effect(site, group["alleles"]))
    alone = sum(reference.effect(site, (allele,)) for allele in group["alleles"])
    check.same("sum of effects", where, row.sum_delta_logodds_narrow, alone)


def _people(reference: Reference, tables: dict[str, pd.DataFrame], check: Comparison) -> None:
    table = tables["samples"]
    rows = {(row.sample, row.gene_id): row for row in table.itertuples()}
    check.same("rows of people", "all", len(rows), len(table))
    columns = ["site_id", "ploidy", "mixed_ploidy", "phased", "delta_logodds_narrow_1", "delta_logodds_narrow_2"]
    columns += ["delta_logodds_narrow", "delta_usage", "delta_pdui", "delta_utr_length"]
    carriers = dict(zip(tables["gene_carriers"].gene_id, tables["gene_carriers"].carriers, strict=True))
    for gene in reference.genes:
        for person in reference.people:
            where, expected = (person, gene.gene_id), reference.sample(person, gene)
            row = rows.get(where)
            if expected is None or abs(expected["size"] - MIN_EFFECT) > TOLERANCE:
                strong = expected is not None and expected["size"] >= MIN_EFFECT
                check.same("person and gene", where, row is not None, strong)
            if row is None or expected is None:
                continue
            check.same(
                "variants of a person", where, dict(zip(row.variants, row.copies, strict=True)), expected["copies"]
            )
            for column in columns:
                check.same(f"samples.{column}", where, getattr(row, column), expected[column])
        check.same(
            "carriers of a gene", gene.gene_id, _plain(carriers.get(gene.gene_id, 0)), (_carriers(reference, gene),)
        )


def _carriers(reference: Reference, gene: Gene) -> int | None:
    """People with a strong allele of a gene; None where the genotypes of one are not known."""
    hits = [
        (allele, site) for allele, sites in reference.scored.items() for site in gene.sites if site.site_id in sites
    ]
    for allele, site in hits:
        if abs(reference.allele_effect(site, allele)) >= MIN_EFFECT and reference.counts(allele) is None:
            return None
    strong = {
        (allele, site.site_id) for allele, site in hits if abs(reference.allele_effect(site, allele)) >= MIN_EFFECT
    }
    return sum(
        any(
            (allele, site.site_id) in strong
            for site in gene.sites
            for allele, _ in reference.carried(person, site).copies
        )
        for person in reference.people
    )


# --- two wordings of one case ---------------------------------------------------------------------------------------------


def facts(tables: dict[str, pd.DataFrame], names: dict[tuple, str]) -> Iterator[tuple[str, list[tuple]]]:
    """What a run says that does not depend on wording, as (table, sorted rows). names: of (chrom, pos, ref, alt) the record."""

    def named(rows: pd.DataFrame) -> list[str]:
        return [names[key] for key in zip(rows.chrom, rows.pos, rows.ref, rows.alt, strict=True)]

    ledger, scores, genes, new = (tables[name] for name in ("ledger", "scores", "gene_effects", "new_sites"))
    yield "ledger", _rows(named(ledger), ledger.status, ledger.n_sites)
    effects = scores.delta_logodds_narrow, scores.delta_logodds, scores.window_index, scores.n_carriers
    yield "scores", _rows(named(scores), scores.gene_id, scores.region, scores.anchor, *effects, scores.mechanism)
    moved = genes.delta_logodds_narrow, genes.total_variation, genes.delta_pdui, genes.direction
    yield "gene_effects", _rows(named(genes), genes.gene_id, *moved)
    gain = new.delta_logodds_narrow, new.hexamer_ref, new.hexamer_alt, new.delta_usage
    yield "new_sites", _rows(named(new), new.gene_id, *gain)
    people = tables["samples"]
    what = people.delta_logodds_narrow, people.delta_usage, people.delta_pdui, people.ploidy, people.phased
    yield "samples", _rows(people["sample"], people.gene_id, *what)
    haplotypes = tables["haplotypes"]
    counts = haplotypes.haplotype_count, haplotypes.haplotype_number, haplotypes.n_unphased
    yield "haplotypes", _rows(haplotypes.gene_id, haplotypes.n_variants, haplotypes.delta_logodds_narrow, *counts)


def _rows(*columns) -> list[tuple]:
    rows = zip(*(list(column) for column in columns), strict=True)
    return sorted((tuple(_rounded(value) for value in row) for row in rows), key=repr)


def _rounded(value: object) -> object:
    if value is None or value is pd.NA or value != value:
        return None
    return round(float(value), 4) + 0.0 if isinstance(value, float) else value


def record_names(case: Case) -> dict[tuple, str]:
    """The record of each allele, by its number in it."""
    return {
        (record.contig, record.pos, record.ref, alt): f"{record.name}.{number}"
        for records in case.files
        for record in records
        for number, alt in enumerate(record.alts, start=record.first)
    }
