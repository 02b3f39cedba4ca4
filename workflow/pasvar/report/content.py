"""What the pages say: which genes, variants and counts, as plain rows for the templates. No files, no HTML, no drawing."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from pasvar.constants import HEXAMER_INDEX, WINDOW_LENGTH
from pasvar.report import words
from pasvar.sequence import encode, on_strand
from pasvar.tables import STATUSES, read_pieces

ALLELE = ["chrom", "pos", "ref", "alt"]
PAIR = [*ALLELE, "gene_id", "site_id"]

MAX_ROWS = 400
MAX_HAPLOTYPES = 100
MAX_GENE_ROWS = 300
"""Rows of a table on the overview and on a gene's page, which stay below 1.5 MB and 400 kB with them."""

REGIONS = {
    "upstream": "upstream of the hexamer",
    "hexamer": "in the hexamer",
    "hexamer_to_cut": "from hexamer to cut",
    "downstream": "downstream of the cut",
}
TIERS = {
    0: "AATAAA",
    1: "ATTAAA",
    2: "AGTAAA, TATAAA, CATAAA, GATAAA",
    3: "one other mismatch",
    4: "two mismatches",
    -1: "none found",
}
SITE_CLASSES = {
    "3utr": f"3{words.PRIME} UTR",
    "extended": "downstream of the gene",
    "cds": "coding part, incomplete",
    "noncoding": "noncoding transcript",
    "exon": "other exon",
    "intron": "intron",
    "intergenic": "no gene",
}

_UNTOLD_SETTINGS = ("shards", "device", "model")
"""Config keys that the report leaves out: the first two do not change a result, the model is told by what the tables hold."""

_FILE_SETTINGS = ("fasta", "gtf", "vcf", "catalogue", "tissue_expression")


@dataclass(frozen=True)
class Run:
    """The tables of a run that the pages are made from; the large ones stay in arrow."""

    sites: pd.DataFrame
    genes: pd.DataFrame
    gene_effects: pa.Table
    tissue_effects: pa.Table
    new_sites: pd.DataFrame
    scores: pa.Table
    haplotypes: pa.Table
    people: pd.Series
    substitutions: pd.DataFrame
    totals: pd.DataFrame
    files: pd.DataFrame
    made_by: Mapping[str, str]


def records(frame: pd.DataFrame) -> list[dict]:
    """The rows of a frame as dicts of plain values, with None for every kind of null."""
    return [
        {
            key: value if isinstance(value, (list, np.ndarray)) or not pd.isna(value) else None
            for key, value in row.items()
        }
        for row in frame.to_dict("records")
    ]


def strongest(table: pa.Table, n: int) -> pa.Table:
    """The `n` rows with the largest |delta_logodds_narrow|; of equals those that stand first in the table."""
    size = np.abs(table["delta_logodds_narrow"].to_numpy())
    return table.take(np.argsort(-size, kind="stable")[:n])


def ranked_genes(genes: pd.DataFrame) -> pd.DataFrame:
    """Genes with a scored allele, the strongest first; of equals the first along the genome."""
    hit = genes[genes.max_abs_delta_logodds_narrow.notna()]
    return hit.sort_values("max_abs_delta_logodds_narrow", ascending=False, kind="stable", ignore_index=True)


def page_names(genes: pd.DataFrame) -> dict[str, str]:
    """File name of each gene's page by gene_id: the gene's name where it is safe and nobody else's, else with its ID.

    Names differ in more than case, for not every file system tells cases apart.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for gene_id, gene_name in zip(genes.gene_id, genes.gene_name, strict=True):
        stem = _safe(gene_name)
        if stem != gene_name or stem.lower() in taken:
            stem = f"{stem}_{_safe(gene_id)}"
        number, unique = 1, stem
        while unique.lower() in taken:
            number, unique = number + 1, f"{stem}_{number + 1}"
        taken.add(unique.lower())
        names[gene_id] = f"{unique}.html"
    return names


def _safe(name: str) -> str:
    """Letters, digits, `-`, `_` and inner dots of a name; 80 of them at most, and never nothing."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:80].strip("._-") or "gene"


def gene_rows(ranked: pd.DataFrame, sites: pd.DataFrame, people: pd.Series, pages: Mapping[str, str]) -> list[dict]:
    """Rows of the overview's table of genes. people: `people_by_gene`."""
    strength = sites.set_index(["gene_id", "site_id"]).logodds_narrow.rename("logodds_narrow_ref")
    rows = records(ranked.head(MAX_ROWS).join(strength, on=["gene_id", "top_site"]))
    for row in rows:
        chrom, pos, ref, alt = row["top_variant"].rsplit(":", 3)
        row["n_people"] = int(people.get(row["gene_id"], 0))
        row["variant"] = {"chrom": chrom, "pos": int(pos), "ref": ref, "alt": alt, "id": row["top_variant_id"]}
        row["page"] = pages.get(row["gene_id"])
    return rows


