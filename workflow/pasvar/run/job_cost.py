"""The cost of a job: writes the last line of its log, and reads that line again."""

import os
import re
import resource
import time
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """seconds: wall time, from the start of the process. cpu_seconds: of the process and of those that it started.
    max_rss_mb: its largest memory. mb_read: MB read from files, from disk or cache, after its libraries were loaded; 0
    if the system does not say."""

    seconds: float
    cpu_seconds: float
    max_rss_mb: float
    mb_read: float

    def __str__(self) -> str:
        return (
            f"took {self.seconds:.2f} s, {self.cpu_seconds:.2f} s of CPU time, at most {self.max_rss_mb:.0f} MB of memory; "
            f"read {self.mb_read:.1f} MB"
        )


_LINE = re.compile(r"took ([\d.]+) s, ([\d.]+) s of CPU time, at most (\d+) MB of memory; read ([\d.]+) MB$")


def cost_so_far(mb_read_before: float = 0) -> Cost:
    """The cost of this process. mb_read_before: the part of `mb_read` that does not count."""
    used = os.times()
    cpu_seconds = used.user + used.system + used.children_user + used.children_system
    return Cost(_age(), cpu_seconds, _peak_mb(), max(mb_read() - mb_read_before, 0))


def mb_read() -> float:
    """MB that this process has read until now, by whatever call (Linux; elsewhere 0)."""
    try:
        counts = Path("/proc/self/io").read_text()
        return int(re.search(r"rchar: (\d+)", counts)[1]) / 1e6  # type: ignore[index]  # a TypeError means that it is not there
    except (OSError, TypeError):
        return 0


def read_cost(log: Path) -> Cost | None:
    """The cost at the end of a log; None if the job has not ended."""
    with log.open("rb") as file:
        file.seek(max(log.stat().st_size - 200, 0))
        found = _LINE.search(file.read().decode(errors="replace").rstrip())
    return Cost(*map(float, found.groups())) if found else None


def _age() -> float:
    """Seconds since the process began, from Linux's data; on other systems, its CPU time."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return time.process_time()


def _peak_mb() -> float:
    """The largest memory of this process. `ru_maxrss` is avoided if possible, because a process begins with the value
    of the process that started it."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]  # a TypeError means that it is not there
    except (OSError, TypeError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
