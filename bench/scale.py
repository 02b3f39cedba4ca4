"""What a cohort costs: `python -m bench.scale` measures three sizes, fits a line to each, and prints the table of docs/scale.md.

Measured: `bench.people` at three numbers of people (830 records of the bundled example within 3 kb of a site, 180 alleles at 78
sites), and how the number of alleles grows with the people, by counting those that random subsets of the example's 503 people
carry. A genome has more alleles, and the cost of each is taken to be the same.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cyvcf2
import numpy as np
import pandas as pd

from bench.people import STEPS, VCF, table

SIZES = (1_000, 10_000, 50_000)
COHORTS = {1_000: 50, 50_000: 1_000, 500_000: 4_000}
"""People, and the shards that their run is cut into."""

SUBSETS = (125, 251, 503)
GENOME, EXAMPLE = 3.1e9, 3e6
ALLELES_OF_A_BIOBANK = 1e9
"""At 500,000 people, as biobanks report. Not measured; between 1,000 people and these a power law is taken."""

SCORED, RECORDS = 180, 830
"""Scored alleles and records of the simulated cohorts."""

SCORED_SHARE = SCORED / 24_990
WINDOWS_PER_CORE_SECOND = 1_000
SECONDS_PER_SCORED = 0.31e-3
"""From the scores of an allele to its effects and entries in tables and VCF (docs/benchmarks.md, as `bench.plan` measured it)."""
JOBS_PER_SHARD, FILES_PER_SHARD = 4, 10
"""Rules `read_alleles`, `read_genotypes`, `score_alleles` and `compute_effects`; what they leave, logs among it."""

SITE_PARTS, JOBS_PER_PART, FILES_PER_PART = 64, 2, 4
"""Parts, at most, in which sites are found: rules `propose_sites` and `score_proposed_sites`."""

OTHER_JOBS, OTHER_FILES, START = 17, 110, 2.0
"""Of the rules with a single job; and what the start of a job takes, in CPU seconds."""


def carried_by(sizes: Sequence[int]) -> dict[int, int]:
    """How many alleles of the example somebody has among so many of its people."""
    vcf = cyvcf2.VCF(str(VCF))
    order = np.random.default_rng(0).permutation(len(vcf.samples))
    found = dict.fromkeys(sizes, 0)
    for record in vcf:
        carries = (record.genotype.array()[:, :2] > 0).any(axis=1)[order]
        first = int(carries.argmax()) if carries.any() else len(carries)
        for size in sizes:
            found[size] += first < size
    return found


def power(points: dict[int, float]) -> tuple[float, float]:
    """(factor, exponent) of the power law through points, by least squares of the logarithms."""
    exponent, factor = np.polyfit(np.log(list(points)), np.log(list(points.values())), 1)
    return float(np.exp(factor)), float(exponent)


def line(points: dict[int, float]) -> tuple[float, float, float]:
    """(intercept, slope, largest relative deviation) of the line through points, each weighed by its inverse."""
    n, values = np.array(list(points)), np.array(list(points.values()))
    slope, intercept = np.polyfit(n, values, 1, w=1 / values)
    return float(intercept), float(slope), float(np.abs((intercept + slope * n) / values - 1).max())


def cohorts(fits: dict[str, tuple[float, float, float]], of_alleles: tuple[float, float]) -> pd.DataFrame:
    """The table: what a genome of each number of people costs."""
    factor, exponent = of_alleles
    at_least = factor * 1_000**exponent * GENOME / EXAMPLE
    growth = np.log(ALLELES_OF_A_BIOBANK / at_least) / np.log(500)
    rows = {}
    for n_people, n_shards in COHORTS.items():
        alleles = at_least * (n_people / 1_000) ** growth
        scored = alleles * SCORED_SHARE
        # What a step takes beyond its start is in proportion to the alleles.
        seconds = {name: (fits[name][0] + fits[name][1] * n_people) * scored / SCORED for name in STEPS}
        network = scored / WINDOWS_PER_CORE_SECOND
        parts = min(n_shards, SITE_PARTS)
        jobs = JOBS_PER_SHARD * n_shards + JOBS_PER_PART * parts + OTHER_JOBS
        rows[f"{n_people:,} people"] = {
            "alleles, million": alleles / 1e6,
            "scored alleles, million": scored / 1e6,
            "genotypes within 3 kb of sites, GB": fits["MB"][1] * n_people * scored / SCORED / 1e3,
            "CPU hours, reading for read_alleles, at most": seconds["genotypes alone"] / 3600,
            "CPU hours, rule read_genotypes": seconds["haplotypes"] / 3600,
            "CPU hours, effects of alleles": scored * SECONDS_PER_SCORED / 3600,
            "CPU hours, people in compute_effects": seconds["people"] / 3600,
            "CPU hours, the network on CPUs": network / 3600,
            "CPU hours, starts of jobs": jobs * START / 3600,
            "most memory of a job, GB": max(fits[f"{name} MB"][0] + fits[f"{name} MB"][1] * n_people for name in STEPS)
            / 1e3,
            "shards": n_shards,
            "jobs": jobs,
            "files": FILES_PER_SHARD * n_shards + FILES_PER_PART * parts + OTHER_FILES,
        }
    return pd.DataFrame(rows)


def fit_all(found: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """The lines through what `bench.people.table` measured."""
    n = [int(name.split()[0].replace(",", "")) for name in found.columns]

    def of(row: str) -> dict[int, float]:
        return dict(zip(n, found.loc[row].tolist(), strict=True))

    fits = {"MB": line(of("MB of .vcf.gz"))}
    for step in STEPS:
        fits[step] = line(of(f"{step}: CPU s"))
        fits[f"{step} MB"] = line(of(f"{step}: peak MB"))
    return fits


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument(
        "--measured", type=Path, help="a table of bench.people that was kept, as JSON; else it is measured"
    )
    args = parser.parse_args()
    from bench.__main__ import markdown

    if args.measured:
        found = pd.read_json(args.measured)
    else:
        with TemporaryDirectory() as folder:
            found = table(list(SIZES), Path(folder))
    print(markdown(found, ",.3g"), "\n")
    fits = fit_all(found)
    for name, (intercept, slope, off) in fits.items():
        print(f"{name}: {intercept:.3g} + {slope:.3g} per person; largest deviation of a measurement {off:.0%}")
    counted = carried_by(SUBSETS)
    of_alleles = power({n: float(found) for n, found in counted.items()})
    print(f"alleles of 3 Mb by people, {counted}: {of_alleles[0]:.4g} x people^{of_alleles[1]:.3f}\n")
    print(markdown(cohorts(fits, of_alleles), ",.3g"))


if __name__ == "__main__":
    main()
