"""The workflow as users run it: `snakemake` as a process, on the bundled example."""

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

import numpy as np
import pandas as pd
import pysam
import pysam.bcftools
import pytest

import pasvar
from pasvar import digest
from pasvar.annotate.annotated_vcf import FIELDS
from pasvar.cli.main import main
from pasvar.digest import code_digest
from pasvar.effects import CALIBRATION_FILE
from pasvar.model import RELEASED_CONFIG, Checkpoint, save_checkpoint, tensor_shapes
from pasvar.paths import ROOT as REPOSITORY
from pasvar.tables import ALLELE, GENOTYPES, TABLES, USER_TABLES, read_made_by, read_table

EXAMPLE = REPOSITORY / "resources" / "example"
USER_FILES = [
    "sites.parquet",
    "scores.parquet",
    "gene_effects.parquet",
    "tissue_effects.parquet",
    "new_sites.parquet",
    "genes.parquet",
    "genes.tsv",
    "haplotypes.parquet",
    "samples.parquet",
    "known.parquet",
    "ledger.parquet",
    "ledger.tsv",
    "ledger_files.tsv",
    "annotated.vcf.gz",
    "report/index.html",
]


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Path:
    """A network with the released one's interface and random weights of one block per group."""
    config = RELEASED_CONFIG | {"num_blocks": 1}
    rng = np.random.default_rng(0)
    tensors = {name: rng.normal(0, 0.1, shape).astype(np.float32) for name, shape in tensor_shapes(config).items()}
    tensors = {name: np.abs(array) + 0.5 if name.endswith("running_var") else array for name, array in tensors.items()}
    folder = tmp_path_factory.mktemp("model") / "random"
    save_checkpoint(Checkpoint("random", config, tensors, sha256="0" * 64), folder)
    return folder


def snakemake(directory: Path, model: Path, *arguments: str, **config: object) -> subprocess.CompletedProcess:
    """Run the workflow on the example in `directory`; config changes the configuration."""
    settings = {
        "fasta": EXAMPLE / "chr20_1-4Mb.fa.gz",
        "gtf": EXAMPLE / "chr20_1-4Mb.gtf.gz",
        "vcf": EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz",
        "model": model,
        "report_genes": 2,
        "report_variants": 2,
        # Random weights have small effects.
        "min_effect": 0.001,
    }
    settings |= config
    command = [sys.executable, "-m", "snakemake", "--snakefile", REPOSITORY / "Snakefile", "--directory", directory]
    command += ["--cores", "2", *arguments, "--config", *(f"{key}={value}" for key, value in settings.items())]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, cwd=REPOSITORY, check=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, model) -> Path:
    """A finished run with three shards."""
    directory = tmp_path_factory.mktemp("run")
    done = snakemake(directory, model, shards=3)
    assert done.returncode == 0, done.stderr
    (directory / "terminal.txt").write_text(done.stderr)
    return directory


_NEED_PEOPLE = ["id", "af", *GENOTYPES, "percentile"]


def test_the_library_gives_the_rows_of_the_workflow(finished, model):
    with pasvar.Genome(EXAMPLE / "chr20_1-4Mb.fa.gz") as genome:
        made = pasvar.make_sites(EXAMPLE / "chr20_1-4Mb.gtf.gz", genome, str(model))
        sites = pasvar.read_sites(finished)
        for name in ("sites", "exons", "tissue_usage"):
            pd.testing.assert_frame_equal(getattr(made, name), getattr(sites, name))
        tables = {
            name: read_table(finished / f"results/{name}.parquet", name)
            for name in ("scores", "gene_effects", "new_sites")
        }
        alleles = (
            pd.concat([table[ALLELE] for table in tables.values()]).drop_duplicates().sample(frac=1, random_state=0)
        )
        found = pasvar.find_effects(alleles, genome, sites, str(model))
    assert (found.ledger.status == "scored").any()
    for name, table in tables.items():
        assert len(table)
        key = [*ALLELE, "gene_id", *(["site_id"] if name != "gene_effects" else [])]
        ours, theirs = (
            frame.drop(columns=_NEED_PEOPLE, errors="ignore").sort_values(key, ignore_index=True)
            for frame in (getattr(found, name), table)
        )
        pd.testing.assert_frame_equal(ours, theirs)


def digests(directory: Path) -> dict[str, str]:
    return {name: hashlib.sha256((directory / "results" / name).read_bytes()).hexdigest() for name in USER_FILES}


