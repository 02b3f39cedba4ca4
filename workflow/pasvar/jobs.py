"""What every script of the workflow does around its one call: where messages go, and how a run fails."""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from pasvar.allocation import describe
from pasvar.errors import DamagedFile, InputError


@contextmanager
def logged(path: str) -> Iterator[logging.Logger]:
    """Send messages and uncaught errors to a job's log file, where Snakemake shows them if the job fails.

    What the user must mend (InputError, a full disk) ends the job with one line; anything else with its traceback. A damaged
    table of an earlier job is moved aside, so that the next run makes it again. The last line is what the job has cost.
    """
    with open(path, "w", buffering=1) as log:
        sys.stderr = sys.stdout = log
        logging.basicConfig(stream=log, level=logging.INFO, format="%(asctime)s %(message)s", force=True)
        logger = logging.getLogger("pasvar")
        logger.info(describe())
        try:
            yield logger
        except DamagedFile as error:
            aside = error.path.replace(error.path.with_name(f"{error.path.name}.damaged"))
            _give_up(
                logger,
                f"{error.path}: {error.fault}; it is now {aside.name}: run the same command again to make it anew",
            )
        except (InputError, OSError) as error:
            _give_up(logger, str(error))
        except Exception:
            logger.exception("error: a fault of pasvar's own; please report it with this log")
            sys.exit(1)
        finally:
            logger.info("%.2f s of CPU time", time.process_time())
            sys.stderr, sys.stdout = sys.__stderr__, sys.__stdout__


def _give_up(logger: logging.Logger, message: str) -> NoReturn:
    logger.error("error: %s", message)
    # Also where the user looks first: with --quiet, Snakemake does not show the log of a failed job.
    print(f"\npasvar: error: {message}\n", file=sys.__stderr__)
    sys.exit(1)
