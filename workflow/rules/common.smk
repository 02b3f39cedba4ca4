# The checked configuration and the input functions, which the other files of this folder use. Functions stand only here.

import json
import os
from functools import lru_cache

from snakemake.exceptions import WorkflowError
from snakemake.settings.enums import Quietness

from pasvar.config import (
    ALLELE_KEYS,
    SITE_KEYS,
    check_config,
    input_files,
    known_files,
    result_settings,
    site_shards,
    vcf_sources,
    with_absolute_paths,
)
from pasvar.config_schema import read_config
from pasvar.digest import code_digest, files_digest
from pasvar.errors import InputError
from pasvar.files import index_path, index_suffix, vcf_stem
from pasvar.paths import BUNDLED_MODELS, ROOT
from pasvar.regions import bed_files
from pasvar.run.input_states import check_planned, write_plan
from pasvar.run.stations import say_results_are_at


def stop(error):
    """End with one line for the user, without the chain of exceptions behind it."""
    # By itself, Snakemake hides even this under `--quiet all`.
    settings = workflow.output_settings
    if (
        Quietness.ALL in (settings.quiet or ())
        and "pasvar" not in settings.log_handler_settings
    ):
        print(f"pasvar: error: {error}", file=sys.stderr)
    raise WorkflowError(str(error)) from None


try:
    # Snakemake takes the last of two equal keys.
    for path in workflow.configfiles:
        read_config(path)
    CONFIG = check_config(config)
except InputError as error:
    stop(error)

# Another workflow that has this one as a module with `prefix:` puts the prefix before relative paths: it is for results, not for
# its inputs.
if workflow.modifier.path_modifier.prefix:
    CONFIG = with_absolute_paths(CONFIG)

if workflow.storage_settings.default_storage_prefix:
    say_results_are_at(f"{workflow.storage_settings.default_storage_prefix}/results")

# For the scripts that score. Not a param, as moving the store changes no result and must run nothing again.
config["store"] = CONFIG["store"]


wildcard_constraints:
    scatteritem=r"\d+-of-\d+",
    atlas=r"[\w-]+",


def code_of(script, *templates):
    """Digest of a script and of the library behind it (and templates); as a param it makes a job run again when they change."""
    folders = [ROOT / "workflow" / folder for folder in templates]
    others = [path for folder in folders for path in sorted(folder.iterdir())]
    return code_digest(ROOT / "workflow" / "scripts" / f"{script}.py", others)


def known_atlas(name):
    """What is known of an atlas that the config gives by name."""
    return next(
        atlas["known"]
        for atlas in CONFIG["atlas"]
        if atlas.get("known", {}).get("name") == name
    )


def shard_number(wildcards):
    """Number of the shard that `scatteritem` ("3-of-8") names, from 1."""
    return int(wildcards.scatteritem.split("-of-")[0])


def on_disk(files):
    """A file that the config names, or a list of them, for an input of a rule: where results lie in Snakemake's default storage,
    these still lie where the config says. What pasvar makes or fetches itself is a result.
    """
    if not isinstance(files, str):
        return [on_disk(file) for file in files]
    is_result = Path(files).parts[:1] == ("results",)
    # Else, the flag would stand in the records of all runs.
    if is_result or workflow.storage_settings.default_storage_provider is None:
        return files
    return local(files)


def indexes(vcfs):
    """The index of each VCF that has one, so that a new index counts as a new input."""
    converted = CONFIG["genotype_files"]
    made = [f"{path}.csi" for path in vcfs if path in converted]
    found = [index_path(path) for path in vcfs if path not in converted]
    return [*made, *(on_disk(str(index)) for index in found if index)]


def files_of_shards():
    """The VCFs that have records in each shard, from the first shard on; known once `assign_files` has looked."""
    files = str(checkpoints.assign_files.get().output.files)
    return _read_files(files, os.stat(files).st_mtime_ns)


def shards_of_files():
    """The other way round: by VCF the numbers of its shards."""
    files = str(checkpoints.assign_files.get().output.files)
    return _turn_round(files, os.stat(files).st_mtime_ns)


@lru_cache(maxsize=1)
def _turn_round(path, mtime_ns):
    found = {}
    for shard, vcfs in enumerate(_read_files(path, mtime_ns), start=1):
        for vcf in vcfs:
            found.setdefault(vcf, []).append(shard)
    return found


@lru_cache(maxsize=1)
def _read_files(path, mtime_ns):
    """The file as parsed once for each time (ns) that it changed: every input function of every shard asks for it."""
    with open(path) as file:
        return json.load(file)


def shard_vcfs(wildcards):
    """The VCFs that a shard reads. Those of other contigs are no input of its jobs, so that adding one does not run them again."""
    return on_disk(_vcfs_of(wildcards))


