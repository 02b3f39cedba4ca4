"""Log odds of one shard's alternate windows, of alleles and of haplotypes."""

from logging import Logger

import pandas as pd

from pasvar.engine import load_engine
from pasvar.interactions import joint_windows
from pasvar.jobs import logged
from pasvar.progress import lines
from pasvar.scores import score_windows
from pasvar.tables import read_table, write_table


def main(inputs, outputs, device: str, threads: int, log: Logger) -> None:
    engine, made_by = load_engine(inputs.model, device, threads)
    log.info("%s on %s", made_by, engine.device)
    tables = [
        ("allele_scores", read_table(inputs.alleles, "alleles")),
        ("haplotype_scores", joint_windows(read_table(inputs.haplotypes, "site_haplotypes"))),
    ]
    windows = pd.concat([table.window_alt for _, table in tables], keys=[name for name, _ in tables])
    scores = score_windows(engine, windows, lines).add_suffix("_alt")
    for name, table in tables:
        write_table(outputs[name], table.join(scores.loc[name]), name, made_by)


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(snakemake.input, snakemake.output, snakemake.params.device, snakemake.threads, log)
