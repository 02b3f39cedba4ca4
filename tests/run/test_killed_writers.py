"""What writes may be killed at any moment; `make interrupt` does it to whole runs."""

import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]


def test_work_that_is_killed_ends_with_the_same_bytes_when_begun_again():
    words = [sys.executable, "-m", "interrupt.writers", "--kills", "10"]
    done = subprocess.run(words, cwd=TESTS, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sum(int(line.split("|")[2]) for line in done.stdout.splitlines()) == 10
