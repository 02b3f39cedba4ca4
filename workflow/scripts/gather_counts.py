"""What `pasvar merge` needs of a run and no other table of results has: counts of people, and nobody's genotypes."""

from pasvar.run import Named, logged, people_digests
from pasvar.tables import gather, read_table, write_table


def main(inputs: Named, outputs: Named, min_cell: int | None) -> None:
    bundles = {"haplotype_counts": inputs.people, "unscored_changes": inputs.ledgers, "gene_carriers": inputs.effects}
    for name, paths in bundles.items():
        # Small counts stay out of results, whose runs are not merged then.
        is_hidden = min_cell is not None and name != "unscored_changes"
        gather([] if is_hidden else paths, name, outputs[name])
    people = {name for path in inputs.people for name in read_table(path, "people")["sample"]}
    write_table(outputs.people_digests, people_digests(sorted(people)), "people_digests")


if __name__ == "__main__":
    with logged(snakemake.log[0]):
        main(snakemake.input, snakemake.output, snakemake.params.min_cell)
