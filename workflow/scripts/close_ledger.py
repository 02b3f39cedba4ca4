"""The ledger of all shards, checked against the files."""

from logging import Logger
from pathlib import Path

from pasvar.files import whole
from pasvar.jobs import logged
from pasvar.ledger import close_ledger
from pasvar.provenance import made_by


def main(inputs, outputs, params, log: Logger) -> None:
    totals, files = close_ledger(
        inputs.ledgers,
        inputs.vcf_counts,
        [Path(path) for path in inputs.vcf],
        params.complete,
        params.max_ref_mismatch,
        params.max_contig_unknown,
        Path(outputs.ledger),
        made_by(inputs.digests, params.settings),
    )
    log.info("\n%s\n%s", totals.to_string(index=False), files.to_string(index=False))
    for path, frame in ((outputs.totals, totals), (outputs.files, files)):
        with whole(path) as beside:
            frame.to_csv(beside, sep="\t", index=False)


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(snakemake.input, snakemake.output, snakemake.params, log)
