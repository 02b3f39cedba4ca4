"""Checks for frequent problems on clusters, before a long run: ``pasvar doctor --cluster``.

The result of each check is one line that says what was found and, if it is wrong, what to do. Nothing is changed: files
that are written to test a folder are removed, and no job is submitted (`sbatch --test-only`).
"""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from pasvar.errors import InputError, one_line, reading
from pasvar.files import require_file
from pasvar.paths import PROFILES, ROOT

OK, NOTE, BAD = "ok", "note", "WRONG"

HOME_MB, TEMPORARY_MB, RUN_MB = 50, 500, 2000
"""Disk space that must be free: for Snakemake's cache and the weights, for temporary files of programs, for a small
run."""

_SHARED = (
    "nfs",
    "lustre",
    "gpfs",
    "beegfs",
    "ceph",
    "glusterfs",
    "panfs",
    "wekafs",
    "fuse",
    "afs",
    "9p",
    "orangefs",
    "pvfs2",
)
_SECONDS = 30


class Check(NamedTuple):
    """verdict: OK, NOTE (worth knowing) or BAD. line: what was found and what to do."""

    verdict: str
    line: str


class Request(NamedTuple):
    """The largest requests of the rules to one partition: CPUs, memory (MB, of the first attempt), time (minutes),
    GPUs; None for Slurm's default partition and account. rule: the one that asks for most CPUs."""

    partition: str | None
    account: str | None
    cpus: int
    memory: int
    minutes: int
    gpus: int
    rule: str


def check_cluster(directory: str | Path, store: str | Path | None, profile: str | Path = "slurm") -> Iterator[Check]:
    """The checks, one after another. directory: of the run. store: config key `store`. profile: the name of a bundled
    profile, or a folder. Raises InputError if the profile cannot be read."""
    settings = read_profile(profile)
    yield from check_home(os.environ)
    yield check_folder("TMPDIR", tempfile.gettempdir(), TEMPORARY_MB, "export TMPDIR=/scratch/...", shared=None)
    yield check_folder("the run's folder", directory, RUN_MB, "choose another --directory", shared=True)
    if store is not None:
        place = Path(directory) / store
        yield check_folder("the store", place, RUN_MB, "name another folder with config key `store`", shared=True)
    yield check_clone(ROOT)
    yield check_conda()
    yield from check_slurm(settings)


def read_profile(profile: str | Path) -> dict[str, Any]:
    """The settings of a profile of Snakemake. Raises InputError if there is none."""
    bundled = PROFILES / profile / "config.yaml"
    path = Path(profile, "config.yaml") if Path(profile, "config.yaml").is_file() else bundled
    require_file(path, "profile")
    with reading(path, "a profile of Snakemake", "mend that line"):
        return yaml.safe_load(path.read_text()) or {}


def check_home(environment: Mapping[str, str]) -> Iterator[Check]:
    """HOME, and the folders in which programs keep their caches: Snakemake writes there in the job that starts all
    others."""
    home = environment.get("HOME")
    cache = environment.get("XDG_CACHE_HOME") or (f"{home}/.cache" if home else None)
    remedy = "export XDG_CACHE_HOME=/scratch/... (Snakemake keeps copies of scripts there, pasvar the weights)"
    if cache is None:
        yield Check(BAD, f"HOME and XDG_CACHE_HOME are not set; {remedy}")
        return
    yield check_folder("XDG_CACHE_HOME", cache, HOME_MB, remedy, shared=None)


def check_folder(what: str, folder: str | Path, needed_mb: int, remedy: str, shared: bool | None) -> Check:
    """Whether a file can be written, locked and renamed in a folder, and how much space is left.

    shared: whether nodes must see the folder; None if they need not. If the folder does not exist yet, its parent is
    checked.
    """
    place = Path(folder).absolute()
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryDirectory(prefix=".pasvar-doctor-", dir=place) as inside:
            _try_writing(Path(inside))
        free = shutil.disk_usage(place).free >> 20
    except OSError as error:
        return Check(BAD, f"{what} ({folder}): {error.strerror or error}; {remedy}")
    if free < needed_mb:
        return Check(
            BAD, f"{what} ({folder}): {free} MB are free, {needed_mb} MB are needed at least; make room or {remedy}"
        )
    kind = file_system(place)
    said = f"{what} ({folder}): writes, locks and renames; {free / 1024:.1f} GB free, {kind}"
    if shared and not kind.startswith(_SHARED):
        return Check(
            NOTE, f"{said}: is it the same folder on all nodes? Where it is a disk of this one alone, {remedy}"
        )
    return Check(OK, said)


