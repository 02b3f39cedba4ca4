"""What Snakemake's own part costs for a cohort in thousands of shards: a dry run, and the same command when all is done.

`python -m bench.dag SHARDS [VCFS]`: CPU seconds and peak MB of each, and the number of files. Nothing is computed: the state of a
finished run is made of files that hold their names, and of Snakemake's own notes on them.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

from bench.growth import _example, _measure
from pasvar.paths import ROOT

VCF = ROOT / "resources" / "example" / "EUR503.chr20_1-4Mb.vcf.gz"


def costs(folder: Path, n_shards: int, n_vcfs: int = 1) -> dict[str, tuple[float, float]]:
    """(CPU seconds, peak MB) of the dry run of everything, and of the one of a finished run, in a folder that is empty."""
    command = _command(folder, n_shards, n_vcfs)
    found = {"dry run": _measure([sys.executable, "-m", "snakemake", *command, "--dry-run"])}
    _measure([sys.executable, "-m", "bench.dag", "finish", *command, "--touch", "--cores", str(n_shards)])
    return found | {"nothing to do": _measure([sys.executable, "-m", "snakemake", *command, "--dry-run"])}


def files(folder: Path, n_shards: int) -> dict[str, float]:
    """Files of a shard, on average, that are there when all is done: tables and logs; and Snakemake's notes on the tables."""
    of_shards = [path for part in ("results", "logs") for path in (folder / part).rglob(f"*-of-{n_shards}*")]
    inside = [path for place in of_shards for path in (place.rglob("*") if place.is_dir() else [place])]
    notes = [path for path in (folder / ".snakemake" / "metadata").rglob("*") if path.is_file()]
    return {"files of a shard": len(inside) / n_shards, "notes": len(notes) / n_shards}


def _command(folder: Path, n_shards: int, n_vcfs: int) -> list[str]:
    config = _example(str(folder))
    command = ["--quiet", "all", "--directory", str(folder), "--configfile", config, "--config", f"shards={n_shards}"]
    if n_vcfs > 1:
        (folder / "vcfs").mkdir()
        for i in range(n_vcfs):
            for suffix in ("", ".tbi"):
                (folder / f"vcfs/{i}.vcf.gz{suffix}").symlink_to(f"{VCF}{suffix}")
        command.append(f"vcf={folder}/vcfs/{{chrom}}.vcf.gz")
    return command


def _finish(arguments: list[str], n_shards: int) -> None:
    """Run `snakemake --touch`, which makes what is not there."""
    from snakemake.cli import main
    from snakemake.executors import touch

    run_job = touch.Executor.run_job

    def make_and_touch(self: touch.Executor, job) -> None:
        for output in job.output:
            path = Path(output)
            path.parent.mkdir(parents=True, exist_ok=True)
            if output.is_directory:
                path.mkdir(exist_ok=True)
            else:
                path.write_text(_files_of_shards(job, n_shards) if path.name == "files.json" else str(output))
        for log in job.log:
            Path(log).parent.mkdir(parents=True, exist_ok=True)
            Path(log).write_text(log)
        run_job(self, job)

    touch.Executor.SLEEPING_TIME = 0
    touch.Executor.run_job = make_and_touch
    main(arguments)


def _files_of_shards(job, n_shards: int) -> str:
    vcfs = list(job.input.vcf)
    return json.dumps([vcfs[i * len(vcfs) // n_shards :][:1] for i in range(n_shards)])


if __name__ == "__main__":
    if sys.argv[1] == "finish":
        n = next(int(word.removeprefix("shards=")) for word in sys.argv if word.startswith("shards="))
        _finish(sys.argv[2:], n)
    else:
        numbers = list(map(int, sys.argv[1:]))
        place = Path(tempfile.mkdtemp())
        try:
            print(numbers, costs(place, *numbers), files(place, numbers[0]))
        finally:
            shutil.rmtree(place)
