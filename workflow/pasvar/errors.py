"""What goes wrong because of what the user gave, and how it is said: one line of bounded length."""

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST_MESSAGE = 1000
"""Characters; what is longer is not read."""

_LINE_END = re.compile(r"\s*\n\s*")

_DAMAGE: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error, struct.error, UnicodeError, RecursionError)
_DAMAGE_OF = ("json", "yaml", "pyarrow", "safetensors_rust", "gzip")
"""Libraries whose own errors say that a file is not what it should be; named, for this module imports none of them."""


class InputError(ValueError):
    """A file, a record or a setting of the user's is wrong; the message says which one, what was expected and what to do. It is
    one line of bounded length, whatever the file has put into it."""

    def __init__(self, message: object):
        super().__init__(_bounded(_LINE_END.sub(" ", str(message))))


class DamagedFile(InputError):
    """A file that pasvar wrote itself has changed since: it can be made again, once it is out of the way."""

    def __init__(self, path: str | Path, fault: str):
        super().__init__(f"{path}: {fault}; remove it and run again")
        self.path = Path(path)
        self.fault = fault


def printable(text: object) -> str:
    """A text of unknown origin as one line: what a terminal, a VCF header or a log would obey (line ends, control characters,
    changes of the writing direction) as its escape."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in str(text))


def one_line(message: object) -> str:
    """A message as one line of at most `LONGEST_MESSAGE` characters: its middle goes, for the remedy stands at its end."""
    return _bounded(" ".join(str(message).split()))


def _bounded(message: str) -> str:
    text = printable(message)
    if len(text) <= LONGEST_MESSAGE:
        return text
    return f"{text[: LONGEST_MESSAGE - 305]} ... {text[-300:]}"


def explain(error: BaseException) -> str:
    """What an error says, as one line; of an error of the system, the file and the reason without its number."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return one_line(f"{error.filename}: {error.strerror}")
    return one_line(str(error) or type(error).__name__)


def is_damage(error: BaseException) -> bool:
    """Whether an error is one that damaged bytes cause, in the system, the standard library or one of those that read files."""
    # Python reads no number of thousands of digits.
    is_endless = isinstance(error, ValueError) and "integer string conversion" in str(error)
    return is_endless or isinstance(error, _DAMAGE) or type(error).__module__.split(".")[0] in _DAMAGE_OF


@contextmanager
def reading(path: str | Path, expected: str, remedy: str = "fetch or write it again") -> Iterator[None]:
    """Around the reading of one file: errors that its bytes cause become an InputError with its name.

    expected: what the file should be ("a GTF file"). remedy: what to do. An InputError passes as it is.
    """
    try:
        yield
    except (FileNotFoundError, PermissionError, IsADirectoryError) as error:
        raise InputError(f"{path}: cannot be read as {expected} ({error.strerror or error})") from error
    except InputError:
        raise
    except Exception as error:
        if not is_damage(error):
            raise
        raise InputError(f"{path}: cannot be read as {expected} ({explain(error)}); {remedy}") from error
