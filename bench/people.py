"""Genotypes: what haplotypes and people cost in time and memory, by the size of the cohort.

`python -m bench.people` draws cohorts from the bundled example: each haplotype of a simulated person is one of its people's over
the whole region, so that what stands together on a haplotype is real. Effects are random. Each step has a process of its own,
whose peak memory is taken.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pysam

from pasvar.cohort import Cohort, read_calls, write_haplotypes
from pasvar.config import check_config
from pasvar.effects import large_alone, score_sites, set_effects, write_people
from pasvar.genome import Genome
from pasvar.paths import ROOT
from pasvar.scoring import WINDOW_SCORES, joint_windows, reference_windows
from pasvar.sites import make_sites
from pasvar.tables import TABLES, read_table, write_table
from pasvar.variants import EVERYTHING, open_vcf, read_genotypes, read_shard

EXAMPLE = ROOT / "resources" / "example"
FASTA, GTF, VCF = (EXAMPLE / name for name in ("chr20_1-4Mb.fa.gz", "chr20_1-4Mb.gtf.gz", "EUR503.chr20_1-4Mb.vcf.gz"))
SETTINGS = check_config({"fasta": str(FASTA), "gtf": str(GTF), "vcf": str(VCF)})

NEAR = 3000
"""Records at most this many nt from a window are in the simulated files: more than is wanted, so that some are to be skipped."""

SIZES = [1, 503, 2504, 50_000]

STEPS = ("genotypes alone", "haplotypes", "haplotypes of strong alleles", "people")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.people", description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=SIZES, help="sizes (default: %(default)s)")
    parser.add_argument("--step", nargs=2, metavar=("STEP", "FOLDER"), help="run one step, for the bench's own use")
    args = parser.parse_args()
    if args.step:
        print(json.dumps(run_step(args.step[0], Path(args.step[1]))))
        return
    # Not for the steps: it loads torch, which their memory would be hidden behind.
    from bench.__main__ import machine, markdown

    with TemporaryDirectory() as folder:
        print(machine(1), "\n\n", markdown(table(args.people, Path(folder)), ",.3g"), sep="")


def table(sizes: list[int], folder: Path) -> pd.DataFrame:
    """CPU seconds and peak MB of each step, by the number of people."""
    prepare(folder)
    rows = {}
    for n_people in sizes:
        simulate(folder / "cohort.vcf.gz", n_people, read_table(folder / "windows.parquet", "windows"))
        row = {"MB of .vcf.gz": (folder / "cohort.vcf.gz").stat().st_size / 1e6}
        for step in STEPS:
            command = [sys.executable, "-m", "bench.people", "--step", step, str(folder)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            row |= {f"{step}: {key}": value for key, value in json.loads(done.stdout).items()}
        rows[f"{n_people:,} people"] = row
    return pd.DataFrame(rows)


def costs(found: pd.DataFrame) -> Iterator[tuple[int, str, float, float]]:
    """(people, step, CPU seconds, peak MB) of `table`, for `bench.growth`."""
    for name, column in found.items():
        for step in STEPS:
            yield int(name.split()[0].replace(",", "")), step, column[f"{step}: CPU s"], column[f"{step}: peak MB"]


def prepare(folder: Path) -> None:
    """Sites, windows and scored alleles of the example, with random effects."""
    rng = np.random.default_rng(0)
    with Genome(FASTA, folder) as genome:
        made = make_sites(GTF, genome, SETTINGS)
        sites = made.catalogue
        windows = reference_windows(sites, genome)
        whole = pd.DataFrame({"shard": 1, "chrom": genome.lengths.keys(), "start": 0, "end": genome.lengths.values()})
        found = read_shard([VCF], whole, windows, sites, genome, SETTINGS["max_allele_length"])
    scored = score_sites(sites, random_scores(windows, rng), made.exons, SETTINGS["usage_floor"], "")
    allele_scores = random_scores(found.alleles, rng).drop(columns="site_id").add_suffix("_alt")
    for name, frame in (
        ("windows", windows),
        ("alleles", found.alleles),
        ("candidates", found.candidates),
        ("sites", scored),
        ("allele_scores", found.alleles.join(allele_scores)),
    ):
        # Without what the network says beyond log odds.
        write_table(folder / f"{name}.parquet", frame.reindex(columns=TABLES[name].schema.names), name)


def random_scores(frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Scores of windows, so close to 0 that some effects are strong and most are not."""
    scores = pd.DataFrame(
        rng.normal(0, 0.15, (len(frame), len(WINDOW_SCORES))), columns=WINDOW_SCORES, index=frame.index
    )
    return scores.assign(site_id=frame.site_id)


