"""Making the catalogue of a run: from GTF and atlases, or from a catalogue that was made before."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pasvar.counts import plural
from pasvar.errors import InputError
from pasvar.genome import Annotation, Genome, read_annotation
from pasvar.sequence import decode, reverse_complement
from pasvar.sites.atlas import read_atlas
from pasvar.sites.catalogue import Catalogue, SiteRules, find_sites
from pasvar.sites.confidence import confidence_of, is_coding, site_calibration_of
from pasvar.sites.roles import assign_roles, sort_sites
from pasvar.sites.site_evidence import atlas_sites, name_intergenic, transcript_ends
from pasvar.sites.tissues import join_usages, read_expression, usage_by_atlas, usage_by_transcripts
from pasvar.tables import read_table


class Sites(NamedTuple):
    """Tables `catalogue`, `tissue_usage` and `exons`, and notes that say what was found and left out."""

    catalogue: pd.DataFrame
    tissue_usage: pd.DataFrame
    exons: pd.DataFrame
    notes: list[str]


def make_sites(gtf: str | Path, genome: Genome, settings: Mapping) -> Sites:
    """The sites of a run. settings: the config keys `pasvar.config.SITE_KEYS`."""
    annotation = read_annotation(gtf, genome, settings["biotypes"])
    if settings["catalogue"]:
        catalogue = reuse_catalogue(settings["catalogue"], genome)
        notes = [*annotation.notes, f"{plural(len(catalogue), 'site')} of {Path(settings['catalogue']).name}"]
        tissues: list[pd.DataFrame] = []
    else:
        catalogue, tissues, notes = _find(annotation, genome, settings)
    if settings["tissue_expression"]:
        tissues.append(usage_by_transcripts(catalogue, read_expression(settings["tissue_expression"])))
    return Sites(catalogue, join_usages(tissues), annotation.exons, [*genome.notes, *notes])


def reuse_catalogue(path: str | Path, genome: Genome) -> pd.DataFrame:
    """Read a catalogue that was made before. Raises InputError if its hexamers differ from the FASTA."""
    catalogue = read_table(path, "catalogue")
    names = genome.names.table(catalogue.chrom.unique())
    for site in catalogue.itertuples():
        if site.chrom != names.get(site.chrom):
            raise InputError(f"{path}: contig {site.chrom} is not in {genome.path}; make the catalogue again for it")
        codes = genome.slice(site.chrom, site.hexamer_start, site.hexamer_end).codes
        found = decode(codes if site.strand == "+" else reverse_complement(codes))
        if found != site.hexamer:
            raise InputError(
                f"{path}: site {site.site_id} has the hexamer {site.hexamer}, {genome.path} has {found} there; they are of "
                "different assemblies"
            )
    return sort_sites(catalogue, genome.lengths)


def _find(
    annotation: Annotation, genome: Genome, settings: Mapping
) -> tuple[pd.DataFrame, list[pd.DataFrame], list[str]]:
    """Catalogue, tissue usages by atlas, notes."""
    notes = [*annotation.notes, f"gtf: {plural(len(annotation.transcripts), 'end')} of transcripts"]
    parts, atlases = [transcript_ends(annotation.transcripts)], []
    for described in settings["atlas"]:
        atlas = read_atlas(described, genome, settings["min_canonical_share"])
        rows, atlas_notes = atlas_sites(
            atlas, annotation.exons, settings["extension"], settings["atlas_gene_distance"], settings["site_classes"]
        )
        notes += [*atlas.notes, *atlas_notes]
        atlases.append(atlas)
        parts.append(rows)
    names = [str(number) for number in range(len(parts))]
    filled = [(name, part) for name, part in zip(names, parts, strict=True) if len(part)]
    evidence = pd.concat([part for _, part in filled] or parts, keys=[name for name, _ in filled] or names)
    evidence = name_intergenic(evidence)
    # A row of an atlas may belong to several genes: its key must name the gene.
    evidence = evidence.set_index("gene_id", append=True, drop=False).rename_axis(["part", "row", "gene"])
    rules = SiteRules(**{key: settings[key] for key in SiteRules._fields})
    found: Catalogue = find_sites(evidence, genome, rules)
    tissues = [
        usage_by_atlas(_rows_of(found.site_of_evidence, name), atlas.tissues, atlas.name)
        for name, atlas in zip(names[1:], atlases, strict=True)
        if len(atlas.tissues.columns)
    ]
    sites = found.sites.assign(is_coding=is_coding(found.sites, annotation.exons))
    sites["confidence"] = confidence_of(sites, site_calibration_of(None))
    sites = assign_roles(sites, annotation.exons, settings["min_usage_confidence"], genome.lengths)
    return sites, tissues, [*notes, *found.notes]


def _rows_of(site_of_evidence: pd.Series, part: str) -> pd.DataFrame:
    """site_id and gene_id by the row of the atlas whose number in the evidence is `part`."""
    of_part = site_of_evidence[site_of_evidence.index.get_level_values("part") == part].rename("site_id").reset_index()
    return of_part.rename(columns={"gene": "gene_id"}).set_index("row")[["site_id", "gene_id"]]
