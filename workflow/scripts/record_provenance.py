"""The record of a run, for people and as an RO-Crate for archives."""

import json
from pathlib import Path

from pasvar.crate import write_crate
from pasvar.files import whole
from pasvar.jobs import logged
from pasvar.provenance import provenance
from pasvar.tables import read_made_by


def main(inputs, outputs, params, threads: int) -> None:
    folder = Path(outputs.record).parent
    files = [*map(Path, inputs.results), *sorted(Path(inputs.genes).iterdir())]
    record = provenance(
        {file.relative_to(folder).as_posix(): file for file in files},
        params.inputs,
        inputs.digests,
        params.config,
        read_made_by(folder / "sites.parquet"),
        Path("benchmarks"),
        threads,
    )
    with whole(outputs.record) as beside:
        beside.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    write_crate(record, folder, Path(outputs.crate))


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params, snakemake.threads)
