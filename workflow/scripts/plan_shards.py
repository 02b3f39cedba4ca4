"""Which stretches of the genome each shard reads."""

from pasvar.run import logged
from pasvar.tables import read_table, write_table
from pasvar.variants import plan_shards, reach


def main(catalogue: str, contigs: str, plan: str, n_shards: int, max_allele_length: int) -> None:
    shards = plan_shards(
        read_table(catalogue, "catalogue"), read_table(contigs, "contigs"), n_shards, reach(max_allele_length)
    )
    write_table(plan, shards, "shards")


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(
            snakemake.input.catalogue,
            snakemake.input.contigs,
            snakemake.output.plan,
            snakemake.params.n_shards,
            snakemake.params.max_allele_length,
        )
