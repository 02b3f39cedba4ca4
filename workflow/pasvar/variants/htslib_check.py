"""Checks whether htslib can read a VCF and its index. On damaged bytes htslib may abort, crash or never end, and then
the calling process ends, too. Therefore a separate process looks first.

That process is this module run as a program (`python -m pasvar.variants.htslib_check CPU_SECONDS`, files on standard
input with a null character between them).
"""

import math
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from pasvar.errors import InputError
from pasvar.files import as_argument, index_path
from pasvar.paths import LIBRARY, export_library

CPU_SECONDS, SECONDS = 10, 600
"""CPU time after which the check is considered endless: only a few records of each contig are read. The limit on wall
time is higher, because a disk may be slow."""

_RECORDS = 3


def check_htslib(vcfs: Sequence[str | Path]) -> None:
    """Raise InputError if htslib crashes on a VCF or BCF with its index, or does not end. Files that htslib refuses
    with a normal error are left to the reader of the file. The separate process takes half a second, and each file some
    milliseconds."""
    if not vcfs:  # of a shard on whose contigs no file has records
        return
    environment = dict(os.environ)
    export_library(environment, str(LIBRARY.parent))
    command = [sys.executable, "-m", "pasvar.variants.htslib_check", str(CPU_SECONDS)]
    given = b"\0".join(os.fsencode(as_argument(vcf)) for vcf in vcfs)
    try:
        looked = subprocess.run(
            command, env=environment, input=given, capture_output=True, timeout=SECONDS * len(vcfs), check=False
        )
        begun, ended = looked.stdout, looked.returncode
    except subprocess.TimeoutExpired as error:
        begun, ended = error.stdout or b"", -signal.SIGALRM
    if ended >= 0:
        return
    vcf = vcfs[max(len(begun.split()) - 1, 0)]
    match signal.Signals(-ended):
        case signal.SIGXCPU:
            fault = f"does not end within {CPU_SECONDS} s of CPU time"
        case signal.SIGALRM:
            fault = f"does not end within {SECONDS} s"
        case other:
            fault = f"crashes ({other.name})"
    raise InputError(
        f"{vcf}: htslib, which reads VCF and BCF, {fault} on it or on its index {index_path(vcf)}: one of them is damaged; make "
        f"the index again with: bcftools index --force {Path(vcf).name}; where that does not help, fetch or write the file again"
    )


def _look(vcf: str) -> None:
    """Read the parts that a reader needs first: header, index, and some records of each contig."""
    import cyvcf2
    import pysam

    with pysam.VariantFile(vcf) as file:
        contigs = [str(contig) for contig in file.index]
    opened = cyvcf2.VCF(vcf)
    for contig in contigs:
        for variant in islice(opened(contig), _RECORDS):
            str(variant)


def _main(seconds: int, vcfs: Sequence[str]) -> None:
    for number, vcf in enumerate(vcfs):
        # The calling process then knows which file was the last one.
        print(number, flush=True)
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = math.ceil(used.ru_utime + used.ru_stime) + seconds
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        with suppress(Exception):
            _look(vcf)


if __name__ == "__main__":
    _main(int(sys.argv[1]), os.fsdecode(sys.stdin.buffer.read()).split("\0"))
