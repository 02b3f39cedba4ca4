"""What the people of the cohort carry at the sites of one shard, and the windows of their haplotypes."""

from logging import Logger
from pathlib import Path

from pasvar.filters import Filters
from pasvar.genome import Genome
from pasvar.haplotypes import write_haplotypes
from pasvar.jobs import logged
from pasvar.progress import lines
from pasvar.tables import read_table


def main(inputs, outputs, filters: list[str], log: Logger) -> None:
    with Genome(inputs.fasta, Path(inputs.contigs).parent) as genome:
        said = write_haplotypes(
            read_table(inputs.alleles, "alleles"),
            read_table(inputs.candidates, "candidates"),
            read_table(inputs.windows, "windows"),
            inputs.vcf,
            genome,
            outputs,
            Filters(frozenset(filters) or None),
            lines,
        )
    log.info(said)


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(snakemake.input, snakemake.output, snakemake.params.filters, log)
