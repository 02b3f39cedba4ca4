"""What every download has in common: where it is kept, whether it is allowed, and why it failed."""

import os
from pathlib import Path


def default_cache() -> Path:
    """$PASVAR_CACHE, else pasvar's folder in the user's cache ($XDG_CACHE_HOME, else ~/.cache)."""
    if "PASVAR_CACHE" in os.environ:
        return Path(os.environ["PASVAR_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pasvar"


def offline() -> bool:
    """Whether the user forbade downloads, by the switch that the Hugging Face tools know."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in {"1", "ON", "YES", "TRUE"}


def failure_reason(error: OSError) -> str:
    """Why a download failed, in one line; what urllib3 says of a missing network is several, and names all twice."""
    from requests import ConnectionError

    return "no connection to the network" if isinstance(error, ConnectionError) else " ".join(str(error).split())
