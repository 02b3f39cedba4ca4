"""Digest of the code that makes a result, so that results follow the code. Only the standard library is imported."""

import ast
import hashlib
from pathlib import Path

_LIBRARY = Path(__file__).parent


def code_digest(script: str | Path) -> str:
    """Digest of the pasvar modules that a script imports, directly or through one another.

    As a param of a rule it makes Snakemake run the rule anew when one of its modules has changed, which it does not see by
    itself. (The script's own text it does see.)
    """
    digest = hashlib.sha256()
    for module in sorted(library_modules(script)):
        digest.update(str(module.relative_to(_LIBRARY)).encode() + b"\0" + module.read_bytes())
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
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    found = set()
    for name in names:
        parts = name.split(".")
        if parts[0] == "pasvar":
            place = _LIBRARY.joinpath(*parts[1:])
            found |= {file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()}
    return found
