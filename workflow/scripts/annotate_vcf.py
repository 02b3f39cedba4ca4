"""The input VCF with INFO/PASVAR."""

from logging import Logger

from pasvar.annotate import annotate_vcf
from pasvar.contigs import ContigNames
from pasvar.files import file_sha256
from pasvar.jobs import logged
from pasvar.progress import lines
from pasvar.tables import read_made_by, read_table


def main(
    vcf: str, scores: str, contigs: str, fasta: str, gtf: str, annotated: str, min_effect: float, log: Logger
) -> None:
    names = ContigNames(read_table(contigs, "contigs").chrom)
    made_by = {**read_made_by(scores), "fasta_sha256": file_sha256(fasta), "gtf_sha256": file_sha256(gtf)}
    log.info("%d records annotated", annotate_vcf(vcf, scores, annotated, names, made_by, min_effect, lines))


if __name__ == "__main__":
    with logged(snakemake.log[0]) as log:
        main(
            snakemake.input.vcf,
            snakemake.input.scores,
            snakemake.input.contigs,
            snakemake.input.fasta,
            snakemake.input.gtf,
            snakemake.output.annotated,
            snakemake.params.min_effect,
            log,
        )
