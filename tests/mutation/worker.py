"""`python -m mutation.worker FOLDER JOBS TESTS...`, in `FOLDER/mutants`: tries the faults that `FOLDER/chosen.txt` names.

The tests run once without a fault, which says what calls which function and how long it takes. Each fault is tried in a
process that is forked from this one, which has all modules loaded, by the tests that call its function, the quickest first.
Outcomes go to `FOLDER/outcomes.tsv` one by one: caught, missed, endless (more CPU time than any test needs), or what else.
"""

import gc
import os
import resource
import signal
import sys
from collections import defaultdict
from pathlib import Path

import pytest
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state
from mutmut.utils.format_utils import mangled_name_from_mutant_name

_MEMORY = 6 << 30


class _Calls:
    """Of each function the tests that call it; the seconds that each test takes."""

    def __init__(self) -> None:
        self.tests: dict[str, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = defaultdict(float)

    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        for function in state()._stats:
            self.tests[function].add(item.nodeid)
        state()._stats.clear()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration


def _try(name: str, tests: list[str], cpu_seconds: int) -> None:
    """In a process of its own: ends it with 0 where the tests do not see the fault."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 5))
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.alarm(20 * cpu_seconds)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    set_mutant_under_test(name)
    code = 3
    try:
        code = int(
            pytest.main(["-x", "-q", "-p", "no:unraisableexception", *tests])
        )  # which collects garbage five times
    finally:
        os._exit(code)


def _outcome(status: int) -> str:
    if os.WIFSIGNALED(status):
        return "endless" if os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL) else f"signal {os.WTERMSIG(status)}"
    return {0: "missed", 1: "caught"}.get(os.WEXITSTATUS(status), f"exit {os.WEXITSTATUS(status)}")


def main() -> int:
    folder, jobs, *tests = sys.argv[1:]
    calls = _Calls()
    set_mutant_under_test("stats")
    if code := pytest.main(["-x", "-q", *tests], plugins=[calls]):
        return int(code)
    gc.freeze()  # so that the collector of a fork does not touch, and copy, all that was loaded
    running: dict[int, str] = {}
    with (Path(folder) / "outcomes.tsv").open("a", buffering=1) as out:

        def wait() -> None:
            pid, status = os.wait()
            out.write(f"{running.pop(pid)}\t{_outcome(status)}\n")

        for name in (Path(folder) / "chosen.txt").read_text().splitlines():
            which = sorted(calls.tests[mangled_name_from_mutant_name(name)], key=lambda test: calls.seconds[test])
            if not which:
                out.write(f"{name}\tno test calls it\n")
                continue
            limit = 5 + int(3 * sum(calls.seconds[test] for test in which))
            if not (pid := os.fork()):
                _try(name, which, limit)
            running[pid] = name
            if len(running) >= int(jobs):
                wait()
        while running:
            wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
