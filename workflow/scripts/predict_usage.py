"""The sites with their reference log odds and usage."""

from pasvar.effects import score_sites
from pasvar.jobs import logged
from pasvar.provenance import made_by
from pasvar.tables import read_made_by, read_table, write_table


def main(inputs, sites: str, params) -> None:
    table = score_sites(
        read_table(inputs.catalogue, "catalogue"), read_table(inputs.scores, "window_scores"), params.usage_floor
    )
    of_tables = read_made_by(inputs.catalogue) | read_made_by(inputs.scores)
    write_table(sites, table, "sites", of_tables | made_by(inputs.digests, params.settings))


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output.sites, snakemake.params)
