"""Where the files lie that come with pasvar: in a clone next to the library, in an installed package inside it."""

import os
from collections.abc import MutableMapping
from pathlib import Path

LIBRARY = Path(__file__).resolve().parent
"""The folder of the package `pasvar`."""

_BUNDLE = LIBRARY / "_bundle"

ROOT = _BUNDLE if _BUNDLE.is_dir() else LIBRARY.parents[1]
"""The folder that holds the Snakefile, `workflow/`, `config/`, `envs/` and `resources/`: the clone, or a folder of the installed
package."""

SNAKEFILE = ROOT / "Snakefile"
PROFILES = ROOT / "profiles"
CONFIG_SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
REPORT_TEMPLATES = ROOT / "workflow" / "report"
BUNDLED_MODELS = ROOT / "resources" / "models"
ACCURACY = ROOT / "docs" / "accuracy.json"
KNOWN_ATLASES = ROOT / "resources" / "atlases.yaml"


def export_library(environment: MutableMapping[str, str], folder: str) -> None:
    """Put a folder first on PYTHONPATH of an environment, so that programs started in it import the library there, whatever else
    is installed. (An environment of conda drops PYTHONPATH, but has no other pasvar.)"""
    others = [part for part in environment.get("PYTHONPATH", "").split(os.pathsep) if part]
    environment["PYTHONPATH"] = os.pathsep.join([folder, *others])
