"""What every script of the workflow does around its one call: where messages go, and how a run fails."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from pasvar.errors import InputError


@contextmanager
def logged(path: str) -> Iterator[logging.Logger]:
    """Send messages and uncaught errors to a job's log file, where Snakemake shows them if the job fails.

    What the user must mend (InputError, a full disk) ends the job with one line; anything else with its traceback.
    """
    with open(path, "w", buffering=1) as log:
        sys.stderr = sys.stdout = log
        logging.basicConfig(stream=log, level=logging.INFO, format="%(asctime)s %(message)s", force=True)
        logger = logging.getLogger("pasvar")
        try:
            yield logger
        except (InputError, OSError) as error:
            logger.error("error: %s", error)
            # Also where the user looks first: with --quiet, Snakemake does not show the log of a failed job.
            print(f"\npasvar: error: {error}\n", file=sys.__stderr__)
            sys.exit(1)
        except Exception:
            logger.exception("error: a fault of pasvar's own; please report it with this log")
            sys.exit(1)
        finally:
            sys.stderr, sys.stdout = sys.__stderr__, sys.__stdout__
