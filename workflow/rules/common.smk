# The checked configuration and the input functions, which the other files of this folder use. Functions stand only here.

import re

from snakemake.exceptions import WorkflowError

from pasvar.config import SITE_KEYS, check_config
from pasvar.digest import code_digest
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


def code_of(script):
    """Digest of the library modules that a script imports; as a param it makes a job run anew when one of them changes."""
    return code_digest(Path(workflow.basedir) / "workflow" / "scripts" / f"{script}.py")


def vcf_indexes():
    """The index of each VCF, so that a new index counts as a new input."""
    return [str(index_path(path)) for path in CONFIG["vcf"]]


def shard_number(wildcards):
    """Number of the shard that `scatteritem` ("3-of-8") names, from 1."""
    return int(wildcards.scatteritem.split("-of-")[0])


def model_files():
    """The model as an input file where the config gives a path, so that a changed file counts."""
    return [CONFIG["model"]] if Path(CONFIG["model"]).exists() else []


def annotated_files():
    """The annotated VCF of each input VCF."""
    if len(CONFIG["vcf"]) == 1:
        return {"results/annotated.vcf.gz": CONFIG["vcf"][0]}
    stems = {
        path: re.sub(r"\.(vcf\.b?gz|bcf)$", "", Path(path).name)
        for path in CONFIG["vcf"]
    }
    return {f"results/annotated/{stem}.vcf.gz": path for path, stem in stems.items()}


ANNOTATED = annotated_files()
INDEX_SUFFIX = index_suffix(CONFIG["vcf"])
