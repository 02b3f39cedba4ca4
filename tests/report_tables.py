"""A run in small literal tables, its report, and what reads the pages."""

import base64
import gzip
import json
import math
import re
from contextlib import nullcontext
from html.parser import HTMLParser
from unittest.mock import patch

import numpy as np
import pandas as pd

from pasvar.report import RUN_TABLES
from pasvar.report.build import Outputs, build_report
from pasvar.tables import ALLELE, STATUSES, TABLES, empty_frame, write_table

MADE_BY = {
    "model": "aparent2",
    "model_sha256": "540147b1",
    "gtf_sha256": "67f0",
    "vcf_sha256": "1.vcf.gz=a1 2.vcf.gz=b2",
    "pasvar_commit": "0123456789abcdef-changed",
    "settings_sha256": "5e77",
}


SETTINGS = {
    "fasta": "/home/somebody/genome.fa",
    "gtf": "annotation/genes.gtf.gz",
    "vcf": ["cohort/people.vcf.gz"],
    "model": "aparent2",
    "shards": 7,
    "biotypes": ["protein_coding", "lncRNA"],
    "min_effect": 0.2231,
    "min_usage_shift": 0.05,
    "report_genes": 2,
    "merge_distance": 24,
    "device": "auto",
}


def site(gene: str, rank: int, cut_pos: int, strand: str = "+", **more) -> dict:
    """A site whose cut lies 20 nt after the hexamer's first base."""
    start = cut_pos - 21 if strand == "+" else cut_pos + 14
    row = {
        "site_id": f"20:{cut_pos}:{strand}",
        "chrom": "20",
        "strand": strand,
        "cut_pos": cut_pos,
        "hexamer": "AATAAA",
        "hexamer_start": start,
        "hexamer_end": start + 6,
        "hexamer_tier": 0,
        "window_start": start - 70 if strand == "+" else start + 76 - 205,
        "gene_id": f"ENSG_{gene}",
        "gene_name": gene,
        "site_class": "3utr",
        "source": "gtf",
        "n_transcripts": 2,
        "usage_ref": 1.0,
        "usage_source": "predicted:polyadb_v3",
        "rank": rank,
        "utr_length": 500 * rank,
        "a_rich": False,
        "confidence": 0.9,
        "in_usage": True,
        "logodds_narrow": 1.25,
        "logodds": 1.5,
    }
    return {**row, "window_end": row["window_start"] + 205, **more}


SITES = pd.DataFrame(
    [
        site("ABC1", 1, 1_000, usage_ref=0.25),
        site("ABC1", 2, 2_000, usage_ref=0.75, logodds_narrow=-6.0),
        site("XYZ", 1, 9_000, "-"),
        site("QUIET", 1, 20_000),
    ]
)


def hit(site_row: dict, pos: int, delta: float, **more) -> dict:
    """A row of `scores` for an SNV A>G."""
    index = pos - 1 - site_row["window_start"] if site_row["strand"] == "+" else site_row["window_end"] - pos
    row = {
        "chrom": "20",
        "pos": pos,
        "ref": "A",
        "alt": "G",
        "id": f"rs{pos}",
        "norm_pos": pos,
        "norm_ref": "A",
        "norm_alt": "G",
        "af": 0.125,
        "window_index": index,
        "region": "hexamer" if 70 <= index < 76 else "downstream",
        "anchor": "hexamer",
        "logodds_narrow_ref": site_row["logodds_narrow"],
        "logodds_narrow_alt": site_row["logodds_narrow"] + delta,
        "delta_logodds_narrow": delta,
        "logodds_ref": 1.5,
        "logodds_alt": 1.5 + delta / 2,
        "delta_logodds": delta / 2,
        "delta_usage": -0.1,
        "hexamer_ref": "AATAAA",
        "hexamer_alt": "AATAAA",
        "delta_cut_mean": 1.25,
        "mechanism": "other",
        "motif_lost": None,
        "motif_gained": None,
        "percentile": None,
        "n_carriers": 3,
        "allele_count": 4,
        "allele_number": 32,
    }
    of_site = {key: site_row[key] for key in ("site_id", "gene_id", "gene_name", "strand", "usage_ref")}
    return {**row, **of_site, **more}


def strong_hits() -> pd.DataFrame:
    first, second, minus = (SITES.loc[i].to_dict() for i in (0, 1, 2))
    return pd.DataFrame(
        [
            hit(
                first, 981, -2.0, hexamer_alt="AGTAAA", mechanism="hexamer", motif_lost="AATAAA>AGTAAA", percentile=0.96
            ),
            hit(second, 2_010, 0.75, mechanism="downstream_element", motif_gained="GU-rich&U-rich_downstream"),
            hit(minus, 8_990, math.log(1.5)),
        ]
    )


