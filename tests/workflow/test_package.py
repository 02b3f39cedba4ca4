"""The package: what the wheel holds and asks for, and that it works in an environment of its own, outside the clone."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from test_modules import contents

from cluster import REPOSITORY

WINDOW = "ACGT" * 17 + "CC" + "AATAAA" + "ACGTT" * 25 + "ACGT"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """The wheel, built from the source distribution."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(REPOSITORY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The `bin` of an environment that has the wheel, and of this one the packages that the wheel asks for (without pasvar)."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    venv.create(folder, symlinks=True, with_pip=False)
    site = next(folder.glob("lib/python*/site-packages"))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    command = folder / "bin" / "pasvar"
    command.write_text(f"#!{folder}/bin/python\nimport sys\nfrom pasvar.cli import main\nsys.exit(main())\n")
    command.chmod(0o755)
    return folder / "bin"


def run(installed: Path, directory: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(word) for word in (installed / "pasvar", *arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=directory, env=environment)


def test_the_metadata_name_what_each_use_needs(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith("METADATA"))
        metadata = message_from_string(archive.read(path).decode())
        names = archive.namelist()
    wanted = metadata.get_all("Requires-Dist")
    assert set(metadata.get_all("Provides-Extra")) == {
        *("carriers", "cluster", "formats", "gpu", "tracks", "train", "workflow"),
    }
    always = {line.split(">")[0] for line in wanted if "extra ==" not in line}
    assert {"torch", "pandas", "pyyaml", "lazy-loader"} <= always
    assert not {"snakemake", "transformers", "triton"} & always
    assert any(line.startswith("snakemake>=") and "extra == 'workflow'" in line for line in wanted)
    assert not [name for name in names if "resources/example" in name or "tests/" in name or name.endswith(".pyc")]


def test_the_wheel_has_what_lies_beside_the_library_in_a_clone(wheel):
    from pasvar import paths

    places = {path.relative_to(paths.ROOT) for path in vars(paths).values() if isinstance(path, Path)} - {Path(".")}
    places = {place for place in places if place.parts[:2] != ("workflow", "pasvar")}
    assert len(places) > 4
    with zipfile.ZipFile(wheel) as archive:
        bundled = [Path(name).relative_to("pasvar/_bundle") for name in archive.namelist() if "/_bundle/" in name]
    assert {place for place in places if not any(file.is_relative_to(place) for file in bundled)} == set()


def test_the_commands_work_on_the_bundled_network(installed, tmp_path):
    from pasvar import __version__

    assert run(installed, tmp_path, "--version").stdout == f"pasvar {__version__}\n"
    assert "AATAAA" in run(installed, tmp_path, "predict", WINDOW).stdout
    effect = run(installed, tmp_path, "effect", WINDOW, WINDOW.replace("AATAAA", "AACAAA")).stdout
    assert float(effect.split("delta_logodds_narrow\t")[1].split("\n")[0]) < -2
    doctor = run(installed, tmp_path, "doctor")
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr


def test_the_workflow_runs_and_its_results_are_those_of_a_clone(installed, tmp_path, small_cohort, results):
    for file in (*small_cohort.glob("*.gz*"), small_cohort / "config.yaml"):
        (tmp_path / file.name).symlink_to(file.resolve())
    targets = ("results/scores.parquet", "results/gene_effects.parquet")
    done = run(installed, tmp_path, "run", "--", *targets, "--cores", "2", "--configfile", "config.yaml")
    assert done.returncode == 0, done.stderr
    found = contents(tmp_path / "results")
    assert found == {name: digest for name, digest in contents(results).items() if name in found}
    assert {"sites", "scores", "gene_effects"} <= set(found)
    # And two commands on its inputs and results.
    sites = run(
        *(installed, tmp_path, "sites", "--gtf", "chr20_1-4Mb.gtf.gz", "--fasta", "chr20_1-4Mb.fa.gz"),
        *("--out", "sites.parquet"),
    )
    assert "104 sites of 56 genes" in sites.stdout
    annotated = run(
        *(installed, tmp_path, "annotate", "--vcf", "first.vcf.gz", "--scores", "results/scores.parquet"),
        *("--out", "annotated.vcf.gz"),
    )
    assert "records annotated" in annotated.stdout, annotated.stderr


def test_without_snakemake_run_says_what_to_install(monkeypatch, capsys):
    from pasvar.cli import main, run as command

    monkeypatch.setattr(command, "find_spec", lambda name: None)
    assert main(["run", "--", "--cores", "2"]) == 1
    assert capsys.readouterr().err == (
        'pasvar: error: Snakemake is not installed; install it with: pip install "pasvar[workflow]"\n'
    )


def test_a_profile_of_pasvar_is_found_by_its_name(tmp_path, monkeypatch):
    from pasvar.cli.run import snakemake_command
    from pasvar.paths import PROFILES, SNAKEFILE

    monkeypatch.chdir(tmp_path)
    command = snakemake_command(["--profile", "slurm", "--dry-run"])
    assert command[1:] == [
        "-m",
        "snakemake",
        "--snakefile",
        str(SNAKEFILE),
        "--profile",
        f"{PROFILES}/slurm",
        "--dry-run",
    ]
    (tmp_path / "slurm").mkdir()
    assert "slurm" in snakemake_command(["--profile", "slurm"])
