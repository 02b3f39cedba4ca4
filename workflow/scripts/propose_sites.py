"""The hexamers of one shard whose windows the network is to score, so that sites are found among them."""

from logging import Logger
from pathlib import Path

from pasvar.genome import Genome
from pasvar.run import Named, logged
from pasvar.sites import prediction_rules, propose_sites
from pasvar.tables import read_table, write_table


def main(inputs: Named, proposed: str, params: Named, log: Logger) -> None:
    known, exons = read_table(inputs.known, "catalogue"), read_table(inputs.exons, "exons")
    rules = prediction_rules(params.settings)
    with Genome(inputs.fasta, Path(inputs.contigs).parent) as genome:
        places = propose_sites(known, exons, genome, rules, params.shard, params.n_shards)
    log.info("%d hexamers, %d of them of known sites", len(places), places.is_known.sum())
    write_table(proposed, places, "proposed_sites")


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(snakemake.input, snakemake.output.proposed, snakemake.params, log)
