"""What a run prints: `snakemake --logger pasvar`, which the profile `default` chooses where this package is installed.

A line per station of the run, and on a terminal a bar with the time left; warnings and errors; at the end, where the report is.
All that Snakemake says is in its log file, which the last line names. A dry run, `--verbose`, `--printshellcmds` and
`--debug-dag` print what Snakemake prints by itself. `--quiet` leaves the stations out, `--quiet all` everything but errors.
"""

import logging
import os
import re
import sys
import threading
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent
from tqdm import tqdm

# By its file, and not as part of `pasvar`: the Snakefile, which is read after this, decides which library a run uses.
if TYPE_CHECKING:
    from pasvar.run import Progress, about, clock, results_elsewhere
else:
    _SPEC = spec_from_file_location("_pasvar_stations", Path(__file__).parents[1] / "pasvar" / "run" / "stations.py")
    _STATIONS = module_from_spec(_SPEC)
    sys.modules[_SPEC.name] = _STATIONS
    _SPEC.loader.exec_module(_STATIONS)
    Progress, about, clock = _STATIONS.Progress, _STATIONS.about, _STATIONS.clock
    results_elsewhere = _STATIONS.results_elsewhere

# What Snakemake says of itself before the first job. Anything else that it says there is for the user: an environment that is
# being installed, a directory that was unlocked.
_CHATTER = (
    "Assuming unrestricted shared filesystem",
    "Building DAG of jobs",
    "Conda environments: ignored",
    "Config file ",
    "Group jobs: inactive",
    "Rules claiming more threads",
    "Select jobs to execute",
    "Singularity containers: ignored",
    "Updating checkpoint dependencies",
    "Using profile",
    "Using shell",
    "Using workflow specific profile",
    "host: ",
)
_END_OF_LOG = "Complete log(s): "
_NOTHING = "Nothing to be done"
_STOPPED = ("Terminating processes on user request", "Will exit after finishing")
# What a failed job's own line and the last lines say better.
_NO_NEWS = (
    "--keep-incomplete mode is set",
    "At least one job did not complete",
    "CalledProcessError in file",
    "Exiting because a job execution failed",
)
_LOG_LINES = 20
_REPORT = Path("results", "report", "index.html")
_SECONDS_BETWEEN_LINES = 60
_SHARE_BETWEEN_LINES = 0.1


