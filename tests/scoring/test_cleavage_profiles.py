"""A window looked at closely: shares of cuts, and the effect of every substitution."""

import numpy as np

from builders import LinearNetwork
from pasvar.scoring import cleavage_profiles, substitution_effects

WINDOW = "ACGTN" * 41


class Certain:
    """A network that cuts after the base of index 3 three times as often as not at all, and nowhere else."""

    def logits(self, windows):
        logits = np.full((len(windows), 206), -np.inf, dtype=np.float32)
        logits[:, 3], logits[:, 205] = np.log(3), 0
        return logits


def test_a_profile_is_the_share_cut_after_each_base():
    profile = cleavage_profiles(Certain(), [WINDOW])
    assert profile.shape == (1, 205)
    assert np.flatnonzero(profile[0]).tolist() == [3]
    np.testing.assert_allclose(profile[0, 3], 0.75, rtol=1e-6)


def test_effects_are_differences_to_the_window_and_missing_for_its_own_bases():
    network = LinearNetwork()
    effects = substitution_effects(network, WINDOW)
    assert np.isnan(effects[:, :5]).tolist() == [
        [True, False, False, False, True],
        [False, True, False, False, True],
        [False, False, True, False, True],
        [False, False, False, True, True],
    ]
    weights = network._weights[:, 0].reshape(205, 5)
    assert effects[2, 5] == weights[5, 2] - weights[5, 0]
