"""Whole runs over one chromosome, simulated: many people near its sites, and many records without people.

`python -m bench.chromosome --fasta chr20.fa --gtf chr20.gtf.gz` writes both cohorts, runs the workflow on each with two cores and
prints the seconds, the memory of the largest process and the ledger. The alleles are random. What people carry is taken from the
bundled example: consecutive records have the genotypes of consecutive records there, and each haplotype is one of its people's.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pysam

from bench.growth import _measure
from bench.people import NEAR, VCF
from pasvar.config import check_config
from pasvar.genome import Genome
from pasvar.paths import ROOT
from pasvar.sequence import BASES, N_CODE
from pasvar.sites import make_sites
from pasvar.variants import open_vcf, read_genotypes

RECORDS_PER_KB = 8.33
"""Of the bundled example: 24,990 records of 503 people in 3 Mb."""

INDELS = 0.08
"""Share of the simulated alleles that are an insertion or a deletion of one base; in the example 5 % are indels of any length."""

_AT_A_TIME = 100_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.chromosome", description=__doc__)
    parser.add_argument("--fasta", type=Path, required=True, help="of one chromosome; the first contig is taken")
    parser.add_argument("--gtf", type=Path, required=True)
    parser.add_argument("--people", type=int, default=50_000, help="default: %(default)s")
    parser.add_argument("--records", type=int, default=10_000_000, help="without people (default: %(default)s)")
    parser.add_argument("--shards", type=int, default=16, help="default: %(default)s")
    parser.add_argument("--folder", type=Path, help="where files and runs stay (default: a temporary folder)")
    args = parser.parse_args()
    with TemporaryDirectory(prefix="pasvar-chromosome-") as temporary:
        folder = args.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with Genome(args.fasta, folder) as genome:
            people, records = folder / "people.vcf.gz", folder / "records.vcf.gz"
            if not people.exists():
                write_people(people, genome, near_sites(args.fasta, args.gtf, genome), args.people)
            if not records.exists():
                write_records(records, genome, args.records)
        for vcf in (people, records):
            print(vcf.stem, json.dumps(run(args.fasta, args.gtf, vcf, args.shards)), flush=True)


def near_sites(fasta: Path, gtf: Path, genome: Genome) -> np.ndarray:
    """Random positions, 0-based and sorted, at most `NEAR` nt from a cut, as dense as the example's records."""
    settings = check_config({"fasta": str(fasta), "gtf": str(gtf), "vcf": str(VCF)})
    catalogue = make_sites(gtf, genome, settings).catalogue
    near = np.zeros(next(iter(genome.lengths.values())), dtype=bool)
    for cut in catalogue.cut:
        near[max(cut - NEAR, 0) : cut + NEAR] = True
    places = np.flatnonzero(near)
    return np.sort(np.random.default_rng(0).choice(places, int(len(places) * RECORDS_PER_KB / 1000), replace=False))


def simulate_alleles(genome: Genome, positions: np.ndarray, seed: int) -> Iterator[tuple[int, str, str]]:
    """(POS, REF, ALT) of records at positions (0-based, sorted), random; none where the reference has no base."""
    rng = np.random.default_rng(seed)
    chrom, length = next(iter(genome.lengths.items()))
    codes = genome.slice(chrom, 0, length).codes
    positions = positions[positions + 1 < length]
    positions = positions[(codes[positions] < N_CODE) & (codes[positions + 1] < N_CODE)]
    other = (codes[positions] + rng.integers(1, 4, len(positions))) % 4
    kind = rng.random(len(positions))
    for i, pos in enumerate(positions.tolist()):
        ref, after, alt = BASES[codes[pos]], BASES[codes[pos + 1]], BASES[other[i]]
        if kind[i] < INDELS / 2:
            yield pos + 1, ref + after, ref
        else:
            yield pos + 1, ref, ref + alt if kind[i] < INDELS else alt


def write_people(path: Path, genome: Genome, positions: np.ndarray, n_people: int) -> None:
    """A VCF of people whose haplotypes are drawn from the example's, record after record."""
    example = open_vcf(VCF, with_samples=True)
    drawn = np.random.default_rng(n_people).integers(0, 2 * len(example.samples), (n_people, 2))
    haplotypes = np.array([np.maximum(read_genotypes(record)[0].reshape(-1), 0) > 0 for record in example])
    words = np.array([b"\t0|0", b"\t0|1", b"\t1|0", b"\t1|1"])
    names = "\t".join(f"p{i}" for i in range(n_people))
    header = ["##fileformat=VCFv4.3", '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">', *_contigs(genome)]
    columns = f"#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{names}"
    chrom = next(iter(genome.lengths))
    with pysam.BGZFile(str(path), "w") as file:
        file.write(("\n".join([*header, columns]) + "\n").encode())
        for i, (pos, ref, alt) in enumerate(simulate_alleles(genome, positions, seed=1)):
            of_people = haplotypes[i % len(haplotypes)][drawn]
            fixed = f"{chrom}\t{pos}\t.\t{ref}\t{alt}\t.\tPASS\t.\tGT"
            file.write(fixed.encode() + words[2 * of_people[:, 0] + of_people[:, 1]].tobytes() + b"\n")
    pysam.tabix_index(str(path), preset="vcf", force=True)


def write_records(path: Path, genome: Genome, n_records: int) -> None:
    """A VCF without people, of distinct positions anywhere on the chromosome."""
    chrom, length = next(iter(genome.lengths.items()))
    positions = np.random.default_rng(2).choice(length, min(int(n_records * 1.2), length), replace=False)
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO"
    alleles = islice(simulate_alleles(genome, np.sort(positions), seed=3), n_records)
    with pysam.BGZFile(str(path), "w") as file:
        file.write(("\n".join(["##fileformat=VCFv4.3", *_contigs(genome), columns]) + "\n").encode())
        while lines := [
            f"{chrom}\t{pos}\t.\t{ref}\t{alt}\t.\tPASS\t.\n" for pos, ref, alt in islice(alleles, _AT_A_TIME)
        ]:
            file.write("".join(lines).encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)


def _contigs(genome: Genome) -> list[str]:
    return [f"##contig=<ID={chrom},length={length}>" for chrom, length in genome.lengths.items()]


def run(fasta: Path, gtf: Path, vcf: Path, n_shards: int) -> dict[str, float | str]:
    """The workflow on a cohort; CPU seconds of all jobs, seconds on the wall, and the peak of the largest process."""
    folder = vcf.parent / vcf.name.split(".")[0]
    settings = {
        "fasta": fasta.resolve(),
        "gtf": gtf.resolve(),
        "vcf": vcf.resolve(),
        "shards": n_shards,
        "model": "aparent2-mini",
    }
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--cores", "2", "--quiet", "all", "--config", *(f"{key}={value}" for key, value in settings.items())]
    began = time.monotonic()
    cpu, peak = _measure(command)
    totals = pd.read_csv(folder / "results/ledger.tsv", sep="\t").set_index("status").n_alleles
    return {
        "MB of .vcf.gz": round(vcf.stat().st_size / 1e6, 1),
        "CPU s": round(cpu, 1),
        "wall s": round(time.monotonic() - began, 1),
        "largest job, MB": round(peak),
        **totals[totals > 0].to_dict(),
    }


if __name__ == "__main__":
    main()
