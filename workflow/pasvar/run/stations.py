"""The progress of a run: the stations to which its jobs belong, how many jobs of each are done, and how long the rest
will take."""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping

STATIONS: dict[str, dict[str, float]] = {
    "inputs": {"digest_input": 0.3, "index_reference": 0.8, "fetch_atlas": 5, "prepare_model": 0.4},
    "sites": {"annotate_sites": 1.3, "propose_sites": 1.1, "score_proposed_sites": 3.5, "judge_sites": 1.5},
    "windows": {"extract_windows": 1.3, "plan_shards": 1.2, "assign_files": 1},
    "alleles": {"read_alleles": 2.1, "read_genotypes": 2, "convert_genotypes": 2, "close_ledger": 1.6},
    "scores": {"score_windows": 1.1, "select_alleles": 28, "score_alleles": 28},
    "effects": {
        "predict_usage": 1.6,
        "compute_effects": 2.3,
        "gather_effects": 0.8,
        "gather_counts": 0.7,
        "join_known": 0.9,
        "summarise_genes": 0.9,
    },
    "annotate": {"annotate_vcf": 2.7},
    "report": {"score_card_windows": 3, "build_report": 12.8, "record_provenance": 1, "all": 0},
    "saturation": {"score_saturation": 60, "gather_saturation": 5, "saturation": 0},
    "training": {"train_model": 600, "train": 0},
}
"""The rules of each station, in the order of the data, with the seconds that a job of the bundled example takes on one
core. The seconds are only used to estimate each rule's share of the remaining time; as soon as one job of the run is
done, the times of the run's own jobs are used."""

OTHER = "other"
STATION_OF = {rule: station for station, rules in STATIONS.items() for rule in rules}
_TYPICAL = {rule: seconds for rules in STATIONS.values() for rule, seconds in rules.items()}
_UNKNOWN_SECONDS = 3.0  # for a rule that is in no station: about the mean of the others
_STARTING_SECONDS = 2.0  # for any job, for Python and the library


class Progress:
    """The jobs of one run. Times are in seconds, and those of the run are counted from its creation.

    Counts and sums are kept by rule: a run may have tens of thousands of jobs, and Snakemake waits for its listeners.

    now: a clock.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic):
        self._now = now
        self._began = now()
        self._planned: Counter[str] = Counter()
        self._rule_of: dict[int, str] = {}
        self._known: Counter[str] = Counter()
        """By rule, jobs that were started at least once."""
        self._running: dict[int, float] = {}
        self._finished: set[int] = set()
        self._done: Counter[str] = Counter()
        self._timed: Counter[str] = Counter()
        self._seconds: dict[str, float] = defaultdict(float)
        """By rule, jobs whose start and end were seen, and their time in all."""

    def plan(self, jobs: Mapping[str, int]) -> None:
        """What is to be done: jobs per rule."""
        self._planned = Counter(jobs)

    def start(self, job: int, rule: str) -> None:
        """A job was given to the machine, or to the queue of a cluster."""
        if job not in self._rule_of:
            self._known[rule] += 1
        self._rule_of[job] = rule
        self._running[job] = self._now()
        # A checkpoint adds jobs that were not in the plan.
        self._planned[rule] = max(self._planned[rule], self._known[rule])

    def fail(self, job: int) -> None:
        """A job failed; it may be started again."""
        self._running.pop(job, None)

    def finish(self, job: int) -> str | None:
        """A job is done. Returns its station if it was the last job of it."""
        if job in self._finished or job not in self._rule_of:
            return None
        rule = self._rule_of[job]
        self._finished.add(job)
        self._done[rule] += 1
        if job in self._running:
            self._seconds[rule] += self._now() - self._running.pop(job)
            self._timed[rule] += 1
        station = STATION_OF.get(rule, OTHER)
        done, planned = self.count(station)
        return station if done == planned else None

    def count(self, station: str | None = None) -> tuple[int, int]:
        """Number of finished jobs, and of all jobs, of a station or of the run."""
        rules = [rule for rule in self._planned if station in (None, STATION_OF.get(rule, OTHER))]
        return sum(self._done[rule] for rule in rules), sum(self._planned[rule] for rule in rules)

    def station(self) -> str:
        """The station of the job that has been running longest; that of the last job if no job is running."""
        job = next(iter(self._running), next(reversed(self._rule_of), None))
        return "" if job is None else STATION_OF.get(self._rule_of[job], OTHER)

    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self._now() - self._began

    def seconds_left(self) -> float | None:
        """Estimated duration of the rest, with as many parallel jobs as so far; None if no job is done.

        The estimate for a job is the time of its rule's finished jobs. If its rule has none, it is the example's time,
        multiplied by the factor of the finished jobs of other rules. It is never less than the time for which a job of
        the rule has been running.
        """
        took = sum(self._seconds.values())
        if not took:
            return None
        scale = took / sum(_typical(rule) * n for rule, n in self._timed.items())
        now = self._now()
        ages: dict[str, list[float]] = defaultdict(list)
        for job, start in self._running.items():
            ages[self._rule_of[job]].append(now - start)
        left = 0.0
        for rule in {**self._planned, **ages}:
            n_done = self._timed[rule]
            mean = self._seconds[rule] / n_done if n_done else _typical(rule) * scale
            expected = max([mean, *ages[rule]])
            to_begin = self._planned[rule] - self._done[rule] - len(ages[rule])
            left += sum(expected - age for age in ages[rule]) + max(to_begin, 0) * expected
        side_by_side = max((took + sum(map(sum, ages.values()))) / max(self.elapsed(), 0.1), 1.0)
        return left / side_by_side


def _typical(rule: str) -> float:
    return _STARTING_SECONDS + _TYPICAL.get(rule, _UNKNOWN_SECONDS)


def clock(seconds: float) -> str:
    """`0:05`, `12:40`, `3:05:00`, `2 d 3:05:00`."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    if not hours:
        return f"{minute}:{second:02}"
    return f"{f'{days} d ' if days else ''}{hour}:{minute:02}:{second:02}"


def about(seconds: float) -> str:
    """An estimated time: `10 s`, `5 min`, `3.5 h`, `2.5 d`."""
    if seconds < 55:
        return f"{max(5, 5 * round(seconds / 5))} s"
    if seconds < 90 * 60:
        return f"{max(1, round(seconds / 60))} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} d"


_ELSEWHERE = "PASVAR_RESULTS_ELSEWHERE"


def say_results_are_at(place: str) -> None:
    """Let the last lines of a run name this place: the plugin that prints them sees no settings of a storage."""
    os.environ[_ELSEWHERE] = place


def results_elsewhere() -> str | None:
    """The place that `say_results_are_at` was given; None where results lie in the working directory."""
    return os.environ.get(_ELSEWHERE)
