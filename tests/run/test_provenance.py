"""What made the results, as it stands in tables, and the record of a run."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from pasvar.config import RESULT_KEYS, check_config, input_files, result_settings
from pasvar.files import file_sha256
from pasvar.run.provenance import commit, describe_run, jobs, made_by, read_digests
from pasvar.run.ro_crate import write_crate

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def digests(tmp_path) -> list[Path]:
    """As the rule `digest_input` leaves them, of a genome and two VCFs."""
    written = {"fasta/hg.fa": A, "vcf/2.vcf.gz": C, "vcf/1.vcf.gz": B}
    for name, digest in written.items():
        path = tmp_path / f"{name}.sha256"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{digest}  {path.stem}\n")
    return [tmp_path / f"{name}.sha256" for name in written]


def test_digests_by_name(digests):
    assert read_digests(digests) == {"fasta/hg.fa": A, "vcf/1.vcf.gz": B, "vcf/2.vcf.gz": C}


def test_what_tables_say(digests):
    said = made_by(digests, {"min_effect": 0.2, "filters": ["PASS"]})
    assert said["fasta_sha256"] == A
    assert said["vcf_sha256"] == f"1.vcf.gz={B} 2.vcf.gz={C}"
    assert said["settings"] == '{"filters": ["PASS"], "min_effect": 0.2}'
    assert said["settings_sha256"] == hashlib.sha256(said["settings"].encode()).hexdigest()
    assert set(said) <= {"fasta_sha256", "vcf_sha256", "settings", "settings_sha256", "pasvar_commit"}


def test_the_commit_of_a_clone(tmp_path):
    def git(*words: str) -> str:
        identity = ["-c", "user.name=n", "-c", "user.email=e@example.org"]
        command = ["git", "-C", str(tmp_path), *identity, *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert commit(tmp_path) == {}
    git("init")
    (tmp_path / "file").write_text("one")
    git("add", "file")
    git("commit", "--message", "one")
    git("tag", "--annotate", "v1", "--message", "v1")
    head = git("rev-parse", "HEAD")
    assert commit(tmp_path) == {"pasvar_commit": head}
    (tmp_path / "untracked").write_text("results of a run, say")
    assert commit(tmp_path) == {"pasvar_commit": head}
    (tmp_path / "file").write_text("two")
    assert commit(tmp_path) == {"pasvar_commit": f"{head}-changed"}


def test_the_commit_of_a_clone_of_another_owner_is_named_too(tmp_path, monkeypatch, caplog):
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "one"], check=True)
    own = commit(tmp_path)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert subprocess.run([*git, "status"], capture_output=True).returncode != 0
    assert commit(tmp_path) == own
    assert len(own["pasvar_commit"]) == 40


def test_why_a_commit_cannot_be_named_is_said(tmp_path, caplog):
    (tmp_path / ".git").mkdir()
    assert commit(tmp_path) == {}
    assert "the commit cannot be found" in caplog.text
    assert "not a git repository" in caplog.text


def test_the_repository_around_an_installed_package_is_not_its_clone(tmp_path):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    (tmp_path / "site-packages").mkdir()
    assert commit(tmp_path / "site-packages") == {}


@pytest.fixture
def config(tmp_path) -> dict:
    for name in (
        "hg.fa",
        "genes.gtf",
        "atlas.bed",
        "more/atlas.bed",
        "1.vcf.gz",
        "1.vcf.gz.tbi",
        "near.bed",
        "db.vcf.gz",
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("chr1\t1\t2\n")
    atlases = [{"path": "atlas.bed", "name": "a"}, {"path": "more/atlas.bed", "name": "b", "format": "bed"}]
    given = {"fasta": "hg.fa", "gtf": "genes.gtf", "vcf": "1.vcf.gz", "atlas": atlases, "regions": ["near.bed", "chr1"]}
    return check_config(given | {"known": [{"name": "db", "path": "db.vcf.gz", "fields": ["ID", "AF"]}]}, tmp_path)


def test_inputs_are_named_after_their_keys(config):
    assert input_files(config) == {
        "fasta/hg.fa": "hg.fa",
        "gtf/genes.gtf": "genes.gtf",
        "vcf/1.vcf.gz": "1.vcf.gz",
        "atlas/atlas.bed": "atlas.bed",
        "atlas/2.atlas.bed": "more/atlas.bed",
        "regions/near.bed": "near.bed",
        "known/db.vcf.gz": "db.vcf.gz",
    }


def test_settings_name_no_file(config):
    settings = result_settings(config)
    assert settings["atlas"] == [{"name": "a"}, {"name": "b", "format": "bed"}]
    assert settings["regions"] == ["chr1"]
    # `min_genotype_effect` is 0 here, which leaves nothing out.
    assert set(settings) == set(RESULT_KEYS) - {"catalogue", "tissue_expression", "min_genotype_effect"}
    assert not {"shards", "store", "device", "report_genes"} & set(settings)


def test_jobs_by_the_ends_of_their_logs(tmp_path):
    lines = {
        "score_alleles/1-of-2": "took 1.26 s, 1.00 s of CPU time, at most 100 MB of memory; read 25.0 MB",
        "score_alleles/2-of-2": "took 2.50 s, 4.00 s of CPU time, at most 300 MB of memory; read 75.0 MB",
        "score_alleles/1-of-3": "took 9.90 s, 9.90 s of CPU time, at most 900 MB of memory; read 225.0 MB",  # of an earlier run
        "propose_sites/1-of-1": "took 3.00 s, 1.00 s of CPU time, at most 90 MB of memory; read 22.5 MB",
        "gather_effects": "took 0.04 s, 0.04 s of CPU time, at most 80 MB of memory; read 20.0 MB",
        "read_alleles/1-of-2": "error: it failed",
        "digest_input/vcf/a.vcf.gz": "took 1.00 s, 0.50 s of CPU time, at most 1 MB of memory; read 0.2 MB",
        "digest_input/vcf/gone.vcf.gz": "took 1.00 s, 0.50 s of CPU time, at most 1 MB of memory; read 0.2 MB",
    }
    for name, last in lines.items():
        log = tmp_path / f"{name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text(f"n1: 2 CPUs\n2026-11-27 01:00:00,000 {last}\n")
    assert jobs(tmp_path, {"": 2, "propose_sites": 1}, ["vcf/a.vcf.gz"]) == {
        "digest_input": {"jobs": 1, "seconds": 1.0, "cpu_seconds": 0.5, "max_rss_mb": 1.0, "mb_read": 0.2},
        "gather_effects": {"jobs": 1, "seconds": 0.0, "cpu_seconds": 0.0, "max_rss_mb": 80.0, "mb_read": 20.0},
        "propose_sites": {"jobs": 1, "seconds": 3.0, "cpu_seconds": 1.0, "max_rss_mb": 90.0, "mb_read": 22.5},
        "score_alleles": {"jobs": 2, "seconds": 3.8, "cpu_seconds": 5.0, "max_rss_mb": 300.0, "mb_read": 100.0},
    }


def test_the_record_and_its_crate(tmp_path, digests):
    results = tmp_path / "results"
    (results / "report").mkdir(parents=True)
    for name in ("scores.parquet", "report/index.html", "provenance.json"):
        (results / name).write_text(name)
    (tmp_path / "hg.fa").write_text("ACGT")
    record = describe_run(
        {name: results / name for name in ("scores.parquet", "report/index.html")},
        {"fasta/hg.fa": str(tmp_path / "hg.fa")},
        digests,
        {"min_effect": 0.2, "shards": 2},
        {"model": "tiny", "model_sha256": B, "precision": "exact", "site_notes": "none"},
        tmp_path / "logs",
    )
    assert json.loads(json.dumps(record)) == record
    assert record["inputs"] == {"fasta/hg.fa": {"path": str(tmp_path / "hg.fa"), "bytes": 4, "sha256": A}}
    assert record["results"]["scores.parquet"] == {"bytes": 14, "sha256": file_sha256(results / "scores.parquet")}
    assert record["model"] == {"model": "tiny", "model_sha256": B, "precision": "exact"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", record["finished"])
    assert {"formats", "genome", "score", "train", "report"} == set(record["environments"])

    write_crate(record, results, results / "ro-crate-metadata.json")
    crate = ROCrate(results)  # which reads it as an archive would
    assert crate.root_dataset["datePublished"] == record["finished"]
    assert {part.id for part in crate.root_dataset["hasPart"]} == {
        "scores.parquet",
        "report/index.html",
        "provenance.json",
    }
    table = crate.dereference("scores.parquet")
    assert (table["contentSize"], table["sha256"]) == ("14", record["results"]["scores.parquet"]["sha256"])
    run = crate.dereference("#run")
    assert run.type == "CreateAction"
    assert run["instrument"]["name"] == "pasvar"
    assert [file["sha256"] for file in run["object"]] == [A, B]
    assert {file.id for file in run["result"]} == {"scores.parquet", "report/index.html"}


def test_the_record_of_an_input_that_was_read_in_part(tmp_path):
    vcf, digest = tmp_path / "1.vcf.gz", tmp_path / "vcf/1.vcf.gz.sha256"
    vcf.write_text("large")
    os.utime(vcf, (1_700_000_000, 1_700_000_000))
    digest.parent.mkdir()
    digest.write_text(f"sampled:{A}  1.vcf.gz\n")
    (tmp_path / "results").mkdir()
    about = {"model": "tiny", "model_sha256": B}
    record = describe_run({}, {"vcf/1.vcf.gz": str(vcf)}, [digest], {"shards": 2}, about, tmp_path)
    modified = "2023-11-14T22:13:20+00:00"
    said = {"path": str(vcf), "bytes": 5, "sampled_digest": f"sampled:{A}", "modified": modified}
    assert record["inputs"] == {"vcf/1.vcf.gz": said}
    (tmp_path / "results/provenance.json").write_text("{}")
    write_crate(record, tmp_path / "results", tmp_path / "results/ro-crate-metadata.json")
    (file, _) = ROCrate(tmp_path / "results").dereference("#run")["object"]
    assert (file["identifier"], file["dateModified"]) == (f"sampled:{A}", modified)