def simulate(path: Path, n_people: int, windows: pd.DataFrame, first: int = 0) -> None:
    """A VCF of people whose haplotypes are drawn from those of the example. first: the number in the name of the first."""
    rng = np.random.default_rng(n_people)
    vcf = open_vcf(VCF, with_samples=True)
    starts = np.sort(windows.window_start.to_numpy())
    drawn = rng.integers(0, 2 * len(vcf.samples), (n_people, 2))
    words = np.array([b"\t0|0", b"\t0|1", b"\t1|0", b"\t1|1"])
    header = [line for line in vcf.raw_header.splitlines() if line.startswith("##")]
    columns = "#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t" + "\t".join(
        f"p{first + i}" for i in range(n_people)
    )
    with pysam.BGZFile(str(path), "w") as file:
        file.write(("\n".join([*header, columns]) + "\n").encode())
        for variant in vcf:
            nearest = np.searchsorted(starts, variant.POS)
            if np.abs(starts[max(nearest - 1, 0) : nearest + 1] - variant.POS).min() > NEAR:
                continue
            alleles = np.maximum(read_genotypes(variant)[0].reshape(-1)[drawn], 0)
            fixed = f"{variant.CHROM}\t{variant.POS}\t.\t{variant.REF}\t{variant.ALT[0]}\t.\tPASS\t.\tGT"
            file.write(fixed.encode() + words[2 * alleles[:, 0] + alleles[:, 1]].tobytes() + b"\n")
    pysam.tabix_index(str(path), preset="vcf", force=True)


def run_step(step: str, folder: Path) -> dict[str, float]:
    """What a step costs: CPU seconds, the process's peak memory and what of it was there before the step began."""
    before, begin = peak(), time.process_time()
    counts = _STEPS[step](folder)
    return {"CPU s": time.process_time() - begin, "peak MB": peak(), "MB before": before, **counts}


def peak() -> float:
    """Largest resident memory of this process so far, MB (Linux; `getrusage` would count the parent's too)."""
    return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text()).group(1)) / 1e3


def read(folder: Path) -> dict[str, float]:
    """The calls of the scored alleles, and nothing done with them."""
    alleles = read_table(folder / "alleles.parquet", "alleles")
    with Genome(FASTA, folder) as genome:
        deque(read_calls(alleles, Cohort([folder / "cohort.vcf.gz"]), genome.names, EVERYTHING), maxlen=0)
    return {}


def join(folder: Path) -> dict[str, float]:
    """Rule read_genotypes."""
    alleles, candidates, windows = read_tables(folder, "alleles", "candidates", "windows")
    paths = {name: folder / f"{name}.parquet" for name in _OF_PEOPLE}
    with Genome(FASTA, folder) as genome:
        ledger = TABLES["ledger"].schema.empty_table()
        write_haplotypes(alleles, candidates, windows, [folder / "cohort.vcf.gz"], genome, paths, ledger)
    sets = joint_windows(read_table(paths["site_haplotypes"], "site_haplotypes"))
    scores = random_scores(sets, np.random.default_rng(1)).drop(columns="site_id").add_suffix("_alt")
    write_table(folder / "haplotype_scores.parquet", sets.join(scores), "haplotype_scores")
    return {"joint windows": len(sets), "MB written": sum(path.stat().st_size for path in paths.values()) / 1e6}


def join_strong(folder: Path) -> dict[str, float]:
    """Rule read_genotypes with `min_genotype_effect` as `min_effect`."""
    alleles, candidates, windows, scores, sites = read_tables(
        folder, "alleles", "candidates", "windows", "allele_scores", "sites"
    )
    chosen = large_alone(scores, sites.drop_duplicates("site_id"), SETTINGS["min_effect"])
    paths = {name: folder / f"strong_{name}.parquet" for name in _OF_PEOPLE}
    with Genome(FASTA, folder) as genome:
        ledger = TABLES["ledger"].schema.empty_table()
        vcfs = [folder / "cohort.vcf.gz"]
        write_haplotypes(alleles, candidates, windows, vcfs, genome, paths, ledger, chosen=chosen)
    return {"alleles": len(chosen)}


def sum_up(folder: Path) -> dict[str, float]:
    """The part of rule compute_effects that is about people."""
    *tables, sites = read_tables(folder, "site_haplotypes", "haplotype_scores", "allele_scores", "sites")
    paths = {name: folder / f"{name}.parquet" for name in ("samples", "gene_carriers")}
    people, min_effect = Cohort([folder / "cohort.vcf.gz"]).people, SETTINGS["min_effect"]
    write_people(
        folder / "sample_haplotypes.parquet", set_effects(*tables, sites), sites, people, min_effect, paths, {}
    )
    return {"rows of samples": len(read_table(paths["samples"], "samples", columns=["sample"]))}


def read_tables(folder: Path, *names: str) -> list[pd.DataFrame]:
    return [read_table(folder / f"{name}.parquet", name) for name in names]


_OF_PEOPLE = ("people", "carriers", "site_haplotypes", "sample_haplotypes")
_STEPS = dict(zip(STEPS, (read, join, join_strong, sum_up), strict=True))


if __name__ == "__main__":
    main()
