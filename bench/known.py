"""`python -m bench.known [RUN]`: alleles joined to a file the size of ClinVar or of a part of gnomAD: seconds and memory.

The alleles are those of a run, or as many of the example's VCF. The file is simulated and is removed again. Each measurement is a
process of its own, so that its highest memory is its own.
"""

import argparse
import multiprocessing
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pysam

from pasvar.annotate import Source, join_known
from pasvar.genome import Genome
from pasvar.paths import ROOT
from pasvar.tables import ALLELE, read_table

FASTA = ROOT / "resources" / "example" / "chr20_1-4Mb.fa.gz"
VCF = ROOT / "resources" / "example" / "EUR503.chr20_1-4Mb.vcf.gz"
N_ALLELES = 552
COLUMNS = ("records", "MB", "read", "alleles", "found", "seconds", "highest memory, MB")
FIELDS = ("CLNSIG", "CLNREVSTAT", "AF")
_PIECE = 100_000


def main() -> None:
    """A line per size of the file and way of reading."""
    parser = argparse.ArgumentParser(prog="python -m bench.known", description=__doc__)
    parser.add_argument("run", type=Path, nargs="?", help="folder of a finished run of the bundled example")
    parser.add_argument("--records", type=int, nargs="+", default=[1_000_000, 10_000_000])
    args = parser.parse_args()
    print("\t".join(COLUMNS))
    for row in rows(args.records, args.run):
        print("\t".join(f"{value:.1f}" if isinstance(value, float) else str(value) for value in row), flush=True)


def table(sizes: Iterable[int]) -> pd.DataFrame:
    """`rows` as a table by size of the file and way of reading."""
    return pd.DataFrame(rows(sizes, None), columns=COLUMNS).set_index(list(COLUMNS[:3]))


def rows(sizes: Iterable[int], run: Path | None) -> Iterator[tuple]:
    """What `COLUMNS` names, for each size of the file (records) by its index and as a whole."""
    for n in sizes:
        with TemporaryDirectory() as folder:
            path = simulate(Path(folder) / "clinvar.vcf.gz", n)
            for read in ("by index", "all of it"):
                if read == "all of it":
                    Path(f"{path}.tbi").unlink()
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    yield n, round(path.stat().st_size / 1e6), read, *pool.apply(measure, (run, path))


def measure(run: Path | None, path: Path) -> tuple[int, int, float, int]:
    """Alleles that are looked for, those found, seconds, and the highest memory in MB."""
    alleles = _of_the_example() if run is None else _of_a_run(run)
    with Genome(FASTA) as genome:
        begin = time.perf_counter()
        known = join_known(alleles, [Source("clinvar", [path], FIELDS, {"AF": 0.01})], genome)
        seconds = time.perf_counter() - begin
    # Not ru_maxrss, which begins with that of the process that started this one.
    (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    memory = int(peak) * 1024 / 1e6
    return len(alleles), len(known.drop_duplicates(ALLELE)), seconds, round(memory)


def _of_a_run(run: Path) -> pd.DataFrame:
    """The alleles that a run looks for."""
    tables = [read_table(run / f"results/{name}.parquet", name, ALLELE) for name in ("gene_effects", "new_sites")]
    return pd.concat(tables).drop_duplicates()


def _of_the_example() -> pd.DataFrame:
    """As many alleles as a run of the example scores, evenly from its VCF."""
    with pysam.VariantFile(str(VCF)) as records:
        found = [(record.chrom, record.pos, record.ref, record.alts[0]) for record in records]
    return pd.DataFrame(found[:: len(found) // N_ALLELES][:N_ALLELES], columns=ALLELE).drop_duplicates()


def simulate(path: Path, n_records: int) -> Path:
    """A bgzipped VCF of this many records, SNVs and some deletions, as ClinVar writes them, spread over the example's 3 Mb."""
    with Genome(FASTA) as genome, pysam.BGZFile(str(path), "w") as file:
        (chrom,) = [name for name, length in genome.lengths.items() if length > 3_000_000] or [
            next(iter(genome.lengths))
        ]
        low, high = _with_bases(genome, chrom)
        file.write(_header(chrom).encode())
        for text in _pieces(genome.slice(chrom, low, high).codes, chrom, low, n_records):
            file.write(text.encode())
    pysam.tabix_index(str(path), preset="vcf", force=True)
    return path


def _with_bases(genome: Genome, chrom: str) -> tuple[int, int]:
    """[start, end) of what is not N at the contig's ends."""
    known = np.flatnonzero(genome.slice(chrom, 0, genome.lengths[chrom]).codes < 4)
    return int(known[0]), int(known[-1]) + 1


def _header(chrom: str) -> str:
    fields = (("CLNSIG", ".", "String"), ("CLNREVSTAT", ".", "String"), ("CLNDN", ".", "String"), ("AF", "A", "Float"))
    info = "".join(f'##INFO=<ID={name},Number={n},Type={kind},Description="{name}">\n' for name, n, kind in fields)
    return f"##fileformat=VCFv4.1\n##contig=<ID={chrom}>\n{info}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def _pieces(codes: np.ndarray, chrom: str, start: int, n_records: int) -> Iterator[str]:
    """Lines of records by position; several at one, as their number asks."""
    rng = np.random.default_rng(0)
    places = np.linspace(1, len(codes) - 12, n_records).astype(np.int64)
    bases = np.array(list("ACGTN"))[codes]
    for begin in range(0, n_records, _PIECE):
        at = places[begin : begin + _PIECE]
        shift, deleted = rng.integers(1, 4, len(at)), rng.integers(0, 20, len(at))
        rare = 10.0 ** rng.uniform(-6, 0, len(at))
        alternates = np.array(list("ACGTN"))[(codes[at] + shift) % 4]
        lines = []
        for i, place in enumerate(at.tolist()):
            ref, alt = bases[place], alternates[i]
            if deleted[i] == 0:  # one in twenty is a deletion
                ref, alt = "".join(bases[place : place + 1 + shift[i]]), bases[place]
            lines.append(
                f"{chrom}\t{start + place + 1}\t{begin + i}\t{ref}\t{alt}\t.\t.\tCLNDN=not_specified|not_provided;"
                f"CLNREVSTAT=criteria_provided,_single_submitter;CLNSIG=Uncertain_significance;AF={rare[i]:.3g}\n"
            )
        yield "".join(lines)


if __name__ == "__main__":
    main()
