"""The substitutions that a reporter assay measured, compared with what the networks predict for them."""

import numpy as np
import pandas as pd

from pasvar.constants import HEXAMER_INDEX, WEAK_REFERENCE, WINDOW_LENGTH
from pasvar.scoring import Engine, predict_effects
from pasvar.validate.inputs import Inputs

TABLE = "data/measured/mpra_clinvar_snvs.csv"

_HEXAMER_INDEX = 50
"""Where the assay's 164 nt have their hexamer."""

STRENGTHS = {
    "below -4.6": (-np.inf, WEAK_REFERENCE),
    "-4.6 to -2": (WEAK_REFERENCE, -2.0),
    "-2 to 0": (-2.0, 0.0),
    "above 0": (0.0, np.inf),
}
"""Classes of the reference's narrow log odds, [from, to)."""


def window_of(sequence: str) -> str:
    """An assay's sequence in the network's window: its hexamer at index 70, N where the assay had its vector."""
    return ("N" * (HEXAMER_INDEX - _HEXAMER_INDEX) + sequence).ljust(WINDOW_LENGTH, "N")


def read_measured(inputs: Inputs) -> pd.DataFrame:
    """Gene, name, windows `ref` and `alt`, and the measured difference of log odds of each variant."""
    table = pd.read_csv(inputs.path(TABLE), sep="\t")
    return pd.DataFrame(
        {
            "gene": table.gene.str.partition(".")[0],  # the assay numbers the sites of a gene
            "site": table.gene,
            "name": table.clinvar_id,
            "ref": table.wt_seq.map(window_of),
            "alt": table.master_seq.map(window_of),
            "measured": table.delta_logodds_true,
        }
    )


def predict_measured(inputs: Inputs) -> dict[str, pd.DataFrame]:
    """By network, `read_measured` with all that `predict_effects` says of the windows."""
    measured = read_measured(inputs)
    return {name: _predict(engine, measured) for name, engine in inputs.engines.items()}


def _predict(engine: Engine, measured: pd.DataFrame) -> pd.DataFrame:
    effects = predict_effects(engine, measured.ref, measured.alt)
    return measured[["gene", "site", "name", "measured"]].join(effects)


def strength_class(logodds_narrow_ref: pd.Series) -> pd.Series:
    """The names of `STRENGTHS`."""
    borders = [-np.inf, *(upper for _, upper in STRENGTHS.values())]
    return pd.cut(logodds_narrow_ref, borders, right=False, labels=list(STRENGTHS))
