"""The plan for a cohort of gnomAD's size, and for every substitution of every site, on paper: from measured rates.

`python -m bench.plan`. Nothing of that size is run. What a GPU would take is a formula with a rate put in: none is measured.
"""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from bench import growth, people
from bench.engines import FLOP_PER_WINDOW, random_tensors
from pasvar.constants import WINDOW_LENGTH
from pasvar.genome import Genome, contig_table
from pasvar.model import RELEASED_CONFIG
from pasvar.scoring import WINDOW_SCORES, Engine, reference_windows, score_saturation
from pasvar.sites import make_sites
from pasvar.tables import read_table, write_batches, write_table
from pasvar.variants import read_shard

GNOMAD_RECORDS = 759_000_000
"""Records of the genomes of gnomAD 4.1, without genotypes."""

SITES = 500_000
GENOME_LENGTH = 3.1e9
RECORDS_PER_SHARD = 1_000_000
SITES_PER_SHARD = 500
SUBSTITUTIONS = 3 * WINDOW_LENGTH

ASSUMED_GPU_RATE = 790e12
"""bfloat16 operations per second of an H100- or H200-class card's large matrix products, as others report it. NOT measured."""

ASSUMED_GPU_SHARE = 0.3
"""The part of it that the fused kernel aims at. NOT measured: the kernel has never run on a card."""


_STATIONS = ("alleles", "effects", "annotate", "copy")


@dataclass(frozen=True)
class Rates:
    """What one core does, and what a row takes on disk."""

    windows_per_core_second: float
    seconds_per_record: float
    """From a record of a VCF to its row of the ledger; of one in a window, `seconds_per_scored` in addition."""
    seconds_per_copied_record: float
    """Of a record of the annotated VCF, whatever is said of it."""
    seconds_per_scored: float
    """From scores to effects, to the joint tables and to INFO of the annotated VCF, of a scored allele; without the network."""
    seconds_per_substitution: float
    """Of a substitution's row in `saturation_scores`, without the network."""
    seconds_per_job: float
    """Start of a process that scores; the others take a third of it."""
    bytes_per_ledger_row: float
    bytes_per_scored: float
    """Rows of scores.parquet and gene_effects.parquet."""
    bytes_per_substitution: float


