"""A cohort that runs in half a minute, and its results from the clone, with which other ways to run it are compared."""

import subprocess
import sys
from pathlib import Path

import pysam.bcftools
import pytest
import yaml

from cluster import EXAMPLE, REPOSITORY


@pytest.fixture(scope="session")
def small_cohort(tmp_path_factory) -> Path:
    """A folder with a genome, an annotation, two VCFs and `config.yaml`, whose paths are relative to it."""
    folder = tmp_path_factory.mktemp("cohort")
    for file in EXAMPLE.glob("chr20_1-4Mb.*"):
        (folder / file.name).symlink_to(file)
    for name, region in (("first", "20:1000000-1250000"), ("second", "20:1250001-1500000")):
        out = str(folder / f"{name}.vcf.gz")
        vcf = str(EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz")
        pysam.bcftools.view("-r", region, "--regions-overlap", "pos", "-Oz", "-o", out, vcf, catch_stdout=False)
        pysam.tabix_index(out, preset="vcf")
    config = {
        "fasta": "chr20_1-4Mb.fa.gz",
        "gtf": "chr20_1-4Mb.gtf.gz",
        "vcf": ["first.vcf.gz", "second.vcf.gz"],
        "model": "aparent2-mini",
        "shards": 2,
        "report_genes": 1,
        "report_variants": 1,
        "store": None,
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    return folder


@pytest.fixture(scope="session")
def results(small_cohort) -> Path:
    """The results of the small cohort, as the clone makes them."""
    command = [sys.executable, "-m", "snakemake", "--snakefile", REPOSITORY / "Snakefile", "--cores", "2"]
    command += ["--directory", small_cohort, "--configfile", small_cohort / "config.yaml"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return small_cohort / "results"
