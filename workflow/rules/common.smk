# The checked configuration and the input functions, which the other files of this folder use. Functions stand only here.

import re

from snakemake.exceptions import WorkflowError

from pasvar.config import SITE_KEYS, check_config
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


def vcf_indexes():
    """The index of each VCF, so that a new index counts as a new input."""
    return [str(index_path(path)) for path in CONFIG["vcf"]]


def shard_number(wildcards):
    """Number of the shard that `scatteritem` ("3-of-8") names, from 1."""
    return int(wildcards.scatteritem.split("-of-")[0])


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


ANNOTATED = annotated_files()
INDEX_SUFFIX = index_suffix(CONFIG["vcf"])
