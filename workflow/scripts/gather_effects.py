"""The tables of all shards, joined in genome order."""

from pasvar.jobs import logged
from pasvar.tables import gather, read_made_by


def main(inputs, outputs) -> None:
    made_by = read_made_by(inputs.sites)
    for name, out in outputs.items():
        gather(inputs[name], name, out, made_by)


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output)
