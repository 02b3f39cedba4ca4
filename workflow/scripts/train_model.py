"""A network trained on a table of assay sequences, from scratch or from a checkpoint."""

from logging import Logger
from pathlib import Path

import torch

from pasvar.jobs import logged
from pasvar.model.checkpoint import load_checkpoint
from pasvar.model.fetch import resolve_model
from pasvar.training.table import read_table
from pasvar.training.trainer import Settings, train


def main(table: str, out: Path, start: str, settings: dict, device: str, threads: int, log: Logger) -> None:
    torch.set_num_threads(threads)
    checkpoint = load_checkpoint(resolve_model(start)) if start else None
    trained = train(read_table(table), out, Settings(**settings, device=device), checkpoint, say=log.info)
    log.info("model %s, %s, is in %s", trained.name, trained.source, out / "model")


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(
            snakemake.input.table,
            Path(snakemake.output.metrics).parent,
            snakemake.params.start,
            snakemake.params.settings,
            snakemake.params.device,
            snakemake.threads,
            log,
        )
