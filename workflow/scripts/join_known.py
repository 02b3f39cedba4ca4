"""What ClinVar, gnomAD and the like have of the alleles that were scored."""

from logging import Logger
from pathlib import Path

import pandas as pd

from pasvar.annotate import describe_source, join_known, known_sources
from pasvar.genome import Genome
from pasvar.progress import log_progress
from pasvar.run import Named, logged, made_by
from pasvar.tables import ALLELE, read_table, write_table


def main(inputs: Named, outputs: Named, params: Named, log: Logger) -> None:
    names = ("gene_effects", "new_sites")
    alleles = pd.concat([read_table(inputs[name], name, ALLELE).drop_duplicates() for name in names])
    sources = known_sources(params.known)
    about = {f"known_{source.name}": describe_source(source) for source in sources}
    about |= {key: value for key, value in made_by(inputs.digests, {}).items() if not key.startswith("settings")}
    with Genome(inputs.fasta, Path(inputs.contigs).parent) as genome:
        known = join_known(alleles.drop_duplicates(), sources, genome, log_progress)
    write_table(outputs.known, known, "known", about)
    log.info("%d rows of %d sources", len(known), len(sources))


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(snakemake.input, snakemake.output, snakemake.params, log)
