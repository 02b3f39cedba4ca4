"""A whole run with config key `min_genotype_effect`, compared with one that reads the genotypes of all alleles."""

import subprocess
import sys

import pandas as pd

from cluster import REPOSITORY
from pasvar.tables import ALLELE, GENOTYPES, read_table


def test_genotypes_of_strong_alleles_alone(small_cohort, results, tmp_path):
    """They and all scores are what they are where all genotypes are read; of the other alleles nothing is counted."""
    for file in small_cohort.iterdir():
        if file.name not in ("results", "logs", ".snakemake"):
            (tmp_path / file.name).symlink_to(file.resolve())
    command = [sys.executable, "-m", "snakemake", "--snakefile", REPOSITORY / "Snakefile", "--cores", "2"]
    command += ["results/genes.parquet", "--directory", tmp_path, "--configfile", small_cohort / "config.yaml"]
    command += ["--config", "min_genotype_effect=0.1"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    whole, part = (
        {name: read_table(folder / f"{name}.parquet", name) for name in ("scores", "genes", "new_sites")}
        for folder in (results, tmp_path / "results")
    )
    scores = whole["scores"]
    effect = scores[["delta_logodds_narrow", "delta_site_logodds"]].abs().max(axis=1)
    strong = effect.groupby([scores[name] for name in ALLELE]).transform("max") >= 0.1
    assert 5 < strong.sum() < len(strong) - 5
    pd.testing.assert_frame_equal(part["scores"][strong], scores[strong], check_dtype=False)
    # Carriers of what may make a new site are counted whatever it does to the others.
    shards = [read_table(results / f"shards/{i}-of-2/alleles.zip", "candidates") for i in (1, 2)]
    candidates = pd.MultiIndex.from_frame(pd.concat(shards)[ALLELE])
    is_weak = ~strong & ~pd.MultiIndex.from_frame(scores[ALLELE]).isin(candidates)
    weak, plain = part["scores"][is_weak], scores[is_weak]
    assert len(weak) > 5
    assert weak[GENOTYPES].isna().all(axis=None)
    assert plain[GENOTYPES].notna().all(axis=None)
    columns = [*GENOTYPES, "af"]
    pd.testing.assert_frame_equal(weak.drop(columns=columns), plain.drop(columns=columns))
    for name in ("genes", "new_sites"):
        pd.testing.assert_frame_equal(part[name], whole[name])
    log = (tmp_path / "logs/read_genotypes/1-of-2.log").read_text()
    assert "the others have no carriers counted (null)" in log
