"""One row per gene, as parquet and as text."""

import pandas as pd

from pasvar.effects import summarise_genes
from pasvar.run import Named, logged, made_by
from pasvar.tables import read_arrow, read_made_by, read_table, write_table, write_text


def main(inputs: Named, outputs: Named, params: Named) -> None:
    people = {name for path in inputs.people for name in read_arrow(path, "people")["sample"].to_pylist()}
    genes = summarise_genes(
        read_table(inputs.sites, "sites"),
        (read_arrow(path, "gene_effects") for path in inputs.effects),
        pd.concat([read_table(path, "gene_counts") for path in inputs.ledgers]),
        pd.concat([read_table(path, "gene_carriers") for path in inputs.effects]),
        len(people),
        params.min_effect,
        read_table(inputs.known, "known"),
        params.settings["min_cell"],
    )
    about = read_made_by(inputs.sites) | made_by(inputs.digests, params.settings)
    write_table(outputs.genes, genes, "genes", about)
    write_text(outputs.text, genes, "genes")


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params)
