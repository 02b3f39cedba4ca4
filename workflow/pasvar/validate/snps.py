"""Variants of people on chromosome 20 through the whole workflow: known SNPs of polyadenylation signals, and how variants of
known effect rank among ordinary ones."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import yaml

from pasvar.errors import InputError
from pasvar.paths import SNAKEFILE
from pasvar.tables import ALLELE, read_table
from pasvar.validate.inputs import RELEASED, Inputs
from pasvar.validate.known import known_effects, only_site
from pasvar.validate.page import markdown
from pasvar.variants import write_alleles

SNPS = "data/measured/pas_snps.chr20.tsv"
_GENOME = "data/grch37_chr20/chr20.fa"
_GTF = "data/grch37_chr20/Homo_sapiens.GRCh37.75.protein_coding.chr20.gtf.gz"
_ORDINARY = "data/grch37_chr20/1000Gp3_sites.chr20_1-2Mb.vcf.gz"

SAME_SITE = 24
"""A site of ours is that of a SNP where their cuts are at most so many nt apart."""

_TABLES = {name: f"results/{name}.parquet" for name in ("scores", "gene_effects", "ledger", "sites")} | {
    "exons": "results/sites/exons.parquet"
}
"""What is read of a run."""

_EXPLANATION = """48 SNPs of chromosome 20 (GRCh37) that break or make a signal in use (ElkonLab/pA_QTLs, tables S1 and S3),
through the workflow with `aparent2`, a GTF (Ensembl 75), no atlas, and sites that the network finds. For some of the SNPs the
table has in how many tissues of GTEx they are pA-QTLs, and in how many of these the allele that interrupts the signal
lengthens the 3' UTR."""


def measure(inputs: Inputs) -> str:
    """Section of the page."""
    snps = read_snps(inputs)
    with TemporaryDirectory() as folder:
        tables = run_workflow(inputs, snps, Path(folder))
    found = find_snps(snps, tables)
    return "\n\n".join(
        [
            _EXPLANATION,
            markdown(count_snps(found)),
            "Those that are pA-QTLs:",
            markdown(describe_qtls(found)),
            rank_of_known(inputs, tables),
        ]
    )


def read_snps(inputs: Inputs) -> pd.DataFrame:
    """The table of SNPs; `interrupting` is `ref`, `alt` or null."""
    return pd.read_csv(inputs.path(SNPS), sep="\t", dtype={"chrom": str})


