"""Files appear whole or not at all."""

import ast
import hashlib
import os
import random
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pysam
import pytest

from pasvar.errors import InputError, explain
from pasvar.files import (
    as_argument,
    file_sha256,
    is_stream,
    refuse_inputs,
    require_file,
    require_ours,
    sampled_digest,
    vcf_stem,
    whole,
)

LIBRARY = Path(__file__).parents[2] / "workflow"


def test_what_is_written_appears_at_the_end(tmp_path):
    path = tmp_path / "made" / "table.txt"
    with whole(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.suffix == ".txt"
        assert temporary.parent == path.parent
    assert [file.name for file in path.parent.iterdir()] == ["table.txt"]
    assert path.read_text() == "new"


@pytest.mark.parametrize("fault", [OSError("no space"), KeyboardInterrupt()])
def test_what_fails_leaves_what_was_there(tmp_path, fault):
    path = tmp_path / "table.txt"
    path.write_text("old")

    def write():
        with whole(path) as temporary:
            temporary.write_text("ne")
            raise fault

    with pytest.raises(type(fault)):
        write()
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]


def test_a_folder_takes_the_place_of_the_one_before(tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "stale").write_text("old")
    with whole(folder) as temporary:
        temporary.mkdir()
        (temporary / "fresh").write_text("new")
    assert [file.relative_to(tmp_path).as_posix() for file in tmp_path.rglob("*")] == ["pages", "pages/fresh"]


def test_what_a_killed_job_left_is_removed(tmp_path):
    left = tmp_path / ".part.othernode.77+table.txt"
    left.write_text("half")
    with whole(tmp_path / "table.txt") as temporary:
        temporary.write_text("new")
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
    "files.py open",  # a pipe or device, next to which no file can be
    "job_log.py open",  # a log, which is read while it is written
    "docs.py write_text",  # the documentation of the clone
    "tokenization.py write_text",  # called by transformers, in a folder of its own
    "text.py to_csv",  # to text, which its caller writes
    "answers.py to_csv",
    "snps.py write_text",  # in a temporary folder, as in the next one
    "frames.py tabix_index",
    *(f"cluster.py {call}" for call in ("open", "write")),  # to try a folder, and removed again
    "digest.py dump",  # ast.dump, to text
    "svg.py savefig",  # into memory
    "plots.py savefig",
    "records.py write_text",  # in a temporary folder
    "trainer.py savefig",  # its caller calls `whole`
    "distillation.py save",  # as does what it calls
    "card_pages.py save",  # `figures.save` calls `whole` itself
    "pages.py save",
    "gene_picture.py save",
    "figures.py savefig",  # into memory, or in `whole`
    *(f"tracks.py {call}" for call in ("open", "write_text", "write")),  # into a folder that is `whole`
}  # fmt: skip


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: path.relative_to(LIBRARY).as_posix())
def test_every_file_is_written_beside_its_place(path):
    bare = [place for place, is_whole in calls_that_write(path) if not is_whole]
    assert [place for place in bare if f"{path.name} {place.split()[-1]}" not in NOT_OUTPUTS] == []


@pytest.mark.parametrize("other", ["indels.chr1.vcf.gz", "+chr1.vcf.gz", "7+chr1.vcf.gz", "chr1.vcf.gz.tbi"])
def test_what_another_job_has_not_finished_stays(tmp_path, other):
    with whole(tmp_path / other) as unfinished:
        unfinished.write_text("half")
        with whole(tmp_path / "chr1.vcf.gz") as temporary:
            temporary.write_text("new")
        unfinished.write_text("whole")
    assert (tmp_path / other).read_text() == "whole"
    assert (tmp_path / "chr1.vcf.gz").read_text() == "new"


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("study.vcf.snps.vcf.gz", "study.vcf.snps"),
        ("study.vcf.indels.vcf.bgz", "study.vcf.indels"),
        ("study.bcf", "study"),
        ("bcf.study.vcf.gz", "bcf.study"),
    ],
)
def test_the_stem_of_a_vcf(name, stem):
    assert vcf_stem(Path("folder") / name) == stem


