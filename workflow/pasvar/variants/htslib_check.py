"""Whether htslib survives a VCF and its index. On damaged bytes it may abort, crash or never end, and takes along the process
that asked; so a process of its own looks first.

As a program (`python -m pasvar.variants.htslib_check FILE CPU_SECONDS`) it is that process.
"""

import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path

from pasvar.errors import InputError
from pasvar.files import as_argument
from pasvar.paths import LIBRARY, export_library

CPU_SECONDS, SECONDS = 10, 600
"""What takes longer never ends: a few records of each contig are looked at. The clock has more, for a disk may be slow."""

_RECORDS = 3


def check_htslib(vcf: str | Path, index: str | Path) -> None:
    """Raise InputError where htslib crashes on a file with this index, or does not end. What it refuses in good order is left to
    who reads the file."""
    environment = dict(os.environ)
    export_library(environment, str(LIBRARY.parent))
    command = [sys.executable, "-m", "pasvar.variants.htslib_check", as_argument(vcf), str(CPU_SECONDS)]
    try:
        ended = subprocess.run(command, env=environment, capture_output=True, timeout=SECONDS, check=False).returncode
    except subprocess.TimeoutExpired:
        fault = f"does not end within {SECONDS} s"
    else:
        if ended >= 0:
            return
        is_endless = -ended == signal.SIGXCPU
        fault = (
            f"does not end within {CPU_SECONDS} s of CPU time"
            if is_endless
            else f"crashes ({signal.Signals(-ended).name})"
        )
    raise InputError(
        f"{vcf}: htslib, which reads VCF and BCF, {fault} on it or on its index {index}: one of them is damaged; make the index "
        f"again with: bcftools index --force {Path(vcf).name}; where that does not help, fetch or write the file again"
    )


def _look(vcf: str) -> None:
    """Read what a reader needs first: header, index, and some records of each contig."""
    import cyvcf2
    import pysam

    with pysam.VariantFile(vcf) as file:
        contigs = [str(contig) for contig in file.index]
    opened = cyvcf2.VCF(vcf)
    for contig in contigs:
        for variant in islice(opened(contig), _RECORDS):
            str(variant)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CPU, (int(sys.argv[2]), int(sys.argv[2]) + 1))
    with suppress(Exception):
        _look(sys.argv[1])
