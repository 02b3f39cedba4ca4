"""The digest of an input, as `sha256sum` writes it, with the name of the file alone: it may lie elsewhere the next time."""

from logging import Logger
from pathlib import Path

from pasvar.files import FULL_DIGEST_BYTES, file_sha256, folder_sha256, sampled_digest, whole
from pasvar.progress import log_progress
from pasvar.run import logged


def main(file: str, digest: str, full: bool, log: Logger) -> None:
    if Path(file).is_dir():
        found = folder_sha256(file)
    elif full or Path(file).stat().st_size <= FULL_DIGEST_BYTES:
        found = file_sha256(file, log_progress)
    else:
        found = sampled_digest(file)
        log.info("%s: digested in part, for it is larger than 1 GiB; `full_digests: true` reads all of it", file)
    with whole(digest) as temporary:
        temporary.write_text(f"{found}  {Path(file).name}\n")


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(snakemake.input.file, snakemake.output.digest, snakemake.params.full, log)