def test_a_link_stays_and_its_file_is_replaced(tmp_path):
    (tmp_path / "there").mkdir()
    target, link = tmp_path / "there" / "table.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)
    with whole(link) as temporary:
        temporary.write_text("new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["link.txt", "table.txt", "there"]


def test_a_link_in_a_circle_is_named(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises((InputError, OSError), match="/a"), whole(tmp_path / "a") as temporary:
        temporary.write_text("new")


def read_into(pipe: Path, found: list[bytes]) -> threading.Thread:
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    return reader


def test_a_pipe_is_written_through(tmp_path):
    pipe, found = tmp_path / "pipe", []
    os.mkfifo(pipe)
    held = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)  # so that the reader is there in time
    reader = read_into(pipe, found)
    with whole(pipe) as temporary:
        temporary.write_text("new")
        assert temporary.parent != tmp_path
    reader.join(10)
    os.close(held)
    assert pipe.is_fifo()
    assert b"".join(found) in (b"new", b"")  # whoever of the two readers got it
    assert [file.name for file in tmp_path.iterdir()] == ["pipe"]


def test_a_pipe_that_nobody_reads_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="no program reads"), whole(tmp_path / "pipe"):
        pytest.fail("the work is not begun")
    assert (tmp_path / "pipe").is_fifo()


def test_a_device_stays_a_device(tmp_path):
    device = tmp_path / "null"
    try:
        os.mknod(device, 0o600 | 0o020000, os.makedev(1, 3))
        device.write_bytes(b"")
    except PermissionError:
        pytest.skip("needs the right to make a device")
    with whole(device) as temporary:
        temporary.write_text("new")
    assert device.is_char_device()
    assert [file.name for file in tmp_path.iterdir()] == ["null"]
    with pytest.raises(InputError, match="a folder is to be written"), whole(device) as temporary:
        temporary.mkdir()


def test_standard_output_is_written_where_it_goes(tmp_path):
    code = "from pasvar.files import whole\nwith whole('/dev/stdout') as temporary: temporary.write_text('new')"
    with open(tmp_path / "out.txt", "w") as out:
        print("before", file=out, flush=True)
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out.txt").read_text() == "before\nnew"


def test_an_input_is_not_an_output_by_whatever_name(tmp_path):
    given = tmp_path / "in.vcf"
    given.touch()
    (tmp_path / "link").symlink_to(given)
    os.link(given, tmp_path / "hard")
    refuse_inputs([tmp_path / "out"], [given, None, tmp_path / "gone"])
    for name in ("in.vcf", "link", "hard", "../" + tmp_path.name + "/in.vcf"):
        with pytest.raises(InputError, match="would be replaced"):
            refuse_inputs([tmp_path / name], [given])


@pytest.mark.parametrize(("path", "said"), [("x.vcf.gz", "x.vcf.gz"), ("-o.vcf.gz", "./-o.vcf.gz"), ("-", "./-")])
def test_no_path_is_an_option(path, said):
    assert as_argument(Path(path)) == said


def test_a_name_that_htslib_splits_is_refused():
    with pytest.raises(InputError, match="rename the file"):
        as_argument("a.vcf.gz##idx##b.tbi")


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for name, said in (
        ("pipe", "a pipe or a device"),
        ("none", "no such store"),
        ("", "is a folder"),
        ("a\0b", "can be read"),
    ):
        with pytest.raises(InputError, match=said):
            require_file(f"{tmp_path}/{name}", "store")
    with pytest.raises(InputError, match="a pipe or a device"):
        file_sha256(tmp_path / "pipe")
    assert not is_stream(tmp_path / "none")


MIB = 1 << 20


@pytest.fixture
def large(tmp_path):
    """100 MiB of zeros, sparse, with an index."""
    path = tmp_path / "cohort.vcf.gz"
    with path.open("wb") as file:
        file.truncate(100 * MIB)
    Path(f"{path}.tbi").write_bytes(b"index")
    return path


