"""The code around the single call of every script of the workflow: where messages go, and how a job fails."""

import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, Protocol

from pasvar.allocation import describe
from pasvar.errors import DamagedFile, InputError, explain
from pasvar.run.input_states import check_inputs, is_planned
from pasvar.run.job_cost import cost_so_far, mb_read


class Named(Protocol):
    """The inputs, outputs or params of a job, as Snakemake passes them to a script: each by its name, as attribute or
    key."""

    def __getattr__(self, name: str) -> Any: ...

    def __getitem__(self, name: str) -> Any: ...

    def items(self) -> Iterable[tuple[str, Any]]: ...


@contextmanager
def logged(path: str, inputs: Iterable[str] = ()) -> Iterator[logging.Logger]:
    """Send messages and uncaught errors to a job's log file, which Snakemake shows if the job fails.

    Warnings are also shown to the user.

    inputs: files that the job reads. The user's own files must be the same as when the run was planned, before and
    after the job.

    A problem that the user must correct (InputError, a full disk) ends the job with one line. Any other error does the
    same, and its traceback is in the log. A damaged table of an earlier job is moved aside, so that the next run makes
    it again; a damaged table of the user stays. The last line of the log gives the cost of the job.
    """
    mb_before = mb_read()
    with open(path, "w", buffering=1) as log:
        sys.stderr = sys.stdout = log
        logging.basicConfig(stream=log, level=logging.INFO, format="%(asctime)s %(message)s", force=True)
        logger = logging.getLogger("pasvar")
        logger.info(describe())
        to_user = _to_user()
        logger.addHandler(to_user)
        try:
            check_inputs(inputs)
            yield logger
            check_inputs(inputs)
        except DamagedFile as error:
            if is_planned(error.path):
                _give_up(logger, f"{error.path}: {error.fault}; it is an input: fetch or write it again")
            aside = error.path.replace(error.path.with_name(f"{error.path.name}.damaged"))
            _give_up(
                logger,
                f"{error.path}: {error.fault}; it is now {aside.name}: run the same command again to make it again",
            )
        except (InputError, OSError) as error:
            logger.debug("%s", error, exc_info=True)
            _give_up(logger, explain(error))
        except MemoryError:
            logger.exception("error")
            _give_up(
                logger, f"the job has not enough memory; give its rule more, see docs/hpc.md (traceback in {path})"
            )
        except Exception as error:
            logger.exception("error: a fault of pasvar's own; please report it with this log")
            fault = f"a fault of pasvar's own ({type(error).__name__}: {explain(error)})"
            _give_up(logger, f"{fault}; please report it with {Path(path).absolute()}")
        finally:
            logger.removeHandler(to_user)
            logger.info("%s", cost_so_far(mb_before))
            sys.stderr, sys.stdout = sys.__stderr__, sys.__stdout__


def _to_user() -> logging.Handler:
    """Shows the warnings to the user: Snakemake only shows the log of a failed job."""
    handler = logging.StreamHandler(sys.__stderr__)
    handler.setFormatter(logging.Formatter("\npasvar: warning: %(message)s\n"))
    handler.addFilter(lambda record: record.levelno == logging.WARNING)
    return handler


def _give_up(logger: logging.Logger, message: str) -> NoReturn:
    logger.error("error: %s", message)
    # Also to the user directly: with --quiet, Snakemake does not show the log of a failed job.
    print(f"\npasvar: error: {message}\n", file=sys.__stderr__)
    sys.exit(1)
