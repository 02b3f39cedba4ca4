"""How far a run is: stations, counts, and the time left."""

import re

import pytest
from hypothesis import given, strategies as st

from pasvar.paths import ROOT
from pasvar.run import Progress, about, clock
from pasvar.run.stations import STATION_OF


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def now() -> Clock:
    return Clock()


def test_every_rule_has_a_station():
    """In STATIONS of pasvar.run.stations; a rule without one counts as `other`."""
    texts = [path.read_text() for path in (ROOT / "workflow" / "rules").glob("*.smk")]
    rules = {rule for text in texts for rule in re.findall(r"^(?:rule|checkpoint) (\w+):", text, re.MULTILINE)}
    assert (rules | {"all"}) - STATION_OF.keys() == set()


def test_a_station_is_done_with_its_last_job(now):
    progress = Progress(now)
    progress.plan({"read_alleles": 2, "close_ledger": 1, "build_report": 1})
    for job, rule in enumerate(["read_alleles", "read_alleles", "close_ledger", "build_report"]):
        progress.start(job, rule)
    assert [progress.finish(job) for job in (1, 0, 2, 3)] == [None, None, "alleles", "report"]
    assert progress.count("alleles") == (3, 3)
    assert progress.count() == (4, 4)


def test_a_job_that_failed_and_was_tried_again_counts_once(now):
    progress = Progress(now)
    progress.plan({"score_alleles": 2})
    progress.start(7, "score_alleles")
    progress.fail(7)
    progress.start(7, "score_alleles")
    assert progress.finish(7) is None
    assert progress.finish(7) is None
    assert progress.count() == (1, 2)


def test_jobs_that_a_checkpoint_adds_are_counted(now):
    progress = Progress(now)
    progress.plan({"assign_files": 1})
    progress.start(0, "assign_files")
    assert progress.finish(0) == "windows"
    progress.start(1, "read_alleles")
    assert progress.count() == (1, 2)


def test_a_rule_without_a_station_is_counted_too(now):
    progress = Progress(now)
    progress.plan({"theirs": 1})
    progress.start(0, "theirs")
    assert progress.station() == "other"
    assert progress.finish(0) == "other"


def test_the_rest_takes_as_long_as_the_jobs_of_a_rule_took(now):
    """Three of five are done, 10 s each, one after another: two are left."""
    progress = Progress(now)
    progress.plan({"score_alleles": 5})
    assert progress.seconds_left() is None
    for job in range(3):
        progress.start(job, "score_alleles")
        now.seconds += 10
        progress.finish(job)
    assert progress.seconds_left() == pytest.approx(20)


def test_jobs_side_by_side_share_the_time(now):
    progress = Progress(now)
    progress.plan({"score_alleles": 6})
    for job in (0, 1):
        progress.start(job, "score_alleles")
    now.seconds = 10
    for job in (0, 1):
        progress.finish(job)
    assert progress.seconds_left() == pytest.approx(4 * 10 / 2)


def test_what_has_not_run_yet_takes_as_many_times_the_examples_as_what_has(now):
    """read_alleles of 2.1 s took twice that and its start of 2 s; score_alleles of 28 s does as well."""
    progress = Progress(now)
    progress.plan({"read_alleles": 1, "score_alleles": 1})
    progress.start(0, "read_alleles")
    now.seconds = 2 * (2.1 + 2)
    progress.finish(0)
    assert progress.seconds_left() == pytest.approx(2 * (28 + 2))


def test_a_job_that_runs_for_long_says_what_its_rule_takes(now):
    """One job of 10 s is done; the other has been running for 60 s, and the third waits: it takes 60 s at least."""
    progress = Progress(now)
    progress.plan({"score_alleles": 3})
    progress.start(0, "score_alleles")
    now.seconds = 10
    progress.finish(0)
    progress.start(1, "score_alleles")
    now.seconds = 70
    assert progress.seconds_left() == pytest.approx(60)


@given(st.lists(st.tuples(st.sampled_from(sorted(STATION_OF)), st.floats(0.1, 1e5)), min_size=1, max_size=20))
def test_at_the_end_nothing_is_left(jobs):
    now = Clock()
    progress = Progress(now)
    progress.plan({rule: sum(other == rule for other, _ in jobs) for rule, _ in jobs})
    done = []
    for job, (rule, seconds) in enumerate(jobs):
        progress.start(job, rule)
        now.seconds += seconds
        done.append(progress.finish(job))
        left = progress.seconds_left()
        assert left is not None
        assert left >= 0
    assert progress.seconds_left() == 0
    assert progress.count() == (len(jobs), len(jobs))
    assert {station for station in done if station} == {STATION_OF[rule] for rule, _ in jobs}


@pytest.mark.parametrize(
    ("seconds", "exact", "guessed"),
    [
        (4.4, "0:04", "5 s"),
        (48, "0:48", "50 s"),
        (300, "5:00", "5 min"),
        (11_100, "3:05:00", "3.1 h"),
        (184_000, "2 d 3:06:40", "2.1 d"),
    ],
)
def test_times(seconds, exact, guessed):
    assert clock(seconds) == exact
    assert about(seconds) == guessed
