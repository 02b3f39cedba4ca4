"""What made the results, as it stands in tables, and the record of a run."""

import hashlib
import json
import re
import subprocess
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from pasvar.config import RESULT_KEYS, check_config, input_files, result_settings
from pasvar.crate import write_crate
from pasvar.files import file_sha256
from pasvar.provenance import commit, jobs, made_by, provenance, read_digests

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


@pytest.fixture
def config(tmp_path) -> dict:
    for name in ("hg.fa", "genes.gtf", "atlas.bed", "more/atlas.bed", "1.vcf.gz", "1.vcf.gz.tbi", "near.bed"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("chr1\t1\t2\n")
    atlases = [{"path": "atlas.bed", "name": "a"}, {"path": "more/atlas.bed", "name": "b", "format": "bed"}]
    given = {"fasta": "hg.fa", "gtf": "genes.gtf", "vcf": "1.vcf.gz", "atlas": atlases, "regions": ["near.bed", "chr1"]}
    return check_config(given, tmp_path)


def test_inputs_are_named_after_their_keys(config):
    assert input_files(config) == {
        "fasta/hg.fa": "hg.fa",
        "gtf/genes.gtf": "genes.gtf",
        "vcf/1.vcf.gz": "1.vcf.gz",
        "atlas/atlas.bed": "atlas.bed",
        "atlas/2.atlas.bed": "more/atlas.bed",
        "regions/near.bed": "near.bed",
    }


def test_settings_name_no_file(config):
    settings = result_settings(config)
    assert settings["atlas"] == [{"name": "a"}, {"name": "b", "format": "bed"}]
    assert settings["regions"] == ["chr1"]
    assert set(settings) == set(RESULT_KEYS) - {"catalogue", "tissue_expression"}
    assert not {"shards", "store", "device", "report_genes"} & set(settings)


def test_jobs_of_benchmark_files(tmp_path):
    (tmp_path / "score").mkdir()
    head = "s\th:m:s\tmax_rss\n"
    (tmp_path / "score/1-of-2.tsv").write_text(f"{head}1.26\t0:00:01\t100.5\n")
    (tmp_path / "score/2-of-2.tsv").write_text(f"{head}2.5\t0:00:02\t300.0\n")
    (tmp_path / "gather.tsv").write_text(f"{head}0.04\t0:00:00\tNA\n")
    assert jobs(tmp_path) == {
        "gather": {"jobs": 1, "seconds": 0.0, "max_rss_mb": 0.0},
        "score": {"jobs": 2, "seconds": 3.8, "max_rss_mb": 300.0},
    }


def test_the_record_and_its_crate(tmp_path, digests):
    results = tmp_path / "results"
    (results / "report").mkdir(parents=True)
    for name in ("scores.parquet", "report/index.html", "provenance.json"):
        (results / name).write_text(name)
    (tmp_path / "hg.fa").write_text("ACGT")
    record = provenance(
        {name: results / name for name in ("scores.parquet", "report/index.html")},
        {"fasta/hg.fa": str(tmp_path / "hg.fa")},
        digests,
        {"min_effect": 0.2},
        {"model": "tiny", "model_sha256": B, "precision": "exact", "site_notes": "none"},
        tmp_path / "benchmarks",
    )
    assert json.loads(json.dumps(record)) == record
    assert record["inputs"] == {"fasta/hg.fa": {"path": str(tmp_path / "hg.fa"), "bytes": 4, "sha256": A}}
    assert record["results"]["scores.parquet"] == {"bytes": 14, "sha256": file_sha256(results / "scores.parquet")}
    assert record["model"] == {"model": "tiny", "model_sha256": B, "precision": "exact"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", record["finished"])
    assert {"genome", "score", "train", "report"} == set(record["environments"])

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
