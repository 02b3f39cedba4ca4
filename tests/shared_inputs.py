"""Fixtures for the authors' weights and the expected values, which are next to a developer's clone."""

import json
from pathlib import Path

import numpy as np
import pytest

from pasvar.genome import Genome
from pasvar.model import Checkpoint, load_checkpoint

SHARED = Path(__file__).resolve().parents[2] / "shared"


def _shared(relative: str) -> Path:
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"needs {relative} of the developers' shared folder, which does not come with the clone")
    return path


@pytest.fixture(scope="session")
def released_file() -> Path:
    return _shared("weights/aparent_all_libs_resnet_no_clinvar_wt_ep_5_var_batch_size_inference_mode_no_drop.h5")


@pytest.fixture(scope="session")
def released(released_file) -> Checkpoint:
    return load_checkpoint(released_file)


@pytest.fixture(scope="session")
def keras_parity() -> dict[str, np.ndarray]:
    with np.load(_shared("golden/keras_parity_chr20.npz"), allow_pickle=False) as arrays:
        return dict(arrays)


@pytest.fixture(scope="session")
def golden_variants() -> list[dict]:
    return json.loads(_shared("golden/golden_variants.json").read_text())


@pytest.fixture(scope="session")
def chr20() -> Path:
    """The folder with real data of chromosome 20 (GRCh37)."""
    return _shared("data/grch37_chr20")


@pytest.fixture(scope="session")
def chr22() -> Path:
    """36-42 Mb of chromosome 22 of GRCh38, with GENCODE 24 and PolyA_DB 3.2."""
    return _shared("data/grch38_chr22_36-42Mb")


@pytest.fixture(scope="session")
def genome_chr22(chr22):
    with Genome(chr22 / "chr22_36-42Mb.fa.gz") as genome:
        yield genome


@pytest.fixture(scope="session")
def polya_db_chr22(chr22) -> Path:
    return chr22 / "polyadb32.chr22_36-42Mb.saf"
