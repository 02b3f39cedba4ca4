"""Which stretches of the genome each shard reads."""

from pasvar.jobs import logged
from pasvar.shards import plan_shards
from pasvar.tables import read_table, write_table


def main(windows: str, contigs: str, plan: str, n_shards: int) -> None:
    write_table(plan, plan_shards(read_table(windows, "windows"), read_table(contigs, "contigs"), n_shards), "shards")


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input.windows, snakemake.input.contigs, snakemake.output.plan, snakemake.params.n_shards)
