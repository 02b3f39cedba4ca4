"""The tables that the pages search, as scripts in the same folder: a page that is opened from disk may load a script
but no data file.

A script holds one table, column by column, as JSON that is gzipped and written in base64. Names are treated as data:
the pages insert them as text. The table library is DataTables (MIT), from the package itables.
"""

import base64
import gzip
import json
import math
import re
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from pasvar.report import content, words
from pasvar.report.known import add_known
from pasvar.report.run_tables import Run

MAX_VARIANTS = 20_000
"""Number of pairs of allele and gene that the pages list; 1.5 MB of them. The table `gene_effects` has all."""

DIGITS = 5
"""Significant digits of a number in the pages' tables."""

_GENES = [
    *("gene_id", "gene_name", "chrom", "strand", "n_sites", "n_scored", "n_strong", "carriers", "n_people"),
    *("top_variant", "top_variant_id", "max_expected_impact", "top_direction", "top_delta_logodds_narrow"),
    *("logodds_narrow_ref", "page"),
]
_VARIANTS = [
    *(
        "chrom",
        "pos",
        "ref",
        "alt",
        "id",
        "af",
        "n_carriers",
        "gene_id",
        "site_id",
        "n_sites",
        "expected_impact",
        "impact",
    ),
    *("confidence", "direction", "delta_logodds_narrow", "delta_low", "delta_high", "direction_probability"),
    *("usage_site_ref", "usage_site_alt", "delta_pdui", "delta_utr_length", "hexamer_ref", "hexamer_alt", "region"),
    *("offset", "flags", "verdict", "sureness", "card"),
]
_SITES = [
    *(
        "gene_id",
        "rank",
        "cut_pos",
        "hexamer",
        "source",
        "site_class",
        "usage_ref",
        "in_usage",
        "confidence",
        "utr_length",
    ),
    "logodds_narrow",
]


def scripts(run: Run, ranked: pd.DataFrame, pages: Mapping[str, str], cards: Mapping[tuple, str]) -> dict[str, str]:
    """File name and text of each script: the library; the tables genes, variants and sites; and one script that tells a
    page that the others exist.

    ranked: `content.ranked_genes`. pages: file name of each gene's page by gene_id, for genes that have one. cards: of
    `content.card_names`. The variants have the values of other sources in separate columns, which `known` lists.
    """
    variants, known = add_known(_variants(run.gene_effects, run.scores, cards), run.known_rows)
    return {
        "here.js": "self.pasvar = {};\n",
        "datatables.js": library(),
        "genes.js": script("genes", _genes(run, ranked, pages)),
        "variants.js": script("variants", variants),
        "known.js": script("known", known),
        "sites.js": script("sites", _sites(run.sites)),
    }


def library() -> str:
    """DataTables and the jQuery that it needs, as a script that adds both to the page's `pasvar`.

    The package provides them as a module, and a browser does not load modules from disk. Therefore the exports are
    assigned instead.
    """
    bundle = Path(str(distribution("itables").locate_file("itables/html/dt_bundle.js")))
    module = bundle.read_text(encoding="utf-8")
    script, n_exports = re.subn(
        r"\bexport\s*\{[^{}]*?([\w$]+) as jQuery\b[^{}]*\};?", r"(self.pasvar ??= {}).jQuery = \1;", module
    )
    if n_exports != 1:
        raise ValueError(f"{bundle}: is not as expected; install itables of the version in requirements.lock")
    return f"(() => {{\n{script}\n}})();\n"


def script(name: str, frame: pd.DataFrame) -> str:
    """The script that adds a table to the page's `pasvar` by its name; the same bytes for the same table."""
    text = json.dumps({column: _packed(frame[column]) for column in frame}, ensure_ascii=False, separators=(",", ":"))
    data = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    return f'((self.pasvar ??= {{}}).packed ??= {{}}).{name} = "{data}";\n'


def _packed(column: pd.Series) -> list | dict:
    """Values with None for every null; repeated texts are stored as `levels` and an index into them (-1: null)."""
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        codes, levels = pd.factorize(column)
        if 2 * len(levels) < len(codes):
            return {"levels": levels.tolist(), "codes": codes.tolist()}
        return column.astype(object).where(column.notna(), None).tolist()
    if pd.api.types.is_integer_dtype(column):
        return column.astype(object).where(column.notna(), None).tolist()
    values = column.to_numpy(np.float64, na_value=np.nan).tolist()
    return [float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None for value in values]


def _genes(run: Run, ranked: pd.DataFrame, pages: Mapping[str, str]) -> pd.DataFrame:
    """All genes, those with a scored allele first."""
    strength = run.sites.set_index(["gene_id", "site_id"]).logodds_narrow.rename("logodds_narrow_ref")
    others = run.genes[~run.genes.gene_id.isin(ranked.gene_id)]
    rows = pd.concat([ranked, others], ignore_index=True).join(strength, on=["gene_id", "top_site"])
    people = rows.gene_id.map(run.people).astype("Int64")
    return rows.assign(n_people=people, page=rows.gene_id.map(pages))[_GENES]


def _variants(effects: pa.Table, scores: pa.Table, cards: Mapping[tuple, str]) -> pd.DataFrame:
    """The pairs of allele and gene with the highest expected impact, with their verdicts."""
    rows = content.variant_rows(effects, scores, MAX_VARIANTS, {}, cards=cards)
    for row in rows:
        verdict = row["verdict"]
        row["verdict"], row["sureness"] = verdict.happens, verdict.sureness
        row["hexamer_ref"], row["hexamer_alt"] = words.hexamer(row["hexamer_ref"]), words.hexamer(row["hexamer_alt"])
    frame = pd.DataFrame(rows, columns=_VARIANTS)
    counts = dict.fromkeys(("pos", "n_carriers", "n_sites", "offset"), "Int64")
    return frame.astype(counts) if len(frame) else frame


def _sites(sites: pd.DataFrame) -> pd.DataFrame:
    """All sites of all genes, for the page that shows a gene without a page of its own."""
    rows = sites.sort_values(["gene_id", "rank"], kind="stable")[_SITES]
    return rows.assign(hexamer=rows.hexamer.map(words.hexamer))
