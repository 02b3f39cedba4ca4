"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .alternates import (
    AlternateScores as AlternateScores,
    joint_windows as joint_windows,
    score_alternates as score_alternates,
)
from .doctor import (
    check_known_variants as check_known_variants,
    check_variants as check_variants,
    describe_device as describe_device,
    known_variants as known_variants,
    versions as versions,
)
from .engine import (
    Engine as Engine,
    choose_device as choose_device,
    keep_freed_memory as keep_freed_memory,
)
from .lazy_engine import (
    LazyEngine as LazyEngine,
)
from .profiles import (
    CloseLook as CloseLook,
    cleavage_profiles as cleavage_profiles,
    look_closely as look_closely,
    substitution_effects as substitution_effects,
)
from .saturation import (
    saturate_hits as saturate_hits,
    score_saturation as score_saturation,
    windows_of_genes as windows_of_genes,
)
from .scores import (
    WINDOW_SCORES as WINDOW_SCORES,
    delta_usage as delta_usage,
    score_codes as score_codes,
    score_parts as score_parts,
    score_windows as score_windows,
)
from .sequences import (
    describe_model as describe_model,
    effect as effect,
    open_network as open_network,
    predict as predict,
    predict_effects as predict_effects,
    probability as probability,
    read_pairs as read_pairs,
)
from .store import (
    Store as Store,
    open_store as open_store,
    stores_in as stores_in,
)
from .windows import (
    reference_windows as reference_windows,
)
