"""Reading a cohort, compared with bcftools, which streams the same records: real files, and simulated ones if those are small.

CPU seconds of one core, the best of some rounds in which all take turns. What a shard costs without a record (opening files, the
reference, frames) is measured on the same file without its records and stated apart.
"""

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import pysam

from pasvar.config import fill_sites
from pasvar.genome import Genome, contig_table
from pasvar.paths import ROOT
from pasvar.scoring import reference_windows
from pasvar.sequence import decode
from pasvar.sites import make_sites
from pasvar.variants import NOWHERE, read_shard
from pasvar.variants.read import _zones

EXAMPLE = ROOT / "resources" / "example"
SIMULATED = {
    "0 samples": (600_000, 0),
    "503 samples": (20_000, 503),
    "2,504 samples": (6_000, 2504),
    "50,000 samples": (600, 50_000),
}
"""Records and samples of the simulated files, all on the 3 Mb of the bundled example."""

INFO = {
    "AC": "Integer",
    "AF": "Float",
    "AN": "Integer",
    "DP": "Integer",
    "EAS_AF": "Float",
    "AFR_AF": "Float",
    "EUR_AF": "Float",
}


def table(shared: Path, rounds: int = 5) -> pd.DataFrame:
    """A row per file and way of reading. shared: folder with more real files, if there is one."""
    pa.set_cpu_count(1)
    rows = {}
    with TemporaryDirectory() as folder:
        bundled = (EXAMPLE / "chr20_1-4Mb.fa.gz", EXAMPLE / "chr20_1-4Mb.gtf.gz")
        vcfs = {"EUR503": EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz"}
        vcfs |= {f"simulated, {name}": simulate(Path(folder), name, *size) for name, size in SIMULATED.items()}
        rows |= _compare(*bundled, vcfs, Path(folder), rounds)
        real = shared / "data" / "grch37_chr20"
        if real.is_dir():
            whole = (real / "chr20.fa", next(real.glob("*.gtf.gz")))
            vcfs = {path.name.split(".chr20")[0]: path for path in sorted(real.glob("1000G*.vcf.gz"))}
            rows |= _compare(*whole, vcfs, Path(folder), rounds)
    found = pd.DataFrame.from_dict(rows, orient="index")
    found["ratio"] = found["pasvar, s"] / found["bcftools, s"]
    ours, theirs = (found[f"{name}, s"] - found[f"{name} without records, s"] for name in ("pasvar", "bcftools"))
    found["pasvar, µs per record"] = ours / found.records * 1e6
    found["bcftools, µs per record"] = theirs / found.records * 1e6
    found["ratio of the rates"] = ours / theirs
    return found


def _compare(fasta: Path, gtf: Path, vcfs: dict[str, Path], folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    rows = {}
    with Genome(fasta, folder) as genome:
        catalogue = make_sites(gtf, genome, fill_sites({})).catalogue
        windows = reference_windows(catalogue, genome)
        stretches = contig_table(genome).rename(columns={"length": "end"}).assign(shard=1, start=0)
        bed = folder / "windows.bed"
        by_chrom = {chrom: part.sort_values("window_start") for chrom, part in windows.groupby("chrom")}
        zones = [(chrom, *zone) for chrom, found in _zones(by_chrom, NOWHERE).items() for zone in found]
        pd.DataFrame(zones).to_csv(bed, sep="\t", header=False, index=False)
        for name, vcf in vcfs.items():
            empty = _without_records(vcf, folder)
            for complete, options in ((True, ["-G"]), (False, ["-R", str(bed)])):

                def read(path: Path, complete: bool = complete) -> int:
                    found = read_shard([path], stretches, windows, catalogue, genome, 205, complete)
                    return int(found.vcf_counts.n_records.sum())

                def stream(path: Path, options: list[str] = options) -> None:
                    subprocess.run(["bcftools", "view", *options, "-o", os.devnull, str(path)], check=True)

                seconds = _best([(read, vcf), (stream, vcf), (read, empty), (stream, empty)], rounds)
                names = ("pasvar, s", "bcftools, s", "pasvar without records, s", "bcftools without records, s")
                way = "complete, view -G" if complete else "in_range, view -R"
                rows[f"{name}: {way}"] = {"records": read(vcf)} | dict(zip(names, seconds, strict=True))
    return rows


def _best(jobs: list[tuple[Callable[[Path], object], Path]], rounds: int) -> list[float]:
    """Least CPU seconds of each job, its child processes included."""
    seconds = np.full((rounds, len(jobs)), np.inf)
    for turn in range(rounds):
        for i, (job, path) in enumerate(jobs):
            begin = _cpu_seconds()
            job(path)
            seconds[turn, i] = _cpu_seconds() - begin
    return seconds.min(axis=0).tolist()


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in used)


def _without_records(vcf: Path, folder: Path) -> Path:
    """The header of a file as a file."""
    path = folder / f"empty.{vcf.name}"
    with pysam.VariantFile(str(vcf)) as file, pysam.BGZFile(str(path), "w") as out:
        out.write(str(file.header).encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)
    return path


def simulate(folder: Path, name: str, n_records: int, n_samples: int) -> Path:
    """A VCF over the bundled example: 94 % SNVs, the rest indels and records of two ALTs; frequencies as cohorts have them."""
    path = folder / f"{name.replace(' ', '_').replace(',', '')}.vcf.gz"
    fixed = ["POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO", *(["FORMAT"] if n_samples else [])]
    header = ["##fileformat=VCFv4.2", "##contig=<ID=20>", '##FILTER=<ID=PASS,Description="">']
    header += [f'##INFO=<ID={key},Number=.,Type={kind},Description="">' for key, kind in INFO.items()]
    header += ['##FORMAT=<ID=GT,Number=1,Type=String,Description="">']
    header += ["\t".join(["#CHROM", *fixed, *(f"s{i}" for i in range(n_samples))])]
    with pysam.BGZFile(str(path), "w") as out:
        out.write(("\n".join(header) + "\n").encode())
        for line in _lines(n_records, n_samples):
            out.write(line)
    pysam.tabix_index(str(path), preset="vcf")
    return path


def _lines(n_records: int, n_samples: int) -> Iterator[bytes]:
    rng = np.random.default_rng(0)
    with Genome(EXAMPLE / "chr20_1-4Mb.fa.gz") as genome:
        ((chrom, length),) = genome.lengths.items()
        sequence = decode(genome.slice(chrom, 0, length).codes)
    nobody = np.frombuffer(("\tGT" + "\t0|0" * n_samples).encode() if n_samples else b"", dtype=np.uint8)
    for start, kind, af in zip(
        np.sort(rng.integers(1_000_000, length - 50, n_records)).tolist(),
        rng.random(n_records).tolist(),
        (rng.random(n_records) ** 8).tolist(),
        strict=True,
    ):
        ref = sequence[start]
        others = "".join(base for base in "ACGT" if base != ref)
        alts = [others[int(kind * 300) % 3]]
        if kind > 0.995:
            alts = list(others[:2])
        elif kind > 0.97:
            alts = [ref + "ACGTTGCA"[: 1 + int(kind * 1e5) % 8]]
        elif kind > 0.94:
            ref, alts = sequence[start : start + 2 + int(kind * 1e5) % 8], [ref]
        info = ";".join(
            f"{key}={','.join([f'{af:.6g}' if key.endswith('AF') else '5008'] * len(alts))}" for key in INFO
        )
        genotypes = nobody.copy()
        if n_samples:
            genotypes[4 + 4 * rng.integers(0, n_samples, rng.poisson(2 * n_samples * af))] = ord("1")
        line = f"{chrom}\t{start + 1}\trs{start}\t{ref}\t{','.join(alts)}\t100\tPASS\t{info}".encode()
        yield line + genotypes.tobytes() + b"\n"
