"""What made the results: inputs by digest, settings, network, code.

What stands in the tables, the VCF header and the report is the same in every run of one commit that gives the same rows. What
belongs to a single run (paths, times, machine, versions of libraries) stands in provenance.json alone: it would make equal tables
differ.
"""

import csv
import hashlib
import json
import platform
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pasvar
from pasvar.files import file_sha256

CLONE = Path(__file__).parents[2]

CITATIONS = {
    "APARENT2": "Linder J, Koplik SE, Kundaje A, Seelig G. Deciphering the impact of genetic variation on human polyadenylation "
    "using APARENT2. Genome Biology 2022;23:232. doi:10.1186/s13059-022-02799-4",
    "Snakemake": "Mölder F, Jablonski KP, Letcher B, et al. Sustainable data analysis with Snakemake. F1000Research 2021;10:33. "
    "doi:10.12688/f1000research.29032.2",
    "HTSlib": "Bonfield JK, Marshall J, Danecek P, et al. HTSlib: C library for reading/writing high-throughput sequencing data. "
    "GigaScience 2021;10(2):giab007. doi:10.1093/gigascience/giab007",
    "cyvcf2": "Pedersen BS, Quinlan AR. cyvcf2: fast, flexible variant analysis with Python. Bioinformatics "
    "2017;33(12):1867-1869. doi:10.1093/bioinformatics/btx057",
}
"""What a paper that uses the results should name."""

PACKAGES = ("snakemake", "torch", "numpy", "pandas", "pyarrow", "pysam", "cyvcf2", "pyfaidx", "pyranges", "safetensors")


def read_digests(paths: Iterable[str | Path]) -> dict[str, str]:
    """From files with a line of `sha256sum`, by name: `<key>/<name>.sha256` in any folder is `<key>/<name>`."""
    named = {f"{path.parent.name}/{path.name.removesuffix('.sha256')}": path for path in map(Path, paths)}
    return {name: path.read_text().split()[0] for name, path in sorted(named.items())}


def made_by(digests: Iterable[str | Path], settings: Mapping) -> dict[str, str]:
    """What the metadata of a table and the header of a VCF say beside the network: pasvar's commit, `<key>_sha256` of the
    files that each input key of the configuration names, the settings as JSON and their digest.

    Several files of one key stand as `<name>=<digest>`, separated by blanks.
    """
    by_key: dict[str, dict[str, str]] = {}
    for name, digest in read_digests(digests).items():
        key, file = name.split("/", 1)
        by_key.setdefault(key, {})[file] = digest
    inputs = {
        f"{key}_sha256": next(iter(files.values()))
        if len(files) == 1
        else " ".join(f"{file}={digest}" for file, digest in files.items())
        for key, files in by_key.items()
    }
    text = json.dumps(settings, sort_keys=True)
    return commit() | inputs | {"settings": text, "settings_sha256": hashlib.sha256(text.encode()).hexdigest()}


def commit(clone: Path = CLONE) -> dict[str, str]:
    """`pasvar_commit`: the commit of a clone, `-changed` where files have been changed since. Empty where it is no clone, or git
    is not there."""
    try:
        command = ["git", "-C", str(clone), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=-changed"]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"pasvar_commit": found}


def provenance(
    results: Mapping[str, Path],
    inputs: Mapping[str, str],
    digests: Iterable[str | Path],
    config: Mapping,
    tables: Mapping[str, str],
    benchmarks: Path,
    threads: int = 1,
) -> dict:
    """The record of a run, as it stands in provenance.json.

    results: files by the name that they are to have. inputs: path of each file by its name, as in `read_digests` of `digests`.
    tables: what the tables say of what made them. benchmarks: Snakemake's folder of them.
    """
    with ThreadPoolExecutor(threads) as pool:
        sha256 = dict(zip(results, pool.map(file_sha256, results.values()), strict=True))
    of_inputs = read_digests(digests)
    return {
        "pasvar_version": pasvar.__version__,
        **commit(),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": platform.platform(),
        "software": versions(),
        "environments": {path.stem: file_sha256(path) for path in sorted((CLONE / "envs").glob("*.yaml"))},
        "config": dict(config),
        "model": {key: value for key, value in tables.items() if key.startswith("model") or key == "precision"},
        "inputs": {
            name: {"path": path, "bytes": Path(path).stat().st_size, "sha256": of_inputs[name]}
            for name, path in inputs.items()
        },
        "results": {name: {"bytes": path.stat().st_size, "sha256": sha256[name]} for name, path in results.items()},
        "jobs": jobs(benchmarks),
        "citations": CITATIONS,
    }


def versions() -> dict[str, str]:
    """Of Python and of the packages that pasvar works with, as far as they are in this job's environment."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def jobs(benchmarks: Path) -> dict[str, dict]:
    """By rule: how many jobs it had, their time in all (seconds) and the most memory of one (MB), from Snakemake's benchmarks."""
    rows: dict[str, list[dict[str, str]]] = {}
    for path in sorted(benchmarks.rglob("*.tsv")):
        rule = path.relative_to(benchmarks).parts[0].removesuffix(".tsv")
        with path.open() as file:
            rows.setdefault(rule, []).extend(csv.DictReader(file, delimiter="\t"))
    return {
        rule: {
            "jobs": len(measured),
            "seconds": round(sum(_number(row["s"]) for row in measured), 1),
            "max_rss_mb": max((_number(row["max_rss"]) for row in measured), default=0.0),
        }
        for rule, measured in rows.items()
    }


def _number(text: str) -> float:
    """Snakemake writes `-` or `NA` for what a job was too short to measure."""
    try:
        return float(text)
    except ValueError:
        return 0.0
