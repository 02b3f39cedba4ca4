"""What runs a job again, by dry runs on a finished run: exactly the jobs that depend on what has changed (docs/reruns.md).

What depends on what is taken from the plan of a whole run, so that it holds for rules to come: a job depends on its inputs, and
through them on the jobs that make them.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from cluster import EXAMPLE, REPOSITORY
from pasvar.config import ALLELE_KEYS, RESULT_KEYS, SITE_KEYS
from pasvar.config_schema import read_schema
from pasvar.model.fetch import BUNDLED_MODELS

GIVEN = {"fasta": "chr20_1-4Mb.fa.gz", "gtf": "chr20_1-4Mb.gtf.gz", "vcf": "EUR503.chr20_1-4Mb.vcf.gz"}
KNOWN = "known.vcf.gz"
CONFIG = {
    "shards": 2,
    "report_genes": 2,
    "report_variants": 1,
    "known": f"[{{name: own, path: {KNOWN}, fields: [ID]}}]",
}
SCALARS = {
    key: schema
    for key, schema in read_schema()["properties"].items()
    if schema.get("type") in ("integer", "number", "boolean") and key != "shards"
}


class Job(NamedTuple):
    rule: str
    inputs: frozenset[str]
    outputs: frozenset[str]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run, with its inputs in the same folder."""
    folder = tmp_path_factory.mktemp("reruns")
    for name in GIVEN.values():
        for file in EXAMPLE.glob(f"{name}*"):
            shutil.copy(file, folder)
    shutil.copy(folder / GIVEN["vcf"], folder / KNOWN)
    shutil.copytree(BUNDLED_MODELS / "aparent2-mini", folder / "network")
    done = snakemake(folder, "--cores", "2")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the finished run, with all its times."""
    folder = tmp_path / "run"
    shutil.copytree(finished, folder)
    return folder


def snakemake(folder: Path, *arguments: str, clone: Path = REPOSITORY, **config: object) -> subprocess.CompletedProcess:
    settings = {**GIVEN, "model": "network", **CONFIG, **config}
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(clone / "Snakefile"), "--directory", str(folder)]
    command += [*arguments, "--config", *(f"{key}={value}" for key, value in settings.items())]
    return subprocess.run(command, capture_output=True, text=True, cwd=clone, check=False)


def plan(folder: Path, *arguments: str, clone: Path = REPOSITORY, **config: object) -> list[Job]:
    """The jobs of a dry run."""
    done = snakemake(folder, "--dry-run", *arguments, clone=clone, **config)
    assert done.returncode == 0, done.stderr
    jobs = []
    for block in re.split(r"\n(?:local)?(?:rule|checkpoint) ", done.stdout + done.stderr)[1:]:
        files = {word: re.search(rf"^    {word}: (.*)$", block, re.MULTILINE) for word in ("input", "output")}
        inputs, outputs = (frozenset(found.group(1).split(", ")) if found else frozenset() for found in files.values())
        jobs.append(Job(block.split(":")[0], inputs, outputs))
    return jobs


@pytest.fixture(scope="module")
def everything(finished) -> list[Job]:
    return plan(finished, "--forceall")


def names(jobs: list[Job]) -> set[tuple[str, ...]]:
    return {(job.rule, *sorted(job.outputs)) for job in jobs}


def that_depend(jobs: list[Job], *files: str, rules: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    """The jobs of these rules, and those that depend on the files or on any of the former."""
    found: list[Job] = [job for job in jobs if job.rule in rules]
    changed = set(files).union(*(job.outputs for job in found))
    while new := [job for job in jobs if job not in found and job.inputs & changed]:
        found += new
        changed = changed.union(*(job.outputs for job in new))
    assert found
    return names(found)


def test_nothing_runs_when_nothing_has_changed(run):
    assert plan(run) == []


def change(path: Path) -> None:
    """Other bytes that mean the same, and a later time."""
    if path.suffix == ".gz":
        path.write_bytes(path.read_bytes() + b"\0")
    elif path.suffix == ".json":
        path.write_text(path.read_text() + " ")
    else:
        path.write_bytes(path.read_bytes() + b"\n")


@pytest.mark.parametrize(
    "name", [*GIVEN.values(), "EUR503.chr20_1-4Mb.vcf.gz.tbi", "network/config.json", "network/model.safetensors"]
)
def test_an_input_that_changed(run, everything, name):
    change(run / name)
    assert names(plan(run)) == that_depend(everything, name)


def test_of_a_known_file_that_changed_nothing_is_scored_again(run, everything):
    change(run / KNOWN)
    jobs = plan(run)
    # The cards' windows are read again, for another variant may be the first that is not hidden.
    rules = {
        "digest_input",
        "join_known",
        "summarise_genes",
        "score_card_windows",
        "build_report",
        "record_provenance",
        "all",
    }
    assert {job.rule for job in jobs} == rules
    assert names(jobs) == that_depend(everything, KNOWN)


@pytest.mark.parametrize("name", [*GIVEN.values(), "network/model.safetensors"])
def test_an_input_that_is_only_newer(run, name):
    (run / name).touch()
    assert plan(run) == []


def rules_that_mention(key: str) -> tuple[str, ...]:
    text = "\n".join(path.read_text() for path in (REPOSITORY / "workflow/rules").glob("*.smk"))
    blocks = re.findall(r"^(?:rule|checkpoint) (\w+):\n(.*?)(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    groups = ["=ALL_SETTINGS"]
    keys = {"SITE_KEYS": SITE_KEYS, "ALLELE_KEYS": ALLELE_KEYS, "=SETTINGS": RESULT_KEYS}
    groups += [word for word, members in keys.items() if key in members]
    return tuple(rule for rule, block in blocks if any(word in block for word in (f'CONFIG["{key}"]', *groups)))


@pytest.mark.parametrize("key", SCALARS)
def test_a_config_key_that_changed(run, everything, key):
    schema = SCALARS[key]
    default = CONFIG.get(key, schema.get("default"))
    value = (
        not default if schema["type"] == "boolean" else default + 1 if schema["type"] == "integer" else default * 0.9
    )
    assert names(plan(run, **{key: value})) == that_depend(everything, rules=rules_that_mention(key))


@pytest.mark.parametrize(("key", "value"), [("ledger", "in_range"), ("device", "cpu")])
def test_a_config_key_with_another_word(run, everything, key, value):
    assert names(plan(run, **{key: value})) == that_depend(everything, rules=rules_that_mention(key))


def test_of_two_keys_that_changed_each_runs_its_jobs(run, everything):
    """`full_digests` closes the ledger again, `percentiles` scores again: neither hides the other."""
    rules = {key: rules_that_mention(key) for key in ("full_digests", "percentiles")}
    planned = names(plan(run, full_digests=True, percentiles=True))
    assert planned == {job for of_key in rules.values() for job in that_depend(everything, rules=of_key)}
    assert {"close_ledger", "score_alleles"} <= {rule for rule, *_ in planned}


def test_a_threshold_of_the_effects_scores_nothing_again():
    rules = {"compute_effects", "summarise_genes", "annotate_vcf", "build_report"}
    assert rules <= set(rules_that_mention("min_effect"))
    assert not {"read_alleles", "score_windows", "score_alleles"} & set(rules_that_mention("min_effect"))


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A second clone elsewhere, all of whose files are new."""
    folder = tmp_path_factory.mktemp("clone") / "pasvar"
    left_out = shutil.ignore_patterns(".*", "results", "logs", "benchmarks", "__pycache__", "tests")
    shutil.copytree(REPOSITORY, folder, symlinks=True, copy_function=shutil.copyfile, ignore=left_out)
    return folder


