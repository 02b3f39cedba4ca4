"""What goes wrong because of what the user gave."""

from pathlib import Path


class InputError(ValueError):
    """A file, a record or a setting of the user's is wrong; the message says which one, what was expected and what to do."""


class DamagedFile(InputError):
    """A file that pasvar wrote itself has changed since: it can be made again, once it is out of the way."""

    def __init__(self, path: str | Path, fault: str):
        super().__init__(f"{path}: {fault}; remove it and run again")
        self.path = Path(path)
        self.fault = fault
