# Cohorts that are no VCF (PLINK, BGEN, VCF Zarr): a VCF with the same genotypes, which every other rule reads.
#
# in:  the files that config key `vcf` names, FASTA; with `ledger: in_range` also the windows, near which variants are taken
# out: results/inputs/genotypes/{cohort}.vcf.gz, with its index


rule convert_genotypes:
    input:
        genotypes=genotype_file("genotypes"),
        variants=genotype_file("variants"),
        samples=genotype_file("samples"),
        fasta=on_disk(CONFIG["fasta"]),
        contigs="results/reference/contigs.parquet",
        windows=(
            [] if CONFIG["ledger"] == "complete" else "results/windows/windows.parquet"
        ),
        exons=[] if CONFIG["ledger"] == "complete" else "results/sites/exons.parquet",
    output:
        vcf="results/inputs/genotypes/{cohort}.vcf.gz",
        index="results/inputs/genotypes/{cohort}.vcf.gz.csi",
    log:
        "logs/convert_genotypes/{cohort}.log",
    wildcard_constraints:
        cohort=r"[^/]+",
    conda:
        "../../envs/formats.yaml"
    params:
        extension=CONFIG["extension"],
        new_sites=CONFIG["new_sites"],
        code=code_of("convert_genotypes"),
    script:
        "../scripts/convert_genotypes.py"
