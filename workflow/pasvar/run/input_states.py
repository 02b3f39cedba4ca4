"""Makes sure that all jobs of a run read the same inputs: records the state of each file when the run is planned, and
checks later whether it is unchanged.

Snakemake reads a file's time when it plans, and not again. If a file is replaced during a run, some jobs would read the
old and some the new version. Only the standard library is imported, because the Snakefile uses this module, too.
"""

import json
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from pasvar.errors import InputError
from pasvar.files import INDEX_SUFFIXES, whole

PLAN = Path("results/inputs/plan.json")
"""The file with the states, in the working directory."""

_BESIDE = (*INDEX_SUFFIXES, ".fai", ".gzi")
"""Suffixes of the index files that are read with an input."""

State = Mapping[str, int]
"""Size in bytes, mtime_ns and inode of a file."""


def write_plan(paths: Iterable[str], plan: Path = PLAN) -> None:
    """Write the current states of inputs, and of their index files."""
    files = {str(file): _state(file) for path in paths for file in _with_indexes(path) if file.is_file()}
    with whole(plan) as temporary:
        temporary.write_text(json.dumps({"node": platform.node(), "files": files}, indent=0) + "\n")


def check_planned(paths: Iterable[str], plan: Path = PLAN) -> None:
    """Raise InputError if an input changed after an earlier run was planned, but has an older time: Snakemake would use
    results that were made from its former content."""
    found = _read(plan)
    if found is None:
        return
    planned = plan.stat().st_mtime_ns
    for file, before, now in _changed(paths, found["files"], ("bytes", "mtime_ns")):
        if now["mtime_ns"] <= planned:
            raise InputError(
                f"{file}: was replaced by a file that is older than the results of its former content "
                f"({_difference(before, now)}); make all results from it again with: touch {file} "
                "and the same command again"
            )


def check_inputs(paths: Iterable[str] | None = None, plan: Path = PLAN) -> None:
    """Raise InputError if one of these inputs (None: any input) is a different file than when the run was planned,
    saying what changed. Files that are not in the plan are not checked."""
    found = _read(plan)
    if found is None:
        return
    # The same file may have another inode number on another node.
    kinds = ("bytes", "mtime_ns", *(["inode"] if found["node"] == platform.node() else []))
    for file, before, now in _changed(found["files"] if paths is None else paths, found["files"], kinds):
        raise InputError(
            f"{file}: changed during the run ({_difference(before, now)}), and jobs have read both versions; do not "
            f"change it again, and make all results from it again with: touch {file} and the same command again"
        )


def is_planned(path: str | Path, plan: Path = PLAN) -> bool:
    """Whether a file is one of the user's inputs, according to the plan of the run."""
    found = _read(plan)
    return found is not None and str(path) in found["files"]


def _read(plan: Path) -> dict | None:
    try:
        found = json.loads(plan.read_bytes())
        return found if isinstance(found["files"], dict) and "node" in found else None
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return None


def _with_indexes(path: str) -> list[Path]:
    return [Path(path), *(Path(f"{path}{suffix}") for suffix in _BESIDE)]


def _changed(
    paths: Iterable[str], planned: Mapping[str, State], kinds: Iterable[str]
) -> Iterable[tuple[Path, State, State]]:
    """(file, state before, state now) of the files that differ."""
    for file in dict.fromkeys(file for path in paths for file in _with_indexes(path)):
        before = planned.get(str(file))
        if before is not None:
            now = _state(file) if file.is_file() else {"bytes": -1, "mtime_ns": 0, "inode": 0}
            if any(now[kind] != before[kind] for kind in kinds):
                yield file, before, now


def _state(file: Path) -> State:
    found = file.stat()
    return {"bytes": found.st_size, "mtime_ns": found.st_mtime_ns, "inode": found.st_ino}


def _difference(before: State, now: State) -> str:
    """A text that says what changed in a file."""
    if now["bytes"] < 0:
        return "it is gone"
    words = []
    if now["bytes"] != before["bytes"]:
        words.append(f"{before['bytes']} bytes before, {now['bytes']} now")
    if now["mtime_ns"] != before["mtime_ns"]:
        words.append(f"written {_time(before)} before, {_time(now)} now")
    if now["inode"] != before["inode"]:
        words.append("another file took its place")
    return ", ".join(words)


def _time(state: State) -> str:
    return datetime.fromtimestamp(state["mtime_ns"] / 1e9, UTC).isoformat(sep=" ", timespec="milliseconds")
