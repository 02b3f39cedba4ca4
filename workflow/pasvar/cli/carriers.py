"""``pasvar carriers``: how many people carry what in each gene."""

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line of `run`."""
    parser.add_argument("results", help="folder of a finished run, or its results/")
    parser.add_argument("--out", required=True, metavar="FILE", help="tab-separated file to write")
    parser.add_argument("--labels", metavar="FILE", help="population of each person: sample, tab, label; no header")
    parser.add_argument(
        "--min-cell",
        type=int,
        metavar="N",
        help="leave counts of 1 to N-1 people empty, and counts from which they could be derived (default: the run's "
        "config key `min_cell`)",
    )
    parser.add_argument(
        "--memory-mb",
        type=int,
        default=1000,
        metavar="MB",
        help="memory for DuckDB; the rest goes to disk (default: %(default)s)",
    )


def run(parsed: argparse.Namespace) -> None:
    """``pasvar carriers``: a line on the file written."""
    from pasvar.allocation import cpus
    from pasvar.annotate import count_carriers, read_labels
    from pasvar.counts import plural
    from pasvar.files import refuse_inputs
    from pasvar.tables import TABLES, min_cell_of, read_made_by

    results = Path(parsed.results)
    results = results / "results" if (results / "results").is_dir() else results
    refuse_inputs([parsed.out], [*results.rglob("*.parquet"), parsed.labels])
    labels = read_labels(parsed.labels) if parsed.labels else {}
    min_cell = parsed.min_cell
    if min_cell is None:
        min_cell = min_cell_of(read_made_by(results / TABLES["samples"].file))
    n_rows = count_carriers(results, Path(parsed.out), labels, min_cell, parsed.memory_mb, cpus())
    print(f"{parsed.out}: {plural(n_rows, 'row')}")
