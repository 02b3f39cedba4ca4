"""From what the user calls a model to a file or directory on this machine: bundled, given, cached or downloaded."""

import logging
import re
from functools import partial
from pathlib import Path

from pasvar.downloads import default_cache, failure_reason, offline
from pasvar.errors import InputError
from pasvar.files import file_sha256
from pasvar.model.checkpoint import RELEASED_SHA256
from pasvar.paths import BUNDLED_MODELS

log = logging.getLogger(__name__)


_COMMIT = "a745736a4d9fbe411d1869200f2596a02f875532"
_FILE = "aparent_all_libs_resnet_no_clinvar_wt_ep_5_var_batch_size_inference_mode_no_drop.h5"
RELEASED_URL = f"https://raw.githubusercontent.com/johli/aparent-resnet/{_COMMIT}/saved_models/{_FILE}"
"""The authors' released network (MIT licence), at a fixed commit."""

RETRIES = 3

WEIGHTS_FILE = "model.safetensors"
FILES = ("config.json", WEIGHTS_FILE)
"""What is fetched from Hugging Face."""

_HUGGING_FACE_ID = re.compile(r"(?P<id>[\w.-]+/[\w.-]+)(@(?P<revision>[\w.-]+))?")


def resolve_model(model: str, cache_dir: Path | None = None) -> Path:
    """Where the weights of `model` lie: a file or directory for `load_checkpoint`.

    `model` is, in this order: the name of a bundled model, an existing path, ``aparent2`` (the authors' released file),
    or a Hugging Face id ``owner/name@revision``. Downloads are kept in `cache_dir` (default: `default_cache`), and used
    only with the expected sha256. An id without ``@revision`` is pinned when it is first fetched.
    Raises InputError, one line, saying what to do where there is no such model.
    """
    bundled = BUNDLED_MODELS / model
    if re.fullmatch(r"[\w.-]+", model) and (bundled / "config.json").is_file():
        return bundled
    if Path(model).exists():
        return Path(model)
    cache = cache_dir or default_cache()
    if model == "aparent2":
        return _released(cache / _FILE)
    if match := _HUGGING_FACE_ID.fullmatch(model):
        return _hugging_face(match["id"], match["revision"], cache)
    raise InputError(
        f"model {model!r}: not a bundled model ({', '.join(bundled_models()) or 'none'}), not an existing path, "
        "not aparent2, and not a Hugging Face id owner/name@revision"
    )


def bundled_models() -> list[str]:
    """Names of the models that come with this copy of pasvar."""
    return sorted(path.parent.name for path in BUNDLED_MODELS.glob("*/config.json"))


def _released(path: Path) -> Path:
    if path.is_file():
        sha256 = file_sha256(path)
        if sha256 == RELEASED_SHA256:
            return path
        log.warning("%s: damaged (sha256 %s, expected %s); fetching it again", path, sha256, RELEASED_SHA256)
    by_hand = (
        f"fetch {RELEASED_URL} (sha256 {RELEASED_SHA256}) elsewhere and put it at {path}, or set model to its path"
    )
    if offline():
        raise InputError(f"model aparent2 is not on this machine and HF_HUB_OFFLINE forbids downloads: {by_hand}")
    try:
        download(RELEASED_URL, path, RELEASED_SHA256)
    except OSError as error:  # every error of requests is one
        raise InputError(f"model aparent2 could not be downloaded ({failure_reason(error)}): {by_hand}") from error
    return path


def download(url: str, path: Path, sha256: str) -> None:
    """Fetch `url` to `path`, which appears only when complete and with the right `sha256`.

    A broken transfer is continued by the next call. Processes that ask for the same file wait for one another.
    Raises OSError (requests' own, or where the checksum is wrong).
    """
    from filelock import FileLock

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".part")
    with FileLock(path.with_name(path.name + ".lock")):
        if path.is_file() and file_sha256(path) == sha256:
            return
        _continue_download(url, partial)
        if (found := file_sha256(partial)) != sha256:
            partial.unlink()
            raise OSError(f"{url}: what arrived has sha256 {found}, expected {sha256}")
        partial.replace(path)


def _continue_download(url: str, partial: Path) -> None:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry

    done = partial.stat().st_size if partial.exists() else 0
    with requests.Session() as session:
        session.mount(
            url, HTTPAdapter(max_retries=Retry(RETRIES, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504)))
        )
        headers = {"Range": f"bytes={done}-", "Accept-Encoding": "identity"} if done else {}
        with session.get(url, headers=headers, stream=True, timeout=30) as answer:
            if answer.status_code == requests.codes.requested_range_not_satisfiable:
                return  # it is already complete; the checksum decides
            answer.raise_for_status()
            resumes = answer.status_code == requests.codes.partial_content
            with partial.open("ab" if resumes else "wb") as file:
                for chunk in answer.iter_content(1 << 16):
                    file.write(chunk)


def _hugging_face(model: str, revision: str | None, cache: Path) -> Path:
    """The snapshot's directory. Only config.json and model.safetensors are fetched: no format that could carry code.

    Without a revision the newest one is fetched, once: after that it is what the cache holds, so that neither the jobs of a
    run nor one run and the next can get different weights. Its commit is part of the path, from which tables know it.
    """
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        snapshot = _snapshot(model, revision, cache)
    except (OSError, HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise InputError(
            f"model {model}: not on this machine and could not be fetched from Hugging Face "
            f"({' '.join(str(error).split())}): copy its config.json and model.safetensors into a directory and set model to it"
        ) from error
    # large files are kept under their sha256, as the hub states it
    weights = (snapshot / WEIGHTS_FILE).resolve()
    if re.fullmatch("[0-9a-f]{64}", weights.name) and (found := file_sha256(weights)) != weights.name:
        raise InputError(f"{weights}: damaged: its sha256 is {found}; remove it and run again")
    if revision is None:
        log.warning(
            "model %s: no revision given; for the same weights everywhere write %s@%s", model, model, snapshot.name
        )
    return snapshot


def _snapshot(model: str, revision: str | None, cache: Path) -> Path:
    """Raises OSError or one of huggingface_hub's errors."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    fetch = partial(snapshot_download, model, revision=revision, cache_dir=cache / "huggingface", allow_patterns=FILES)
    try:
        here = Path(fetch(local_files_only=True))
    except LocalEntryNotFoundError:
        if offline():
            raise
    else:
        if offline() or all((here / file).is_file() for file in FILES):
            return here
    return Path(fetch())
