"""Files appear whole or not at all."""

import ast
from pathlib import Path

import pytest

from pasvar.files import whole

LIBRARY = Path(__file__).parents[1] / "workflow"


def test_what_is_written_appears_at_the_end(tmp_path):
    path = tmp_path / "made" / "table.txt"
    with whole(path) as beside:
        beside.write_text("new")
        assert not path.exists()
        assert beside.suffix == ".txt"
        assert beside.parent == path.parent
    assert [file.name for file in path.parent.iterdir()] == ["table.txt"]
    assert path.read_text() == "new"


@pytest.mark.parametrize("fault", [OSError("no space"), KeyboardInterrupt()])
def test_what_fails_leaves_what_was_there(tmp_path, fault):
    path = tmp_path / "table.txt"
    path.write_text("old")

    def write():
        with whole(path) as beside:
            beside.write_text("ne")
            raise fault

    with pytest.raises(type(fault)):
        write()
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_a_folder_takes_the_place_of_the_one_before(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "stale").write_text("old")
    with whole(folder) as beside:
        beside.mkdir()
        (beside / "fresh").write_text("new")
    assert [file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*")] == ["pages", "pages/fresh"]


def test_what_a_killed_job_left_is_removed(tmp_path):
    left = tmp_path / ".part.othernode.77.table.txt"
    left.write_text("half")
    with whole(tmp_path / "table.txt") as beside:
        beside.write_text("new")
    assert not left.exists()


def test_of_two_that_write_the_same_path_the_last_to_begin_wins(tmp_path, monkeypatch):
    path = tmp_path / "table.txt"

    def write():
        with whole(path) as first:
            first.write_text("first")
            monkeypatch.setattr("os.getpid", lambda: 1)
            with whole(path) as second:
                second.write_text("second")

    with pytest.raises(FileNotFoundError):
        write()
    assert path.read_text() == "second"


WRITERS = {
    "to_csv",
    "to_parquet",
    "write_text",
    "write_bytes",
    "savefig",
    "ParquetWriter",
    "Writer",
    "save",
    "dump",
    "tabix_index",
}


def calls_that_write(path: Path) -> list[tuple[str, bool]]:
    """(place, whether its function also calls `whole`) of calls that write a file."""
    found = []
    for function in ast.walk(ast.parse(path.read_text())):
        if not isinstance(function, ast.FunctionDef):
            continue
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        names = [
            (call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")) for call in calls
        ]
        for call, name in zip(calls, names, strict=True):
            # (The function `write_text` of the tables calls `whole` itself.)
            writes = (
                name in WRITERS
                and ast.unparse(call.func) != "write_text"
                and not (name == "to_csv" and "stdout" in ast.unparse(call))
            )
            writes |= name == "open" and any(
                isinstance(word, ast.Constant) and word.value in ("w", "wb") for word in call.args
            )
            if writes:
                found.append((f"{path.name}:{call.lineno} {name}", "whole" in names))
    return found


NOT_OUTPUTS = {
    "jobs.py open",  # a log, which is read while it is written
    "docs.py write_text",  # the documentation of the clone
    "tokenization.py write_text",  # called by transformers, in a folder of its own
    "svg.py savefig",  # into memory
    "plots.py savefig",
    "records.py write_text",  # in a temporary folder
    "trainer.py savefig",  # its caller calls `whole`
    "distill.py save",  # as does what it calls
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_every_file_is_written_beside_its_place(path):
    bare = [place for place, is_whole in calls_that_write(path) if not is_whole]
    assert [place for place in bare if f"{path.name} {place.split()[-1]}" not in NOT_OUTPUTS] == []
