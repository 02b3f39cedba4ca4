"""A known atlas, fetched once to the shared cache, and what was fetched."""

import json
import shutil
from logging import Logger

from pasvar.files import whole
from pasvar.run import Named, logged
from pasvar.sites import fetch_atlas


def main(source: dict, outputs: Named, log: Logger) -> None:
    path, record = fetch_atlas(source)
    log.info("atlas %s: %s, sha256 %s, from %s", record["name"], path, record["sha256"], record["url"])
    with whole(outputs.atlas) as temporary:
        shutil.copyfile(path, temporary)
    with whole(outputs.record) as temporary:
        temporary.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(snakemake.params.source, snakemake.output, log)
