"""The tables of a run from which its report is made."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from pasvar.errors import InputError
from pasvar.tables import (
    ALLELE,
    Facts,
    hidden_alleles,
    hide_people,
    known_of,
    min_cell_of,
    read_arrow,
    read_made_by,
    read_pieces,
    read_table,
    without_alleles,
)
from pasvar.variants import assembly_of

RUN_TABLES = (
    "sites",
    "genes",
    "gene_effects",
    "tissue_effects",
    "new_sites",
    "scores",
    "haplotypes",
    "samples",
    "known",
    "exons",
    "contigs",
    "card_windows",
)
"""The tables from which a report is made."""

_EFFECT_COLUMNS = [
    *ALLELE,
    *("id", "af", "gene_id", "gene_name", "n_sites", "site_id", "region", "hexamer_ref", "hexamer_alt"),
    *(
        "logodds_narrow_ref",
        "delta_logodds_narrow",
        "delta_logodds_narrow_other",
        "delta_low",
        "delta_high",
        "direction_probability",
    ),
    *(
        "site_ids",
        "usage_ref",
        "usage_alt",
        "usage_measured",
        "delta_cleavage",
        "impact",
        "confidence",
        "expected_impact",
    ),
    *("delta_pdui", "delta_pdui_low", "delta_pdui_high"),
    *("delta_utr_length", "delta_utr_length_low", "delta_utr_length_high"),
    *("direction", "gaining_site", "losing_site", "delta_truncated", "flags", "n_carriers"),
    *("mechanism", "n_sites_hit", "structural_end", "copies"),
    *("allele_count", "allele_number"),
]
_SCORE_COLUMNS = [
    *ALLELE,
    "id",
    "af",
    "gene_id",
    "site_id",
    "window_index",
    "region",
    "logodds_narrow_ref",
    "delta_logodds_narrow",
    "delta_logodds",
    "hexamer_ref",
    "hexamer_alt",
    "delta_cut_mean",
    "mechanism",
    "motif_lost",
    "motif_gained",
    "percentile",
    "flags",
    "n_carriers",
    *("norm_pos", "norm_ref", "norm_alt"),
]
_HAPLOTYPE_COLUMNS = [
    "site_id",
    "gene_id",
    "gene_name",
    "variants",
    "n_carriers",
    "frequency",
    "hexamer_ref",
    "hexamer_alt",
    "logodds_narrow_ref",
    "delta_logodds_narrow",
    "sum_delta_logodds_narrow",
    "interaction_narrow",
    "interacts",
]


@dataclass(frozen=True)
class Run:
    """The tables of a run from which the pages are made; the large ones stay in arrow."""

    sites: pd.DataFrame
    genes: pd.DataFrame
    gene_effects: pa.Table
    tissue_effects: pa.Table
    new_sites: pd.DataFrame
    scores: pa.Table
    haplotypes: pa.Table
    people: pd.Series
    exons: pd.DataFrame
    substitutions: pd.DataFrame
    totals: pd.DataFrame
    files: pd.DataFrame
    made_by: Mapping[str, str]
    known: Mapping[tuple, Facts]
    n_hidden: int
    known_rows: pd.DataFrame
    card_windows: pd.DataFrame
    assembly: str | None


def read_run(tables: Mapping[str, Any], report_genes: int) -> Run:
    """The parts of the tables that the pages need, see `build_report`."""
    sites, genes = (read_table(tables[name], name) for name in ("sites", "genes"))
    shown = sites.site_id[sites.gene_id.isin(ranked_genes(genes).head(report_genes).gene_id)]
    counts = {"n_records": "int64", "n_no_alt": "int64", "n_alleles": "int64", "n_indexed": "Int64"}
    known = read_table(tables["known"], "known")
    hidden = hidden_alleles(known)
    contigs, made_by = read_table(tables["contigs"], "contigs"), read_made_by(tables["genes"])
    return Run(
        sites,
        genes,
        without_alleles(read_arrow(tables["gene_effects"], "gene_effects", _EFFECT_COLUMNS), hidden),
        without_alleles(read_arrow(tables["tissue_effects"], "tissue_effects"), hidden),
        without_alleles(read_table(tables["new_sites"], "new_sites"), hidden),
        without_alleles(read_arrow(tables["scores"], "scores", _SCORE_COLUMNS), hidden),
        read_arrow(tables["haplotypes"], "haplotypes", _HAPLOTYPE_COLUMNS),
        people_by_gene(read_arrow(tables["samples"], "samples", ["gene_id"]), genes, min_cell_of(made_by)),
        read_table(tables["exons"], "exons"),
        substitutions_of(tables["hit_saturation"], shown),
        _read_text(tables["totals"], {"n_alleles": "int64"}),
        _read_text(tables["files"], counts),
        made_by,
        known_of(known),
        len(hidden),
        without_alleles(known, hidden),
        read_table(tables["card_windows"], "card_windows"),
        assembly_of(dict(zip(contigs.chrom, contigs.length.astype(int), strict=True))),
    )


def ranked_genes(genes: pd.DataFrame) -> pd.DataFrame:
    """Genes with a scored allele, the highest expected impact first; of equals the first along the genome."""
    hit = genes[genes.max_expected_impact.notna()]
    return hit.sort_values("max_expected_impact", ascending=False, kind="stable", ignore_index=True)


def settings_of(results: Path) -> dict:
    """The settings of a finished run, from its record."""
    record = results / "provenance.json"
    try:
        return json.loads(record.read_text(encoding="utf-8"))["config"]
    except FileNotFoundError:
        raise InputError(f"{record}: no such file; it has the settings of the run, which ends with it") from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{record}: is not the record of a run ({error})") from error


def people_by_gene(samples: pa.Table, genes: pd.DataFrame, min_cell: int | None = None) -> pd.Series:
    """The number of people of each gene in table `samples`; null if `min_cell` hides it. genes: table `genes`."""
    counts = samples.group_by("gene_id").aggregate([([], "count_all")])
    found = pd.Series(counts["count_all"].to_numpy(), index=counts["gene_id"].to_pylist(), dtype="Int64")
    carriers = genes.set_index("gene_id").carriers
    return hide_people(found.reindex(carriers.index, fill_value=0), carriers, min_cell)


def substitutions_of(paths: Iterable[str | Path], site_ids: Iterable[str]) -> pd.DataFrame:
    """The rows of some sites in tables `saturation_scores`, with the columns that `substitution_grid` needs."""
    columns = ["site_id", "window_index", "alt", "logodds_narrow_alt"]
    wanted = set(site_ids)
    pieces = (piece for path in paths for piece in read_pieces(path, "saturation_scores", columns))
    kept = [piece[piece.site_id.isin(wanted)] for piece in pieces]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame(columns=columns)


def _read_text(path: str | Path, counts: Mapping[str, str]) -> pd.DataFrame:
    """A tab-separated table whose columns are text except for `counts`. Raises InputError if it is something else."""
    try:
        frame = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
        for column, dtype in counts.items():
            frame[column] = pd.to_numeric(frame[column].replace("", None)).astype(dtype)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is not the ledger's ({error}); remove it and run again") from error
    return frame
