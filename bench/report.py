"""``python -m bench.report``: how large the pages of a report are, and how long a browser takes to show them.

The run is made of random numbers: each gene has three sites, each allele touches one of them. Needs chromium and playwright.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_INDEX, HEXAMER_LENGTH, WINDOW_LENGTH
from pasvar.report import RUN_TABLES, Outputs, build_report
from pasvar.tables import STATUSES, TABLES, empty_frame, write_table

SIZES = ((5, 50, 5), (5_000, 20_000, 50), (20_000, 60_000, 50))
"""Genes, alleles, and genes with a page of their own."""

MADE_BY = {"model": "aparent2", "model_sha256": "540147b1f239c27cec6594931a7305a3a5ded6d3c8fbc43661761bad94ed637e"}
SETTINGS = {"min_effect": 0.2231, "min_usage_shift": 0.05, "merge_distance": 24, "vcf": ["cohort.vcf.gz"]}
N_CARDS = 5
_SITES_OF_A_GENE = 3
_BASES = np.array(list("ACGT"), dtype=object)


def make_run(folder: Path, n_genes: int, n_alleles: int) -> dict[str, Any]:
    """Write the tables of a run of random numbers, the same ones each time; returns their paths, as `build_report` takes them."""
    rng = np.random.default_rng(1)
    folder.mkdir(parents=True, exist_ok=True)
    sites = _sites(rng, n_genes)
    scores = _scores(rng, sites, n_alleles)
    effects = _effects(rng, sites, scores)
    tables = {name: empty_frame(name) for name in RUN_TABLES}
    tables |= {"sites": sites, "scores": scores, "gene_effects": effects, "genes": _genes(sites, effects)}
    tables |= {"card_windows": _card_windows(rng, effects)}
    for name, frame in tables.items():
        missing = dict.fromkeys(set(TABLES[name].schema.names) - set(frame))
        write_table(folder / f"{name}.parquet", frame.assign(**missing), name, MADE_BY)
    counts = dict.fromkeys(STATUSES, 0) | {"scored": n_alleles, "no_site_in_range": 9 * n_alleles}
    (folder / "ledger.tsv").write_text("status\tn_alleles\n" + "".join(f"{s}\t{n}\n" for s, n in counts.items()))
    n = 10 * n_alleles
    (folder / "ledger_files.tsv").write_text(
        f"vcf\tn_records\tn_no_alt\tn_alleles\tn_indexed\ncohort.vcf.gz\t{n}\t0\t{n}\t{n}\n"
    )
    paths: dict[str, Any] = {name: folder / f"{name}.parquet" for name in RUN_TABLES}
    return paths | {"totals": folder / "ledger.tsv", "files": folder / "ledger_files.tsv", "hit_saturation": []}


def _sites(rng: np.random.Generator, n_genes: int) -> pd.DataFrame:
    """Genes every 50 kb along contig 1, sites every kb of them."""
    n = n_genes * _SITES_OF_A_GENE
    gene, place = np.divmod(np.arange(n), _SITES_OF_A_GENE)
    cut = 10_000 + 50_000 * gene + 1_000 * place
    start = cut - 21
    return pd.DataFrame(
        {
            "site_id": [f"1:{pos}:+" for pos in cut],
            "chrom": "1",
            "strand": "+",
            "cut_pos": cut,
            "hexamer": rng.choice(["AATAAA", "ATTAAA", "TTTTTT"], n, p=[0.5, 0.3, 0.2]),
            "hexamer_start": start,
            "hexamer_end": start + 6,
            "hexamer_tier": 0,
            "window_start": start - 70,
            "window_end": start + 135,
            "gene_id": [f"ENSG{i:011}" for i in gene],
            "gene_name": [f"GENE{i}" for i in gene],
            "site_class": "tandem_3utr",
            "source": rng.choice(["gtf", "gtf+polyadb3", "predicted"], n),
            "n_transcripts": 1,
            "usage_ref": np.tile([0.25, 0.25, 0.5], n_genes),
            "usage_source": "predicted:polyadb_v3",
            "rank": place + 1,
            "utr_length": 500 + 1_000 * place,
            "a_rich": False,
            "confidence": rng.random(n),
            "in_usage": True,
            "logodds_narrow": rng.normal(-1, 2, n),
            "logodds": 0.0,
        }
    )


def _scores(rng: np.random.Generator, sites: pd.DataFrame, n_alleles: int) -> pd.DataFrame:
    """One site for each allele; an allele is a substitution A>C, A>G or A>T."""
    which = np.sort(rng.integers(0, len(sites), n_alleles))
    place = np.arange(n_alleles) % 205
    hit = sites.iloc[which].reset_index(drop=True)
    effect = rng.laplace(0, 0.15, n_alleles)
    frame = hit[["chrom", "site_id", "gene_id", "gene_name", "strand", "usage_ref"]].assign(
        pos=hit.window_start + place + 1,
        ref="A",
        alt=_BASES[1 + np.arange(n_alleles) % 3],
        id=[f"rs{i}" for i in range(n_alleles)],
        norm_pos=hit.window_start + place + 1,
        norm_ref="A",
        af=10 ** rng.uniform(-4, -0.31, n_alleles),
        window_index=place,
        region=np.where(place < 70, "upstream", np.where(place < 76, "hexamer", "downstream")),
        anchor="hexamer",
        logodds_narrow_ref=hit.logodds_narrow,
        logodds_narrow_alt=hit.logodds_narrow + effect,
        delta_logodds_narrow=effect,
        delta_logodds=effect / 2,
        logodds_ref=0.0,
        logodds_alt=effect / 2,
        hexamer_ref=hit.hexamer,
        hexamer_alt=hit.hexamer,
        mechanism="other",
        n_carriers=3,
        allele_count=3,
        allele_number=1_000,
    )
    frame["norm_alt"] = frame.alt
    return frame.drop_duplicates(["pos", "alt"]).sort_values("pos", kind="stable", ignore_index=True)


def _effects(rng: np.random.Generator, sites: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """What the scores do to a gene, as far as pages show it."""
    names = sites.groupby("gene_id").site_id.agg(list)
    size = np.minimum(scores.delta_logodds_narrow.abs() / 4, 0.5)
    shift = np.where(scores.delta_logodds_narrow > 0, size, -size)
    return scores.assign(
        n_sites=_SITES_OF_A_GENE,
        n_sites_hit=1,
        site_ids=scores.gene_id.map(names),
        usage_ref=[[0.25, 0.25, 0.5]] * len(scores),
        usage_alt=[[0.25 - x / 2, 0.25 - x / 2, 0.5 + x] for x in shift / 2],
        usage_measured=False,
        delta_pdui=shift / 2,
        delta_pdui_low=shift / 2 - 0.1,
        delta_pdui_high=shift / 2 + 0.1,
        delta_utr_length=1_000 * shift,
        delta_utr_length_low=1_000 * shift - 50,
        delta_utr_length_high=1_000 * shift + 50,
        impact=size,
        confidence=rng.random(len(scores)),
        expected_impact=size * rng.random(len(scores)),
        delta_low=scores.delta_logodds_narrow - 0.4,
        delta_high=scores.delta_logodds_narrow + 0.4,
        direction_probability=0.9,
        direction=np.where(size < 0.05, "none", np.where(shift > 0, "lengthening", "shortening")),
    )


def _genes(sites: pd.DataFrame, effects: pd.DataFrame) -> pd.DataFrame:
    """Counts, and the allele with the highest expected impact."""
    genes = sites.drop_duplicates("gene_id")[["gene_id", "gene_name", "chrom", "strand"]]
    of_gene = effects.sort_values("expected_impact", ascending=False, kind="stable").groupby("gene_id")
    top = of_gene.first().reindex(genes.gene_id)
    name = top.chrom.str.cat([top.pos.astype("Int64").astype(str), top.ref, top.alt], ":")
    counts = of_gene.size().reindex(genes.gene_id, fill_value=0).to_numpy()
    return genes.assign(
        n_sites=_SITES_OF_A_GENE,
        n_alleles=counts,
        n_scored=counts,
        n_strong=0,
        max_expected_impact=top.expected_impact.to_numpy(),
        top_direction=top.direction.astype(object).where(top.direction.notna(), None).to_numpy(),
        max_abs_delta_logodds_narrow=top.delta_logodds_narrow.abs().to_numpy(),
        top_delta_logodds_narrow=top.delta_logodds_narrow.to_numpy(),
        top_variant=name.astype(object).where(name.notna(), None).to_numpy(),
        top_variant_id=top.id.astype(object).where(top.id.notna(), None).to_numpy(),
        top_site=top.site_id.astype(object).where(top.site_id.notna(), None).to_numpy(),
        carriers=pd.array([3] * len(genes), dtype="Int32"),
    )


def _card_windows(rng: np.random.Generator, effects: pd.DataFrame) -> pd.DataFrame:
    """The alleles with the highest expected impact, in windows of random letters."""
    top = effects.sort_values("expected_impact", ascending=False, kind="stable").head(N_CARDS)
    rows = []
    for row in top.itertuples():
        letters = rng.choice(_BASES, WINDOW_LENGTH)
        letters[HEXAMER_INDEX : HEXAMER_INDEX + HEXAMER_LENGTH] = list("AATAAA")
        letters[row.window_index] = row.ref
        ref = "".join(letters)
        alt = ref[: row.window_index] + row.alt + ref[row.window_index + 1 :]
        is_there = np.array([list(ref)]) == np.array([list("ACGT")]).T
        grid = np.where(is_there, np.nan, rng.laplace(0, 0.15, (4, WINDOW_LENGTH)))
        profile = rng.dirichlet(np.full(WINDOW_LENGTH + 1, 0.1))[:WINDOW_LENGTH]
        start = row.pos - 1 - row.window_index + HEXAMER_INDEX
        rows.append((ref, alt, start, profile, profile[::-1], grid.ravel()))
    columns = ["window_ref", "window_alt", "hexamer_start", "profile_ref", "profile_alt", "effects"]
    named = top[["chrom", "pos", "ref", "alt", "gene_id", "site_id"]].reset_index(drop=True)
    return named.join(pd.DataFrame(rows, columns=columns))


def main() -> int:
    """A line per size of run."""
    from playwright.sync_api import sync_playwright

    heads = ["genes", "alleles", "overview, kB", "its tables, MB", "a gene's page, kB", "built in, s"]
    heads += ["overview shown in, s", "a gene shown in, s"]
    print(f"| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for n_genes, n_alleles, n_pages in SIZES:
            folder = Path(name) / str(n_genes)
            tables = make_run(folder, n_genes, n_alleles)
            outputs = Outputs.under(folder / "report", folder / "multiqc")
            start = time.perf_counter()
            build_report(tables, SETTINGS | {"report_genes": n_pages}, outputs)
            built = time.perf_counter() - start
            page = max(outputs.genes.iterdir(), key=lambda path: path.stat().st_size)
            data = sum(path.stat().st_size for path in outputs.data.iterdir()) / 1e6
            shown = [_seconds(browser, address) for address in (outputs.index, f"{outputs.genes}/viewer.html#GENE3")]
            print(
                f"| {n_genes:,} | {n_alleles:,} | {outputs.index.stat().st_size / 1e3:.0f} | {data:.1f} | "
                f"{page.stat().st_size / 1e3:.0f} | {built:.1f} | {shown[0]:.2f} | {shown[1]:.2f} |"
            )
        browser.close()
    return 0


def _seconds(browser: Any, address: str | Path) -> float:
    """The median time of five to open a page until its tables are drawn."""
    times = []
    for _ in range(5):
        page = browser.new_page()
        start = time.perf_counter()
        page.goto(f"file://{address}")
        page.wait_for_selector(".dt-container tbody tr td")
        times.append(time.perf_counter() - start)
        page.close()
    return float(np.median(times))


if __name__ == "__main__":
    sys.exit(main())
