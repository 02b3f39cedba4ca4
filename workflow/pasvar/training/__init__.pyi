"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .distillation import (
    ALTERNATES as ALTERNATES,
    FAMILIES as FAMILIES,
    HITS as HITS,
    Distillation as Distillation,
    DistillSettings as DistillSettings,
    distill as distill,
    require_apart as require_apart,
)
from .examples import (
    FamilySampler as FamilySampler,
    Interval as Interval,
    genome_hits as genome_hits,
    real_ends as real_ends,
)
from .fidelity import (
    HELD_OUT as HELD_OUT,
    PAIRS as PAIRS,
    SEED as SEED,
    Examination as Examination,
)
from .state import (
    STATE as STATE,
)
from .student import (
    PLAN as PLAN,
    parse_plan as parse_plan,
)
from .table import (
    read_table as read_table,
)
from .trainer import (
    TrainSettings as TrainSettings,
    train as train,
)
