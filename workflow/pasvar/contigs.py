"""Contig names: the FASTA's are the project's, and the names of other files are matched to them."""

import re
from collections.abc import Iterable

_MITOCHONDRION = {"M", "MT"}


def _key(name: str) -> str:
    """What two spellings of one contig share: chr1 and 1, chrM and MT."""
    bare = name[3:] if name[:3].lower() == "chr" else name
    return "MT" if bare.upper() in _MITOCHONDRION else bare


class ContigNames:
    """Finds the FASTA's name for the contig that another file may spell with or without `chr`."""

    def __init__(self, fasta_names: Iterable[str]):
        self.names = list(fasta_names)
        self._exact = set(self.names)
        self._by_key: dict[str, list[str]] = {}
        for name in self.names:
            self._by_key.setdefault(_key(name), []).append(name)

    def match(self, name: str) -> str | None:
        """The FASTA's name for `name`: the same one, else the only one that differs in `chr` or M/MT alone, else None."""
        if name in self._exact:
            return name
        candidates = self._by_key.get(_key(name), [])
        return candidates[0] if len(candidates) == 1 else None

    def table(self, names: Iterable[str]) -> dict[str, str]:
        """The matches of `names`, by name, without those that have none."""
        return {name: matched for name in names if (matched := self.match(name)) is not None}


def ucsc_name(name: str) -> str | None:
    """What UCSC's browser calls a contig: chr20 for 20, chrM for MT; None for a scaffold that is not named as UCSC does."""
    if name.startswith("chr") and name != "chrMT":
        return name
    key = _key(name)
    if key == "MT":
        return "chrM"
    return f"chr{key}" if re.fullmatch(r"[1-9]\d?[A-Z]?|[XYZW]", key) else None


def shorten(names: Iterable[str], most: int = 5) -> str:
    """A few of `names` for a message: "1, 2, 3 and 22 more"."""
    names = list(names)
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