def test_nothing_runs_on_a_fresh_clone(run, clone):
    assert plan(run, clone=clone) == []


def test_nothing_runs_on_a_fresh_clone_where_inputs_lie_in_it(run, clone):
    # As the bundled example does: the small files of a clone are compared by what they hold.
    for name in GIVEN.values():
        (run / name).touch()
    assert plan(run, clone=clone) == []


def test_nothing_runs_where_the_results_came_without_snakemakes_notes(run):
    shutil.rmtree(run / ".snakemake")
    assert plan(run) == []


@pytest.mark.parametrize(
    ("file", "rules"),
    [
        ("workflow/pasvar/variants/ledger.py", ["close_ledger"]),
        ("workflow/pasvar/report/words.py", ["build_report"]),
        ("workflow/pasvar/variants/shards.py", ["plan_shards", "read_alleles"]),
        ("workflow/scripts/plan_shards.py", ["plan_shards"]),
        ("workflow/report/style.css", ["build_report"]),
    ],
)
def test_code_that_changed(run, everything, clone, file, rules):
    whole = (clone / file).read_bytes()
    (clone / file).write_bytes(whole + (b"CHANGED = True\n" if file.endswith(".py") else b"\n"))
    try:
        planned = names(plan(run, clone=clone))
    finally:
        (clone / file).write_bytes(whole)
    assert planned == that_depend(everything, rules=tuple(rules))


def test_a_comment_runs_nothing(run, clone):
    file = clone / "workflow/pasvar/variants/shards.py"
    whole = file.read_bytes()
    file.write_bytes(whole + b"# a comment\n")
    try:
        assert plan(run, clone=clone) == []
    finally:
        file.write_bytes(whole)


def test_a_bundled_network_that_changed(run, everything, clone):
    done = snakemake(run, "--touch", "--cores", "1", clone=clone, model="aparent2-mini")
    assert done.returncode == 0, done.stderr
    assert plan(run, clone=clone, model="aparent2-mini") == []
    weights = clone / "resources/models/aparent2-mini/config.json"
    whole = weights.read_bytes()
    change(weights)
    try:
        planned = names(plan(run, clone=clone, model="aparent2-mini"))
    finally:
        weights.write_bytes(whole)
    assert planned == that_depend(everything, rules=("prepare_model",))


def test_a_result_that_is_missing(run, everything):
    missing = "results/scores.parquet"
    (run / missing).unlink()
    makes = next(job.rule for job in everything if missing in job.outputs)
    assert names(plan(run)) == that_depend(everything, rules=(makes,))


def test_a_missing_table_between_jobs_is_made_only_when_somebody_needs_it(run):
    (run / "results/shards/1-of-2/allele_scores.zip").unlink()
    assert plan(run) == []
    planned = {rule for rule, *_ in names(plan(run, min_effect=0.5))}
    assert "score_alleles" in planned
    assert "score_windows" not in planned


def test_times_alone_say_nothing_about_what_lies_between_jobs(run):
    # A copy of the results, or a restored backup, has times in any order.
    for path in [*(run / "results").rglob("*.parquet"), *(run / "results").rglob("*.zip")]:
        os.utime(path)
    assert plan(run) == []
