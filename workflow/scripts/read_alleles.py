"""One shard's alleles: the status of each, and the windows that they change."""

from pathlib import Path

from pasvar import progress
from pasvar.genome import Genome, gene_spans
from pasvar.run import Named, logged
from pasvar.tables import read_table, write_bundle, write_table
from pasvar.variants import check_htslib, make_filters, make_scan, read_shard, shard_of


def main(inputs: Named, outputs: Named, params: Named) -> None:
    vcfs = [Path(path) for path in inputs.vcf]
    check_htslib(vcfs)
    exons = read_table(inputs.exons, "exons")
    with Genome(inputs.fasta, Path(inputs.contigs).parent) as genome:
        found = read_shard(
            vcfs,
            shard_of(read_table(inputs.plan, "shards"), params.shard),
            read_table(inputs.windows, "windows"),
            read_table(inputs.catalogue, "catalogue"),
            genome,
            params.max_allele_length,
            complete=params.complete,
            # Somebody must, once, and their place in the ledger is after all others.
            unknown_contigs=params.shard == params.n_shards,
            scan=make_scan(exons, params.extension, **params.new_sites),
            filters=make_filters(params.filters, params.min_af, params.max_af, params.regions, genome.names),
            progress=progress.log_progress,
            spans=gene_spans(exons),
        )
    for path, names in ((outputs.ledger, _LEDGER), (outputs.alleles, _ALLELES)):
        with write_bundle(path) as folder:
            for name in names:
                write_table(folder / f"{name}.parquet", getattr(found, name), name)


_LEDGER = ("ledger", "vcf_counts", "gene_counts", "unscored_changes")
_ALLELES = ("alleles", "candidates", "structural_alleles")


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input):
        main(snakemake.input, snakemake.output, snakemake.params)
