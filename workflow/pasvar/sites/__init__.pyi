"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .atlas import (
    fetch_atlas as fetch_atlas,
    read_atlas as read_atlas,
)
from .coding import (
    coding_kept as coding_kept,
)
from .confidence import (
    CALIBRATION as CALIBRATION,
    PREDICTED as PREDICTED,
    TERMS as TERMS,
    Calibration as Calibration,
    probability as probability,
    site_calibration_of as site_calibration_of,
)
from .hexamer import (
    TIERS as TIERS,
    USUAL_HEXAMER_DISTANCE as USUAL_HEXAMER_DISTANCE,
    WORST_TIER as WORST_TIER,
    find_hexamer as find_hexamer,
    find_rival as find_rival,
    tier_of as tier_of,
)
from .make import (
    Sites as Sites,
    make_sites as make_sites,
)
from .native_apa import (
    PUBLISHED_FITS as PUBLISHED_FITS,
    published_usage as published_usage,
)
from .predicted import (
    Judged as Judged,
    PredictionRules as PredictionRules,
    find_predicted as find_predicted,
    judge_sites as judge_sites,
    predict_sites as predict_sites,
    prediction_rules as prediction_rules,
    propose_sites as propose_sites,
    with_strength as with_strength,
)
from .usage import (
    USAGE_TERMS as USAGE_TERMS,
    UsageFit as UsageFit,
    complete_usage as complete_usage,
    expected_length as expected_length,
    fit_for as fit_for,
    is_outside_fit as is_outside_fit,
    predict_usage as predict_usage,
    share_out as share_out,
    shifted_usage as shifted_usage,
    usage_terms as usage_terms,
)
from .windows import (
    window_codes as window_codes,
)
