"""What a job has cost: the last line of its log, and that line read again."""

import os
import re
import resource
import time
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """seconds: on the clock, from the start of the process. cpu_seconds: of it and of those that it started.
    max_rss_mb: the most memory that it had. mb_read: what it read from files, from disk or cache, once its libraries were there;
    0 where the system does not say."""

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
    """Of this process. mb_read_before: of `mb_read`, what does not count."""
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
    """What a log ends with; None where the job has not ended."""
    with log.open("rb") as file:
        file.seek(max(log.stat().st_size - 200, 0))
        found = _LINE.search(file.read().decode(errors="replace").rstrip())
    return Cost(*map(float, found.groups())) if found else None


def _age() -> float:
    """Seconds since the process began, from what Linux says of it; elsewhere, of its CPU time."""
    try:
        ticks = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return time.process_time()


def _peak_mb() -> float:
    """Not `ru_maxrss` where it can be helped: a process begins with that of the one that started it."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]  # a TypeError means that it is not there
    except (OSError, TypeError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
