"""What a run prints: the logger plugin, given the records that Snakemake gives it."""

import io
import logging
from types import SimpleNamespace

import pytest
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry
from snakemake_interface_logger_plugins.tests import TestLogHandlerBase as InterfaceTests

import snakemake_logger_plugin_pasvar as plugin
from pasvar.run import Progress

STATS = {"read_alleles": 2, "build_report": 1, "total": 3}


class TestInterface(InterfaceTests):
    """What Snakemake asks of any logger plugin."""

    __test__ = True

    def get_log_handler_cls(self):
        return plugin.LogHandler

    def get_log_handler_settings(self):
        return None


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def settings(quiet=None, **changes) -> SimpleNamespace:
    given = {"printshellcmds": False, "nocolor": True, "quiet": quiet, "debug_dag": False, "verbose": False}
    return SimpleNamespace(**given | {"show_failed_logs": True, "stdout": False, "dryrun": False} | changes)


def record(text="", level=logging.INFO, **fields) -> logging.LogRecord:
    made = logging.LogRecord("snakemake", level, "workflow.py", 1, text, (), None)
    vars(made).update(fields)
    return made


BEGIN = record(event=LogEvent.WORKFLOW_STARTED)
PLAN = record(event=LogEvent.RUN_INFO, stats=STATS)
JOBS = [
    record(event=LogEvent.JOB_INFO, jobid=1, rule_name="read_alleles"),
    record(event=LogEvent.JOB_FINISHED, job_id=1),
    record(event=LogEvent.JOB_INFO, jobid=2, rule_name="read_alleles"),
    record(event=LogEvent.JOB_FINISHED, job_id=2),
    record(event=LogEvent.JOB_INFO, jobid=3, rule_name="build_report"),
    record(event=LogEvent.JOB_FINISHED, job_id=3),
]
END = record("Complete log(s): /tmp/run.log")
CONFIG_ERROR = record(
    'WorkflowError in file "common.smk", line 31:\nconfig key `shards` is 0\n  File "common.smk", line 37, in <module>',
    logging.ERROR,
    event=LogEvent.ERROR,
)


@pytest.fixture
def printed(tmp_path, monkeypatch):
    """What the plugin prints of these records, in a directory with a report. Each job takes 10 s."""
    (tmp_path / "results" / "report").mkdir(parents=True)
    (tmp_path / "results" / "report" / "index.html").touch()
    monkeypatch.chdir(tmp_path)

    def printed(*records, stream=None, **changes) -> str:
        stream = stream or io.StringIO()
        seconds = 0
        monkeypatch.setattr(plugin, "Progress", lambda: Progress(lambda: seconds))
        monkeypatch.setattr("sys.stderr", stream)
        handler = plugin.LogHandler(settings(**changes), None)
        for each in records:
            seconds += 10 if hasattr(each, "job_id") else 0
            handler.emit(each)
        handler.close()
        return stream.getvalue()

    return printed


def test_snakemake_finds_the_plugin():
    assert LoggerPluginRegistry().is_installed("pasvar")


def test_a_run_is_a_line_per_station_and_where_its_results_are(printed, tmp_path):
    chatter = [record("Building DAG of jobs..."), record("Using shell: /usr/bin/bash"), record("None")]
    assert printed(*chatter, BEGIN, PLAN, *JOBS, END).splitlines() == [
        f"pasvar: 3 jobs to do in {tmp_path}",
        "    0:20  alleles    2 jobs done, about 35 s left",
        "    0:30  report     1 job done",
        "pasvar: all done in 0:30",
        f"Report:  {tmp_path}/results/report/index.html",
        f"Tables:  {tmp_path}/results",
        "Log:     /tmp/run.log",
    ]


def test_results_in_a_storage_are_named_where_they_are(printed, monkeypatch, tmp_path):
    monkeypatch.setenv("PASVAR_RESULTS_ELSEWHERE", "s3://cohort/run/results")
    (tmp_path / "results/report/index.html").unlink()
    lines = printed(BEGIN, PLAN, *JOBS, END).splitlines()
    assert lines[3:] == ["pasvar: all done in 0:30", "Tables:  s3://cohort/run/results", "Log:     /tmp/run.log"]


