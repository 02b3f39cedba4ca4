"""How much faster one network is than another on this CPU: ``python -m bench.networks TEACHER MODEL``.

CPU time of one thread, the two in turn, the best of several rounds: other work on the machine hardly counts.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from pasvar.constants import WINDOW_LENGTH
from pasvar.model import Aparent2Model, Checkpoint, load_checkpoint
from pasvar.scoring import Engine

WINDOWS, ROUNDS = 512, 7


def runners(checkpoint: Checkpoint) -> dict[str, Callable[[np.ndarray], object]]:
    """Ways to compute logits: the plain torch modules, and the engine."""
    model, engine = Aparent2Model.from_checkpoint(checkpoint), Engine(checkpoint.config, checkpoint.tensors, "cpu")

    def plain(windows: np.ndarray) -> None:
        with torch.inference_mode():
            for batch in np.array_split(windows, len(windows) // 64):
                model(torch.from_numpy(batch))

    return {"plain torch modules": plain, "engine": engine.logits}


def main(teacher: str, model: str) -> None:
    torch.set_num_threads(1)
    windows = np.random.default_rng(0).integers(0, 4, (WINDOWS, WINDOW_LENGTH)).astype(np.uint8)
    slow, fast = (runners(load_checkpoint(path)) for path in (teacher, model))
    for way in slow:
        seconds: dict[str, list[float]] = {"teacher": [], "model": []}
        for _ in range(ROUNDS):
            for which, runner in (("teacher", slow[way]), ("model", fast[way])):
                began = time.process_time()
                runner(windows)
                seconds[which].append(time.process_time() - began)
        rates = {which: WINDOWS / min(times) for which, times in seconds.items()}
        print(
            f"{way}: {rates['teacher']:.0f} and {rates['model']:.0f} windows per CPU second, "
            f"{rates['model'] / rates['teacher']:.2f} times as fast"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Compares the speed of two networks on one CPU thread.")
    parser.add_argument("teacher", help="checkpoint of the slower network")
    parser.add_argument("model", help="checkpoint of the faster one")
    args = parser.parse_args()
    main(args.teacher, args.model)
