# The checked configuration and the input functions, which the other files of this folder use. Functions stand only here.

import json
import re

from snakemake.exceptions import WorkflowError

from pasvar.config import (
    ALLELE_KEYS,
    SITE_KEYS,
    check_config,
    input_files,
    result_settings,
)
from pasvar.digest import code_digest, files_digest
from pasvar.errors import InputError
from pasvar.files import index_path, index_suffix
from pasvar.regions import bed_files

try:
    CONFIG = check_config(config)
except InputError as error:
    # One line for the user, without the chain of exceptions behind it.
    raise WorkflowError(str(error)) from None

# For the scripts that score. Not a param, as moving the store changes no result and must run nothing anew.
config["store"] = CONFIG["store"]


wildcard_constraints:
    scatteritem=r"\d+-of-\d+",


def code_of(script, *templates):
    """Digest of a script and of the library behind it (and templates); as a param it makes a job run anew when they change."""
    root = Path(workflow.basedir) / "workflow"
    others = [
        path for folder in templates for path in sorted((root / folder).iterdir())
    ]
    return code_digest(root / "scripts" / f"{script}.py", others)


def shard_number(wildcards):
    """Number of the shard that `scatteritem` ("3-of-8") names, from 1."""
    return int(wildcards.scatteritem.split("-of-")[0])


def indexes(vcfs):
    """The index of each VCF, so that a new index counts as a new input."""
    return [str(index_path(path)) for path in vcfs]


def files_of_shards():
    """The VCFs that have records in each shard, from the first shard on; known once `assign_files` has looked."""
    with checkpoints.assign_files.get().output.files.open() as file:
        return json.load(file)


def shard_vcfs(wildcards):
    """The VCFs that a shard reads. Those of other contigs are no input of its jobs, so that adding one does not run them anew."""
    if len(CONFIG["vcf"]) == 1:
        return CONFIG["vcf"]
    return files_of_shards()[shard_number(wildcards) - 1]


def shard_vcf_indexes(wildcards):
    """The indexes of `shard_vcfs`."""
    return indexes(shard_vcfs(wildcards))


def annotated_digests(wildcards):
    """The digests of an annotated VCF's input, and of all that decides its scores."""
    vcf = ANNOTATED[f"results/{wildcards.annotated}.vcf.gz"]
    others = [
        name for name, path in INPUTS.items() if path != vcf and name.startswith("vcf/")
    ]
    unwanted = {f"results/inputs/{name}.sha256" for name in others}
    return [digest for digest in digests_of(*CONFIG) if digest not in unwanted]


def effects_near(table):
    """Input function: the tables of this name that have the alleles of an annotated VCF, by place."""

    def tables(wildcards):
        vcf = ANNOTATED[f"results/{wildcards.annotated}.vcf.gz"]
        if len(CONFIG["vcf"]) == 1:
            return [f"results/{table}.parquet"]
        shards = [
            f"{i}-of-{CONFIG['shards']}"
            for i, vcfs in enumerate(files_of_shards(), start=1)
            if vcf in vcfs
        ] or [
            f"1-of-{CONFIG['shards']}"
        ]  # a file without records
        return [f"results/shards/{shard}/{table}.parquet" for shard in shards]

    return tables


def model_files():
    """The files of the model where the config gives a path, so that a changed one counts."""
    path = Path(CONFIG["model"])
    if path.is_dir():
        return sorted(str(file) for file in path.iterdir() if file.is_file())
    return [str(path)] if path.exists() else []


def bundled_weights():
    """Digest of a bundled model, so that a changed one counts; files of the clone are no inputs, for it may move."""
    folder = Path(workflow.basedir) / "resources" / "models" / CONFIG["model"]
    return files_digest(sorted(folder.glob("*.[js]*")))


def annotated_files():
    """The annotated VCF of each input VCF."""
    if len(CONFIG["vcf"]) == 1:
        return {"results/annotated.vcf.gz": CONFIG["vcf"][0]}
    stems = {
        path: re.sub(r"\.(vcf\.b?gz|bcf)$", "", Path(path).name)
        for path in CONFIG["vcf"]
    }
    return {f"results/annotated/{stem}.vcf.gz": path for path, stem in stems.items()}


def digests_of(*keys):
    """The digests of the files that these config keys name."""
    return [
        f"results/inputs/{name}.sha256" for name in INPUTS if name.split("/")[0] in keys
    ]


RESULTS = [
    f"results/{name}.parquet"
    for name in (
        *("sites", "scores", "gene_effects", "tissue_effects", "new_sites"),
        *("haplotypes", "samples", "genes", "ledger"),
    )
]
INPUTS = input_files(CONFIG)
SITE_INPUTS = ("fasta", "gtf", "atlas", "catalogue", "tissue_expression")
SETTINGS = result_settings(CONFIG)
# But the store, which may move at any time.
ALL_SETTINGS = {key: value for key, value in CONFIG.items() if key != "store"}
ANNOTATED = annotated_files()
INDEX_SUFFIX = index_suffix(CONFIG["vcf"])
