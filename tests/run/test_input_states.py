"""Inputs that are replaced while a run goes on, or by older files between runs."""

import os
from pathlib import Path

import pytest

from pasvar.errors import InputError
from pasvar.run.input_states import check_inputs, check_planned, write_plan


@pytest.fixture
def plan(tmp_path):
    vcf = tmp_path / "cohort.vcf.gz"
    vcf.write_text("first")
    Path(f"{vcf}.tbi").write_text("index")
    path = tmp_path / "results/inputs/plan.json"
    write_plan([str(vcf)], path)
    return vcf, path


def test_what_did_not_change_passes(plan):
    vcf, path = plan
    check_inputs([str(vcf)], path)
    check_inputs(None, path)
    check_planned([str(vcf)], path)


def test_a_run_without_a_plan_and_files_that_it_does_not_name_pass(plan, tmp_path):
    vcf, path = plan
    check_inputs([str(vcf)], tmp_path / "none.json")
    check_inputs([str(tmp_path / "results/scores.parquet")], path)


def keep_time(path: Path, write) -> None:
    """What `cp --preserve` does."""
    before = path.stat()
    write()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("index", [False, True])
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("longer", r"\(5 bytes before, 6 now, written 20.* before, 20.* now\)"),
        ("same size", r"\(written 20.* before, 20.* now\)"),
        ("same time", r"\(5 bytes before, 6 now\)"),
        ("same size and time", r"\(another file took its place\)"),
        ("gone", r"\(it is gone\)"),
    ],
)
def test_what_changed_is_said(plan, index, change, said):
    vcf, path = plan
    file = Path(f"{vcf}.tbi") if index else vcf
    match change:
        case "longer":
            file.write_text("second")
            os.utime(file, ns=(0, 2_000_000_000_000_000_000))
        case "same size":
            os.utime(file, ns=(0, 2_000_000_000_000_000_000))
        case "same time":
            keep_time(file, lambda: file.write_text("second"))
        case "same size and time":
            other = file.with_name("other")
            other.write_text("other")
            os.utime(other, ns=(0, file.stat().st_mtime_ns))
            other.replace(file)
        case "gone":
            file.unlink()
    with pytest.raises(InputError, match=rf"{file.name}: changed during the run {said}.* touch .*{file.name}"):
        check_inputs([str(vcf)], path)
    with pytest.raises(InputError, match="changed during the run"):
        check_inputs(None, path)


def test_a_newer_file_between_runs_is_snakemakes_matter_and_an_older_one_is_not(plan):
    vcf, path = plan
    vcf.write_text("older")
    os.utime(vcf, ns=(0, 1_000_000_000_000_000_000))
    with pytest.raises(
        InputError, match=r"cohort\.vcf\.gz: was replaced by a file that is older than the results .*: touch"
    ):
        check_planned([str(vcf)], path)
    os.utime(vcf, ns=(0, 4_000_000_000_000_000_000))
    check_planned([str(vcf)], path)
