"""What the people of the cohort carry at the sites of one shard, and the windows of their haplotypes."""

from logging import Logger
from pathlib import Path

import pandas as pd

from pasvar.cohort import write_haplotypes
from pasvar.genome import Genome
from pasvar.progress import log_progress
from pasvar.run import Named, logged
from pasvar.tables import ALLELE, read_arrow, read_table, write_bundle
from pasvar.variants import Filters


def main(inputs: Named, outputs: Named, params: Named, log: Logger) -> None:
    chosen = read_table(inputs.chosen, "genotyped_alleles") if inputs.chosen else None
    with Genome(inputs.fasta, Path(inputs.contigs).parent) as genome, write_bundle(outputs.people) as folder:
        said = write_haplotypes(
            read_table(inputs.alleles, "alleles"),
            pd.concat([read_table(inputs.alleles, name)[ALLELE] for name in ("candidates", "structural_alleles")]),
            read_table(inputs.windows, "windows"),
            inputs.vcf,
            genome,
            {name: folder / f"{name}.parquet" for name in _OF_PEOPLE} | {"site_haplotypes": outputs.site_haplotypes},
            read_arrow(inputs.shard_ledger, "ledger"),
            Filters(frozenset(params.filters) or None),
            log_progress,
            chosen,
        )
    if chosen is not None:
        log.info(
            "genotypes of %d alleles alone, with an effect of %g or more (config key `min_genotype_effect`): the others have no "
            "carriers counted (null) and are on no haplotype",
            len(chosen),
            params.min_genotype_effect,
        )
    for line in said:
        log.info(line)


_OF_PEOPLE = ("people", "carriers", "sample_haplotypes", "haplotype_counts")


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(snakemake.input, snakemake.output, snakemake.params, log)
