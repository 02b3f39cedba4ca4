"""The sites with their reference log odds and usage."""

from pasvar.effects import score_sites
from pasvar.run import Named, logged, made_by
from pasvar.tables import read_made_by, read_table, write_table


def main(inputs: Named, sites: str, params: Named) -> None:
    read = {name: read_table(inputs[name], name) for name in ("catalogue", "window_scores", "exons")}
    network = read_made_by(inputs.window_scores)["model_sha256"]
    table = score_sites(**read, usage_floor=params.usage_floor, network_sha256=network)
    of_tables = read_made_by(inputs.catalogue) | read_made_by(inputs.window_scores)
    write_table(sites, table, "sites", of_tables | made_by(inputs.digests, params.settings))


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output.sites, snakemake.params)
