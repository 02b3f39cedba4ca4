"""The sites with their reference log odds and usage."""

from pasvar.effects import score_sites
from pasvar.jobs import logged
from pasvar.tables import read_made_by, read_table, write_table


def main(catalogue: str, scores: str, sites: str, usage_floor: float) -> None:
    table = score_sites(read_table(catalogue, "catalogue"), read_table(scores, "window_scores"), usage_floor)
    write_table(sites, table, "sites", {**read_made_by(catalogue), **read_made_by(scores)})


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input.catalogue, snakemake.input.scores, snakemake.output.sites, snakemake.params.usage_floor)
