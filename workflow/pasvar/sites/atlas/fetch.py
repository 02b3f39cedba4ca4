"""Atlases known by name: fetched once, to the shared cache, and checked from then on."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pasvar.downloads import default_cache, failure_reason, offline
from pasvar.errors import InputError
from pasvar.files import whole

_TIMEOUT = 60
"""Seconds without an answer."""


def fetch_atlas(source: Mapping, cache_dir: Path | None = None) -> tuple[Path, dict]:
    """The file of a known atlas, and the record of its download: name, url, sha256, n_bytes, fetched, assembly.

    source: `name` and the entry in `resources/atlases.yaml`. cache_dir: default `downloads.default_cache`. The download
    must have the sha256 of `source`. If `source` has none, it must have the sha256 of the first download, which is
    recorded in the same folder. Processes that need the same atlas wait for each other. Raises InputError (one line,
    which says what to do) if the atlas cannot be fetched or is a different file than before.
    """
    from filelock import FileLock

    file = (cache_dir or default_cache()) / "atlases" / source["name"] / Path(source["url"]).name
    record_path = file.with_name("download.json")
    file.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(file.with_name("download.lock")):
        record = json.loads(record_path.read_text()) if record_path.is_file() else {}
        _retrieve(source, file, source.get("sha256") or record.get("sha256"), record_path)
        if not record:
            record = _describe(source, file)
            with whole(record_path) as temporary:
                temporary.write_text(json.dumps(record, indent=1) + "\n")
        return _unpacked(file, source.get("member")), record


def _retrieve(source: Mapping, file: Path, sha256: str | None, record_path: Path) -> None:
    """Make sure that the file with this sha256 is there; if no sha256 is known yet, accept any content."""
    import pooch

    by_hand = f"fetch {source['url']} elsewhere and put it at {file}, or give the path of the file itself under `atlas`"
    if offline() and not file.is_file():
        raise InputError(
            f"atlas {source['name']} is not on this machine and HF_HUB_OFFLINE forbids downloads: {by_hand}"
        )
    pooch.get_logger().setLevel("WARNING")
    try:
        downloader = pooch.HTTPDownloader(timeout=_TIMEOUT)
        pooch.retrieve(source["url"], sha256, file.name, file.parent, downloader=downloader)
    except OSError as error:  # every error of requests is one
        if getattr(error, "response", None) is not None:
            error.response.close()  # type: ignore[attr-defined]  # pooch leaves it open
        raise InputError(
            f"atlas {source['name']} could not be downloaded ({failure_reason(error)}): {by_hand}"
        ) from error
    except ValueError as error:  # of pooch, where the sha256 is another
        raise InputError(
            f"atlas {source['name']}: {source['url']} has another content than sha256 {sha256}; give the path of a file under "
            f"`atlas`, or, where the new content is wanted and {record_path} alone has the old sha256, remove that file"
        ) from error


def _describe(source: Mapping, file: Path) -> dict:
    import pooch

    return {
        "name": source["name"],
        "url": source["url"],
        "sha256": pooch.file_hash(str(file)),
        "n_bytes": file.stat().st_size,
        "fetched": datetime.now(UTC).isoformat(timespec="seconds"),
        "assembly": source["assembly"],
    }


def _unpacked(file: Path, member: str | None) -> Path:
    """The member of an archive, unpacked in the same folder; the file itself if no member is given."""
    import pooch

    return Path(pooch.Unzip(members=[member])(str(file), "fetch", None)[0]) if member else file
