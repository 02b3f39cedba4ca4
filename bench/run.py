"""Whole runs: where the time goes, rule by rule, and what a scoring job costs before its first batch.

What a job took is what it says at the end of its log: what Snakemake measures, every few seconds, misses the end of a job.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import yaml

from bench.growth import _measure
from pasvar.paths import ROOT
from pasvar.run import read_cost


def configs(shared: Path) -> Iterator[tuple[str, dict]]:
    """(title, configuration) of the runs: the bundled example, and where they are at hand the developers' files of a whole
    chromosome."""
    example = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())
    example |= {key: str(ROOT / example[key]) for key in ("fasta", "gtf", "vcf")}
    for percentiles in (True, False):
        title = f"The bundled example, 503 people, `percentiles: {str(percentiles).lower()}`"
        yield title, example | {"percentiles": percentiles}
    real, weights = shared / "data" / "grch37_chr20", next(iter((shared / "weights").glob("*.h5")), None)
    if real.is_dir() and weights:
        files = {"fasta": "chr20.fa", "gtf": "*.gtf.gz", "vcf": "EUR503*.vcf.gz"}
        found = {key: str(next(real.glob(pattern))) for key, pattern in files.items()}
        yield "Chromosome 20, 503 people, the released network", found | {"model": str(weights), "shards": 4}


def run(config: dict, folder: Path, cores: int) -> tuple[pd.DataFrame, float]:
    """Run the workflow in an empty folder: (table of `per_rule` with a row for Snakemake itself, seconds on the wall)."""
    path = folder / "config.yaml"
    # Without a store each run scores everything.
    path.write_text(yaml.safe_dump(config | {"store": None}))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    command += ["--cores", str(cores), "--quiet", "all", "--configfile", str(path)]
    begin = time.perf_counter()
    cpu, peak = _measure(command)
    wall = time.perf_counter() - begin
    table = per_rule(folder)
    table.loc["Snakemake itself"] = {"jobs": 1, "CPU s": cpu - table["CPU s"].sum()}
    table.loc["all"] = {"jobs": table.jobs.sum() - 1, "CPU s": cpu, "peak MB": peak}
    return table, wall


def per_rule(folder: Path) -> pd.DataFrame:
    """Of a finished run, per rule: jobs, seconds on the wall and of the CPU of all of them, peak memory of the largest."""
    rows = []
    for path in sorted((folder / "logs").rglob("*.log")):
        if cost := read_cost(path):
            rule = path.relative_to(folder / "logs").with_suffix("").parts[0]
            rows.append((rule, 1, cost.seconds, cost.cpu_seconds, cost.max_rss_mb))
    table = pd.DataFrame(rows, columns=["rule", "jobs", "wall s", "CPU s", "peak MB"]).groupby("rule")
    summed = table.agg({"jobs": "sum", "wall s": "sum", "CPU s": "sum", "peak MB": "max"})
    return summed.sort_values("CPU s", ascending=False)


def startup(folder: Path, rounds: int = 3) -> pd.DataFrame:
    """Median seconds of each step of `bench.startup`, on the wall and of the CPU, and up to it. folder: of a finished run."""
    turns = []
    for _ in range(rounds):
        command = [sys.executable, "-m", "bench.startup", str(folder), str(time.time())]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
        ends = pd.DataFrame(json.loads(done.stdout.splitlines()[-1]), index=["wall s", "CPU s"]).T
        turns.append(ends.diff().fillna(ends.iloc[:1]).join(ends.add_prefix("so far, ")))
    return pd.concat(turns).groupby(level=0, sort=False).median()


def tables(shared: Path, cores: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """(title, table) of each whole run, and of the start of a scoring job on the files of the last."""
    for title, config in configs(shared):
        with TemporaryDirectory() as folder:
            table, wall = run(config, Path(folder), cores)
            yield f"{title}: {wall:.0f} s on {cores} cores", table
            starts = startup(Path(folder))
    yield f"Start of a scoring job ({title.partition(',')[0].lower()})", starts


if __name__ == "__main__":
    from bench.__main__ import SHARED, markdown

    for heading, found in tables(SHARED, 2):
        print(f"### {heading}\n\n{markdown(found, ',.3g')}\n", flush=True)