def jobs(dry_run: str) -> dict[str, int]:
    """The table of jobs per rule that a dry run prints."""
    table = dry_run.split("Job stats:")[1].split("total")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+)\s+(\d+)$", table, re.MULTILINE)}


def test_a_dry_run_has_the_expected_jobs(tmp_path, model):
    planned = snakemake(tmp_path, model, "--dry-run", shards=5)
    assert planned.returncode == 0, planned.stderr
    assert jobs(planned.stdout + planned.stderr) == {
        "all": 1,
        "index_reference": 1,
        "prepare_model": 1,
        "annotate_sites": 1,
        "propose_sites": 5,
        "score_proposed_sites": 5,
        "judge_sites": 1,
        "extract_windows": 1,
        "plan_shards": 1,
        "read_alleles": 5,
        "close_ledger": 1,
        "read_genotypes": 5,
        "score_windows": 1,
        "score_alleles": 5,
        "predict_usage": 1,
        "compute_effects": 5,
        "gather_effects": 1,
        "gather_counts": 1,
        "join_known": 1,
        "summarise_genes": 1,
        "annotate_vcf": 1,
        "score_card_windows": 1,
        "build_report": 1,
        "digest_input": 3,
        "record_provenance": 1,
    }


def test_training_plans_nothing_but_itself(tmp_path, model):
    (tmp_path / "assay.csv").touch()
    planned = snakemake(tmp_path, model, "--dry-run", "train", training="{table: assay.csv}")
    assert planned.returncode == 0, planned.stderr
    assert jobs(planned.stdout + planned.stderr) == {"train": 1, "train_model": 1}
    unset = snakemake(tmp_path, model, "--dry-run", "train")
    assert unset.returncode == 1
    assert "(set config key training.table)" in unset.stdout + unset.stderr


@pytest.mark.parametrize("name", USER_TABLES)
def test_every_table_has_its_schema_and_says_what_made_it(finished, name):
    path = finished / "results" / TABLES[name].file
    # The example names no tissues, so that none has an effect in one, and no file of known variants.
    assert (len(read_table(path, name)) > 0) == (name not in ("tissue_usage", "tissue_effects", "known"))
    if name not in ("ledger", "tissue_usage", "known"):  # which no model has seen
        made_by = read_made_by(path)
        assert (made_by["model"], made_by["precision"]) == ("random", "exact")


def test_the_ledger_reconciles_with_the_file(finished):
    totals = pd.read_csv(finished / "results/ledger.tsv", sep="\t", index_col="status").n_alleles
    ledger = read_table(finished / "results/ledger.parquet", "ledger")
    scores = read_table(finished / "results/scores.parquet", "scores")
    assert totals.to_dict() == {"scored": 515, "no_site_in_range": 24475} | dict.fromkeys(
        set(totals.index) - {"scored", "no_site_in_range"}, 0
    )
    assert ledger.status.value_counts().to_dict() == totals[totals > 0].to_dict()
    assert len(scores[["chrom", "pos", "ref", "alt"]].drop_duplicates()) == 515


def test_the_annotated_vcf_is_the_input_and_the_scores_to_the_digit(finished):
    """Every allele, gene and site of the table has its entry, and every other letter of the VCF is what it was."""
    inputs = [EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz", EXAMPLE / "chr20_1-4Mb.fa.gz", EXAMPLE / "chr20_1-4Mb.gtf.gz"]
    with gzip.open(inputs[0], "rt") as lines:
        expected = lines.read().splitlines()
    with gzip.open(finished / "results/annotated.vcf.gz", "rt") as lines:
        found = lines.read().splitlines()
    assert [line for line in found if line[0] == "#" and "pasvar" not in line.lower()] == [
        line for line in expected if line[0] == "#"
    ]
    entries = []
    for line, original in zip(
        *([text for text in texts if text[0] != "#"] for texts in (found, expected)), strict=True
    ):
        fields = line.split("\t")
        info = fields[7].split(";")
        fields[7] = ";".join(part for part in info if not part.startswith("PASVAR"))
        assert "\t".join(fields) == original
        texts = [part.removeprefix("PASVAR=").split(",") for part in info if part.startswith("PASVAR=")]
        entries += [(int(fields[1]), fields[3], *text.split("|")) for text in chain.from_iterable(texts)]
    annotated = pd.DataFrame(entries, columns=["pos", "ref", *FIELDS]).rename(columns={"allele": "alt"})
    scores = read_table(finished / "results/scores.parquet", "scores")
    for name in ("logodds_narrow_ref", "delta_logodds_narrow", "delta_logodds", "delta_usage"):
        annotated[name] = annotated[name].astype("float64").astype("float32")
    columns = [
        "pos",
        "ref",
        "alt",
        "gene_id",
        "site_id",
        "logodds_narrow_ref",
        "delta_logodds_narrow",
        "delta_logodds",
        "delta_usage",
    ]
    by = columns[:5]
    one, other = (frame[columns].sort_values(by, ignore_index=True) for frame in (annotated, scores))
    pd.testing.assert_frame_equal(one, other, check_exact=True, check_dtype=False)
    header = dict(line[2:].split("=", 1) for line in found if line.startswith("##pasvar_"))
    assert (header["pasvar_model"], header["pasvar_model_sha256"]) == ("random", "0" * 64)
    assert header["pasvar_precision"] == "exact"
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in inputs[1:]]
    assert [header["pasvar_fasta_sha256"], header["pasvar_gtf_sha256"]] == digests


