"""One input after the other in a process of its own, which may crash or hang."""

import json
import os
import random
import resource
import select
import shutil
import signal
import time
import traceback
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

from fuzz.damage import damage
from fuzz.readers import READERS, Wrong, write_sound
from fuzz.texts import draw
from pasvar.errors import LONGEST_MESSAGE, InputError, explain

ENDS = ("read", "one line", "no line", "wrong", "traceback", "crash", "hang")
BAD = ENDS[2:]
"""How an input must not end: `no line` is a message of several lines, or too long, or one that does not name the file."""

SECONDS = 60
"""Of CPU time, after which an input is said to hang; on a machine with much else to do the clock says little."""

WAIT = 600
"""Seconds by the clock, after which one that does nothing is."""

_MEMORY = 6 << 30
_TEXT = (".gtf", ".bed", ".tsv", ".saf", ".csv", ".yaml", ".json", ".fai", ".fa")


class Case(NamedTuple):
    reader: str
    seed: int
    number: int

    @property
    def rng(self) -> random.Random:
        return random.Random(f"{self.reader} {self.seed} {self.number}")

    @property
    def text(self) -> int:
        """Number of the text that a user types."""
        return self.seed * 1_000_000 + self.number


class End(NamedTuple):
    number: int
    kind: str
    said: str


def sound_files(temporary: Path) -> Path:
    """The folder of sound files. Made in another process, for the threads of pyarrow do not survive `fork`."""
    folder = temporary / "sound"
    folder.mkdir()
    child = os.fork()
    if not child:
        try:
            write_sound(folder)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    if os.waitpid(child, 0)[1]:
        raise RuntimeError("the sound files cannot be made")
    return folder


def run_cases(cases: Sequence[Case], sound: Path, temporary: Path, failures: Path) -> Iterator[End]:
    """How each case ends. The folder of one that ends badly is copied to `failures`."""
    waiting = list(cases)
    for case in cases:  # drawn here, the texts are there in every child
        if kind := READERS[case.reader].kind:
            draw(kind, case.text)
    while waiting:
        folder = temporary / "work"
        n_before = len(waiting)
        for end in _in_child(waiting, sound, folder):
            case = waiting.pop(0)
            if end.kind in BAD:
                kept = failures / f"{case.reader.replace('/', '_')}-{case.seed}-{case.number}"
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(
                    folder / str(case.number),
                    kept,
                    symlinks=True,
                    ignore=lambda _, names: {"pipe", "null"} & set(names),
                )
            shutil.rmtree(folder / str(case.number), ignore_errors=True)
            yield end
        if len(waiting) == n_before:
            raise RuntimeError("no case was begun")


def _in_child(cases: Sequence[Case], sound: Path, folder: Path) -> Iterator[End]:
    """The ends of the cases up to one that takes the process along."""
    shutil.rmtree(folder, ignore_errors=True)
    source, sink = os.pipe()
    child = os.fork()
    if not child:
        os.close(source)
        _work(cases, sound, folder, sink)
    os.close(sink)
    n_done = 0
    # Without a buffer, whose lines `select` would not see.
    with os.fdopen(source, "rb", 0) as lines:
        while n_done < len(cases):
            began, used = time.monotonic(), _cpu_seconds(child)
            while not select.select([lines], [], [], 1)[0]:
                if _cpu_seconds(child) - used > SECONDS or time.monotonic() - began > WAIT:
                    os.kill(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                    yield End(cases[n_done].number, "hang", f"more than {time.monotonic() - began:.0f} s")
                    return
            line = lines.readline()
            if not line:
                break
            n_done += 1
            yield End(*json.loads(line))
        else:
            # Done with all of them, it may still hang as it ends.
            os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if n_done < len(cases):
        name = signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else f"exit {status >> 8}"
        yield End(cases[n_done].number, "crash", name)


def _cpu_seconds(pid: int) -> float:
    """Of a process and of those that it started and has waited for."""
    return sum(psutil.Process(pid).cpu_times()[:4])


def _work(cases: Sequence[Case], sound: Path, folder: Path, sink: int) -> None:
    """In the child: one case after the other, a line for each."""
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    quiet = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(quiet, stream)
    try:
        for case in cases:
            here = folder / str(case.number)
            shutil.copytree(sound, here)
            end = json.dumps(_end_of(case, here))
            os.chdir("/")
            os.write(sink, f"{end}\n".encode())
            # The parent may want to keep the folder; it is removed there.
    finally:
        os._exit(0)


def _end_of(case: Case, folder: Path) -> End:
    reader, rng = READERS[case.reader], case.rng
    damaged = [path for pattern in reader.files for path in sorted(folder.glob(pattern))]
    names = {path.name for path in damaged} | {path.parent.name for path in damaged}
    if damaged:
        path = rng.choice(damaged)
        path.write_bytes(damage(path.read_bytes(), rng, path.suffix in _TEXT))
    try:
        reader.read(folder, rng, case.text)
    except InputError as error:
        said = str(error)
        named = not names or any(name in said for name in names) or folder.name in said
        is_line = said and "\n" not in said and len(said) <= LONGEST_MESSAGE and said.isprintable()
        return End(case.number, "one line" if named and is_line else "no line", said)
    except OSError as error:  # which the top level shows as one line, too
        return End(case.number, "one line" if error.filename else "traceback", explain(error))
    except Wrong as error:
        return End(case.number, "wrong", str(error))
    except BaseException as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "pasvar" in frame.filename]
        where = ours[-1] if ours else place
        return End(
            case.number,
            "traceback",
            f"{type(error).__name__}: {explain(error)[:200]} ({Path(where.filename).name}:{where.lineno})",
        )
    return End(case.number, "read", "")
