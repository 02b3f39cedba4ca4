"""Digest of the code that makes a result, so that results follow the code. Only the standard library is imported."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_LIBRARY = Path(__file__).parent


def code_digest(script: str | Path, others: Iterable[str | Path] = ()) -> str:
    """Digest of a script, of the pasvar modules that it imports, directly or through one another, and of `others` (templates).

    As a param of a rule it makes Snakemake run the rule anew when one of them has changed: by itself Snakemake does not see
    the modules, and takes a script for changed that a fresh clone has only written anew.
    """
    return files_digest([script, *sorted(library_modules(script)), *others])


def files_digest(paths: Iterable[str | Path]) -> str:
    """Digest of the names and contents of files, wherever they lie."""
    digest = hashlib.sha256()
    for path in map(Path, paths):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def library_modules(script: str | Path) -> set[Path]:
    """Files of the pasvar modules that a script imports, directly or through one another."""
    modules: set[Path] = set()
    waiting = [Path(script)]
    while waiting:
        for module in _imported(waiting.pop()) - modules:
            modules.add(module)
            waiting.append(module)
    return modules


def _imported(path: Path) -> set[Path]:
    """Files of the pasvar modules that one file imports."""
    found = set()
    for name in _names(path.read_bytes()):
        place = _LIBRARY.joinpath(*name.split(".")[1:])
        found |= {file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()}
    return found


@cache
def _names(source: bytes) -> frozenset[str]:
    """What a source imports of pasvar, as dotted names. Every rule asks for the modules that all share."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(name for name in names if name.split(".")[0] == "pasvar")
