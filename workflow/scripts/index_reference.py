"""Contigs of the FASTA, and an index for it if it has none."""

from pathlib import Path

from pasvar.genome import Genome, contig_table
from pasvar.run import logged
from pasvar.tables import write_table


def main(fasta: str, contigs: str) -> None:
    with Genome(fasta, Path(contigs).parent) as genome:
        write_table(contigs, contig_table(genome), "contigs")


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input):
        main(snakemake.input.fasta, snakemake.output.contigs)
