# The 205-nt reference window of each site, and the shards that the genome is cut into.
#
# in:  results/sites/catalogue.parquet, FASTA
# out: results/windows/windows.parquet, results/shards/plan.parquet, results/shards/files.json


rule extract_windows:
    input:
        catalogue="results/sites/catalogue.parquet",
        fasta=on_disk(CONFIG["fasta"]),
        contigs="results/reference/contigs.parquet",
    output:
        windows="results/windows/windows.parquet",
    log:
        "logs/extract_windows.log",
    conda:
        "../../envs/genome.yaml"
    params:
        code=code_of("extract_windows"),
    script:
        "../scripts/extract_windows.py"


rule plan_shards:
    input:
        catalogue="results/sites/catalogue.parquet",
        contigs="results/reference/contigs.parquet",
    output:
        plan="results/shards/plan.parquet",
    log:
        "logs/plan_shards.log",
    conda:
        "../../envs/genome.yaml"
    params:
        n_shards=CONFIG["shards"],
        max_allele_length=CONFIG["max_allele_length"],
        code=code_of("plan_shards"),
    script:
        "../scripts/plan_shards.py"


# Which VCFs have records in which shards. A checkpoint: the inputs of a shard's jobs are known after it. (A cohort in one file
# does without.)
checkpoint assign_files:
    input:
        vcf=on_disk(CONFIG["vcf"]),
        index=indexes(CONFIG["vcf"]),
        contigs="results/reference/contigs.parquet",
        plan="results/shards/plan.parquet",
    output:
        files="results/shards/files.json",
    log:
        "logs/assign_files.log",
    conda:
        "../../envs/genome.yaml"
    params:
        n_shards=CONFIG["shards"],
        code=code_of("assign_files"),
    script:
        "../scripts/assign_files.py"