def put(path: Path, place: int, byte: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(byte)


def test_the_sampled_digest_is_of_what_the_file_is(large, tmp_path):
    read = hashlib.sha256(b"104857600\n" + bytes(64 * MIB) + b"index").hexdigest()
    assert sampled_digest(large) == f"sampled:{read}"
    copy = tmp_path / "copy.vcf.gz"
    for suffix in ("", ".tbi"):
        shutil.copyfile(f"{large}{suffix}", f"{copy}{suffix}")
    os.utime(copy, (0, 0))
    assert sampled_digest(copy) == sampled_digest(large)


@pytest.mark.parametrize(
    "place", [0, 100 * MIB - 1, 99 * MIB * 20 // 63 + 5, 100 * MIB]
)  # the last one makes it longer
def test_the_sampled_digest_sees_a_byte_in_a_block_and_the_size(large, place):
    before = sampled_digest(large)
    put(large, place, b"\1")
    assert sampled_digest(large) != before


def test_the_sampled_digest_sees_the_index(large):
    before = sampled_digest(large)
    Path(f"{large}.tbi").write_bytes(b"another")
    assert sampled_digest(large) != before


def test_the_sampled_digest_misses_a_byte_between_blocks(large):
    before = sampled_digest(large)
    put(large, 99 * MIB * 20 // 63 + MIB + 5, b"\1")
    assert sampled_digest(large) == before


def test_a_folder_with_something_else_in_it_is_not_replaced(tmp_path):
    folder = tmp_path / "home"
    require_ours(folder, "hub.txt", "tracks of pasvar")
    folder.mkdir()
    require_ours(folder, "hub.txt", "tracks of pasvar")
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(
        InputError, match=f"^{folder}: contains other files than tracks of pasvar and would be replaced; give a new"
    ):
        require_ours(folder, "hub.txt", "tracks of pasvar")
    (folder / "hub.txt").write_text("")
    require_ours(folder, "hub.txt", "tracks of pasvar")


@pytest.mark.parametrize(("number", "said"), [(28, "No space left on device"), (122, "Disk quota exceeded")])
def test_a_full_disk_is_said_with_the_name_of_what_could_not_be_written(tmp_path, number, said):
    path = tmp_path / "scores.parquet"

    def write(temporary: Path) -> None:
        temporary.write_text("half")
        raise OSError(number, "Error writing bytes to file. Detail: [errno 28] No space left on device")

    with pytest.raises(OSError, match=said) as raised, whole(path) as temporary:
        write(temporary)
    assert explain(raised.value) == f"{path}: {said}; make room and run again"
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(PermissionError), whole(path):
        raise PermissionError(13, "Permission denied")


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("mount") is None, reason="needs root to mount a file system")
@pytest.mark.parametrize("wrapped", [False, True])
def test_a_full_disk_is_found_where_htslib_does_not_say_so(tmp_path, wrapped):
    disk = tmp_path / "small"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("this machine lets nobody mount a file system")

    def write(temporary: Path) -> None:
        try:
            with pysam.BGZFile(str(temporary), "w", None) as file:
                file.write(random.Random(1).randbytes(500_000))
        except OSError as error:
            if wrapped or error.errno:
                raise InputError("its variants are not sorted") from error
            raise

    try:
        with pytest.raises(OSError, match="another reason"), whole(disk / "a.vcf.gz"):
            raise OSError("another reason")
        with pytest.raises(OSError, match="No space") as raised, whole(disk / "a.vcf.gz") as temporary:
            write(temporary)
        assert explain(raised.value) == f"{disk}/a.vcf.gz: No space left on device; make room and run again"
        assert list(disk.iterdir()) == []
    finally:
        # htslib keeps a file open that it could not write to.
        subprocess.run(["umount", "--lazy", disk], check=True)


@pytest.mark.parametrize("path", [".", "./.", "..", "/", "a/.."])
def test_a_place_without_a_name_is_refused(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"has no name for what is to be written there; give one"), whole(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_name_with_a_null_character_is_refused():
    with pytest.raises(InputError, match=r"a\\x00: is not a valid file name \(embedded null byte\)"), whole("a\0"):
        pass
