"""Makes the bundled example from whole chromosome 20; run once, its outputs are committed.

    python resources/example/make_example.py chr20.fa genes.gtf.gz cohort.vcf.gz resources/example

Takes 1-4 Mb and keeps the coordinates of GRCh37: the first megabase of the FASTA is N, and the contig ends at 4 Mb.
"""

import gzip
import shutil
import sys
import tempfile
from pathlib import Path

import pyfaidx
import pysam

CONTIG, START, END = "20", 1_000_000, 4_000_000
LINE = 60


def main(fasta: str, gtf: str, vcf: str, out: str) -> None:
    folder = Path(out)
    sequence = "N" * START + pyfaidx.Fasta(fasta, as_raw=True)[CONTIG][START:END]
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch, "slice.fa")
        plain.write_text(f">{CONTIG}\n" + "".join(f"{sequence[i : i + LINE]}\n" for i in range(0, END, LINE)))
        bgzipped = folder / "chr20_1-4Mb.fa.gz"
        pysam.tabix_compress(str(plain), str(bgzipped), force=True)
    pysam.faidx(str(bgzipped))  # writes .fai and .gzi beside it

    with gzip.open(gtf, "rt") as lines:
        rows = [line for line in lines if line.startswith("#") or _genes_within(line)]
    with open(folder / "chr20_1-4Mb.gtf.gz", "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write("".join(rows).encode())

    for suffix in ("", ".tbi"):
        shutil.copyfile(vcf + suffix, folder / f"EUR503.chr20_1-4Mb.vcf.gz{suffix}")


def _genes_within(line: str) -> bool:
    """Whether a feature lies within the slice; genes across its border lose the transcripts that reach outside."""
    fields = line.split("\t")
    return fields[0] == CONTIG and int(fields[3]) > START and int(fields[4]) <= END


if __name__ == "__main__":
    main(*sys.argv[1:])
