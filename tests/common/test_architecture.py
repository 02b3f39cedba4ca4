"""The rooms of the library: what may import what. `lint-imports` (pyproject.toml) has their order."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from pasvar.paths import LIBRARY, ROOT

ROOMS = sorted(path.parent.name for path in LIBRARY.glob("*/__init__.py"))
FILES = sorted([*LIBRARY.rglob("*.py"), *(ROOT / "workflow" / "scripts").glob("*.py")])


def imported(path: Path) -> set[str]:
    """Dotted names of the modules that a file imports from."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    return {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module} | {
        alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT / "workflow").as_posix())
def test_a_room_imports_the_face_of_another_and_not_its_inside(path):
    own = path.relative_to(LIBRARY).parts[0] if path.is_relative_to(LIBRARY) else None
    inside = {name for name in imported(path) if name.startswith("pasvar.") and name.count(".") > 1}
    assert {name for name in inside if name.split(".")[1] != own} == set()


@pytest.mark.parametrize("room", [room for room in ROOMS if (LIBRARY / room / "__init__.pyi").is_file()])
def test_every_name_of_a_face_is_there(room):
    code = f"import pasvar.{room} as room; [getattr(room, name) for name in room.__all__]"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": str(LIBRARY.parent)})
