"""Growth: CPU time and memory of the stations before and after the network, against the number of sites, alleles, people, shards.

Inputs are simulated: a random genome with a gene every 500 nt, each with one coding transcript; alleles spread evenly, so that
41 % of them are in the window of a site; people as in `bench.people`. Each measurement is a process of its own, so that its peak
memory is its own.

Sites are held by every job, and the alleles of a shard by its jobs: their memory grows with both. What joins the shards holds one
piece at a time, whatever their number: its memory is flat.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pysam

from bench import people
from pasvar.annotate import GENE, annotate_vcf
from pasvar.config import fill_sites
from pasvar.effects import add_genotypes, compute_gene_effects, score_alleles, score_sites
from pasvar.genome import Genome, contig_table
from pasvar.paths import ROOT
from pasvar.scoring import WINDOW_SCORES, reference_windows
from pasvar.sites import make_sites
from pasvar.tables import ALLELE, GENOTYPES, empty_frame, gather, read_table, write_table
from pasvar.variants import plan_shards, read_shard

SIZES = {
    "sites": (1_000, 10_000, 100_000, 500_000),
    "alleles": (1_000, 10_000, 100_000, 1_000_000, 10_000_000),
    "shards": (1, 10, 100, 1_000),
}
LARGEST = {"alleles": 10_000_000, "effects": 1_000_000, "annotate": 100_000}
"""Alleles up to which a station is measured: more would take minutes, and want more shards."""

PER_SHARD = 10_000
"""Alleles of each of the shards that are joined."""

GENE_LENGTH = 500
_MAX_CONTIG = 100_000_000
_ORDER = {kind: place for place, kind in enumerate((*SIZES, "people"))}


def table(sizes: Mapping[str, Sequence[int]], drawn: pd.DataFrame) -> pd.DataFrame:
    """CPU seconds and peak memory of each station at each size, and how time grows from the size before: n to this power.

    drawn: of `bench.people.table`.
    """
    rows = []
    for row in _measured(sizes, drawn):
        print(*row, file=sys.stderr, flush=True)
        rows.append(row)
    return _with_powers(pd.DataFrame(rows, columns=["station", "of", "n", "CPU seconds", "peak MB"]))


def _measured(sizes: Mapping[str, Sequence[int]], drawn: pd.DataFrame) -> Iterator[tuple[str, str, int, float, float]]:
    with tempfile.TemporaryDirectory() as folder:
        for n in sizes["sites"]:
            simulate_genes(Path(folder), n)
            for station in ("catalogue", "windows", "usage"):
                yield station, "sites", n, *_apart(station, folder)
        simulate_genes(Path(folder), 10_000)
        for station in ("catalogue", "windows", "usage"):
            _apart(station, folder)
        for n in sizes["alleles"]:
            simulate_alleles(Path(folder), n)
            for station, largest in LARGEST.items():
                if n <= largest:
                    yield station, "alleles", n, *_apart(station, folder)
        simulate_alleles(Path(folder), PER_SHARD)
        _apart("alleles", folder)
        for n in sizes["shards"]:
            yield "join", "shards", n, *_apart("join", folder, n)
            yield "dry run", "shards", n, *dry_run(n)
    for n, step, cpu, peak in people.costs(drawn):
        yield step, "people", n, cpu, peak


def _with_powers(measured: pd.DataFrame) -> pd.DataFrame:
    """Sorted by station, with `power`: 1 is linear growth of the CPU time. Fixed costs make the first ones small."""
    measured = measured.sort_values(["of", "station", "n"], key=lambda column: column.map(_ORDER.get).fillna(column))
    ratio = np.log(measured[["n", "CPU seconds"]]).groupby(measured.station).diff()
    return measured.assign(power=ratio["CPU seconds"] / ratio.n)


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
            everywhere = genome.slice(name, 0, length).codes
            places = np.linspace(0, length - 1, round(n * length / total), dtype=np.int64)
            # Where there are more alleles than bases, those of a base are different ones.
            shifts = 1 + np.arange(len(places)) % 3
            for begin in range(0, len(places), 1_000_000):
                here = places[begin : begin + 1_000_000]
                codes = everywhere[here]
                change = letters[(codes + shifts[begin : begin + 1_000_000]) % 4]
                lines = (
                    f"{name}\t{place + 1}\t.\t{ref}\t{alt}\t.\t.\t.\n"
                    for place, ref, alt in zip(here.tolist(), letters[codes], change, strict=True)
                )
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
    write_table(folder / "sites.parquet", score_sites(sites, scores, 0.001), "sites")


def alleles(folder: Path) -> None:
    """One shard's VCF records to ledger and alternate windows."""
    sites = read_table(folder / "catalogue.parquet", "catalogue")
    with Genome(folder / "genome.fa") as genome:
        plan = plan_shards(sites, contig_table(genome), 1, 0)
        found = read_shard(
            [folder / "cohort.vcf.gz"], plan, read_table(folder / "windows.parquet", "windows"), sites, genome, 205
        )
    for name in ("alleles", "ledger"):
        write_table(folder / f"{name}.parquet", getattr(found, name), name)


def effects(folder: Path) -> None:
    """One shard's alleles and scores to effects on sites and genes."""
    names = ("alleles", "windows", "sites")
    alleles, windows, sites = (read_table(folder / f"{name}.parquet", name) for name in names)
    random = people.random_scores(alleles, np.random.default_rng(0)).drop(columns="site_id").add_suffix("_alt")
    scored = alleles[[*ALLELE, "site_id"]].join(random)
    carriers = pd.DataFrame(columns=[*ALLELE, *GENOTYPES])
    scores = add_genotypes(score_alleles(alleles, scored.assign(percentile=np.nan), windows, sites), carriers)
    tissues = empty_frame("tissue_usage")
    write_table(folder / "scores.parquet", scores, "scores")
    write_table(
        folder / "gene_effects.parquet", compute_gene_effects(scores, sites, tissues, 0.001, 0.05), "gene_effects"
    )


def annotate(folder: Path) -> None:
    """The VCF with these effects."""
    with Genome(folder / "genome.fa") as genome:
        names = genome.names
    more = {GENE: folder / "gene_effects.parquet"}
    annotate_vcf(folder / "cohort.vcf.gz", folder / "scores.parquet", folder / "annotated.vcf.gz", names, {}, more=more)


def copy(folder: Path) -> None:
    """The VCF with nothing to say of it."""
    write_table(folder / "nothing.parquet", empty_frame("scores"), "scores")
    with Genome(folder / "genome.fa") as genome:
        names = genome.names
    annotate_vcf(folder / "cohort.vcf.gz", folder / "nothing.parquet", folder / "annotated.vcf.gz", names, {})


def join(folder: Path, n: int) -> None:
    """The ledgers of so many shards to one."""
    gather([folder / "ledger.parquet"] * n, "ledger", folder / "joint.parquet")


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


def _apart(station: str, folder: str, *more: int) -> tuple[float, float]:
    return _measure([sys.executable, "-m", "bench.growth", station, folder, *map(str, more)])


def _measure(command: list[str]) -> tuple[float, float]:
    """CPU seconds and peak MB of a process and its children."""
    code = (
        "import json, resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL); "
        "used = resource.getrusage(resource.RUSAGE_CHILDREN); "
        "print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command], check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    return tuple(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    globals()[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:]))
