"""The names that other rooms may use, each from the module that has it; loaded when first asked for."""

from .allele_effects import (
    add_genotypes as add_genotypes,
    score_alleles as score_alleles,
    score_sites as score_sites,
)
from .alone import (
    large_alone as large_alone,
)
from .calibration import (
    CALIBRATION_FILE as CALIBRATION_FILE,
    COVERAGE as COVERAGE,
    ERROR_BAR as ERROR_BAR,
    Calibration as Calibration,
    Moments as Moments,
    Residuals as Residuals,
    effect_calibration_of as effect_calibration_of,
    measured_network as measured_network,
    stronger as stronger,
)
from .card_windows import (
    choose_card_windows as choose_card_windows,
    leading_effects as leading_effects,
)
from .competition import (
    MEASURED as MEASURED,
)
from .gene_effects import (
    compute_gene_effects as compute_gene_effects,
    compute_tissue_effects as compute_tissue_effects,
)
from .gene_summary import (
    summarise_genes as summarise_genes,
)
from .haplotype_effects import (
    compute_haplotype_effects as compute_haplotype_effects,
    set_effects as set_effects,
)
from .impact import (
    impacts as impacts,
)
from .motifs import (
    locate_motifs as locate_motifs,
)
from .new_sites import (
    find_new_sites as find_new_sites,
)
from .people import (
    uncounted_genes as uncounted_genes,
    write_people as write_people,
)
from .percentiles import (
    EffectSizes as EffectSizes,
)
from .saturation_table import (
    gather_saturation as gather_saturation,
)
from .structural_effects import (
    compute_structural_effects as compute_structural_effects,
    with_structural as with_structural,
)
from .verdict import (
    SCOPE as SCOPE,
    Verdict as Verdict,
    fold_range as fold_range,
    give_verdict as give_verdict,
    usage_range as usage_range,
)
from .window_effects import (
    add_error_bars as add_error_bars,
)
from .window_pairs import (
    scored_windows as scored_windows,
)
