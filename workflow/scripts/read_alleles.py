"""One shard's alleles: the status of each, and the windows that they change."""

from pathlib import Path

from pasvar import progress
from pasvar.genome import Genome
from pasvar.jobs import logged
from pasvar.shards import shard_of
from pasvar.tables import read_table, write_table
from pasvar.variants import read_shard


def main(inputs, outputs, shard: int, n_shards: int, max_allele_length: int, complete: bool) -> None:
    with Genome(inputs.fasta, Path(inputs.contigs).parent) as genome:
        found = read_shard(
            [Path(path) for path in inputs.vcf],
            shard_of(read_table(inputs.plan, "shards"), shard),
            read_table(inputs.windows, "windows"),
            read_table(inputs.catalogue, "catalogue"),
            genome,
            max_allele_length,
            complete=complete,
            # Somebody must, once, and their place in the ledger is after all others.
            unknown_contigs=shard == n_shards,
            progress=progress.lines,
        )
    for name, frame in found._asdict().items():
        write_table(outputs[name], frame, name)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(
            snakemake.input,
            snakemake.output,
            snakemake.params.shard,
            snakemake.params.n_shards,
            snakemake.params.max_allele_length,
            snakemake.params.complete,
        )
