"""The tables of all shards, joined in genome order."""

from pasvar.jobs import logged
from pasvar.provenance import made_by
from pasvar.tables import gather, read_made_by


def main(inputs, outputs, settings: dict) -> None:
    about = read_made_by(inputs.sites) | made_by(inputs.digests, settings)
    for name, out in outputs.items():
        gather(inputs[name], name, out, about)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params.settings)
