"""Columns that help to interpret the effect of one window compared with another, for windows that belong to no site of
a catalogue."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pasvar.constants import WEAK_REFERENCE
from pasvar.effects.calibration import effect_calibration_of
from pasvar.effects.context import joined


def add_error_bars(effects: pd.DataFrame, made_by: Mapping[str, str]) -> pd.DataFrame:
    """Effects, as of `scoring.predict_effects`, with `ERROR_BAR` and the flags of table `scores` that can be computed
    from windows alone.

    made_by: `model` and `model_sha256` of the network.
    """
    calibration, is_snv = effect_calibration_of(made_by), effects.is_snv.to_numpy(dtype=bool)
    bars = calibration.error_bars(effects.delta_logodds_narrow, effects.logodds_narrow_ref, is_snv)
    is_set = {
        "hexamer_changed": effects.hexamer_ref != effects.hexamer_alt,
        "opposite_signs": np.sign(effects.delta_logodds_narrow) * np.sign(effects.delta_logodds) < 0,
        "weak_reference": effects.logodds_narrow_ref < WEAK_REFERENCE,
        "uncalibrated": calibration.is_extrapolated(is_snv),
    }
    flags = joined(list(is_set), np.column_stack(list(is_set.values())))
    return effects.drop(columns="is_snv").join(bars).assign(flags=flags)
