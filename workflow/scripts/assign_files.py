"""Which VCFs have records in which shards."""

import json
from logging import Logger
from pathlib import Path

from pasvar.contigs import ContigNames
from pasvar.files import whole
from pasvar.run import logged
from pasvar.tables import read_table
from pasvar.variants import files_of_shards, record_spans


def main(vcfs: list[str], plan: str, contigs: str, files: str, n_shards: int, log: Logger) -> None:
    names = ContigNames(read_table(contigs, "contigs").chrom)
    found = files_of_shards({vcf: record_spans(vcf) for vcf in vcfs}, read_table(plan, "shards"), n_shards, names)
    numbers = sorted(map(len, found))
    size = sum(Path(vcf).stat().st_size for vcf in vcfs) / 1e9
    log.info("%d files, %.3f GB; a shard reads %d to %d of them", len(vcfs), size, numbers[0], numbers[-1])
    with whole(files) as temporary:
        temporary.write_text(json.dumps(found, indent=0))


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(
            snakemake.input.vcf,
            snakemake.input.plan,
            snakemake.input.contigs,
            snakemake.output.files,
            snakemake.params.n_shards,
            log,
        )
