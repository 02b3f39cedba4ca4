"""Predicted against measured effects of single substitutions: size, direction, by strength of the site."""

import json
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pasvar.constants import MIN_EFFECT
from pasvar.files import whole
from pasvar.paths import ACCURACY
from pasvar.validate.inputs import Inputs
from pasvar.validate.page import markdown
from pasvar.validate.reporter import STRENGTHS, predict_measured, strength_class

STRENGTH = "reference log odds, narrow"

_EXPLANATION = f"""Single substitutions in human polyadenylation sites, with the effect that a reporter assay measured
(Bogard et al. 2019, Cell 178:91; table of johli/aparent). The slope is that of measured on predicted effects, through the
origin. Large effects are predicted above {MIN_EFFECT:.2f} (1.25-fold); the right direction is the share of them with the
measured sign. `aparent2` was not trained on these variants, and `aparent2-mini` imitates it."""


def measure(inputs: Inputs) -> str:
    """Section of the page; its numbers are also in accuracy.json in the same folder, which the report of a run reads."""
    tables = {name: agreement(variants) for name, variants in predict_measured(inputs).items()}
    with whole(inputs.docs / ACCURACY.name) as temporary:
        temporary.write_text(as_json(tables), encoding="utf-8")
    return "\n\n".join([_EXPLANATION, *(f"### {name}\n\n{markdown(table)}" for name, table in tables.items())])


def as_json(tables: Mapping[str, pd.DataFrame]) -> str:
    """By network the rows of its table, with numbers for what is a number."""
    rows = {
        name: [
            {STRENGTH: row.pop(STRENGTH)}
            | {key: float(value) if isinstance(value, str) else int(value) for key, value in row.items()}
            for row in table.to_dict("records")
        ]
        for name, table in tables.items()
    }
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


def agreement(variants: pd.DataFrame) -> pd.DataFrame:
    """By strength of the reference, and of all: R2 of both scores, slope, residual, direction. variants: of
    `predict_measured`."""
    classes = strength_class(variants.logodds_narrow_ref)
    rows = [
        {STRENGTH: label, **_agreement(variants[(classes == label) | (label == "all")])}
        for label in (*STRENGTHS, "all")
    ]
    return pd.DataFrame(rows)


def _agreement(variants: pd.DataFrame) -> dict[str, object]:
    predicted, measured = variants.delta_logodds_narrow, variants.measured
    large = predicted.abs() > MIN_EFFECT
    slope = (predicted * measured).sum() / (predicted**2).sum()
    return {
        "variants": len(variants),
        "R² narrow": f"{np.corrcoef(predicted, measured)[0, 1] ** 2:.2f}",
        "R² wide": f"{np.corrcoef(variants.delta_logodds, measured)[0, 1] ** 2:.2f}",
        "slope": f"{slope:.2f}",
        "residual sd": f"{(measured - slope * predicted).std():.2f}",
        "large": large.sum(),
        "right direction": f"{(np.sign(predicted) == np.sign(measured))[large].mean():.2f}",
    }
