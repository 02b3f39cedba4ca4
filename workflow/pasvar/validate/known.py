"""Variants of known effect on a polyadenylation site, and their controls: our number, the measured one, our verdict."""

import numpy as np
import pandas as pd

from pasvar.effects import add_error_bars, give_verdict, impacts
from pasvar.scoring import known_variants, predict_effects
from pasvar.validate.inputs import Inputs
from pasvar.validate.page import markdown

_EXPLANATION = """Variants of known effect on a polyadenylation site, with benign neighbours. Each was measured in the
reporter assay of the sections above, whose sequences are scored here. The error bars are fitted on all of that table, so that
they have seen these variants. The variants come with pasvar (`pasvar/scoring/known_variants.json`), and `pasvar doctor`
checks them with the network in use. The verdict is `aparent2`'s, as if the site were the only one of its gene. NAA10 and the
deletions in the signals of HBB and HBA2 are not in the measured table."""


def measure(inputs: Inputs) -> str:
    """Section of the page."""
    of_network = {name: known_effects(inputs, name) for name in inputs.checkpoints}
    released = of_network["aparent2"]
    within = {name: is_within(effects) for name, effects in of_network.items()}
    table = pd.DataFrame(
        {
            "variant": released.gene + " " + released.change,
            "known": released.known,
            "measured": released.measured.map("{:+.2f}".format),
            **{
                name: [
                    f"{row.delta_logodds_narrow:+.2f} ({row.delta_low:+.2f} to {row.delta_high:+.2f})"
                    for row in e.itertuples()
                ]
                for name, e in of_network.items()
            },
            "verdict": [give_verdict(only_site(row)).happens for row in released.to_dict("records")],
        }
    )
    counted = ", ".join(f"{is_in.sum()} of {len(is_in)} ({name})" for name, is_in in within.items())
    return f"{_EXPLANATION}\n\n{markdown(table)}\n\nThe 80 % interval holds the measured effect of {counted}."


def _with_bar(row) -> str:
    return f"{row.delta_logodds_narrow:+.2f} ({row.delta_low:+.2f} to {row.delta_high:+.2f})"


def known_effects(inputs: Inputs, network: str) -> pd.DataFrame:
    """`known_variants` with the effects that a network predicts, and their error bars."""
    known, checkpoint = known_variants(), inputs.checkpoints[network]
    effects = predict_effects(inputs.engines[network], known.ref, known.alt)
    made_by = {"model": checkpoint.name, "model_sha256": checkpoint.sha256}
    return known.drop(columns=["ref", "alt"]).join(add_error_bars(effects, made_by))


def is_within(effects: pd.DataFrame) -> pd.Series:
    """Whether the interval holds the measured effect."""
    return effects.measured.between(effects.delta_low, effects.delta_high)


def only_site(effect: dict) -> dict:
    """A row of `known_effects` as one of table `gene_effects`: of a gene whose only site it hits, and which is real."""
    before, after = (1 / (1 + np.exp(-effect[f"logodds_narrow_{allele}"])) for allele in ("ref", "alt"))
    change = float(after / before - 1)
    impact = float(impacts(np.zeros((1, 1)), np.array([change]))[0])
    return effect | {
        "gene_name": effect["gene"],
        "delta_logodds_narrow_other": None,
        "site_id": "site",
        "site_ids": ["site"],
        "usage_ref": [1.0],
        "usage_alt": [1.0],
        "usage_measured": False,
        "delta_cleavage": change,
        "impact": impact,
        "confidence": 1.0,
        "direction": "none",
        "delta_utr_length": None,
        "delta_truncated": None,
        "losing_site": None,
        "gaining_site": None,
    }
