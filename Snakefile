# pasvar: which genetic variants change 3' cleavage and polyadenylation, in which genes, and how much.
#
# Data flows one way, and the rule files stand in its order:
#   GTF + FASTA -> sites -> windows -> + VCF -> shards of alleles -> scores -> effects -> report

import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.15")

# Scripts import the library from here, also on cluster nodes and in conda environments.
sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))


# A configuration that names a cohort stands by itself: none of the example's keys may slip into it.
if "fasta" not in config:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


scattergather:
    shards=CONFIG["shards"],


include: "workflow/rules/reference.smk"
include: "workflow/rules/sites.smk"
include: "workflow/rules/windows.smk"
include: "workflow/rules/variants.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/effects.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/provenance.smk"
include: "workflow/rules/saturation.smk"
include: "workflow/rules/training.smk"


localrules:
    all,


rule all:
    default_target: True
    input:
        RESULTS,
        list(ANNOTATED),
        "results/report/index.html",
        "results/provenance.json",
