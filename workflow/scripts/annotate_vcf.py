"""The input VCF with the effects of its alleles in INFO."""

from logging import Logger
from pathlib import Path

from pasvar.annotate import GENE, NEW_SITE, annotate_vcf
from pasvar.contigs import ContigNames
from pasvar.progress import log_progress
from pasvar.run import Named, logged, made_by
from pasvar.tables import read_made_by, read_table


def main(inputs: Named, outputs: Named, params: Named, log: Logger) -> None:
    names = ContigNames(read_table(inputs.contigs, "contigs").chrom)
    about = read_made_by(inputs.scores[0], "scores") | made_by(inputs.digests, params.settings)
    more = {GENE: inputs.gene_effects, NEW_SITE: inputs.new_sites}
    suffix = Path(outputs.index).suffix
    n_annotated = annotate_vcf(
        inputs.vcf,
        inputs.scores,
        outputs.annotated,
        names,
        about,
        params.min_effect,
        log_progress,
        more,
        index_suffix=suffix,
        ledger=inputs.get("ledger") or None,
        min_cell=params.settings["min_cell"],
        genotypes=None if params.genotypes == "auto" else params.genotypes,
    )
    log.info("%d records annotated", n_annotated)


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input) as log:
        main(snakemake.input, snakemake.output, snakemake.params, log)
