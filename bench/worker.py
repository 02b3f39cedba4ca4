"""One contestant in one process: `python -m bench.worker NAME THREADS`.

Reads lines "windows batch_size" and answers each with a line of JSON: seconds on the wall and of the CPU.
"""

import json
import sys
import time

import numpy as np

from bench.engines import CONTESTANTS


def main(name: str, threads: int) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints stays out of the answers
    run = CONTESTANTS[name](threads)
    print("ready", file=answers, flush=True)
    codes = np.random.default_rng(0).integers(0, 4, (1 << 14, 205), dtype=np.uint8)
    for line in sys.stdin:
        windows, batch_size = map(int, line.split())
        wall, cpu = time.perf_counter(), time.process_time()
        run(codes[:windows], batch_size)
        seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        print(json.dumps(seconds), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