def test_any_number_of_shards_gives_the_same_bytes(finished, tmp_path, model):
    """And so does a run that keeps no scores."""
    done = snakemake(tmp_path, model, shards=1, store="null")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "store").exists()
    assert digests(tmp_path) == digests(finished)


def test_a_run_prints_its_stations_and_where_the_report_is(finished):
    """All else is in Snakemake's log, which the last line names."""
    printed = (finished / "terminal.txt").read_text()
    stations = re.findall(r"^ +[\d:]+  (\w+) +[\d,]+ jobs? done", printed, re.MULTILINE)
    assert set(stations) == {"inputs", "sites", "windows", "alleles", "scores", "effects", "annotate", "report"}
    assert len(printed.splitlines()) < 25
    assert f"Report:  {finished}/results/report/index.html\n" in printed
    log = Path(printed.splitlines()[-1].removeprefix("Log:").strip())
    assert "Finished jobid" in log.read_text()


def test_tables_are_sorted_by_place(finished):
    for name in ("scores", "ledger", "gene_effects", "new_sites"):
        table = read_table(finished / "results" / TABLES[name].file, name)
        assert table.pos.is_monotonic_increasing


def test_nothing_is_run_again_when_nothing_has_changed(finished, model):
    again = snakemake(finished, model, "--dry-run", shards=3)
    assert "Nothing to be done" in again.stdout + again.stderr


def test_what_was_scored_once_is_found_in_the_store_by_a_run_with_other_shards_elsewhere(finished, tmp_path, model):
    scored = "results/scores/windows.parquet"
    targets = [scored, *(f"results/shards/{i}-of-2/allele_scores.zip" for i in (1, 2))]
    done = snakemake(tmp_path, model, *targets, shards=2, store=finished / "store")
    assert done.returncode == 0, done.stderr
    logs = [path.read_text() for path in sorted((tmp_path / "logs").rglob("score_*/*.log"))]
    logs.append((tmp_path / "logs/score_windows.log").read_text())
    assert len(logs) == 5
    assert all("windows found (100.0 %)" in log for log in logs)
    assert (tmp_path / scored).read_bytes() == (finished / scored).read_bytes()


def test_another_place_for_the_store_runs_nothing_anew(finished, model):
    planned = snakemake(finished, model, "--dry-run", shards=3, store="elsewhere")
    assert "Nothing to be done" in planned.stdout + planned.stderr


def test_another_min_effect_runs_only_what_depends_on_it(finished, model):
    planned = snakemake(finished, model, "--dry-run", shards=3, min_effect=0.5)
    assert jobs(planned.stdout + planned.stderr) == {
        "all": 1,
        "compute_effects": 3,
        "gather_effects": 1,
        "gather_counts": 1,
        "join_known": 1,
        "summarise_genes": 1,
        "annotate_vcf": 1,
        "score_card_windows": 1,
        "build_report": 1,
        "record_provenance": 1,
    }


