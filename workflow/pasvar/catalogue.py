"""Making the catalogue of a run: from GTF and atlases, or from a catalogue that was made before."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from pasvar.annotation import Annotation, read_annotation
from pasvar.atlas import read_atlas
from pasvar.errors import InputError
from pasvar.evidence import atlas_sites, transcript_ends
from pasvar.genome import Genome
from pasvar.sequence import decode, reverse_complement
from pasvar.sites import Catalogue, SiteRules, find_sites, sort_sites
from pasvar.tables import read_table
from pasvar.tissues import join_usages, read_expression, usage_by_atlas, usage_by_transcripts


class Sites(NamedTuple):
    """Tables `catalogue`, `tissue_usage` and `exons`, and lines that say what was found and left out."""

    catalogue: pd.DataFrame
    tissue_usage: pd.DataFrame
    exons: pd.DataFrame
    notes: list[str]


def make_sites(gtf: str | Path, genome: Genome, settings: Mapping) -> Sites:
    """The sites of a run. settings: the config keys `pasvar.config.SITE_KEYS`."""
    annotation = read_annotation(gtf, genome, settings["biotypes"])
    if settings["catalogue"]:
        catalogue = reuse_catalogue(settings["catalogue"], genome)
        notes, tissues = [f"{len(catalogue)} sites of {Path(settings['catalogue']).name}"], []
    else:
        catalogue, tissues, notes = _find(annotation, genome, settings)
    if settings["tissue_expression"]:
        tissues.append(usage_by_transcripts(catalogue, read_expression(settings["tissue_expression"])))
    return Sites(catalogue, join_usages(tissues), annotation.exons, notes)


def reuse_catalogue(path: str | Path, genome: Genome) -> pd.DataFrame:
    """A catalogue made before. Raises InputError where its hexamers are not what the FASTA has there."""
    catalogue = read_table(path, "catalogue")
    names = genome.names.table(catalogue.chrom.unique())
    for site in catalogue.itertuples():
        if site.chrom != names.get(site.chrom):
            raise InputError(f"{path}: contig {site.chrom} is not in {genome.path}; make the catalogue anew for it")
        codes = genome.stretch(site.chrom, site.hexamer_start, site.hexamer_end).codes
        found = decode(codes if site.strand == "+" else reverse_complement(codes))
        if found != site.hexamer:
            raise InputError(
                f"{path}: site {site.site_id} has the hexamer {site.hexamer}, {genome.path} has {found} there; they are of "
                "different assemblies"
            )
    return sort_sites(catalogue, genome)


def _find(
    annotation: Annotation, genome: Genome, settings: Mapping
) -> tuple[pd.DataFrame, list[pd.DataFrame], list[str]]:
    """Catalogue, tissue usages by atlas, notes."""
    notes = [*annotation.notes, f"gtf: {len(annotation.transcripts)} ends of transcripts"]
    parts, atlases = [transcript_ends(annotation.transcripts)], []
    for described in settings["atlas"]:
        atlas = read_atlas(described, genome)
        rows, note = atlas_sites(atlas, annotation.exons, settings["extension"], settings["site_classes"])
        notes += [*atlas.notes, note]
        atlases.append(atlas)
        parts.append(rows)
    names = [str(number) for number in range(len(parts))]
    filled = [(name, part) for name, part in zip(names, parts, strict=True) if len(part)]
    evidence = pd.concat([part for _, part in filled] or parts, keys=[name for name, _ in filled] or names)
    # A row of an atlas may stand for several genes: its key has to say which.
    evidence = evidence.set_index("gene_id", append=True, drop=False).rename_axis(["part", "row", "gene"])
    rules = SiteRules(**{key: settings[key] for key in SiteRules._fields})
    found: Catalogue = find_sites(evidence, genome, rules)
    tissues = [
        usage_by_atlas(_rows_of(found.site_of_evidence, name), atlas.tissues, atlas.name)
        for name, atlas in zip(names[1:], atlases, strict=True)
        if len(atlas.tissues.columns)
    ]
    return found.sites, tissues, [*notes, *found.notes]


def _rows_of(site_of_evidence: pd.Series, part: str) -> pd.DataFrame:
    """site_id and gene_id by the row of the atlas that is `part` of the evidence."""
    of_part = site_of_evidence[site_of_evidence.index.get_level_values("part") == part].rename("site_id").reset_index()
    return of_part.rename(columns={"gene": "gene_id"}).set_index("row")[["site_id", "gene_id"]]