def _vcfs_of(wildcards):
    if len(CONFIG["vcf"]) == 1:
        return CONFIG["vcf"]
    return files_of_shards()[shard_number(wildcards) - 1]


def shard_vcf_indexes(wildcards):
    """The indexes of `shard_vcfs`."""
    return indexes(_vcfs_of(wildcards))


def shard_file(name):
    """Input function: a file of a shard that a job of the shard made.

    With several VCFs it asks the checkpoint, although the name does not depend on it. After `assign_files` has run, Snakemake
    (9.27) decides again only for jobs that asked the checkpoint, whether they must run; all other jobs of shards would run.
    """

    def path(wildcards):
        if len(CONFIG["vcf"]) > 1:
            files_of_shards()
        return f"results/shards/{wildcards.scatteritem}/{name}"

    return path


def annotated_digests(wildcards):
    """The digests of an annotated VCF's input, and of all that decides its scores."""
    vcf = ANNOTATED[f"results/{wildcards.annotated}.vcf.gz"]
    own = [name for path in vcf_sources(CONFIG, vcf) for name in NAMES_OF_VCFS[path]]
    return [*DIGESTS_BUT_VCF, *(f"results/inputs/{name}.sha256" for name in own)]


def effects_near(table, bundle):
    """Input function: what has the alleles of an annotated VCF in a table of this name, by place: of shards the bundles."""

    def tables(wildcards):
        vcf = ANNOTATED[f"results/{wildcards.annotated}.vcf.gz"]
        if len(CONFIG["vcf"]) == 1:
            return [f"results/{table}.parquet"]
        # A file without records is in none.
        shards = shards_of_files().get(vcf, [1])
        return [
            f"results/shards/{shard}-of-{CONFIG['shards']}/{bundle}.zip"
            for shard in shards
        ]

    return tables


def genotype_file(key):
    """Input function: a file of a cohort that is no VCF."""
    return lambda wildcards: on_disk(
        CONFIG["genotype_files"][f"results/inputs/genotypes/{wildcards.cohort}.vcf.gz"][
            key
        ]
        or []
    )


def model_files(model):
    """The files of a model where it is given by a path, so that a changed one counts."""
    path = Path(model)
    if path.is_dir():
        return sorted(str(file) for file in path.iterdir() if file.is_file())
    return [model] if path.exists() else []


def bundled_weights(model):
    """Digest of a bundled model, so that a changed one counts; files of the clone are no inputs, for it may move."""
    return files_digest(sorted((BUNDLED_MODELS / model).glob("*.[js]*")))


def annotated_files():
    """The annotated VCF of each input VCF."""
    if len(CONFIG["vcf"]) == 1:
        return {"results/annotated.vcf.gz": CONFIG["vcf"][0]}
    return {
        f"results/annotated/{vcf_stem(path)}.vcf.gz": path for path in CONFIG["vcf"]
    }


def digests_of(*keys):
    """The digests of the files that these config keys name."""
    return [
        f"results/inputs/{name}.sha256" for name in INPUTS if name.split("/")[0] in keys
    ]


RESULTS = [
    f"results/{name}.parquet"
    for name in (
        *("sites", "scores", "gene_effects", "tissue_effects", "new_sites"),
        *("haplotypes", "samples", "known", "genes", "ledger"),
    )
]
MERGED_BY = [
    f"results/merge/{name}.parquet"
    for name in (
        *("haplotype_counts", "unscored_changes"),
        *("gene_carriers", "people_digests"),
    )
]
INPUTS = input_files(CONFIG)
# What is known of the alleles changes no score.
SCORE_INPUTS = [key for key in CONFIG if key != "known"]
DIGESTS_BUT_VCF = digests_of(*(key for key in SCORE_INPUTS if key != "vcf"))
NAMES_OF_VCFS = {}
for name, path in INPUTS.items():
    if name.startswith("vcf/"):
        NAMES_OF_VCFS.setdefault(path, []).append(name)
SITE_INPUTS = ("fasta", "gtf", "atlas", "catalogue", "tissue_expression")
USER_FILES = [
    *INPUTS.values(),
    *model_files(CONFIG["model"]),
]
try:
    check_planned(USER_FILES)
except InputError as error:
    stop(error)
SETTINGS = result_settings(CONFIG)
LEAVES_OUT = bool(
    CONFIG["filters"]
    or CONFIG["regions"]
    or CONFIG["min_af"] > 0
    or CONFIG["max_af"] < 1
)
# But the store, which may move at any time.
ALL_SETTINGS = {key: value for key, value in CONFIG.items() if key != "store"}
ANNOTATED = annotated_files()
# Nobody knows yet how long the contigs of a VCF are that is still to be made.
INDEX_SUFFIX = ".csi" if CONFIG["genotype_files"] else index_suffix(CONFIG["vcf"])
