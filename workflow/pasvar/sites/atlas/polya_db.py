"""PolyA_DB 3 (Wang et al. 2018, NAR 46:D315; *.PAS.txt) and 4 (*.PAS.main.tsv, *.PAS.max.tsv): text with a header.

Version 3 has the cut, counted from 1, in Position; version 4 only in PAS_ID, chrom:strand:position.
"""

from collections.abc import Mapping

import pandas as pd

from pasvar.sites.atlas import bed
from pasvar.sites.text_table import Column, TextTable, joined_names, require, site_names

_VERSION_3 = {"chrom": "Chromosome", "position": "Position", "strand": "Strand"}
_ID = "PAS_ID"
_ABUNDANCE = ("Mean RPM", "AvgRPM")
_GENES = ("Gene Symbol", "GeneSymbol", "Ensembl Gene ID", "Ensemble ID", "Ensembl ID", "RefSeq Gene ID")
"""The releases spell the columns that name the gene in several ways; RefSeq's are Entrez numbers."""


def recognises(table: TextTable) -> bool:
    """By the names of the columns."""
    return set(table.names) >= set(_VERSION_3.values()) or _ID in table.names


def read(table: TextTable, columns: Mapping[str, Column]) -> tuple[pd.DataFrame, list[str]]:
    """As `bed.read`."""
    table = table.with_header()
    abundance = next(({"abundance": name} for name in _ABUNDANCE if name in table.names), {})
    if _VERSION_3["position"] in table.names:
        sites, notes = bed.read(table, {**_VERSION_3, **abundance, **columns})
    else:
        found = table.columns({"name": _ID, **abundance, **columns})
        named = site_names(found["name"])
        require(named.position.notna(), found["name"], table.path, _ID, "chrom:strand:position")
        found = found.assign(chrom=named.chrom, strand=named.strand)
        sites, notes = bed.make_sites(table, found, named.position.astype("int64") - 1, ""), []
    genes = [table.column(columns["gene"], "gene")] if "gene" in columns else []
    genes = genes or [table.column(name, "gene") for name in _GENES if name in table.names]
    return sites.assign(genes=joined_names(genes) if genes else ""), notes
