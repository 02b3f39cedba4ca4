"""What a scoring job costs from its start to its first batch: `python -m bench.startup RUN BEGIN`.

RUN: folder of a finished run. BEGIN: when the process was started. Answers with a line of JSON: seconds on the wall and of the
CPU by the end of each step.
"""

import sys
import time


def main(run: str, begin: str) -> None:
    marks = {}

    def mark(step: str) -> None:
        marks[step] = (time.time() - float(begin), time.process_time())

    mark("Python")
    # What workflow/scripts/score_alleles.py imports.
    from pasvar.scoring import LazyEngine
    from pasvar.sequence import encode_rows
    from pasvar.tables import read_table

    mark("imports")
    engine = LazyEngine(f"{run}/results/model", "cpu")
    windows = read_table(f"{run}/results/windows/windows.parquet", "windows").window.unique()
    codes = encode_rows(windows[:64].tolist(), 205)
    engine.kind  # noqa: B018  (the store asks for it)
    mark("weights and tables read")
    import torch  # noqa: F401

    mark("torch imported")
    engine.scores(codes[:0])
    mark("engine made")
    engine.scores(codes)
    mark("first batch scored")
    import json

    print(json.dumps(marks))


if __name__ == "__main__":
    main(*sys.argv[1:])
