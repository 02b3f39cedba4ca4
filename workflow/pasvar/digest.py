"""Digest of the code that makes a result, so that results follow the code. Only the standard library is imported."""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from pasvar.paths import LIBRARY


def code_digest(script: str | Path, others: Iterable[str | Path] = ()) -> str:
    """Digest of a script, of the pasvar modules that it imports, directly or through one another, and of `others` (templates).

    As a param of a rule it makes Snakemake run the rule again when one of them has changed: by itself Snakemake does not see
    the modules, and takes a script for changed that a fresh clone has only written again. Comments, docstrings and layout of
    Python code do not count. The numbers in a JSON file next to a module do.
    """
    modules = sorted(library_modules(script))
    numbers = sorted({file for module in modules for file in module.parent.glob("*.json")})
    return files_digest([script, *modules, *numbers, *others])


def files_digest(paths: Iterable[str | Path]) -> str:
    """Digest of the names and contents of files, wherever they lie; of Python files what the interpreter makes of them."""
    digest = hashlib.sha256()
    for path in map(Path, paths):
        content = path.read_bytes()
        counted = _read_source(content)[0] if path.suffix == ".py" else content
        digest.update(path.name.encode() + b"\0" + counted + b"\0")
    return digest.hexdigest()[:16]


def library_modules(script: str | Path) -> set[Path]:
    """Files of the pasvar modules that a script imports, directly or through one another."""
    modules: set[Path] = set()
    waiting = [Path(script)]
    while waiting:
        path = waiting.pop()
        found = {file for name in _read_source(path.read_bytes())[1] for file in _files_of(name)}
        waiting += found - modules
        modules |= found
    return modules


def _files_of(name: str) -> set[Path]:
    """Files of what is imported as `name`: a module, or what a room's face takes from one of its modules."""
    parts = name.split(".")[1:]
    place = LIBRARY.joinpath(*parts)
    found = {file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()}
    if not found and len(parts) == 2:
        face = LIBRARY / parts[0] / "__init__.pyi"
        module = _read_face(face.read_bytes()).get(parts[1]) if face.is_file() else None
        found = _files_of(f"pasvar.{parts[0]}.{module}") if module else set()
    return found


@cache
def _read_face(source: bytes) -> dict[str, str]:
    """The module that a room's face (`__init__.pyi`) takes each name from."""
    imports = [node for node in ast.parse(source).body if isinstance(node, ast.ImportFrom)]
    return {alias.name: node.module for node in imports if node.module for alias in node.names}


@cache
def _read_source(source: bytes) -> tuple[bytes, frozenset[str]]:
    """What counts of a Python source, and the dotted names of what it imports of pasvar. Rules share most modules."""
    tree = ast.parse(source)
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [line for line in body if not _is_text(line)]  # type: ignore[attr-defined]
    return ast.dump(tree).encode(), frozenset(name for name in names if name.split(".")[0] == "pasvar")


def _is_text(node: ast.AST) -> bool:
    """Whether a statement is a text that nothing reads: a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
