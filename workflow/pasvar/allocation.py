"""What the machine lets this job have: CPUs, GPUs, a node. Only the standard library is imported.

A node of a cluster has more cores than a job may use, and whoever counts the node's (torch, htslib, Arrow do) slows down
everybody on it, itself first.
"""

import os
import platform
from pathlib import Path


def cpus() -> int:
    """How many CPUs this process may use: the least of what its affinity, Slurm and its cgroup's quota say, at least 1."""
    limits = [_affinity(), _slurm(), _quota()]
    return max(1, min(limit for limit in limits if limit is not None))


def gpus() -> str:
    """The GPUs that this process may use, as CUDA names them ("0,1"); empty where nobody has given it any."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return "" if visible in ("-1", "NoDevFiles") else visible


def describe() -> str:
    """In words, for the log of a job."""
    node = os.environ.get("SLURMD_NODENAME") or platform.node()
    words = [f"{node}: {cpus()} CPUs"]
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_STEP_GPUS", "SLURM_JOB_ID", "SLURM_STEP_ID"):
        if os.environ.get(name):
            words.append(f"{name}={os.environ[name]}")
    return ", ".join(words)


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux; Slurm's cgroup of cores shows here
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _slurm() -> int | None:
    """What was asked for: not every cluster binds jobs to their cores."""
    given = os.environ.get("SLURM_CPUS_PER_TASK", "")
    return int(given) if given.isdigit() else None


def _quota(process: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> int | None:
    """CPU time per wall time that the cgroup (version 2) or one above it allows, rounded up: a container's limit."""
    try:
        place = root / process.read_text().rpartition("0::/")[2].strip()
    except OSError:
        return None
    shares = []
    for folder in (place, *place.parents):
        try:
            quota, period = (folder / "cpu.max").read_text().split()
            shares.append(-(-int(quota) // int(period)))
        except (OSError, ValueError):  # no such file, or "max": no limit here
            continue
    return min(shares, default=None)