def measure(alleles: int = 200_000, windows: int = 2_048) -> Rates:
    """The rates, of one core, on simulated alleles; minutes."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        growth.simulate_genes(folder, 10_000)
        for station in ("catalogue", "windows", "usage"):
            growth._apart(station, name)
        seconds: dict[int, dict[str, float]] = {}
        for n in (1_000, alleles):
            growth.simulate_alleles(folder, n)
            seconds[n] = {station: growth._apart(station, name)[0] for station in _STATIONS}
        # What every process has is no part of the rate.
        rise = {station: seconds[alleles][station] - seconds[1_000][station] for station in seconds[alleles]}
        scored = len(read_table(folder / "scores.parquet", "scores", columns=["pos"]))
        engine = Engine(RELEASED_CONFIG, random_tensors(), "cpu")
        size = {table: (folder / f"{table}.parquet").stat().st_size for table in ("scores", "gene_effects")}
        return Rates(
            windows_per_core_second=_rate(engine, windows),
            seconds_per_record=rise["alleles"] / alleles,
            seconds_per_copied_record=rise["copy"] / alleles,
            seconds_per_scored=(rise["effects"] + rise["annotate"] - rise["copy"]) / scored,
            **_substitutions(folder),
            seconds_per_job=min(_start_seconds() for _ in range(3)),
            bytes_per_ledger_row=_ledger_bytes(folder),
            bytes_per_scored=(size["scores"] + size["gene_effects"]) / scored,
        )


def plan(rates: Rates) -> pd.DataFrame:
    """A column per undertaking: jobs, hours, storage. What is not measured says so in its name."""
    scored = GNOMAD_RECORDS * SITES * WINDOW_LENGTH / GENOME_LENGTH
    cohort = {
        "records": GNOMAD_RECORDS,
        "windows": scored + SITES,
        "scored": scored,
        "substitutions": 0.0,
        "shards": np.ceil(GNOMAD_RECORDS / RECORDS_PER_SHARD),
        "jobs per shard": 4,
    }
    every = SITES * SUBSTITUTIONS
    saturation = {
        "records": 0,
        "windows": float(every),
        "scored": 0.0,
        "substitutions": float(every),
        "shards": np.ceil(SITES / SITES_PER_SHARD),
        "jobs per shard": 1,
    }
    return pd.DataFrame(
        {
            f"gnomAD: {GNOMAD_RECORDS / 1e6:.0f} million records, {SITES:,} sites": _costs(cohort, rates),
            f"every substitution of {SITES:,} sites": _costs(saturation, rates),
        }
    )


def _costs(work: Mapping[str, float], rates: Rates) -> dict[str, float]:
    jobs = work["shards"] * work["jobs per shard"]
    network = work["windows"] / rates.windows_per_core_second
    other_work = (
        work["records"] * (rates.seconds_per_record + rates.seconds_per_copied_record)
        + work["scored"] * rates.seconds_per_scored
        + work["substitutions"] * rates.seconds_per_substitution
    )
    stored = (
        work["records"] * rates.bytes_per_ledger_row
        + work["scored"] * rates.bytes_per_scored
        + work["substitutions"] * rates.bytes_per_substitution
    )
    flop = work["windows"] * FLOP_PER_WINDOW
    return {
        "shards": work["shards"],
        "jobs": jobs,
        "windows, million": work["windows"] / 1e6,
        "CPU hours, the network on CPUs, exact": network / 3600,
        "CPU hours, all except the network": other_work / 3600,
        "CPU hours, starts of the jobs": jobs * rates.seconds_per_job / 3600,
        "GPU hours, floor, NOT measured": flop / ASSUMED_GPU_RATE / 3600,
        "GPU hours at the aim, NOT measured": flop / ASSUMED_GPU_RATE / ASSUMED_GPU_SHARE / 3600,
        "GB of tables, of shards and joint": 2 * stored / 1e9,
    }


def _ledger_bytes(folder: Path) -> float:
    """Of a row, for the real records of the bundled example: simulated places are too easily compressed."""
    with Genome(people.FASTA, folder) as genome:
        sites = make_sites(people.GTF, genome, people.SETTINGS).catalogue
        stretches = contig_table(genome).rename(columns={"length": "end"}).assign(shard=1, start=0)
        found = read_shard([people.VCF], stretches, reference_windows(sites, genome), sites, genome, WINDOW_LENGTH)
    write_table(folder / "real.parquet", found.ledger, "ledger")
    return (folder / "real.parquet").stat().st_size / len(found.ledger)


def _rate(engine: Engine, windows: int) -> float:
    """Windows per core-second, the median of five."""
    codes = np.random.default_rng(0).integers(0, 4, (windows, WINDOW_LENGTH), dtype=np.uint8)
    engine.scores(codes[:64])
    return float(np.median([windows / _cpu_seconds(lambda: engine.scores(codes)) for _ in range(5)]))


def _substitutions(folder: Path, n_sites: int = 200) -> dict[str, float]:
    """Seconds and bytes of a substitution, by a network that takes no time."""
    windows = read_table(folder / "windows.parquet", "windows").head(n_sites)
    ends = windows.groupby("chrom", sort=False).agg(start=("window_start", "min"), end=("window_end", "max"))
    path = folder / "saturation.parquet"
    used = _cpu_seconds(
        lambda: write_batches(path, score_saturation(_Nothing(), windows, ends.reset_index()), "saturation_scores")
    )
    n = len(windows) * SUBSTITUTIONS
    return {"seconds_per_substitution": used / n, "bytes_per_substitution": path.stat().st_size / n}


class _Nothing:
    """Scores that are there at once, and as hard to compress as real ones."""

    def scores(self, windows: np.ndarray, done=lambda n: None) -> np.ndarray:
        done(len(windows))
        return np.random.default_rng(len(windows)).normal(size=(len(windows), len(WINDOW_SCORES))).astype(np.float32)


def _start_seconds() -> float:
    """CPU seconds of a process that has made the engine."""
    modules = (
        "effects.haplotype_effects",
        "effects.percentiles",
        "scoring.saturation",
        "scoring.store",
        "scoring.engine",
    )
    code = "; ".join(f"import pasvar.{module}" for module in modules)
    return growth._measure([growth.sys.executable, "-c", code])[0]


def _cpu_seconds(work) -> float:
    begin = time.process_time()
    work()
    return time.process_time() - begin


if __name__ == "__main__":
    import torch

    from bench.__main__ import machine, plan_section

    torch.set_num_threads(1)
    print(machine(1), plan_section(), sep="\n\n")
