"""What the tests of the training share."""

import numpy as np
import pytest

from pasvar.training.examples import random_neighbourhoods


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


@pytest.fixture
def neighbourhoods(rng) -> np.ndarray:
    return random_neighbourhoods(20, rng)
