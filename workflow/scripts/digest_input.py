"""The sha256 of an input, as `sha256sum` writes it, with the name of the file alone: it may lie elsewhere the next time."""

from pathlib import Path

from pasvar.files import file_sha256, whole
from pasvar.jobs import logged
from pasvar.progress import lines


def main(file: str, digest: str) -> None:
    with whole(digest) as beside:
        beside.write_text(f"{file_sha256(file, lines)}  {Path(file).name}\n")


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input.file, snakemake.output.digest)