def test_another_precision_scores_all_anew(finished, model):
    planned = snakemake(finished, model, "--dry-run", shards=3, precision="fast")
    assert jobs(planned.stdout + planned.stderr) == {
        "all": 1,
        "score_proposed_sites": 3,
        # What is a site may change with the scores.
        "judge_sites": 1,
        "extract_windows": 1,
        "plan_shards": 1,
        "read_alleles": 3,
        "close_ledger": 1,
        "read_genotypes": 3,
        "score_windows": 1,
        "predict_usage": 1,
        "score_alleles": 3,
        "compute_effects": 3,
        "gather_effects": 1,
        "gather_counts": 1,
        "join_known": 1,
        "summarise_genes": 1,
        "annotate_vcf": 1,
        "score_card_windows": 1,
        "build_report": 1,
        "record_provenance": 1,
    }


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs a browser (Debian package chromium)")
def test_a_browser_opens_the_report_without_complaint(finished, tmp_path):
    page = finished / "results" / "report" / "index.html"
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", *quiet, f"--user-data-dir={tmp_path}"]
    command += ["--enable-logging=stderr", "--dump-dom", page.as_uri()]
    opened = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "Genes, the highest expected impact first" in opened.stdout
    assert "CONSOLE" not in opened.stderr


def test_genotypes_of_the_example_are_counted(finished):
    scores = read_table(finished / "results/scores.parquet", "scores").set_index("id")
    rows = scores.loc[["rs492370"], ["n_carriers", "allele_count", "allele_number"]]
    # 6 of 503 people carry one copy: counted with bcftools view -i 'ID="rs492370"' -H | grep -o '0|1\|1|0' | wc -l
    assert {tuple(row) for row in rows.to_numpy().tolist()} == {(6, 6, 1006)}


def test_haplotypes_of_the_example_are_those_of_the_text(finished):
    """Counted again from the plain text of the VCF; what NA12878, whose calls are not phased, may have has no count."""
    with gzip.open(EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz", "rt") as file:
        lines = [line.split() for line in file if not line.startswith("#")]
    calls = {f"{chrom}:{pos}:{ref}:{alt}": calls for chrom, pos, _, ref, alt, _, _, _, _, *calls in lines}
    scores = read_table(finished / "results/scores.parquet", "scores").drop_duplicates(["site_id", "pos", "ref", "alt"])
    expected: Counter[tuple] = Counter()
    may_have: list[tuple[str, set[str]]] = []
    for site_id, rows in scores.groupby("site_id"):
        names = [f"{row.chrom}:{row.pos}:{row.ref}:{row.alt}" for row in rows.itertuples()]
        for of_person in zip(*(calls[name] for name in names), strict=True):
            if "0/1" in of_person and sum(call[0] != call[2] for call in of_person) > 1:
                may_have.append((site_id, {name for name, call in zip(names, of_person, strict=True) if "1" in call}))
                continue
            for place in (0, 2):
                variants = tuple(name for name, call in zip(names, of_person, strict=True) if call[place] == "1")
                expected[site_id, variants] += len(variants) > 1
    haplotypes = read_table(finished / "results/haplotypes.parquet", "haplotypes")
    counts = [None if pd.isna(count) else int(count) for count in haplotypes.haplotype_count]
    found = dict(zip(zip(haplotypes.site_id, haplotypes.variants.map(tuple), strict=True), counts, strict=True))
    unknown = {key for key in +expected for at, names in may_have if key[0] == at and names.issuperset(key[1])}
    assert found == {key: None if key in unknown else count for key, count in (+expected).items()}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"shards": 0}, "config key `shards` is 0, expected at least 1"),
        ({"vcf": "nowhere.vcf.gz"}, "config key `vcf`: no such file: nowhere.vcf.gz"),
    ],
)
def test_a_bad_configuration_stops_before_any_job(tmp_path, model, config, message):
    refused = snakemake(tmp_path, model, **config)
    assert refused.returncode != 0
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("profile", [(), ("--workflow-profile", "none")], ids=["pasvar's logger", "Snakemake's"])
def test_a_bad_configuration_is_seen_however_quiet(tmp_path, model, profile):
    refused = snakemake(tmp_path, model, "--quiet", "all", *profile, shards=0)
    assert refused.stderr.count("pasvar: error: config key `shards` is 0, expected at least 1") == 1


