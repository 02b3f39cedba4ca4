"""A real Slurm cluster of three nodes on this machine, which the developers' tools start, and the workflow on it."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pasvar.paths import ROOT as REPOSITORY

EXAMPLE = REPOSITORY / "resources" / "example"
PROFILE = REPOSITORY / "workflow" / "profiles" / "slurm" / "config.yaml"
TOOLS = REPOSITORY.parent / "shared" / "tools" / "slurm"

needed = [
    pytest.mark.skipif(shutil.which("sbatch") is None, reason="needs Slurm (Debian packages slurm-wlm and munge)"),
    pytest.mark.skipif(not TOOLS.exists(), reason="needs the developers' shared folder, which starts the cluster"),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to start the cluster"),
]


def edited_profile(
    folder: Path, cpu: str = "cpu", gpu: str = "gpu", groups: int | None = None, form: str = "gpu: 1"
) -> Path:
    """The folder of a Slurm profile as a user would leave it: the lines to edit uncommented and edited.

    form: what stands in place of `gpu: 1`. groups: shards per group, None leaves the lines of the groups as they are. The
    account stays out: a cluster without accounting has none.
    """
    text = PROFILE.read_text().replace("gpu: 1\n    # Or", f"{form}\n    # Or")
    single, grouped = text.split("\n#: groups:")
    single = single.replace("  #: slurm_account: my_account\n", "").replace("#: ", "")
    grouped = "\n#: groups:" + grouped
    if groups is not None:
        grouped = re.sub(r"(\w+): 20\b", rf"\1: {groups}", grouped).replace("cores: 8", "cores: 4").replace("#: ", "")
    folder.mkdir(parents=True, exist_ok=True)
    names = single.replace("my_cpu_partition", cpu).replace("my_gpu_partition", gpu)
    (folder / "config.yaml").write_text(names + grouped)
    return folder


class Cluster:
    """A running cluster; commands of Slurm find it through `environment`."""

    def __init__(self, folder: Path, port: int):
        self.folder = folder
        self.environment = {
            **os.environ,
            "SLURM_CONF": str(folder / "etc" / "slurm.conf"),
            "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
            "OMP_NUM_THREADS": "1",
            "SLURM_LOCAL_NO_ETC": "1",
            "SLURM_LOCAL_PORT": str(port),
        }

    def command(self, *words: object, check: bool = True) -> str:
        """What a command prints, of Slurm for example."""
        done = subprocess.run(
            [str(word) for word in words], env=self.environment, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, done.stderr
        return done.stdout

    def jobs(self, directory: Path) -> list[dict[str, str]]:
        """Every job of the runs in `directory` that has ended, with its state, partition and the like."""
        history = self.folder / "log" / "jobcomp.txt"
        lines = history.read_text().splitlines() if history.exists() else []
        jobs = [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]
        return [job for job in jobs if job["WorkDir"] == str(directory)]

    def start(
        self, directory: Path, *arguments: object, profile: Path | str = "slurm", **config: object
    ) -> subprocess.Popen:
        """Snakemake with a Slurm profile in `directory`; its messages go to `directory`/snakemake.log."""
        directory.mkdir(parents=True, exist_ok=True)
        words = ["--profile", profile, "--latency-wait", 20]
        # The defaults are for clusters that many people share.
        words += ["--slurm-init-seconds-before-status-checks", 4, "--max-status-checks-per-second", 10]
        with open(directory / "snakemake.log", "a") as log:
            return subprocess.Popen(
                command(directory, *words, *arguments, **config),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Tests that a shell runs in the background ignore interrupts, and so would what they start.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
                cwd=REPOSITORY,
            )

    def run(self, directory: Path, *arguments: object, timeout: float = 1200, **options: object) -> str:
        """As `start`, to its end, which must be a good one; returns the messages."""
        process = self.start(directory, *arguments, **options)
        code = process.wait(timeout)
        log = (directory / "snakemake.log").read_text()
        assert code == 0, log[-3000:]
        return log


def command(directory: Path, *arguments: object, **config: object) -> list[str]:
    """The words that run the workflow on the example, with the bundled network."""
    settings = {
        "fasta": EXAMPLE / "chr20_1-4Mb.fa.gz",
        "gtf": EXAMPLE / "chr20_1-4Mb.gtf.gz",
        "vcf": EXAMPLE / "EUR503.chr20_1-4Mb.vcf.gz",
        "model": "aparent2-mini",
        "shards": 2,
        "report_genes": 2,
        "report_variants": 1,
    } | config
    words = [sys.executable, "-m", "snakemake", "--snakefile", REPOSITORY / "Snakefile", "--directory", directory]
    words += [*arguments, "--config", *(f"{key}={value}" for key, value in settings.items())]
    return [str(word) for word in words]


def run_here(directory: Path, *arguments: object, **config: object) -> subprocess.CompletedProcess:
    """The same workflow without a cluster, on two cores."""
    return subprocess.run(
        command(directory, "--cores", 2, *arguments, **config),
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A separate cluster, whatever other clusters there are on this machine."""
    cluster = Cluster(folder, _free_port())
    folder.mkdir(parents=True, exist_ok=True)
    # Its daemons outlive the command, so its output goes to a file: they would hold a pipe open.
    with open(folder / "start.log", "w") as log:
        subprocess.run(["bash", TOOLS / "start", folder], check=True, stdout=log, stderr=log, env=cluster.environment)
    try:
        yield cluster
    finally:
        subprocess.run(["bash", TOOLS / "stop", folder], check=True, capture_output=True, env=cluster.environment)


def _free_port() -> int:
    """The first of the ports that the cluster takes: four for its daemons, and some more for srun."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return 20000 + probe.getsockname()[1] % 300 * 100
