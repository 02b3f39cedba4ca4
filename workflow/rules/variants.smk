# Every allele of the cohort, shard by shard: its status, and the windows that it changes.
#
# in:  VCF files with their indexes, results/windows/windows.parquet, FASTA
# out: results/shards/{scatteritem}/*.parquet, results/ledger.parquet, results/ledger.tsv, results/ledger_files.tsv


rule read_alleles:
    input:
        vcf=shard_vcfs,
        index=shard_vcf_indexes,
        fasta=CONFIG["fasta"],
        contigs="results/reference/contigs.parquet",
        catalogue="results/sites/catalogue.parquet",
        exons="results/sites/exons.parquet",
        windows="results/windows/windows.parquet",
        plan="results/shards/plan.parquet",
        regions=bed_files(CONFIG["regions"]),
    output:
        ledger="results/shards/{scatteritem}/ledger.parquet",
        alleles="results/shards/{scatteritem}/alleles.parquet",
        candidates="results/shards/{scatteritem}/candidates.parquet",
        vcf_counts="results/shards/{scatteritem}/vcf_counts.parquet",
        gene_counts="results/shards/{scatteritem}/gene_counts.parquet",
    log:
        "logs/read_alleles/{scatteritem}.log",
    benchmark:
        "benchmarks/read_alleles/{scatteritem}.tsv"
    conda:
        "../../envs/genome.yaml"
    params:
        shard=shard_number,
        n_shards=CONFIG["shards"],
        max_allele_length=CONFIG["max_allele_length"],
        complete=CONFIG["ledger"] == "complete",
        extension=CONFIG["extension"],
        new_sites=CONFIG["new_sites"],
        filters=CONFIG["filters"],
        min_af=CONFIG["min_af"],
        max_af=CONFIG["max_af"],
        regions=CONFIG["regions"],
        code=code_of("read_alleles"),
    script:
        "../scripts/read_alleles.py"


# Where people have genotypes: what they carry at the sites, and the windows of their haplotypes. The only rule that reads genotypes.
rule read_genotypes:
    input:
        vcf=shard_vcfs,
        index=shard_vcf_indexes,
        fasta=CONFIG["fasta"],
        contigs="results/reference/contigs.parquet",
        windows="results/windows/windows.parquet",
        alleles="results/shards/{scatteritem}/alleles.parquet",
        candidates="results/shards/{scatteritem}/candidates.parquet",
        # Only to wait for: what it says changes no genotype.
        ledger=ancient("results/ledger.parquet"),
    output:
        carriers="results/shards/{scatteritem}/carriers.parquet",
        site_haplotypes="results/shards/{scatteritem}/site_haplotypes.parquet",
        carried="results/shards/{scatteritem}/carried.parquet",
    log:
        "logs/read_genotypes/{scatteritem}.log",
    benchmark:
        "benchmarks/read_genotypes/{scatteritem}.tsv"
    conda:
        "../../envs/genome.yaml"
    params:
        filters=CONFIG["filters"],
        code=code_of("read_genotypes"),
    script:
        "../scripts/read_genotypes.py"


# Scoring waits for it: files of different assemblies stop a run here, before the expensive part.
rule close_ledger:
    input:
        ledgers=gather.shards("results/shards/{scatteritem}/ledger.parquet"),
        vcf_counts=gather.shards("results/shards/{scatteritem}/vcf_counts.parquet"),
        vcf=CONFIG["vcf"],
        index=indexes(CONFIG["vcf"]),
        digests=digests_of("fasta", "vcf", "regions"),
    output:
        ledger="results/ledger.parquet",
        totals="results/ledger.tsv",
        files="results/ledger_files.tsv",
    log:
        "logs/close_ledger.log",
    benchmark:
        "benchmarks/close_ledger.tsv"
    conda:
        "../../envs/genome.yaml"
    params:
        complete=CONFIG["ledger"] == "complete",
        max_ref_mismatch=CONFIG["max_ref_mismatch"],
        max_contig_unknown=CONFIG["max_contig_unknown"],
        settings=result_settings(CONFIG, ALLELE_KEYS),
        code=code_of("close_ledger"),
    script:
        "../scripts/close_ledger.py"
