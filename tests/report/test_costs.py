"""The page that says what a run cost."""

import re

import pytest

from pasvar.report import render_costs
from pasvar.report.words import amount, duration

RECORD = {
    "pasvar_version": "9.9",
    "inputs": {"vcf/a.vcf.gz": {"bytes": 3_400_000_000}, "fasta/hg.fa": {"bytes": 100_000_000}},
    "jobs": {
        "read_alleles": {"jobs": 1, "seconds": 30.0, "cpu_seconds": 24.0, "max_rss_mb": 212.0, "mb_read": 41.0},
        "score_alleles": {"jobs": 1200, "seconds": 5400.0, "cpu_seconds": 8000.0, "max_rss_mb": 1650.0, "mb_read": 9.0},
    },
}


def test_rules_by_cpu_time_and_their_sums():
    page = render_costs(RECORD)
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in re.findall(r"<tr><td>.*", page)]
    assert rows == [
        ["score_alleles", "1,200", "2.2", "h", "1.5", "h", "1.6", "GB", "9.0", "MB"],
        ["read_alleles", "1", "24", "s", "30", "s", "212", "MB", "41", "MB"],
    ]
    (lede,) = re.findall(r'<p class="lede">(.*)</p>', page)
    assert lede == (
        "1,201 jobs took 2.2 h of CPU time; their times on the clock add up to 1.5 h. The largest used 1.6 GB of memory. "
        "Together they read 50 MB; the input files have 3.5 GB."
    )


def test_a_run_without_logs_has_a_page():
    assert "0 jobs took 0.0 s of CPU time" in render_costs(RECORD | {"jobs": {}})


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.04, "0.0 s"), (59.9, "60 s"), (60, "1.0 min"), (3599, "60 min"), (4_334_400, "1,204 h")]
)
def test_durations(seconds, said):
    assert duration(seconds) == said


@pytest.mark.parametrize(("mb", "said"), [(0.32, "0.3 MB"), (999, "999 MB"), (1700, "1.7 GB"), (3_100_000, "3.1 TB")])
def test_amounts(mb, said):
    assert amount(mb) == said
