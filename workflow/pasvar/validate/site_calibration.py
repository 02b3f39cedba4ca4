"""Fits `sites/calibration.json`: how probably a site is real, by its source, strength and place.

Real is what PolyA_DB 3.2 has: a cut near an annotated end, or 7 to 45 nt after the first base of a predicted site's hexamer.
"""

import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

from pasvar.files import file_sha256, whole
from pasvar.sites import CALIBRATION, TERMS, Calibration, find_predicted, with_strength
from pasvar.validate.inputs import Inputs
from pasvar.validate.measured_sites import (
    ANY_HEXAMER,
    CHR22,
    POLYA_DB,
    Region,
    is_real_end,
    is_real_hexamer,
    read_region,
)
from pasvar.validate.regression import auc, cross_validated, fit_logistic, log_loss

STRENGTH = "logodds_narrow"
GTF_TERMS = ("tier_2", "tier_3", "no_hexamer", "ln_transcripts", "noncoding")
PREDICTED_TERMS = (STRENGTH, "tier_1", "tier_2", "tier_3", "beyond", "log10_kb_beyond", "noncoding")

_FIRST = Calibration({}, {"intercept": 0.0, STRENGTH: 1.0, "tier_1": -1.0, "tier_2": -2.0, "tier_3": -4.0}, 1.0, True)
"""Which of the places that compete is taken for the first fit. The next fit takes the one that the first finds most probable."""

_ATLAS_PROBABILITY = 444 / 458
"""Of the 458 predominant sites of PolyASite 2.0 on chromosome 20 a curated table has a hexamer for 444. There is no second
measurement of one region that could calibrate an atlas."""


def refit(inputs: Inputs) -> None:
    """Write `calibration.json`, by the data and networks of `inputs`."""
    networks = {}
    for name, checkpoint in inputs.checkpoints.items():
        coding = read_region(inputs, CHR22, name)
        every = read_region(inputs, CHR22, name, biotypes=[])
        ends = pd.concat([_ends(coding, noncoding=False), _ends(every, noncoding=True)], ignore_index=True)
        networks[name] = {
            "digests": [checkpoint.digest],
            "gtf": _fit(ends, (STRENGTH, *GTF_TERMS)),
            "predicted": _fit_predicted([(coding, False), (every, True)]),
        }
        without_network = _fit(ends, GTF_TERMS)
    found = {
        "made_by": "python -m pasvar.validate --refit",
        "real": "PolyA_DB 3.2 has a cut within 23 nt of an annotated end, or 7 to 45 nt after a hexamer's first base",
        "sites": "GENCODE 24, GRCh38 chr22:36-42 Mb: of protein-coding transcripts, and of genes without a CDS",
        "polya_db_sha256": file_sha256(inputs.path(CHR22) / POLYA_DB),
        "atlas": {
            "probability": round(_ATLAS_PROBABILITY, 4),
            "source": "PolyASite 2.0, chr20: 444 of 458 have a curated hexamer",
        },
        "gtf": without_network,
        "networks": networks,
    }
    with whole(CALIBRATION) as temporary:
        temporary.write_text(json.dumps(found, indent=2) + "\n")


def _ends(region: Region, noncoding: bool) -> pd.DataFrame:
    """The annotated ends of genes with a CDS, or of those without one, with what the regression reads and `is_real`."""
    known = with_strength(region.known, region.proposed, region.exons)
    known = known[known.is_coding != noncoding]
    return known.assign(is_real=is_real_end(known, region.cuts, ANY_HEXAMER.merge_distance))


def _fit_predicted(regions: Sequence[tuple[Region, bool]]) -> dict:
    """The regression for predicted sites, of the genes with a CDS of the first region, and of those without one of the second."""
    calibration = _FIRST
    for _ in range(2):
        parts = []
        for region, noncoding in regions:
            places = region.proposed[~region.proposed.is_known]
            sites = find_predicted(places, region.known, region.exons, ANY_HEXAMER, calibration)
            sites = sites[sites.is_coding != noncoding]
            parts.append(sites.assign(is_real=is_real_hexamer(sites, region.cuts)))
        fit = _fit(pd.concat(parts, ignore_index=True), PREDICTED_TERMS)
        calibration = calibration._replace(predicted=fit["coefficients"])
    return fit


def _fit(sites: pd.DataFrame, names: Sequence[str]) -> dict:
    """Coefficients, and how good the probabilities are for genes left out (ten folds)."""
    terms = {name: np.asarray(TERMS[name](sites), dtype=np.float64) for name in names}
    real = sites.is_real.to_numpy(dtype=bool)
    left_out = cross_validated(terms, real, sites.gene_id.to_numpy())
    base = np.full(len(real), real.mean())
    return {
        "coefficients": {name: round(value, 4) for name, value in fit_logistic(terms, real).items()},
        "n_sites": len(real),
        "n_real": int(real.sum()),
        "cross_validated": {
            "log_loss": round(log_loss(left_out, real), 4),
            "log_loss_of_the_share": round(log_loss(base, real), 4),
            "auc": round(auc(left_out, real), 3),
        },
    }
