"""The network's weights in pasvar's own format, from wherever the config says they are."""

from logging import Logger

from pasvar.files import whole
from pasvar.model import load_checkpoint, resolve_model, save_checkpoint
from pasvar.run import logged


def main(model: str, directory: str, log: Logger) -> None:
    path = resolve_model(model)
    checkpoint = load_checkpoint(path)
    log.info("model %s from %s, sha256 %s", checkpoint.name, path, checkpoint.sha256)
    with whole(directory) as temporary:
        save_checkpoint(checkpoint, temporary)


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(snakemake.params.model, snakemake.output.model, log)