def substitutions(site_row: dict, *effects: tuple[int, str, float]) -> pd.DataFrame:
    """Rows of `saturation_scores` of a site: (place in the window, base of the forward strand, effect)."""
    frame = pd.DataFrame(effects, columns=["window_index", "alt", "effect"])
    frame["logodds_narrow_alt"] = frame.effect + site_row["logodds_narrow"]
    nothing = dict.fromkeys(set(TABLES["saturation_scores"].schema.names) - set(frame))
    return frame.assign(**nothing).assign(site_id=site_row["site_id"])


SUBSTITUTIONS = substitutions(
    SITES.loc[0].to_dict(), (70, "C", -3.0), (70, "G", -2.0), (70, "T", -0.5), (90, "A", 0.25)
)


def effects_of(scores: pd.DataFrame) -> pd.DataFrame:
    """`gene_effects` where each allele hits one site of its gene and takes a tenth of the usage from it."""
    if scores.empty:
        return empty_frame("gene_effects")
    sites = {gene: rows.site_id.to_list() for gene, rows in SITES.groupby("gene_id")}
    usage = {gene: rows.usage_ref.to_list() for gene, rows in SITES.groupby("gene_id")}
    effects = scores.assign(
        n_sites=[len(sites[gene]) for gene in scores.gene_id],
        n_sites_hit=1,
        site_ids=[sites[gene] for gene in scores.gene_id],
        usage_ref=[usage[gene] for gene in scores.gene_id],
        usage_alt=[[usage[gene][0] - 0.1, *(share + 0.1 for share in usage[gene][1:])] for gene in scores.gene_id],
        delta_pdui=0.1,
        delta_utr_length=50.0,
        expected_impact=scores.delta_logodds_narrow.abs() / 10,
        impact=0.1,
        confidence=0.9,
        delta_low=scores.delta_logodds_narrow - 0.25,
        delta_high=scores.delta_logodds_narrow + 0.25,
        direction_probability=0.97,
        usage_measured=False,
        delta_cleavage=[0.2 if len(sites[gene]) == 1 else None for gene in scores.gene_id],
        delta_pdui_low=0.05,
        delta_pdui_high=0.15,
        delta_utr_length_low=25.0,
        delta_utr_length_high=75.0,
        direction=["more_cleavage" if len(sites[gene]) == 1 else "lengthening" for gene in scores.gene_id],
    )
    return effects.drop_duplicates([*ALLELE, "gene_id"])


def card_windows_of(effects: pd.DataFrame, n: int) -> pd.DataFrame:
    """Windows for the first cards of a run: AATAAA among other letters, cut at one place."""
    top = effects.sort_values("expected_impact", ascending=False, kind="stable").head(n)
    rows = []
    for row in top.itertuples():
        window = "".join(("GATC" * 52)[:70]) + "AATAAA" + ("CGTT" * 33)[:129]
        index = row.window_index
        alt = window[:index] + {"A": "G"}.get(window[index], "A") + window[index + 1 :]
        profile = np.zeros(205)
        profile[90:95] = 0.1
        grid = np.where(np.array(list(window)) == np.array([list("ACGT")]).T, np.nan, -0.5)
        rows.append((window, alt, row.pos - 1 - index + 70, profile, profile / 4, grid.ravel()))
    columns = ["window_ref", "window_alt", "hexamer_start", "profile_ref", "profile_alt", "effects"]
    pairs = top[[*ALLELE, "gene_id", "site_id"]].reset_index(drop=True)
    return pairs.join(pd.DataFrame(rows, columns=columns))


def genes_of(scores: pd.DataFrame, sites: pd.DataFrame, with_genotypes: bool = True) -> pd.DataFrame:
    genes = sites.drop_duplicates("gene_id")[["gene_id", "gene_name", "chrom", "strand"]].copy()
    genes["n_sites"] = sites.groupby("gene_id").size().reindex(genes.gene_id).to_list()
    size = scores.delta_logodds_narrow.abs()
    top = scores.loc[size.sort_values(ascending=False, kind="stable").index].drop_duplicates("gene_id")
    top = top.set_index("gene_id").reindex(genes.gene_id)
    variant = top.chrom.str.cat([top.pos.astype("Int64").astype(str), top.ref, top.alt], ":")
    counts = scores.groupby("gene_id").size().reindex(genes.gene_id, fill_value=0).to_list()
    strong = scores[size >= 0.2231].groupby("gene_id").size().reindex(genes.gene_id, fill_value=0).to_list()
    return genes.assign(
        n_alleles=counts,
        n_scored=counts,
        n_strong=strong,
        max_expected_impact=(top.delta_logodds_narrow.abs() / 10).to_list(),
        top_direction="lengthening",
        max_abs_delta_logodds_narrow=top.delta_logodds_narrow.abs().to_list(),
        top_delta_logodds_narrow=top.delta_logodds_narrow.to_list(),
        top_variant=variant.astype(object).where(variant.notna(), None).to_list(),
        top_variant_id=top.id.astype(object).where(top.id.notna(), None).to_list(),
        top_site=top.site_id.astype(object).where(top.site_id.notna(), None).to_list(),
        carriers=pd.array([n * 3 if with_genotypes else None for n in strong], dtype="Int32"),
    )


