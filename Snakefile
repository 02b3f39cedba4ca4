# For `snakemake` in a clone. The workflow is workflow/Snakefile, where tools that deploy workflows expect it.
include: "workflow/Snakefile"


# Snakemake does not take the default target from an included file.
workflow.default_target = "all"
