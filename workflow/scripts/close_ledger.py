"""The ledger of all shards, checked against the files."""

from logging import Logger
from pathlib import Path

from pasvar.files import whole
from pasvar.run import Named, logged, made_by
from pasvar.tables import read_table
from pasvar.variants import close_ledger


def main(inputs: Named, outputs: Named, params: Named, log: Logger) -> None:
    totals, files = close_ledger(
        inputs.ledgers,
        inputs.ledgers,
        [Path(path) for path in inputs.vcf],
        params.complete,
        params.max_ref_mismatch,
        params.max_contig_unknown,
        Path(outputs.ledger),
        made_by(inputs.digests, params.settings),
        read_table(inputs.contigs, "contigs").chrom.to_list(),
    )
    how = "all of each file" if params.complete else "near sites only, `ledger: in_range`"
    log.info("read %s: %d of %d records", how, files.n_records.sum(), files.n_indexed.fillna(files.n_records).sum())
    log.info("\n%s\n%s", totals.to_string(index=False), files.to_string(index=False))
    for path, frame in ((outputs.totals, totals), (outputs.files, files)):
        with whole(path) as temporary:
            frame.to_csv(temporary, sep="\t", index=False)


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(snakemake.input, snakemake.output, snakemake.params, log)
