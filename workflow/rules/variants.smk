# Every allele of the cohort, shard by shard: its status, and the windows that it changes.
#
# in:  VCF files with their indexes, results/windows/windows.parquet, FASTA
# out: results/shards/{scatteritem}/{ledger,alleles,people}.zip, results/shards/{scatteritem}/site_haplotypes.parquet,
#      results/ledger.parquet, results/ledger.tsv, results/ledger_files.tsv


rule read_alleles:
    input:
        vcf=shard_vcfs,
        index=shard_vcf_indexes,
        fasta=on_disk(CONFIG["fasta"]),
        contigs="results/reference/contigs.parquet",
        catalogue="results/sites/catalogue.parquet",
        exons="results/sites/exons.parquet",
        windows="results/windows/windows.parquet",
        plan="results/shards/plan.parquet",
        regions=on_disk(bed_files(CONFIG["regions"])),
    output:
        # Apart from the alleles: what only changes the ledger scores nothing again.
        ledger="results/shards/{scatteritem}/ledger.zip",
        alleles="results/shards/{scatteritem}/alleles.zip",
    log:
        "logs/read_alleles/{scatteritem}.log",
    priority: 1
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
        fasta=on_disk(CONFIG["fasta"]),
        contigs="results/reference/contigs.parquet",
        windows="results/windows/windows.parquet",
        alleles=shard_file("alleles.zip"),
        shard_ledger=shard_file("ledger.zip"),
        chosen=(
            shard_file("genotyped_alleles.parquet")
            if CONFIG["min_genotype_effect"]
            else []
        ),
    output:
        # Apart from the people: more of them with the same haplotypes score nothing again.
        site_haplotypes="results/shards/{scatteritem}/site_haplotypes.parquet",
        people="results/shards/{scatteritem}/people.zip",
    log:
        "logs/read_genotypes/{scatteritem}.log",
    conda:
        "../../envs/genome.yaml"
    params:
        filters=CONFIG["filters"],
        min_genotype_effect=CONFIG["min_genotype_effect"],
        code=code_of("read_genotypes"),
    script:
        "../scripts/read_genotypes.py"


# Files of different assemblies stop a run here, before the expensive part: this rule and `read_alleles` go before the others.
rule close_ledger:
    input:
        ledgers=gather.shards("results/shards/{scatteritem}/ledger.zip"),
        vcf=on_disk(CONFIG["vcf"]),
        index=indexes(CONFIG["vcf"]),
        contigs="results/reference/contigs.parquet",
        digests=digests_of("fasta", "vcf", "regions"),
    output:
        ledger="results/ledger.parquet",
        totals=report(
            "results/ledger.tsv",
            caption="../report/ledger.rst",
            category="Tables",
            labels={"table": "ledger"},
        ),
        files="results/ledger_files.tsv",
    log:
        "logs/close_ledger.log",
    priority: 2
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
