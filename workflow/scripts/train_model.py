"""A network trained on a table of assay sequences, from scratch or from a checkpoint."""

from logging import Logger
from pathlib import Path

import torch

from pasvar.model import load_checkpoint, resolve_model
from pasvar.run import logged
from pasvar.training import TrainSettings, read_table, train


def main(table: str, out: Path, start: str, settings: dict, device: str, threads: int, log: Logger) -> None:
    torch.set_num_threads(threads)
    checkpoint = load_checkpoint(resolve_model(start)) if start else None
    trained = train(read_table(table), out, TrainSettings(**settings, device=device), checkpoint, say=log.info)
    log.info("model %s, %s, is in %s", trained.name, trained.source, out / "model")


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(
            snakemake.input.table,
            Path(snakemake.output.metrics).parent,
            snakemake.params.start,
            snakemake.params.settings,
            snakemake.params.device,
            snakemake.threads,
            log,
        )
