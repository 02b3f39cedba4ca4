"""The small run that is interrupted: a part of the bundled example, with its sites, windows and alleles made, but nothing scored.

Every run begins from a copy of that state and makes `TARGETS`; what a run that nobody disturbs makes of it is what all others
must make, to the byte.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pysam

from cluster import EXAMPLE, command

TARGETS = [
    *(f"results/{name}.parquet" for name in ("scores", "haplotypes", "gene_effects", "tissue_effects", "new_sites")),
    *("results/samples.parquet", "results/genes.parquet", "results/genes.tsv", "results/annotated.vcf.gz"),
]
BEFORE = ["windows", "reference", "sites", "inputs", "model", "shards"]
"""What of results/ is there when a run begins."""

_MADE = (
    *("allele_scores", "candidate_scores", "haplotype_scores", "hit_saturation"),
    *("effects", "scores", "haplotypes", "gene_effects", "tissue_effects", "new_sites", "samples", "gene_carriers"),
)
"""What of a shard is made in a run; the rest is there."""

N_PEOPLE, LAST = 20, 1_400_000


def make_cohort(folder: Path) -> Path:
    """A VCF of few people and a part of the example's region."""
    folder.mkdir(parents=True)
    path = folder / "cohort.vcf.gz"
    with pysam.VariantFile(str(EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz")) as given:
        given.subset_samples(list(given.header.samples)[:N_PEOPLE])
        with pysam.VariantFile(str(path), "wz", header=given.header) as cut:
            for record in given.fetch("20", 0, LAST):
                cut.write(record)
    pysam.tabix_index(str(path), preset="vcf")
    return path


def words(directory: Path, vcf: Path, *arguments: object, **config: object) -> list[str]:
    """The command of a run, as documented: the same before and after whatever happens."""
    return command(directory, "--cores", 2, *arguments, *TARGETS, vcf=vcf, **config)


def environment() -> Mapping[str, str]:
    """No more threads than jobs."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def run(directory: Path, vcf: Path, *arguments: object, **config: object) -> subprocess.CompletedProcess[str]:
    """A run to its end, with what it says."""
    return subprocess.run(
        words(directory, vcf, *arguments, **config),
        capture_output=True,
        text=True,
        check=False,
        env=environment(),
        cwd=EXAMPLE.parents[1],
    )


def begin(directory: Path, vcf: Path, **config: object) -> subprocess.Popen[bytes]:
    """A run that goes on by itself, the first of its group of processes; its messages go to `said.log`."""
    with open(directory / "said.log", "ab") as log:
        return subprocess.Popen(
            words(directory, vcf, **config),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment(),
            cwd=EXAMPLE.parents[1],
            start_new_session=True,
        )


def unlock(directory: Path, vcf: Path) -> None:
    """As docs/reruns.md says of a run that was killed."""
    done = run(directory, vcf, "--unlock")
    assert done.returncode == 0, done.stderr


def strip(directory: Path) -> None:
    """Take away what a run is to make."""
    results = directory / "results"
    for path in results.iterdir():
        if path.name not in BEFORE:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (results / "shards").rglob("*"):
        if path.stem in _MADE:
            path.unlink()
    shutil.rmtree(directory / "store", ignore_errors=True)


def prepare(folder: Path) -> tuple[Path, Path]:
    """(a run that is to be copied, its VCF): finished once, then stripped."""
    vcf = make_cohort(folder / "input")
    directory = folder / "prepared"
    done = run(directory, vcf)
    assert done.returncode == 0, done.stderr[-3000:]
    strip(directory)
    return directory, vcf


def copy(prepared: Path, directory: Path) -> Path:
    """The same state elsewhere."""
    shutil.copytree(prepared, directory, symlinks=True, dirs_exist_ok=True)
    return directory


def contents(directory: Path) -> dict[str, bytes]:
    """Every file of results/ by its name, unfinished ones too."""
    results = directory / "results"
    return {str(path.relative_to(results)): path.read_bytes() for path in sorted(results.rglob("*")) if path.is_file()}


def differences(directory: Path, right: Mapping[str, bytes]) -> list[str]:
    """Names of files that are missing, other, or too many."""
    found = contents(directory)
    return sorted(name for name in {*found, *right} if found.get(name) != right.get(name))


def processes_in(directory: Path) -> list[psutil.Process]:
    """What still works in a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()) == directory and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


if __name__ == "__main__":
    print(*prepare(Path(sys.argv[1])), sep="\n")