def report(
    folder,
    scores=None,
    sites=SITES,
    with_genotypes=True,
    settings=SETTINGS,
    n_alleles=10,
    new_sites=None,
    tissue_effects=None,
    haplotypes=None,
    samples=None,
    known=None,
    n_cards=0,
    with_pictures=False,
):
    """Write the tables of a run and their report; returns the report's folder. Cards and files of pictures take time, and most
    tests look at neither."""
    scores = strong_hits() if scores is None else scores
    if not with_genotypes:
        nulls = pd.array([None] * len(scores), dtype="Int32")
        scores = scores.assign(n_carriers=nulls, allele_count=nulls, allele_number=nulls)
    effects = effects_of(scores)
    folder.mkdir(exist_ok=True)
    tables = {
        "sites": sites,
        "genes": genes_of(scores, sites, with_genotypes),
        "gene_effects": effects,
        "tissue_effects": empty_frame("tissue_effects") if tissue_effects is None else tissue_effects,
        "new_sites": empty_frame("new_sites") if new_sites is None else new_sites,
        "scores": scores,
        "haplotypes": empty_frame("haplotypes") if haplotypes is None else haplotypes,
        "samples": empty_frame("samples") if samples is None else samples,
        "known": empty_frame("known") if known is None else known,
        "exons": empty_frame("exons"),
        "contigs": pd.DataFrame({"chrom": ["20"], "length": [60_000]}),
        "card_windows": card_windows_of(effects, n_cards),
    }
    for name, frame in tables.items():
        # Columns that no page shows are null.
        frame = frame.assign(**dict.fromkeys(set(TABLES[name].schema.names) - set(frame), None))
        write_table(folder / f"{name}.parquet", frame, name, MADE_BY)
    write_table(folder / "hit_saturation.parquet", SUBSTITUTIONS, "saturation_scores", MADE_BY)
    n_scored = len(scores.drop_duplicates(ALLELE))
    counts = {**dict.fromkeys(STATUSES, 0), "scored": n_scored, "no_site_in_range": n_alleles - n_scored}
    (folder / "ledger.tsv").write_text("status\tn_alleles\n" + "".join(f"{s}\t{n}\n" for s, n in counts.items()))
    (folder / "ledger_files.tsv").write_text(
        f"vcf\tn_records\tn_no_alt\tn_alleles\tn_indexed\npeople.vcf.gz\t{n_alleles + 2}\t2\t{n_alleles}\t{n_alleles + 2}\n"
    )
    with nullcontext() if with_pictures else patch("pasvar.report.pages.save_figures"):
        build_report(paths(folder), settings, outputs_of(folder))
    return folder / "report"


def outputs_of(folder) -> Outputs:
    return Outputs.under(folder / "report", folder / "multiqc")


def paths(folder) -> dict:
    files = {"totals": folder / "ledger.tsv", "files": folder / "ledger_files.tsv"}
    files["hit_saturation"] = [folder / "hit_saturation.parquet"]
    return {name: folder / f"{name}.parquet" for name in RUN_TABLES} | files


def plain(text: str) -> str:
    """Minus signs and dashes as they are typed."""
    return text.translate(str.maketrans({"\N{MINUS SIGN}": "-", "\N{EN DASH}": "-"}))


class Page(HTMLParser):
    """Text, tables, attributes of an HTML page; checks that its elements are closed in order."""

    VOID = frozenset({"meta", "input", "br", "link", "img"})

    def __init__(self, html: str):
        super().__init__()
        self.text, self.rows, self.elements, self.open, self.cell = "", [], [], [], None
        self.feed(plain(html))
        self.close()
        assert self.open == []
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if not {"style", "script"} & set(self.open):
            self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] = " ".join((self.rows[-1][-1] + " " + data).split())

    def row(self, start: str) -> list[str]:
        """The first row of a table whose first cell starts so."""
        return next(row for row in self.rows if row[0].startswith(start))


def read(path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def unpacked(folder, name: str) -> pd.DataFrame:
    """A table of the scripts next to the pages, as their script reads it."""
    text = (folder / "data" / f"{name}.js").read_text()
    columns = json.loads(gzip.decompress(base64.b64decode(re.search(rf'\.{name} = "([^"]*)";\n', text)[1])))
    levels = {key: [*value["levels"], None] for key, value in columns.items() if isinstance(value, dict)}
    return pd.DataFrame(
        {
            key: pd.Series([levels[key][code] for code in value["codes"]] if key in levels else value, dtype=object)
            for key, value in columns.items()
        }
    )
