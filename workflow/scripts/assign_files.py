"""Which VCFs have records in which shards."""

import json

from pasvar.contigs import ContigNames
from pasvar.files import whole
from pasvar.jobs import logged
from pasvar.shards import files_of_shards
from pasvar.tables import read_table
from pasvar.vcf import indexed_contigs


def main(vcfs: list[str], plan: str, contigs: str, files: str, n_shards: int) -> None:
    names = ContigNames(read_table(contigs, "contigs").chrom)
    found = files_of_shards({vcf: indexed_contigs(vcf) for vcf in vcfs}, read_table(plan, "shards"), n_shards, names)
    with whole(files) as beside:
        beside.write_text(json.dumps(found, indent=0))


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(
            snakemake.input.vcf,
            snakemake.input.plan,
            snakemake.input.contigs,
            snakemake.output.files,
            snakemake.params.n_shards,
        )
