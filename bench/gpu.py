"""Ways to run the network on a GPU, side by side, timed on the device. A way that fails is a row with its reason."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import torch

from bench.engines import FLOP_PER_WINDOW, eager_network, random_tensors
from pasvar.constants import WINDOW_LENGTH
from pasvar.model import RELEASED_CONFIG, both_log_odds
from pasvar.scoring import Engine, engine_gpu

SATURATION_SNVS = 76_847_538
"""175,451 PolyA_DB sites x 146 window positions x 3 bases (Linder et al. 2022)."""


def seconds(run: Callable[[], object], repeats: int = 7) -> float:
    """Median time of a call on the device, after two that warm up."""
    times = []
    for turn in range(-2, repeats):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        run()
        end.record()
        end.synchronize()
        if turn >= 0:
            times.append(begin.elapsed_time(end) / 1e3)
    return float(np.median(times))


def product_rate(dtype: torch.dtype, side: int = 8192) -> float:
    """Measured operations per second of large matrix products of random numbers."""
    left, right = torch.randn((2, side, side), device="cuda").to(dtype)
    return 2 * side**3 / seconds(lambda: left @ right)


def ways() -> Iterator[tuple[str, Callable[[], Callable[[torch.Tensor], torch.Tensor]]]]:
    """(name, function that makes the network), in the order of the work put in."""

    def engine() -> Engine:
        return Engine(RELEASED_CONFIG, random_tensors(), "cuda")

    def autocast(network):
        def run(codes):
            with torch.autocast("cuda", torch.bfloat16):
                return network(codes)

        return run

    def graph(network):
        still = torch.zeros((2048, WINDOW_LENGTH), dtype=torch.uint8, device="cuda")
        network(still)
        captured = torch.cuda.CUDAGraph()
        with torch.cuda.graph(captured):
            out = network(still)

        def run(codes):
            parts = []
            for part in codes.split(len(still)):
                still.copy_(part)
                captured.replay()
                parts.append(out.clone())
            return torch.cat(parts)

        return run

    def kernel(precision: str, warps: int = 8, programs: int = 2):
        def make():
            e = engine()
            engine_gpu._WARPS, engine_gpu._PROGRAMS_PER_PROCESSOR = warps, programs
            return engine_gpu.FusedNetwork(e._table, e._groups, e._last_skip, e._position_bias, precision)

        return make

    yield "eager port, float32", lambda: eager_network().cuda()
    yield "eager port, bfloat16 autocast", lambda: autocast(eager_network().cuda())
    yield "eager port, torch.compile", lambda: torch.compile(eager_network().cuda())
    yield "eager port, torch.compile, bfloat16 autocast", lambda: autocast(torch.compile(eager_network().cuda()))
    yield "engine layer by layer, float32", lambda: engine()._forward
    yield "engine layer by layer, CUDA graph", lambda: graph(engine()._forward)
    for precision in ("exact", "fast"):
        for warps in (4, 8):
            for programs in (1, 2, 3, 4):
                yield f'kernel "{precision}", {warps} warps, {programs} programs', kernel(precision, warps, programs)


@torch.inference_mode()
def table(windows: int = 1 << 15) -> pd.DataFrame:
    """One row per way: windows per second, share of the measured bfloat16 rate, hours of one card for the authors' SNVs."""
    peak = product_rate(torch.bfloat16)
    codes = torch.randint(0, 4, (windows, WINDOW_LENGTH), dtype=torch.uint8, device="cuda")
    reference = Engine(RELEASED_CONFIG, random_tensors(), "cuda")._forward
    expected = _log_odds(reference(codes[:4096]))
    rows = []
    for name, make in ways():
        row = {"way": name}
        try:
            network = make()
            rate = windows / seconds(lambda network=network: network(codes))
            row |= {"windows/s": rate, "of bfloat16 rate": rate * FLOP_PER_WINDOW / peak}
            row["saturation, s"] = SATURATION_SNVS / rate
            if not name.startswith("eager"):  # whose weights are others
                row["largest error"] = (_log_odds(network(codes[:4096])) - expected).abs().max().item()
        except Exception as error:  # one way's failure must not cost the others
            row["failed"] = f"{type(error).__name__}: {error}".splitlines()[0][:120]
        rows.append(row)
        print(row, flush=True)
    found = pd.DataFrame(rows).set_index("way")
    found["times eager"] = found["windows/s"] / found["windows/s"].get("eager port, float32", np.nan)
    return found


def with_host(precision: str, windows: int = 1 << 20) -> pd.Series:
    """Windows per second from codes on the host to scores on the host, as a scoring job has them."""
    codes = np.random.default_rng(0).integers(0, 4, (windows, WINDOW_LENGTH), dtype=np.uint8)
    rates = {}
    for name, fused in (("layer by layer", False), ("fused kernel", True)):
        engine = Engine(RELEASED_CONFIG, random_tensors(), "cuda", precision=precision, fused=fused)
        engine.scores(codes[: 4 * engine.batch_size])
        begin = time.perf_counter()
        engine.scores(codes)
        rates[name] = windows / (time.perf_counter() - begin)
    return pd.Series(rates)


def _log_odds(logits: torch.Tensor) -> torch.Tensor:
    return both_log_odds(logits.double())