def test_on_a_terminal_a_bar_goes_along_and_is_gone_at_the_end(printed):
    text = printed(BEGIN, PLAN, *JOBS, END, stream=Terminal())
    assert "    0:20  alleles    2 jobs done, about 35 s left\n" in text
    assert text.rstrip().endswith("Log:     /tmp/run.log")
    assert "of 3 jobs" not in text.splitlines()[-1]


def test_where_nothing_is_to_be_done_it_says_where_the_results_are(printed, tmp_path):
    nothing = record("Nothing to be done (all requested files are present and up to date).")
    assert printed(BEGIN, nothing).splitlines() == [
        "pasvar: Nothing to be done: all results are up to date",
        f"Report:  {tmp_path}/results/report/index.html",
        f"Tables:  {tmp_path}/results",
    ]


def test_a_failed_job_is_named_with_the_end_of_its_log(printed, tmp_path):
    (tmp_path / "read_alleles.log").write_text("a start\n21:00 error: cohort.vcf.gz: is cut short\n")
    fields = {"rule_name": "read_alleles", "rule_msg": None, "jobid": 1, "log": ["read_alleles.log"]}
    failed = record("Error in rule read_alleles", logging.ERROR, event=LogEvent.JOB_ERROR, **fields)
    exiting = record("Exiting because a job execution failed. Look above for error messages", logging.ERROR)
    assert printed(BEGIN, PLAN, JOBS[0], failed, exiting, END).splitlines()[1:] == [
        f"pasvar: a job failed: read_alleles, log {tmp_path}/read_alleles.log",
        "    21:00 error: cohort.vcf.gz: is cut short",
        "pasvar: stopped after 0:00, 0 of 3 jobs done",
        "What is done stays: mend what is named above, and run the same command again.",
        "Log:     /tmp/run.log",
    ]


def test_a_job_that_was_tried_again_does_not_spoil_the_end(printed):
    fields = {"rule_name": "read_alleles", "rule_msg": "", "jobid": 1, "log": []}
    failed = record("Error in rule read_alleles", logging.ERROR, event=LogEvent.JOB_ERROR, **fields)
    assert "all done in" in printed(BEGIN, PLAN, JOBS[0], failed, *JOBS, END)


def test_an_interrupted_run_is_not_called_done(printed):
    stopping = record("Terminating processes on user request, this might take some time.")
    text = printed(BEGIN, PLAN, *JOBS[:2], stopping, END)
    assert "stopped after 0:10, 1 of 3 jobs done" in text
    assert "all done" not in text


@pytest.mark.parametrize("quiet", [None, {Quietness.RULES, Quietness.PROGRESS}, {Quietness.ALL}])
def test_an_error_of_the_configuration_is_one_line_however_quiet(printed, quiet):
    assert printed(CONFIG_ERROR, quiet=quiet) == "pasvar: error: config key `shards` is 0\n"


def test_quiet_leaves_the_stations_out(printed):
    text = printed(BEGIN, PLAN, *JOBS, END, quiet={Quietness.RULES, Quietness.PROGRESS})
    assert text.splitlines()[0] == "pasvar: all done in 0:30"


def test_quiet_all_prints_nothing_of_a_good_run(printed):
    warning = record("a warning", logging.WARNING)
    assert printed(BEGIN, PLAN, warning, *JOBS, END, quiet={Quietness.ALL}) == ""


def test_what_snakemake_says_before_the_first_job_and_is_no_chatter_is_shown(printed):
    text = printed(record("Creating conda environment envs/score.yaml..."))
    assert text == "Creating conda environment envs/score.yaml...\n"


@pytest.mark.parametrize("mode", ["dryrun", "verbose", "printshellcmds", "debug_dag"])
def test_who_asks_for_details_gets_what_snakemake_prints(printed, mode):
    assert "Building DAG of jobs..." in printed(record("Building DAG of jobs..."), **{mode: True})
