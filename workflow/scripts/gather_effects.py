"""The tables of all shards, joined in genome order, without the counts of few people."""

from functools import partial

from pasvar.run import Named, logged, made_by
from pasvar.tables import gather, hide_counts, read_made_by


def main(inputs: Named, outputs: Named, settings: dict) -> None:
    about = read_made_by(inputs.sites) | made_by(inputs.digests, settings)
    for name, out in outputs.items():
        gather(inputs.effects, name, out, about, partial(hide_counts, name, inputs.effects, settings["min_cell"]))


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params.settings)
