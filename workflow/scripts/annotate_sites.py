"""The annotated and measured polyadenylation sites, and their usage per tissue."""

from logging import Logger
from pathlib import Path

from pasvar.genome import Genome
from pasvar.run import Named, logged
from pasvar.sites import make_sites
from pasvar.tables import write_table


def main(inputs: Named, outputs: Named, settings: dict, log: Logger) -> None:
    with Genome(inputs.fasta, Path(inputs.contigs).parent) as genome:
        sites = make_sites(inputs.gtf, genome, settings)
    for note in sites.notes:
        log.info(note)
    log.info("%d sites of %d genes", len(sites.catalogue), sites.catalogue.gene_id.nunique())
    write_table(outputs.known, sites.catalogue, "catalogue", {"site_notes": "; ".join(sites.notes)})
    write_table(outputs.tissue_usage, sites.tissue_usage, "tissue_usage")
    write_table(outputs.exons, sites.exons, "exons")


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(snakemake.input, snakemake.output, snakemake.params.settings, log)
