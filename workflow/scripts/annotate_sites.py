"""The catalogue of polyadenylation sites, and their usage per tissue."""

from logging import Logger
from pathlib import Path

from pasvar.catalogue import make_sites
from pasvar.genome import Genome
from pasvar.jobs import logged
from pasvar.tables import content_sha256, write_table


def main(inputs, outputs, settings: dict, log: Logger) -> None:
    with Genome(inputs.fasta, Path(inputs.contigs).parent) as genome:
        sites = make_sites(inputs.gtf, genome, settings)
    for note in sites.notes:
        log.info(note)
    log.info("%d sites of %d genes", len(sites.catalogue), sites.catalogue.gene_id.nunique())
    made_by = {"site_notes": "; ".join(sites.notes), "sites_sha256": content_sha256(sites.catalogue, "catalogue")}
    write_table(outputs.catalogue, sites.catalogue, "catalogue", made_by)
    write_table(outputs.tissue_usage, sites.tissue_usage, "tissue_usage")
    write_table(outputs.exons, sites.exons, "exons")


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(snakemake.input, snakemake.output, snakemake.params.settings, log)