def test_a_bad_input_is_named_on_the_terminal_and_leaves_nothing_half_written(tmp_path, model):
    broken = tmp_path / "broken.vcf.gz"
    whole = (EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz").read_bytes()
    broken.write_bytes(whole[: len(whole) // 2])
    shutil.copy(EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz.tbi", f"{broken}.tbi")
    refused = snakemake(tmp_path, model, vcf=broken, shards=1)
    assert refused.returncode != 0
    assert re.search(r"pasvar: error: .*broken.vcf.gz: is cut short", refused.stderr)
    assert not (tmp_path / "results/ledger.parquet").exists()
    assert not list((tmp_path / "results").rglob("*.part"))


@pytest.fixture(scope="module")
def saturated(tmp_path_factory, model) -> Path:
    """A run on two overlapping genes of different strands, with percentiles, and all possible substitutions of their sites."""
    directory = tmp_path_factory.mktemp("saturated")
    part = directory / "part.vcf.gz"
    whole = str(EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz")
    pysam.bcftools.view("-r", "20:2638000-2640000", "-Oz", "-o", str(part), whole, catch_stdout=False)
    pysam.bcftools.index("--tbi", str(part), catch_stdout=False)
    targets = ("results/scores.parquet", "results/annotated.vcf.gz", "results/saturation.tsv.gz")
    genes = "{genes: [NOP56, IDH3B]}"
    done = snakemake(directory, model, *targets, vcf=part, percentiles=True, saturation=genes, shards=2, store="null")
    assert done.returncode == 0, done.stderr
    return directory


def test_saturation_holds_the_scores_of_real_alleles_to_the_bit(saturated):
    saturation = read_table(saturated / "results/saturation.parquet", "saturation")
    assert saturation.groupby("gene_name").size().to_dict() == {"IDH3B": 4305, "NOP56": 2460}
    assert read_made_by(saturated / "results/saturation.parquet")["model"] == "random"
    scores = read_table(saturated / "results/scores.parquet", "scores")
    is_snv = (scores.ref.str.len() == 1) & (scores.alt.str.len() == 1)
    assert is_snv.value_counts().to_dict() == {True: 8, False: 2}
    key = ["chrom", "pos", "ref", "alt", "site_id", "gene_id"]
    found = scores[is_snv][key].merge(saturation, on=key, how="left")[saturation.columns]
    pd.testing.assert_frame_equal(found, scores[is_snv][saturation.columns].reset_index(drop=True), check_exact=True)
    assert scores.percentile.between(0, 1).all()
    text, index = (saturated / f"results/saturation.tsv.gz{suffix}" for suffix in ("", ".tbi"))
    assert text.stat().st_mtime_ns <= index.stat().st_mtime_ns


def test_a_vcf_is_annotated_from_saturation_as_by_a_run(saturated, tmp_path):
    results, again = saturated / "results", tmp_path / "again.vcf.gz"
    command = [
        "annotate",
        "--vcf",
        saturated / "part.vcf.gz",
        "--scores",
        results / "saturation.parquet",
        "--out",
        again,
        "--min-effect",
        0.001,
    ]
    assert main([str(word) for word in command]) == 0
    found = []
    for path in (results / "annotated.vcf.gz", again):
        with pysam.VariantFile(str(path)) as records:
            found.append({record.pos: record.info["PASVAR"] for record in records if "PASVAR" in record.info})
    indel = found[0].pop(2638280)
    assert indel[0].startswith("A|")
    assert len(found[0]) == 7
    assert found[0] == found[1]


def test_saturation_runs_only_what_it_needs(tmp_path, model):
    planned = snakemake(tmp_path, model, "saturation", "--dry-run", shards=3)
    assert jobs(planned.stdout + planned.stderr) == {
        "saturation": 1,
        "index_reference": 1,
        "prepare_model": 1,
        "annotate_sites": 1,
        "propose_sites": 3,
        "score_proposed_sites": 3,
        "judge_sites": 1,
        "extract_windows": 1,
        "plan_shards": 1,
        "score_windows": 1,
        "predict_usage": 1,
        "score_saturation": 3,
        "gather_saturation": 1,
        "digest_input": 2,
    }


def test_lint_finds_nothing():
    linted = subprocess.run(
        [sys.executable, "-m", "snakemake", "--lint"], capture_output=True, text=True, cwd=REPOSITORY, check=False
    )
    assert linted.returncode == 0, linted.stderr


def test_a_digest_follows_the_modules_that_a_script_imports(tmp_path):
    scripts = REPOSITORY / "workflow" / "scripts"
    copy = shutil.copy(scripts / "score_windows.py", tmp_path / "score_windows.py")
    assert code_digest(scripts / "score_windows.py") == code_digest(copy)
    assert code_digest(scripts / "score_windows.py") != code_digest(scripts / "plan_shards.py")


def test_a_digest_follows_the_numbers_of_a_module(monkeypatch):
    read = []
    monkeypatch.setattr(digest, "files_digest", lambda paths: read.extend(paths))
    code_digest(REPOSITORY / "workflow" / "scripts" / "compute_effects.py")
    assert CALIBRATION_FILE in read
