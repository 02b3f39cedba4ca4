"""The reference window of each site."""

from pathlib import Path

from pasvar.genome import Genome
from pasvar.run import logged
from pasvar.scoring import reference_windows
from pasvar.tables import read_table, write_table


def main(catalogue: str, fasta: str, index_dir: str, windows: str) -> None:
    with Genome(fasta, index_dir) as genome:
        write_table(windows, reference_windows(read_table(catalogue, "catalogue"), genome), "windows")


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input):
        main(
            snakemake.input.catalogue,
            snakemake.input.fasta,
            str(Path(snakemake.input.contigs).parent),
            snakemake.output.windows,
        )
