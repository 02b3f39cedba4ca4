"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .cluster import (
    check_cluster as check_cluster,
    store_of as store_of,
)
from .input_states import (
    check_inputs as check_inputs,
)
from .job_cost import (
    Cost as Cost,
    read_cost as read_cost,
)
from .job_log import (
    Named as Named,
    logged as logged,
)
from .merge import (
    merge_runs as merge_runs,
    people_digests as people_digests,
)
from .provenance import (
    describe_run as describe_run,
    made_by as made_by,
)
from .ro_crate import (
    write_crate as write_crate,
)
from .stations import (
    Progress as Progress,
    about as about,
    clock as clock,
    results_elsewhere as results_elsewhere,
)