def variant_rows(run: Run, pages: Mapping[str, str]) -> list[dict]:
    """Rows of the overview's table of variants: one per allele and gene, told at the site that the allele hits hardest."""
    top = strongest(run.gene_effects, MAX_ROWS)
    wanted = run.scores.filter(pc.is_in(run.scores["pos"], top["pos"].unique()))
    detail = wanted.select([*PAIR, "window_index", "hexamer_ref", "hexamer_alt", "logodds_narrow_ref"]).to_pandas()
    rows = records(top.to_pandas().merge(detail, on=PAIR, how="left", validate="one_to_one"))
    for row in rows:
        place = list(row["site_ids"]).index(row["site_id"])
        row["usage_site_ref"], row["usage_site_alt"] = (float(row[key][place]) for key in ("usage_ref", "usage_alt"))
        row["offset"] = row["window_index"] - HEXAMER_INDEX
        row["page"] = pages.get(row["gene_id"])
    return rows


def gene_hits(run: Run, gene_id: str) -> pd.DataFrame:
    """One gene's rows of `scores`, strongest first, with what the allele does to the gene as a whole."""
    of_gene = pc.equal(run.scores["gene_id"], gene_id)
    hits = run.scores.filter(of_gene).to_pandas()
    effects = run.gene_effects.filter(pc.equal(run.gene_effects["gene_id"], gene_id))
    hits = hits.merge(effects.select([*ALLELE, "delta_pdui", "delta_utr_length"]).to_pandas(), on=ALLELE, how="left")
    hits["offset"] = hits.window_index - HEXAMER_INDEX
    return hits.sort_values("delta_logodds_narrow", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def source_rows(sites: pd.DataFrame) -> list[dict]:
    """Per source of sites how many there are, how many have AATAAA or ATTAAA, and how many have a measured usage."""
    distinct = sites.drop_duplicates("site_id")
    rows = distinct.groupby("source").agg(
        n=("site_id", "size"),
        canonical=("hexamer_tier", lambda tiers: tiers.isin([0, 1]).mean()),
        n_measured=("usage_measured", "count"),
    )
    return records(rows.sort_values("n", ascending=False, kind="stable").reset_index())


def new_site_rows(new_sites: pd.DataFrame, pages: Mapping[str, str]) -> list[dict]:
    """Rows of a table of sites that variants make, the largest gain first."""
    ordered = new_sites.sort_values("delta_logodds_narrow", ascending=False, kind="stable").head(MAX_ROWS)
    rows = records(ordered)
    for row in rows:
        row["page"] = pages.get(row["gene_id"])
    return rows


def haplotype_rows(haplotypes: pa.Table, pages: Mapping[str, str]) -> list[dict]:
    """Rows of the overview's table of haplotypes, where together and sum of each alone are furthest apart first."""
    size = pc.abs(pc.fill_null(haplotypes["interaction_narrow"], 0)).to_numpy()
    rows = records(haplotypes.take(np.argsort(-size, kind="stable")[:MAX_HAPLOTYPES]).to_pandas())
    for row in rows:
        parts = [name.rsplit(":", 3) for name in row["variants"]]
        row["changes"] = [{"chrom": chrom, "pos": pos, "ref": ref, "alt": alt} for chrom, pos, ref, alt in parts]
        row["page"] = pages.get(row["gene_id"])
    return [row for row in rows if row["interaction_narrow"] is not None]


def people_by_gene(samples: pa.Table) -> pd.Series:
    """How many people table `samples` has of each gene."""
    counts = samples.group_by("gene_id").aggregate([([], "count_all")])
    return pd.Series(counts["count_all"].to_numpy(), index=counts["gene_id"].to_pylist(), dtype="int64")


def tissue_rows(tissue_effects: pa.Table, gene: Mapping) -> list[dict]:
    """What the gene's strongest variant does in each tissue, where most 3' ends change place first. gene: a row of `genes`."""
    if gene["top_variant"] is None:
        return []
    frame = tissue_effects.filter(pc.equal(tissue_effects["gene_id"], gene["gene_id"])).to_pandas()
    name = frame.chrom + ":" + frame.pos.astype(str) + ":" + frame.ref + ":" + frame.alt
    frame = frame[name == gene["top_variant"]].sort_values("total_variation", ascending=False, kind="stable")
    return records(frame.assign(distal_ref=frame.usage_ref.str[-1], distal_alt=frame.usage_alt.str[-1]))


def substitutions_of(paths: Iterable[str | Path], site_ids: Iterable[str]) -> pd.DataFrame:
    """Of tables `saturation_scores` the rows of some sites, as far as `substitution_grid` needs them."""
    columns = ["site_id", "window_index", "alt", "logodds_narrow_alt"]
    wanted = set(site_ids)
    pieces = (piece for path in paths for piece in read_pieces(path, "saturation_scores", columns))
    return pd.concat([piece[piece.site_id.isin(wanted)] for piece in pieces], ignore_index=True)


def substitution_grid(substitutions: pd.DataFrame, site: Mapping) -> np.ndarray:
    """Effect (ln) of putting A, C, G or T (rows) at each place of a site's window, (4, 205); NaN for the base that is there, and
    where it is not known. site: a row of `sites`. The bases are those of the transcribed strand."""
    rows = substitutions[substitutions.site_id == site["site_id"]]
    bases = encode("".join(rows.alt))
    grid = np.full((4, WINDOW_LENGTH), np.nan)
    bases = on_strand(bases, np.full(len(bases), site["strand"] == "-"))
    grid[bases, rows.window_index] = rows.logodds_narrow_alt - np.float32(site["logodds_narrow"])
    return grid


def windows_hit(scores: pa.Table) -> pd.DataFrame:
    """Allele and window, once each however many genes share the window: offset from the hexamer, region, effect."""
    columns = [*ALLELE, "site_id", "window_index", "region", "delta_logodds_narrow"]
    hits = scores.select(columns).to_pandas().drop_duplicates([*ALLELE, "site_id"], ignore_index=True)
    return hits.assign(offset=hits.window_index - HEXAMER_INDEX)


def region_rows(hits: pd.DataFrame, min_effect: float) -> list[dict]:
    """Per region of the window how many alleles fall there and how strong they are. hits: `windows_hit`."""
    rows = []
    for region, meaning in REGIONS.items():
        delta = hits.delta_logodds_narrow[hits.region == region]
        size = delta.abs()
        rows.append(
            {
                "region": meaning,
                "n": len(delta),
                "median": float(size.median()) if len(delta) else None,
                "n_strong": int((size >= min_effect).sum()),
                "lowest": float(delta.min()) if len(delta) else None,
                "highest": float(delta.max()) if len(delta) else None,
            }
        )
    return rows


def count_strong(gene_effects: pa.Table, min_effect: float) -> int:
    """Distinct alleles with an effect of at least `min_effect` in some gene."""
    strong = pc.greater_equal(pc.abs(gene_effects["delta_logodds_narrow"]), min_effect)
    return gene_effects.filter(strong).select(ALLELE).group_by(ALLELE).aggregate([]).num_rows


def ledger_rows(totals: pd.DataFrame) -> list[dict]:
    """Status, what it means, number and share of the alleles."""
    whole = int(totals.n_alleles.sum())
    return [
        {
            "status": row.status,
            "meaning": STATUSES[row.status],
            "n": row.n_alleles,
            "share": row.n_alleles / (whole or 1),
        }
        for row in totals.itertuples()
    ]


def reconcile(totals: pd.DataFrame, files: pd.DataFrame) -> dict:
    """The rows per VCF file, and whether the ledger's alleles are all that the files hold.

    Records that a run with `ledger: in_range` did not read are counted from the index, as alleles without a site in range.
    """
    unread = (files.n_indexed - files.n_records).fillna(0).clip(lower=0).astype(int)
    in_files = int(files.n_alleles.sum() + unread.sum())
    in_ledger = int(totals.n_alleles.sum())
    return {
        "files": records(files.assign(n_unread=unread)),
        "in_files": in_files,
        "in_ledger": in_ledger,
        "agree": in_files == in_ledger,
    }


def input_rows(made_by: Mapping[str, str]) -> list[dict]:
    """Names and sha256 of the inputs and of the network, from what the tables say of what made them."""
    rows = []
    for key, digests in made_by.items():
        if key.endswith("_sha256") and key != "settings_sha256":
            for digest in digests.split(" "):
                file, _, sha256 = digest.rpartition("=")
                rows.append({"name": f"{key.removesuffix('_sha256')} {file}".strip(), "sha256": sha256})
    return rows


def setting_rows(settings: Mapping, descriptions: Mapping[str, str]) -> list[dict]:
    """Key, value and meaning of each setting; files by their names, for where they lay says nothing about the results."""
    return [
        {"key": key, "value": _setting(key, value), "meaning": descriptions.get(key, "")}
        for key, value in settings.items()
        if key not in _UNTOLD_SETTINGS
    ]


def _setting(key: str, value: object) -> str:
    if value is None:
        return "not set"
    if key == "atlas":
        value = [f"{Path(atlas['path']).name} ({atlas.get('format', 'format guessed')})" for atlas in value] or ["none"]
    values: Iterable = value if isinstance(value, (list, tuple)) else [value]
    texts = [Path(v).name if key in _FILE_SETTINGS else v if isinstance(v, str) else json.dumps(v) for v in values]
    return ", ".join(texts) or "an empty list"


def tooltip(hit: Mapping) -> str:
    """What the page says when the mouse rests on a variant of a site's window."""
    lines = [
        " ".join(filter(None, (words.record_id(hit["id"]), words.change(hit)))),
        f"{words.signed(hit['delta_logodds_narrow'])}: odds of cleavage {words.fold(hit['delta_logodds_narrow'])}",
        f"{REGIONS.get(hit['region'], hit['region'])}, {words.signed(hit['offset'], 0)} nt from the hexamer's start",
    ]
    lines += words.motifs(hit)
    if hit["percentile"] is not None:
        lines.append(f"stronger than {100 * hit['percentile']:.1f} % of all substitutions of the site")
    if hit["af"] is not None:
        lines.append(f"allele frequency {words.percent(hit['af'])}")
    if hit["n_carriers"] is not None:
        lines.append(words.plural(hit["n_carriers"], "carrier"))
    return "\n".join(lines)
