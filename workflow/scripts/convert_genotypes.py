"""A VCF of a cohort that is in PLINK, BGEN or VCF Zarr files."""

from pathlib import Path

from pasvar.cohort import convert_genotypes
from pasvar.genome import Genome
from pasvar.genotype_files import GenotypeFiles
from pasvar.progress import log_progress
from pasvar.run import Named, logged
from pasvar.tables import read_table
from pasvar.variants import make_scan, scored_zones


def main(inputs: Named, vcf: str, params: Named) -> None:
    zones = None
    if inputs.windows:
        scan = make_scan(read_table(inputs.exons, "exons"), params.extension, **params.new_sites)
        zones = scored_zones(read_table(inputs.windows, "windows"), scan)
    files = GenotypeFiles(inputs.genotypes, inputs.variants or "", inputs.samples or "")
    with Genome(inputs.fasta, Path(inputs.contigs).parent) as genome:
        convert_genotypes(files, genome, vcf, zones, log_progress)


if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.input):
        main(snakemake.input, snakemake.output.vcf, snakemake.params)