class LogHandler(LogHandlerBase):
    """Snakemake hands it every record, one after another, in a thread of its own."""

    def __post_init__(self) -> None:
        settings = self.common_settings
        self._stream: TextIO = sys.stdout if settings.stdout else sys.stderr
        self._snakemakes = _snakemakes_handler(settings, self._stream)
        self._as_snakemake = settings.dryrun or settings.verbose or settings.printshellcmds or settings.debug_dag
        quiet = {getattr(word, "name", str(word)).lower() for word in settings.quiet or ()}
        self._only_errors = "all" in quiet
        self._no_stations = bool(quiet & {"all", "progress", "rules"})
        self._directory = Path()
        self._progress: Progress | None = None
        self._bar: Bar | None = None
        self._last_line = (0.0, 0.0)
        self._rules: set[str] = set()
        self._errors = self._stopped = self._up_to_date = False
        self._log = ""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def emit(self, record: logging.LogRecord) -> None:
        """Print what this record is worth."""
        if self._as_snakemake:
            if self._snakemakes.filter(record):
                self._snakemakes.emit(record)
            return
        try:
            self._take(record)
        except Exception:
            self.handleError(record)

    def _take(self, record: logging.LogRecord) -> None:
        event = getattr(record, "event", None)
        reader = {
            LogEvent.WORKFLOW_STARTED: self._begin,
            LogEvent.RUN_INFO: self._plan,
            LogEvent.RESOURCES_INFO: lambda record: None,
            LogEvent.JOB_INFO: self._start,
            LogEvent.JOB_FINISHED: self._finish,
            LogEvent.JOB_ERROR: self._fail,
        }.get(event)
        if reader:
            reader(record)
        elif record.levelno >= logging.WARNING:
            self._warn(record)
        elif event is None:
            self._read(record)

    def _begin(self, record: Any) -> None:
        self._directory = (
            Path.cwd()
        )  # Snakemake is in the run's directory by now; the record names the one it came from

    def _plan(self, record: Any) -> None:
        jobs = {rule: count for rule, count in record.stats.items() if rule != "total"}
        self._rules = set(jobs)
        if self._progress is None:
            self._progress = Progress()
            self._say(
                f"pasvar: {_counted(sum(jobs.values()), 'job')} to do in {self._directory}", not self._no_stations
            )
            if not self._no_stations and self._stream.isatty() and os.environ.get("TERM") != "dumb":
                self._bar = Bar(self._progress, self._stream)
        self._progress.plan(jobs)

    def _start(self, record: Any) -> None:
        if self._progress:
            self._progress.start(record.jobid, record.rule_name)

    def _finish(self, record: Any) -> None:
        if not self._progress:
            return
        progress = self._progress
        station = progress.finish(record.job_id)
        done, planned = progress.count()
        if station:
            of_station = f"{_counted(progress.count(station)[1], 'job')} done"
        elif self._bar is None and self._is_time(done / planned):
            station = progress.station()
            of_station = "{} of {} jobs".format(*progress.count(station))
        else:
            return
        left = progress.seconds_left()
        remaining = f", about {about(left)} left" if left and done < planned else ""
        self._say(f"{clock(progress.elapsed()):>8}  {station:<11}{of_station}{remaining}", not self._no_stations)

    def _is_time(self, share: float) -> bool:
        """Whether a line between stations is due: a log of a day-long run should not fill with them."""
        seconds, last = self._last_line
        now = self._progress.elapsed() if self._progress else 0.0
        if now - seconds < _SECONDS_BETWEEN_LINES or share - last < _SHARE_BETWEEN_LINES:
            return False
        self._last_line = (now, share)
        return True

    def _fail(self, record: Any) -> None:
        if self._progress:
            self._progress.fail(record.jobid)
        logs = [Path(self._directory, log) for log in record.log or ()]
        lines = [f"pasvar: a job failed: {record.rule_name}" + "".join(f", log {log}" for log in logs)]
        if not logs:
            lines += [str(record.rule_msg or record.getMessage())]
        for log in logs:
            lines += ["    " + line for line in _end_of(log)]
        self._say("\n".join(lines), colour=True)

    def _warn(self, record: logging.LogRecord) -> None:
        text = self._snakemakes.format(record)
        is_error = record.levelno >= logging.ERROR
        self._errors |= is_error
        if not any(words in text for words in _NO_NEWS):
            self._say(_plain(text), is_error or not self._only_errors, is_error)

    def _read(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if text.startswith(_END_OF_LOG):
            self._log = text.removeprefix(_END_OF_LOG)
        elif text.startswith(_NOTHING):
            self._up_to_date = True
        elif text.startswith(_STOPPED):
            self._stopped = True
            self._say("pasvar: stopping; jobs that run are ended", not self._only_errors)
        elif not self._progress and text not in ("", "None") and not text.startswith(_CHATTER):
            self._say(text, not self._only_errors)

    def close(self) -> None:
        """The last lines: whether all is done, and where it is."""
        if self._bar:
            self._bar.close()
            self._bar = None
        if self._progress or self._up_to_date:
            self._say("\n".join(self._summary()), not self._only_errors)
        self._progress, self._up_to_date = None, False
        super().close()

    def _summary(self) -> list[str]:
        if not self._progress:
            lines = [f"pasvar: {_NOTHING}: all results are up to date", *self._places()]
        elif self._is_broken_off(*self._progress.count()):
            done, planned = self._progress.count()
            lines = [
                f"pasvar: stopped after {clock(self._progress.elapsed())}, {done} of {planned} jobs done",
                "What is done stays: mend what is named above, and run the same command again.",
            ]
        else:
            lines = [f"pasvar: all done in {clock(self._progress.elapsed())}", *self._places()]
        return [*lines, *([f"Log:     {self._log}"] if self._log else [])]

    def _is_broken_off(self, done: int, planned: int) -> bool:
        # An error alone may be of a job that was tried again; with `--quiet`, Snakemake does not say that a job is done.
        return (self._errors or self._stopped) and done < planned

    def _places(self) -> list[str]:
        report = self._directory / _REPORT
        shown = report.is_file() and (self._up_to_date or "build_report" in self._rules)
        tables = results_elsewhere() or self._directory / "results"
        return [*([f"Report:  {report}"] if shown else []), f"Tables:  {tables}"]

    def _say(self, text: str, wanted: bool = True, colour: bool = False) -> None:
        if not wanted:
            return
        if colour and not self._snakemakes.nocolor:
            text = f"\033[31m{text}\033[0m"
        if self._bar:
            self._bar.write(text)
        else:
            print(text, file=self._stream, flush=True)


class Bar:
    """The last line of a terminal: the station, the share of jobs that are done, the time left; drawn once a second."""

    def __init__(self, progress: Progress, stream: TextIO):
        self._progress = progress
        self._stream = stream
        form = "{desc} {bar:24} {n_fmt} of {total_fmt} jobs{postfix}"
        self._tqdm = tqdm(total=1, file=stream, bar_format=form, leave=False, dynamic_ncols=True, miniters=1)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tick, daemon=True)
        self._thread.start()

    def _tick(self) -> None:
        while not self._ended.wait(1):
            self._draw()

    def _draw(self) -> None:
        done, planned = self._progress.count()
        left = self._progress.seconds_left()
        with self._tqdm.get_lock():
            self._tqdm.total, self._tqdm.n = planned, done
            self._tqdm.desc = f"{clock(self._progress.elapsed()):>8}  {self._progress.station():<10}"
            self._tqdm.postfix = f"about {about(left)} left" if left else ""
        self._tqdm.refresh()

    def write(self, text: str) -> None:
        """Print above the bar."""
        with tqdm.external_write_mode(file=self._stream):
            print(text, file=self._stream, flush=True)

    def close(self) -> None:
        """Take the bar away."""
        self._ended.set()
        self._thread.join()
        self._tqdm.close()


def _snakemakes_handler(settings: Any, stream: TextIO) -> Any:
    """What Snakemake prints with where no logger is chosen."""
    from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter

    quiet = DefaultFilter(
        settings.quiet, settings.debug_dag, settings.verbose, settings.dryrun, settings.printshellcmds
    )
    form = DefaultFormatter(settings.quiet, settings.show_failed_logs)
    return ColorizingTextHandler(settings.nocolor, stream, form, quiet)


def _plain(text: str) -> str:
    """An error that is for the user, without the lines of the workflow that found it."""
    first, *others = text.splitlines() or [""]
    if not re.match(r"\w*Workflow\w*Error in (file|rule)", first):
        return text
    return "\n".join(["pasvar: error: " + others[0], *others[1:]] if others else [text]).partition("\n  File ")[0]


def _end_of(log: Path) -> list[str]:
    """A failed job's log from its error on; its last lines where it names none."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return []
    named = next((i for i, line in enumerate(lines) if " error: " in line), 0)
    return lines[named:][-_LOG_LINES:]


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
