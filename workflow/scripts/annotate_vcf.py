"""The input VCF with the effects of its alleles in INFO."""

from logging import Logger
from pathlib import Path

from pasvar.annotate import GENE, NEW_SITE, annotate_vcf
from pasvar.contigs import ContigNames
from pasvar.jobs import logged
from pasvar.progress import lines
from pasvar.provenance import made_by
from pasvar.tables import read_made_by, read_table


def main(inputs, outputs, params, log: Logger) -> None:
    names = ContigNames(read_table(inputs.contigs, "contigs").chrom)
    about = read_made_by(inputs.scores[0]) | made_by(inputs.digests, params.settings)
    more = {GENE: inputs.gene_effects, NEW_SITE: inputs.new_sites}
    suffix = Path(outputs.index).suffix
    n_annotated = annotate_vcf(
        inputs.vcf, inputs.scores, outputs.annotated, names, about, params.min_effect, lines, more, index_suffix=suffix
    )
    log.info("%d records annotated", n_annotated)


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(snakemake.input, snakemake.output, snakemake.params, log)
