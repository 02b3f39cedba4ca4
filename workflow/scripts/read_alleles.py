"""One shard's alleles: the status of each, and the windows that they change."""

from pathlib import Path

from pasvar import progress
from pasvar.filters import make_filters
from pasvar.gains import make_scan
from pasvar.genome import Genome
from pasvar.jobs import logged
from pasvar.shards import shard_of
from pasvar.tables import read_table, write_table
from pasvar.variants import read_shard


def main(inputs, outputs, params) -> None:
    with Genome(inputs.fasta, Path(inputs.contigs).parent) as genome:
        found = read_shard(
            [Path(path) for path in inputs.vcf],
            shard_of(read_table(inputs.plan, "shards"), params.shard),
            read_table(inputs.windows, "windows"),
            read_table(inputs.catalogue, "catalogue"),
            genome,
            params.max_allele_length,
            complete=params.complete,
            # Somebody must, once, and their place in the ledger is after all others.
            unknown_contigs=params.shard == params.n_shards,
            scan=make_scan(read_table(inputs.exons, "exons"), params.extension, **params.new_sites),
            filters=make_filters(params.filters, params.min_af, params.max_af, params.regions, genome.names),
            progress=progress.lines,
        )
    for name, frame in found._asdict().items():
        write_table(outputs[name], frame, name)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params)