def run_workflow(inputs: Inputs, snps: pd.DataFrame, folder: Path) -> dict[str, pd.DataFrame]:
    """The tables `_TABLES` of a run on the SNPs and on ordinary variants."""
    vcf = write_alleles(snps, folder / "snps.vcf.gz")
    files = {"fasta": _GENOME, "gtf": _GTF, "model": RELEASED}
    config = {key: str(inputs.path(relative).resolve()) for key, relative in files.items()}
    vcfs = [str(vcf), str(inputs.path(_ORDINARY).resolve())]
    (folder / "config.yaml").write_text(yaml.safe_dump(config | {"vcf": vcfs, "shards": 1}))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(SNAKEFILE), "--directory", str(folder)]
    command += ["--configfile", str(folder / "config.yaml"), "--cores", "2", "--quiet", "all", "--", *_TABLES.values()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise InputError(f"the workflow failed on {SNPS}: {done.stderr.strip()}")
    return {name: read_table(folder / path, name) for name, path in _TABLES.items()}


def find_snps(snps: pd.DataFrame, tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Each SNP with the row of `scores` at its own site, where there is one, the gene's row of `gene_effects`, and its status.

    `interrupts`: the effect of the allele that interrupts the signal, where the table or the hexamers say which one it is.
    """
    scores = tables["scores"].merge(
        tables["sites"][["site_id", "gene_id", "cut_pos", "source"]], on=["site_id", "gene_id"]
    )
    key = [*ALLELE, "gene_name"]
    at_site = snps.merge(scores, on=key, suffixes=("", "_site"))
    at_site["distance"] = (at_site.cut_pos_site - at_site.cut_pos).abs()
    at_site = at_site[at_site.distance <= SAME_SITE].sort_values("distance", kind="stable").drop_duplicates(ALLELE)
    columns = ["source", "hexamer_ref", "hexamer_alt", "delta_logodds_narrow", "direction_probability"]
    found = snps.merge(at_site[[*ALLELE, *columns]], on=ALLELE, how="left")
    effects = tables["gene_effects"].drop_duplicates(key)[[*key, "impact", "direction"]]
    found = found.merge(effects, on=key, how="left")
    return found.merge(tables["ledger"][[*ALLELE, "status"]].drop_duplicates(ALLELE), on=ALLELE, how="left")


def count_snps(found: pd.DataFrame) -> pd.DataFrame:
    """What becomes of the SNPs, one count a row."""
    at_site = found.delta_logodds_narrow.notna()
    predicted = at_site & (found.source == "predicted")
    changed = at_site & (found.hexamer_ref != found.hexamer_alt)
    known = at_site & found.interrupting.notna()
    sign = np.where(found.interrupting == "alt", -1, 1)
    right = np.sign(found.delta_logodds_narrow) == sign
    rows = [
        ("SNPs", len(found)),
        ("in no window of a site", (found.status != "scored").sum()),
        (f"in the window of their own site (cut within {SAME_SITE} nt, same gene)", at_site.sum()),
        ("of these, site found by the network alone", predicted.sum()),
        ("of these, hexamer of the window changed", changed.sum()),
        (
            "of these, odds changed more than 2-fold",
            (changed & (found.delta_logodds_narrow.abs() > np.log(2))).sum(),
        ),
        ("interrupting allele known and site found", known.sum()),
        ("of these, the interrupting allele weakens the site", (known & right).sum()),
    ]
    return pd.DataFrame(rows, columns=["what", "SNPs"])


def describe_qtls(found: pd.DataFrame) -> pd.DataFrame:
    """The SNPs that are pA-QTLs: measured direction of the alternate allele, and ours."""
    rows = []
    for snp in found[found.tissues.notna()].itertuples():
        delta, longer = snp.delta_logodds_narrow, snp.lengthening > snp.tissues / 2
        longer = longer if snp.interrupting == "alt" else not longer
        rows.append(
            {
                "gene": snp.gene_name,
                "SNP": f"{snp.pos} {snp.ref}>{snp.alt}",
                "tissues": f"{snp.tissues:.0f}",
                "measured": "lengthening" if longer else "shortening",
                "effect at the site": "no such site" if pd.isna(delta) else f"{delta:+.2f}",
                "direction of the gene": snp.direction if pd.notna(snp.direction) else "no row",
                "impact": "" if pd.isna(snp.impact) else f"{snp.impact:.2f}",
            }
        )
    return pd.DataFrame(rows)


def rank_of_known(inputs: Inputs, tables: dict[str, pd.DataFrame]) -> str:
    """How the known variants rank by expected impact among ordinary SNVs in 3' UTRs, in words."""
    ordinary = np.sort(ordinary_impacts(tables))
    known = known_effects(inputs, "aparent2")
    impact = np.array([only_site(row)["impact"] for row in known.to_dict("records")])
    share = pd.Series(np.searchsorted(ordinary, impact) / len(ordinary))
    causal, control = known.kind.isin(["loss", "gain"]), known.kind == "control"
    return (
        f"Ranked by `expected_impact` among {len(ordinary):,} SNVs of the 1000 Genomes project in 3' UTRs of chr20:1-2 Mb, "
        f"{(causal & (share >= 0.95)).sum()} of the {causal.sum()} known losses and gains of the section above are above 95 % of "
        f"them, {(causal & (share >= 0.99)).sum()} above 99 %. Of the {control.sum()} controls "
        f"{(control & (share >= 0.95)).sum()} are above 95 % and {(control & (share >= 0.99)).sum()} above 99 %: "
        "most ordinary SNVs lie in no window of a site, and the known variants count as hits of their gene's only site, which "
        "is real."
    )


def ordinary_impacts(tables: dict[str, pd.DataFrame]) -> np.ndarray:
    """expected_impact of the SNVs of `_ORDINARY` that lie in a 3' UTR; 0 where they are in no window of a site."""
    ledger = tables["ledger"]
    snvs = ledger[(ledger.ref.str.len() == 1) & (ledger.alt.str.len() == 1) & ledger.pos.between(1_000_000, 2_000_000)]
    snvs = snvs[snvs.status.isin(["scored", "no_site_in_range"])]
    exons = tables["exons"]
    plus = exons.strand == "+"
    start = exons.start.where(~plus, np.maximum(exons.start, exons.coding_end))
    end = exons.end.where(plus, np.minimum(exons.end, exons.coding_start))
    is_utr = exons.coding_start.notna() & (start < end)
    utrs = pd.IntervalIndex.from_arrays(start[is_utr], end[is_utr], closed="left")
    snvs = snvs[[utrs.contains(pos - 1).any() for pos in snvs.pos]]
    impact = tables["gene_effects"].groupby(ALLELE).expected_impact.max()
    return snvs[ALLELE].join(impact, on=ALLELE).expected_impact.fillna(0).to_numpy()
