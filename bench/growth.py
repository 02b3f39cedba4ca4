"""Growth: CPU time and memory of the stations before and after the network, against the number of sites, alleles and shards.

Inputs are simulated: a random genome with a gene every 500 nt, each with one coding transcript; alleles spread evenly. Each
measurement is a process of its own, so that its peak memory is its own.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from pasvar.catalogue import make_sites
from pasvar.config import fill_sites
from pasvar.effects import score_sites
from pasvar.genome import Genome, contig_table
from pasvar.scores import WINDOW_SCORES
from pasvar.shards import plan_shards
from pasvar.tables import read_table, write_table
from pasvar.variants import read_shard
from pasvar.windows import reference_windows

ROOT = Path(__file__).resolve().parents[1]
SIZES = {
    "sites": (1_000, 10_000, 100_000, 500_000),
    "alleles": (1_000, 10_000, 100_000, 1_000_000),
    "shards": (1, 10, 100, 1_000),
}
GENE_LENGTH = 500
_MAX_CONTIG = 100_000_000


def table(sizes: dict[str, tuple[int, ...]]) -> pd.DataFrame:
    """CPU seconds and peak memory of each station at each size."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for n in sizes["sites"]:
            simulate_genes(Path(folder), n)
            for station in ("catalogue", "windows", "usage"):
                rows.append((station, "sites", n, *_apart(station, folder)))
        simulate_genes(Path(folder), 10_000)
        for station in ("catalogue", "windows"):
            _apart(station, folder)
        for n in sizes["alleles"]:
            simulate_alleles(Path(folder), n)
            rows.append(("alleles", "alleles", n, *_apart("alleles", folder)))
    rows += [("dry run", "shards", n, *dry_run(n)) for n in sizes["shards"]]
    return pd.DataFrame(rows, columns=["station", "of", "n", "CPU seconds", "peak MB"])


def simulate_genes(folder: Path, n: int) -> None:
    """genome.fa and genes.gtf with `n` genes in turns on either strand."""
    rng = np.random.default_rng(0)
    per_contig = _MAX_CONTIG // GENE_LENGTH
    with open(folder / "genome.fa", "wb") as fasta, open(folder / "genes.gtf", "w") as gtf:
        for contig, first in enumerate(range(0, n, per_contig), start=1):
            genes = range(first, min(first + per_contig, n))
            letters = np.frombuffer(b"ACGT", np.uint8)[rng.integers(0, 4, len(genes) * GENE_LENGTH, dtype=np.uint8)]
            fasta.write(f">{contig}\n".encode() + letters.tobytes() + b"\n")
            gtf.writelines(_gene(contig, gene, gene - first) for gene in genes)
    (folder / "genome.fa.fai").unlink(missing_ok=True)


def _gene(contig: int, gene: int, place: int) -> str:
    start, strand = place * GENE_LENGTH + 51, "+-"[gene % 2]
    names = f'gene_id "G{gene}"; transcript_id "T{gene}"; transcript_biotype "protein_coding";'
    coding = (start, start + 99) if strand == "+" else (start + 300, start + 399)
    lines = (("transcript", start, start + 399), ("exon", start, start + 399), ("CDS", *coding))
    return "".join(f"{contig}\tsim\t{feature}\t{a}\t{b}\t.\t{strand}\t.\t{names}\n" for feature, a, b in lines)


def simulate_alleles(folder: Path, n: int) -> None:
    """cohort.vcf.gz with `n` SNVs, evenly over the genome, without samples."""
    letters = np.array(list("ACGT"))
    with Genome(folder / "genome.fa") as genome, pysam.BGZFile(str(folder / "cohort.vcf.gz"), "w") as file:
        contigs = "".join(f"##contig=<ID={name}>\n" for name in genome.lengths)
        file.write(f"##fileformat=VCFv4.2\n{contigs}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n".encode())
        total = sum(genome.lengths.values())
        for name, length in genome.lengths.items():
            places = np.linspace(0, length - 1, round(n * length / total), dtype=np.int64)
            codes = genome.stretch(name, 0, length).codes[places]
            change = letters[(codes + 1) % 4]
            lines = [
                f"{name}\t{place + 1}\t.\t{ref}\t{alt}\t.\t.\t.\n"
                for place, ref, alt in zip(places.tolist(), letters[codes], change, strict=True)
            ]
            file.write("".join(lines).encode())
    pysam.tabix_index(str(folder / "cohort.vcf.gz"), preset="vcf", force=True)


def catalogue(folder: Path) -> None:
    """GTF to sites."""
    with Genome(folder / "genome.fa") as genome:
        sites = make_sites(folder / "genes.gtf", genome, fill_sites({"min_canonical_share": 0}))
    write_table(folder / "catalogue.parquet", sites.catalogue, "catalogue")


def windows(folder: Path) -> None:
    """Sites to windows."""
    with Genome(folder / "genome.fa") as genome:
        table = reference_windows(read_table(folder / "catalogue.parquet", "catalogue"), genome)
    write_table(folder / "windows.parquet", table, "windows")


def usage(folder: Path) -> None:
    """Sites and scores to usages."""
    sites = read_table(folder / "catalogue.parquet", "catalogue")
    scores = sites[["site_id"]].drop_duplicates().assign(**dict.fromkeys(WINDOW_SCORES, 0.5))
    score_sites(sites, scores, 0.001)


def alleles(folder: Path) -> None:
    """One shard's VCF records to ledger and alternate windows."""
    sites = read_table(folder / "catalogue.parquet", "catalogue")
    with Genome(folder / "genome.fa") as genome:
        plan = plan_shards(sites, contig_table(genome), 1, 0)
        read_shard(
            [folder / "cohort.vcf.gz"], plan, read_table(folder / "windows.parquet", "windows"), sites, genome, 205
        )


def dry_run(n_shards: int) -> tuple[float, float]:
    """`snakemake --dry-run` of the bundled example in so many shards."""
    command = [sys.executable, "-m", "snakemake", "--dry-run", "--quiet", "all", "--config", f"shards={n_shards}"]
    with tempfile.TemporaryDirectory() as folder:
        return _measure([*command, "--directory", folder, "--configfile", _example(folder)])


def _example(folder: str) -> str:
    """The bundled example's configuration with absolute paths."""
    text = (ROOT / "config" / "config.yaml").read_text()
    path = Path(folder) / "config.yaml"
    path.write_text(re.sub(r"(\w+): (resources/)", rf"\1: {ROOT}/\2", text))
    return str(path)


def _apart(station: str, folder: str) -> tuple[float, float]:
    return _measure([sys.executable, "-m", "bench.growth", station, folder])


def _measure(command: list[str]) -> tuple[float, float]:
    """CPU seconds and peak MB of a process and its children."""
    code = (
        "import json, resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))"
    )
    done = subprocess.run([sys.executable, "-c", code, *command], check=True, capture_output=True, text=True, cwd=ROOT)
    return tuple(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]))
