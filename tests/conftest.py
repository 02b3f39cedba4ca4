"""Settings of hypothesis, and the literal genome that several test files use."""

import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, Phase, settings

from builders import CONTIG_20, CONTIG_21, write_fasta
from pasvar.genome import Genome

pytest_plugins = ["gene_example", "shared_inputs"]

if not torch.cuda.is_available():
    # Before any test imports Triton: its own functions, too, are made for the interpreter or for a card when it is imported.
    os.environ.setdefault("TRITON_INTERPRET", "1")

# Programs that tests start take the library of this clone, too.
os.environ["PYTHONPATH"] = str(Path(__file__).parents[1] / "workflow")

torch.set_num_threads(1)  # on networks this small, threads cost more than they bring

settings.register_profile(
    "default", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.register_profile(
    "mutation", settings.get_profile("ci"), max_examples=20, phases=[Phase.explicit, Phase.generate]
)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def pytest_collection_modifyitems(items):
    """Whole runs of the workflow first: they are the longest, and no worker should wait for one at the end."""
    items.sort(key=lambda item: item.path.parent.name != "workflow")


@pytest.fixture(scope="session")
def fasta(tmp_path_factory):
    """The two contigs of `builders`, indexed."""
    return write_fasta(tmp_path_factory.mktemp("genome") / "genome.fa", {"20": CONTIG_20, "21": CONTIG_21})


@pytest.fixture(scope="session")
def genome(fasta):
    with Genome(fasta) as opened:
        yield opened
