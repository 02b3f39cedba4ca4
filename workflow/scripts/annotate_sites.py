"""The catalogue of polyadenylation sites from the GTF."""

from logging import Logger
from pathlib import Path

from pasvar.annotation import read_transcripts
from pasvar.genome import Genome
from pasvar.jobs import logged
from pasvar.sites import find_sites
from pasvar.tables import write_table


def main(
    gtf: str,
    fasta: str,
    index_dir: str,
    catalogue: str,
    biotypes: list[str],
    merge_distance: int,
    min_canonical_share: float,
    log: Logger,
) -> None:
    with Genome(fasta, index_dir) as genome:
        transcripts, notes = read_transcripts(gtf, genome, biotypes)
        sites = find_sites(transcripts, genome, merge_distance, min_canonical_share)
    for note in notes:
        log.info(note)
    log.info("%d transcripts gave %d sites of %d genes", len(transcripts), len(sites), sites.gene_id.nunique())
    write_table(catalogue, sites, "catalogue", {"site_notes": "; ".join(notes)})


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(
            snakemake.input.gtf,
            snakemake.input.fasta,
            str(Path(snakemake.input.contigs).parent),
            snakemake.output.catalogue,
            snakemake.params.biotypes,
            snakemake.params.merge_distance,
            snakemake.params.min_canonical_share,
            log,
        )
