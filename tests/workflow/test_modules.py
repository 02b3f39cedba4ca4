"""Another repository has pasvar's workflow as a module, as Snakemake and snakedeploy do it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cluster import REPOSITORY
from pasvar.cli import main
from pasvar.tables import TABLES, USER_TABLES, content_sha256, read_table

IMPORTER = """\
module pasvar:
    snakefile: "{snakefile}"
    config: config["effects"]
    {prefix}

use rule * from pasvar as pasvar_*

rule all:
    default_target: True
    input: rules.pasvar_all.input
"""


def importing(folder: Path, cohort: Path, snakefile: object, prefix: str = "") -> Path:
    """A repository in `folder` that has the workflow as a module, with the cohort in its folder `data`."""
    (folder / "data").symlink_to(cohort)
    config = re.sub(r"(chr20_\S+|\w+\.vcf\.gz)", r"data/\1", (cohort / "config.yaml").read_text())
    (folder / "config.yaml").write_text("effects:\n" + "".join(f"  {line}\n" for line in config.splitlines()))
    (folder / "Snakefile").write_text(IMPORTER.format(snakefile=snakefile, prefix=prefix))
    return folder


def snakemake(folder: Path, *arguments: object, **environment: str) -> str:
    """What the workflow in a folder says; it must end well."""
    command = [sys.executable, "-m", "snakemake", "--directory", folder, "--cores", "2", *arguments]
    done = subprocess.run(
        [str(word) for word in command],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def contents(results: Path) -> dict[str, str]:
    """The digest of the rows of each table."""
    paths = {name: results / TABLES[name].file for name in USER_TABLES}
    return {name: content_sha256(read_table(path, name), name) for name, path in paths.items() if path.is_file()}


def test_a_module_with_a_prefix_gives_the_same_results_under_it(tmp_path, small_cohort, results):
    folder = importing(tmp_path, small_cohort, REPOSITORY / "Snakefile", 'prefix: "polya"')
    snakemake(folder, "--configfile", folder / "config.yaml")
    assert len(contents(results)) > 5
    assert contents(folder / "polya/results") == contents(results)
    assert (folder / "polya/results/annotated/second.vcf.gz").is_file()
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {".snakemake", "data", "polya"}
    assert '"score_alleles": {' in (folder / "polya/results/provenance.json").read_text()
    assert "Nothing to be done" in snakemake(folder, "--configfile", folder / "config.yaml", "--dry-run")


def test_a_module_without_a_prefix_gives_the_same_results(tmp_path, small_cohort, results):
    folder = importing(tmp_path, small_cohort, REPOSITORY / "workflow/Snakefile")
    assert re.search(
        r"pasvar_build_report +1\n", snakemake(folder, "--configfile", folder / "config.yaml", "--dry-run")
    )
    snakemake(folder, "results/scores.parquet", "--configfile", folder / "config.yaml")
    assert contents(folder / "results")["scores"] == contents(results)["scores"]


def test_a_module_by_its_address_takes_the_installed_library(tmp_path, small_cohort):
    """As `github(...)` does, which needs a network: the Snakefile comes alone, without the library next to it."""
    hosted = tmp_path / "hosted"
    for name in ("workflow/Snakefile", "workflow/rules", "workflow/scripts", "envs"):
        copy = shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy
        (hosted / name).parent.mkdir(parents=True, exist_ok=True)
        copy(REPOSITORY / name, hosted / name)
    git = ["git", "-C", str(hosted), "-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "feat: all"]):
        subprocess.run([*git, *command], check=True)
    (tmp_path / "importer").mkdir()
    folder = importing(tmp_path / "importer", small_cohort, f"git+file://{hosted}/workflow/Snakefile@HEAD")
    # Not more: Snakemake cannot run scripts from an address of this kind.
    assert "pasvar_score_alleles" in snakemake(folder, "--list-rules", "--configfile", folder / "config.yaml")


def test_the_library_beside_the_snakefile_is_the_one_that_jobs_import(tmp_path, small_cohort):
    """Whatever pasvar is installed, or first on the path: here a package of that name that cannot be imported."""
    (tmp_path / "other" / "pasvar").mkdir(parents=True)
    (tmp_path / "other" / "pasvar" / "__init__.py").write_text('raise ImportError("another pasvar")\n')
    (tmp_path / "run").mkdir()
    folder = importing(tmp_path / "run", small_cohort, REPOSITORY / "Snakefile")
    target = "results/reference/contigs.parquet"
    snakemake(folder, target, "--configfile", folder / "config.yaml", PYTHONPATH=str(tmp_path / "other"))
    assert (folder / target).is_file()


@pytest.mark.skipif(shutil.which("snakedeploy", path=Path(sys.executable).parent) is None, reason="needs snakedeploy")
def test_snakedeploy_deploys_a_clone(tmp_path, small_cohort):
    clone, folder = tmp_path / "clone", tmp_path / "deployed"
    ignored = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".snakemake", "results", "example")
    shutil.copytree(REPOSITORY, clone, ignore=ignored, symlinks=True)
    git = ["git", "-C", str(clone), "-c", "user.name=test", "-c", "user.email=test@example.org"]
    for command in (["init", "--quiet", "-b", "main"], ["add", "."], ["commit", "--quiet", "-m", "feat: all"]):
        subprocess.run([*git, *command], check=True)
    snakedeploy = Path(sys.executable).with_name("snakedeploy")
    command = [snakedeploy, "deploy-workflow", clone, folder, "--branch", "main", "--name", "pasvar"]
    subprocess.run([str(word) for word in command], capture_output=True, check=True)
    deployed = folder / "workflow" / "Snakefile"
    # Of a clone on this machine snakedeploy writes the path inside it alone.
    assert deployed.read_text().count('"workflow/Snakefile"') == 1
    deployed.write_text(deployed.read_text().replace('"workflow/Snakefile"', f'"{clone}/workflow/Snakefile"'))
    config = re.sub(r"(chr20_\S+|\w+\.vcf\.gz)", rf"{small_cohort}/\1", (small_cohort / "config.yaml").read_text())
    (folder / "config" / "config.yaml").write_text(config)
    assert re.search(r"build_report +1\n", snakemake(folder, "--dry-run"))


def test_a_run_leaves_the_counts_that_a_merge_and_a_count_of_carriers_need(results, tmp_path):
    counts = read_table(results / "merge/haplotype_counts.parquet", "haplotype_counts")
    everybody = counts[counts.variants.str.len() == 0]
    assert everybody.site_id.is_unique
    assert {*everybody.n_people} == {503}
    assert {*everybody.n_copies} == {1006}
    assert len(read_table(results / "merge/people_digests.parquet", "people_digests")) == 503
    carriers = read_table(results / "merge/gene_carriers.parquet", "gene_carriers").set_index("gene_id").counted
    genes = read_table(results / "genes.parquet", "genes").set_index("gene_id").carriers
    assert (genes == carriers.reindex(genes.index, fill_value=0)).all()
    pytest.importorskip("duckdb")
    assert main(["carriers", str(results), "--out", str(tmp_path / "carriers.tsv")]) == 0
    header, *rows = (line.split("\t") for line in (tmp_path / "carriers.tsv").read_text().splitlines())
    assert header == ["gene_id", "gene_name", "label", "direction", "size", "carriers", "people"]
    assert {row[-1] for row in rows} <= {"503"}
