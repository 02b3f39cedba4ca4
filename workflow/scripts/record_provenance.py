"""The record of a run, for people and as an RO-Crate for archives."""

import json
from pathlib import Path

from pasvar.files import whole
from pasvar.report import render_costs
from pasvar.run import Named, check_inputs, describe_run, logged, write_crate
from pasvar.tables import read_made_by


def main(inputs: Named, outputs: Named, params: Named, threads: int) -> None:
    check_inputs()  # all of them, once more
    folder = Path(outputs.record).parent
    pages = [file for pages in inputs.pages for file in sorted(Path(pages).iterdir())]
    files = [*map(Path, inputs.results), *pages]
    record = describe_run(
        {file.relative_to(folder).as_posix(): file for file in files},
        params.inputs,
        inputs.digests,
        params.config,
        read_made_by(folder / "sites.parquet"),
        folder.parent / "logs",
        threads,
    )
    with whole(outputs.record) as temporary:
        temporary.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
    with whole(outputs.costs) as temporary:
        temporary.write_text(render_costs(record), encoding="utf-8")
    write_crate(record, folder, Path(outputs.crate))


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params, snakemake.threads)
