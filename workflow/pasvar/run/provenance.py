"""The origin of the results: inputs by digest, settings, network, code.

The metadata in the tables, the VCF header and the report are the same in every run of one commit that gives the same
rows. Data of a single run (paths, times, machine, versions of libraries) are only in provenance.json, because they
would make equal tables differ.
"""

import hashlib
import json
import logging
import platform
import re
import subprocess
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pasvar
from pasvar.citations import CITATIONS
from pasvar.constants import MAX_SITE_SHARDS
from pasvar.files import file_sha256
from pasvar.paths import ROOT
from pasvar.run.job_cost import Cost, read_cost

_log = logging.getLogger(__name__)

PACKAGES = (
    "snakemake",
    "torch",
    "numpy",
    "pandas",
    "pyarrow",
    "pysam",
    "cyvcf2",
    "pyfaidx",
    "pyranges",
    "gtfparse",
    "safetensors",
)


def read_digests(paths: Iterable[str | Path]) -> dict[str, str]:
    """From files with a line as of `sha256sum`, by name: `<key>/<name>.sha256` in any folder is `<key>/<name>`."""
    named = {f"{path.parent.name}/{path.name.removesuffix('.sha256')}": path for path in map(Path, paths)}
    return {name: path.read_text().split()[0] for name, path in sorted(named.items())}


def made_by(digests: Iterable[str | Path], settings: Mapping) -> dict[str, str]:
    """The metadata of a table and of a VCF header, in addition to the network: pasvar's commit, `<key>_sha256` of the
    files that each input key of the configuration names, the settings as JSON and their digest.

    Several files of one key are written as `<name>=<digest>`, separated by blanks.
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


def commit(clone: Path = ROOT) -> dict[str, str]:
    """`pasvar_commit`: the commit of a clone, with `-changed` if files have been changed since. Empty if it is not a
    clone, or if git is not installed."""
    if not (clone / ".git").exists():  # git would otherwise use the repository around an installed package as its clone
        return {}
    # git refuses the clone of another owner unless it is marked as safe. Its code is already running here, so it is
    # trusted already.
    git = ["git", "-c", "safe.directory=*", "-C", str(clone)]
    command = [*git, "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=-changed"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        reason = " ".join((getattr(error, "stderr", None) or str(error)).split())
        _log.warning("%s: the commit cannot be found, and the results do not name it: %s", clone, reason)
        return {}
    return {"pasvar_commit": found}


def describe_run(
    results: Mapping[str, Path],
    inputs: Mapping[str, str],
    digests: Iterable[str | Path],
    config: Mapping,
    tables: Mapping[str, str],
    logs: Path,
    threads: int = 1,
) -> dict:
    """The record of a run, as written to provenance.json.

    results: files by their names in the results. inputs: path of each file by its name, as in `read_digests` of
    `digests`. tables: the tables' metadata about what made them. logs: folder of the jobs' logs.
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
        "environments": {path.stem: file_sha256(path) for path in sorted((ROOT / "envs").glob("*.yaml"))},
        "config": dict(config),
        "model": {key: value for key, value in tables.items() if key.startswith("model") or key == "precision"},
        "inputs": {
            name: {"path": path, "bytes": Path(path).stat().st_size, **_digest(path, of_inputs[name])}
            for name, path in inputs.items()
        },
        "results": {name: {"bytes": path.stat().st_size, "sha256": sha256[name]} for name, path in results.items()},
        "jobs": jobs(logs, _shards(config), inputs),
        "citations": CITATIONS,
    }


def _shards(config: Mapping) -> dict[str, int]:
    """As `jobs` has them."""
    return {
        "": config["shards"],
        **dict.fromkeys(("propose_sites", "score_proposed_sites"), min(config["shards"], MAX_SITE_SHARDS)),
    }


def _digest(path: str, found: str) -> dict[str, str]:
    """`sha256` for a file that was read completely; otherwise `sampled_digest` and the time of its last change."""
    if not found.startswith("sampled:"):
        return {"sha256": found}
    changed = datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
    return {"sampled_digest": found, "modified": changed.isoformat(timespec="seconds")}


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that pasvar uses, if they are in this job's environment."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def jobs(logs: Path, shards: Mapping[str, int], inputs: Iterable[str]) -> dict[str, dict]:
    """For each rule: the number of its jobs, their total time (seconds), the largest memory of one job and the total
    amount read (MB), from the ends of their logs.

    Jobs of runs with another number of shards, or of inputs that the configuration no longer names, are left out.
    shards: the number of shards of a rule, by rule; under "" that of all other rules.
    """
    costs: dict[str, list[Cost]] = {}
    for path in sorted(logs.rglob("*.log")):
        rule, *job = path.relative_to(logs).with_suffix("").parts
        shard = re.fullmatch(r"\d+-of-(\d+)", job[-1]) if job else None
        if (shard and int(shard[1]) != shards.get(rule, shards[""])) or (
            rule == "digest_input" and "/".join(job) not in inputs
        ):
            continue
        if cost := read_cost(path):
            costs.setdefault(rule, []).append(cost)
    return {
        rule: {
            "jobs": len(each),
            "seconds": round(sum(cost.seconds for cost in each), 1),
            "cpu_seconds": round(sum(cost.cpu_seconds for cost in each), 1),
            "max_rss_mb": max(cost.max_rss_mb for cost in each),
            "mb_read": round(sum(cost.mb_read for cost in each), 1),
        }
        for rule, each in costs.items()
    }
