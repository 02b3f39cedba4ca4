"""The store of scores: the cost of a batch that was nearly all scored before, and of a look-up compared with scoring."""

import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from pasvar.scoring import LazyEngine, Store, open_store, score_codes

NEW_SHARE = 0.01


def table(model: Path, windows: int = 20_000) -> pd.DataFrame:
    """Seconds of the CPU per batch of distinct random windows, and per window, of one thread."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (windows, 205), dtype=np.uint8)
    known = codes[round(windows * NEW_SHARE) :]
    engine = LazyEngine(model, "cpu", threads=1)
    score_codes(engine, codes[:64])  # loads torch
    rows = {}
    with TemporaryDirectory() as folder:
        store = open_store(folder, engine)
        rows["no store"] = _seconds(engine, codes, None)
        rows["99 % of it, into an empty store"] = _seconds(engine, known, store)
        rows["all of it, 1 % being new"] = _seconds(engine, codes, store)
        rows["all of it again"] = _seconds(engine, codes, store)
        n_bytes = sum(path.stat().st_size for path in store.files())
    found = pd.DataFrame({"CPU seconds": rows})
    found["per window, ms"] = found["CPU seconds"] / windows * 1e3
    found["of the first row"] = found["CPU seconds"] / found["CPU seconds"].iloc[0]
    found["bytes on disk per window"] = [np.nan, np.nan, n_bytes / windows, np.nan]
    return found


def _seconds(engine: LazyEngine, codes: np.ndarray, store: Store | None) -> float:
    begin = time.process_time()
    score_codes(engine, codes, store=store)
    return time.process_time() - begin