def _try_writing(folder: Path) -> None:
    """The file operations of a run. Raises OSError, for example for a full disk, a quota or a file system without
    locks."""
    path = folder / "file"
    with path.open("wb") as file:
        file.write(bytes(1 << 20))
        file.flush()
        os.fsync(file.fileno())
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.replace(path, folder / "renamed")


def file_system(place: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of file system that a folder is on, by the mounts of Linux; `unknown` elsewhere."""
    try:
        lines = [line.split() for line in mounts.read_text().splitlines()]
    except OSError:
        return "unknown"
    place = place.resolve()
    kinds = {Path(at.replace("\\040", " ")): kind for _, at, kind, *_ in lines}
    return next((kinds[above] for above in (place, *place.parents) if above in kinds), "unknown")


def check_clone(clone: Path) -> Check:
    """Whether git works in the clone: it refuses a clone of another owner, and then a report names no commit."""
    if not (clone / ".git").exists():
        return Check(OK, f"{clone}: an installed package, no clone")
    done = _run("git", "-C", str(clone), "rev-parse", "--short", "HEAD")
    if done is None:
        return Check(NOTE, "git is not there; results do not name the commit of pasvar")
    if done.returncode == 0:
        return Check(OK, f"{clone}: commit {done.stdout.strip()}")
    if "dubious ownership" in done.stderr:
        remedy = f"git config --global --add safe.directory {clone}"
        return Check(
            NOTE, f"{clone}: belongs to somebody else, and git refuses it (`snakemake --archive` fails); {remedy}"
        )
    return Check(
        NOTE, f"{clone}: git does not answer ({one_line(done.stderr)}); results do not name the commit of pasvar"
    )


def check_conda() -> Check:
    """conda is needed only with `--sdm conda`."""
    done = _run("conda", "--version")
    if done is None or done.returncode:
        return Check(NOTE, "conda is not found; only `--sdm conda` needs it: module load conda, or do without")
    return Check(OK, f"{done.stdout.strip()}, for `--sdm conda`")


def requests(profile: Mapping[str, Any]) -> list[Request]:
    """The requests of the rules of a profile, one per partition, account and number of GPUs. Training is left out,
    because a run only trains on request."""
    threads, defaults = profile.get("set-threads", {}), profile.get("default-resources", {})
    by_rule = profile.get("set-resources", {})
    found: dict[tuple, Request] = {}
    for rule in sorted({*threads, *by_rule, "all others"} - {"train_model"}):
        asked = {**defaults, **by_rule.get(rule, {})}
        partition, account = asked.get("slurm_partition"), asked.get("slurm_account")
        gpus = int(asked.get("gpu", 0) or 0)
        cpus, memory = _number(threads.get(rule, 1)), _number(asked.get("mem_mb", 1000))
        request = Request(partition, account, cpus, memory, _number(asked.get("runtime", 60)), gpus, rule)
        key = partition, account, gpus
        if before := found.get(key):
            more = max(before, request, key=lambda each: each.cpus)
            request = more._replace(
                memory=max(before.memory, request.memory), minutes=max(before.minutes, request.minutes)
            )
        found[key] = request
    return list(found.values())


def _number(value: object) -> int:
    """4 for `4`, 2000 for `attempt * 2000`: the value of the first attempt."""
    numbers = re.findall(r"\d+", str(value))
    return int(numbers[0]) if numbers else 1


def check_slurm(profile: Mapping[str, Any]) -> Iterator[Check]:
    """Slurm, its nodes, and whether it would accept the jobs of a profile."""
    if profile.get("executor") != "slurm":
        yield Check(
            NOTE, f"the profile's executor is {profile.get('executor', 'this machine')}: Slurm is not looked at"
        )
        return
    try:
        yield Check(OK, f"snakemake-executor-plugin-slurm {version('snakemake-executor-plugin-slurm')}")
    except PackageNotFoundError:
        yield Check(
            BAD, "snakemake-executor-plugin-slurm is not installed; pip install snakemake-executor-plugin-slurm"
        )
    nodes = _run("sinfo", "--noheader", "--format=%R|%c|%m|%t")
    if nodes is None:
        yield Check(BAD, "sinfo is not found: this is no node of a Slurm cluster, or `module load slurm` is missing")
        return
    if nodes.returncode:
        yield Check(
            BAD, f"sinfo: {one_line(nodes.stderr)}; ask whether Slurm's controller is up, and look at SLURM_CONF"
        )
        return
    yield from check_nodes(profile, nodes.stdout)
    for request in requests(profile):
        yield check_submission(request)
    yield from check_preemption(profile)


def check_nodes(profile: Mapping[str, Any], sinfo: str) -> Iterator[Check]:
    """Whether some node has the CPUs and the memory that the rules request. sinfo: lines `partition|CPUs|MB|state`."""
    sizes: dict[str, list[tuple[int, int]]] = {}
    for line in sinfo.split():
        partition, *size = line.split("|")
        sizes.setdefault(partition, []).append((_number(size[0]), _number(size[1])))
    if not sizes:
        yield Check(BAD, "sinfo names no node; ask which partitions you may use")
        return
    for request in requests(profile):
        name = request.partition
        there = sizes.get(name, []) if name else [size for each in sizes.values() for size in each]
        if not there:
            known = ", ".join(sorted(sizes))
            yield Check(
                BAD, f"partition {name}: not in Slurm, which has {known}; edit `slurm_partition` of the profile"
            )
            continue
        cpus, memory = max(size[0] for size in there), max(size[1] for size in there)
        where = f"partition {name}" if name else "the nodes"
        if request.cpus > cpus:
            yield Check(
                BAD,
                f"{where}: {request.rule} asks for {request.cpus} CPUs and the largest node has {cpus}: such jobs never start; "
                f"set {cpus} under `set-threads` of the profile",
            )
        elif request.memory > memory:
            yield Check(
                BAD,
                f"{where}: a rule asks for {request.memory} MB and the largest node has {memory} MB: such jobs never start; "
                "lower `mem_mb` in the profile",
            )
        else:
            yield Check(
                OK, f"{where}: up to {cpus} CPUs and {memory} MB a node; asked: {request.cpus} and {request.memory}"
            )


def check_submission(request: Request) -> Check:
    """Whether Slurm would accept such a job: partition, account, limits. Nothing is submitted."""
    options = {"partition": request.partition, "account": request.account, "gpus": request.gpus or None}
    options |= {"cpus-per-task": request.cpus, "mem": request.memory, "time": request.minutes}
    words = [f"--{name}={value}" for name, value in options.items() if value is not None]
    done = _run("sbatch", "--test-only", *words, "--wrap=true")
    asked = " ".join(words)
    if done is None:
        return Check(BAD, "sbatch is not found: jobs cannot be submitted from here; start the run on a login node")
    answer = one_line(done.stderr or done.stdout).removeprefix("sbatch: ").removeprefix("allocation failure: ")
    if done.returncode:
        return Check(BAD, f"sbatch {asked}: {answer}; edit partition, account and limits in the profile")
    return Check(OK, f"sbatch {asked}: would start")


def check_preemption(profile: Mapping[str, Any]) -> Iterator[Check]:
    """Whether jobs may be removed from their nodes for other jobs, and whether they then start again."""
    done = _run("scontrol", "show", "config")
    if done is None or done.returncode:
        return
    config = dict(re.findall(r"^(\w+)\s*= (.*?)\s*$", done.stdout, re.MULTILINE))
    mode, requeue = config.get("PreemptMode", "OFF"), config.get("JobRequeue", "1")
    if mode.upper() in ("OFF", "GANG"):
        yield Check(OK, f"PreemptMode {mode}: no job is taken off its node for another")
    elif profile.get("slurm-requeue"):
        yield Check(OK, f"PreemptMode {mode}: jobs that lose their node are queued again (`slurm-requeue`)")
    else:
        yield Check(
            NOTE,
            f"PreemptMode {mode}, JobRequeue {requeue}: a job may lose its node to another, and counts as failed; "
            "add `slurm-requeue: true` to the profile, or raise `retries`",
        )


def _run(*words: str) -> subprocess.CompletedProcess[str] | None:
    """The output of a program; None if there is no such program or no answer within 30 s."""
    try:
        return subprocess.run(
            words, capture_output=True, text=True, check=False, timeout=_SECONDS, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return None


def store_of(configfile: str | Path | None) -> str | None:
    """Config key `store` of a configuration file; its default if the file does not have it."""
    from pasvar.config_schema import read_config, read_schema

    config = read_config(configfile) if configfile else {}
    store = config.get("store", read_schema()["properties"]["store"]["default"])
    if store is not None and not isinstance(store, str):
        raise InputError(f"{configfile}: config key `store` is {store!r}; expected the name of a folder, or null")
    return store
