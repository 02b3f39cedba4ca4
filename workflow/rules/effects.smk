# From scores to effects: per allele and site, per haplotype and site, per allele and gene, per person and gene, per gene.
#
# in:  results/scores/windows.parquet, results/shards/{scatteritem}/*.parquet, VCF files (for the names of people)
# out: results/{sites,scores,haplotypes,gene_effects,tissue_effects,new_sites,samples,genes}.parquet, results/genes.tsv


rule predict_usage:
    input:
        catalogue="results/sites/catalogue.parquet",
        scores="results/scores/windows.parquet",
        digests=digests_of(*SITE_INPUTS),
    output:
        sites="results/sites.parquet",
    log:
        "logs/predict_usage.log",
    benchmark:
        "benchmarks/predict_usage.tsv"
    conda:
        "../../envs/genome.yaml"
    params:
        usage_floor=CONFIG["usage_floor"],
        settings=result_settings(CONFIG, SITE_KEYS),
        code=code_of("predict_usage"),
    script:
        "../scripts/predict_usage.py"


rule summarise_alleles:
    input:
        sites="results/sites.parquet",
        tissue_usage="results/sites/tissue_usage.parquet",
        windows="results/windows/windows.parquet",
        alleles="results/shards/{scatteritem}/alleles.parquet",
        allele_scores="results/shards/{scatteritem}/allele_scores.parquet",
        candidates="results/shards/{scatteritem}/candidates.parquet",
        candidate_scores="results/shards/{scatteritem}/candidate_scores.parquet",
        exons="results/sites/exons.parquet",
        carriers="results/shards/{scatteritem}/carriers.parquet",
        site_haplotypes="results/shards/{scatteritem}/site_haplotypes.parquet",
        haplotype_scores="results/shards/{scatteritem}/haplotype_scores.parquet",
        carried="results/shards/{scatteritem}/carried.parquet",
        vcf=shard_vcfs,
        index=shard_vcf_indexes,
    output:
        scores="results/shards/{scatteritem}/scores.parquet",
        haplotypes="results/shards/{scatteritem}/haplotypes.parquet",
        gene_effects="results/shards/{scatteritem}/gene_effects.parquet",
        tissue_effects="results/shards/{scatteritem}/tissue_effects.parquet",
        new_sites="results/shards/{scatteritem}/new_sites.parquet",
        samples="results/shards/{scatteritem}/samples.parquet",
        gene_carriers="results/shards/{scatteritem}/gene_carriers.parquet",
    log:
        "logs/summarise_alleles/{scatteritem}.log",
    benchmark:
        "benchmarks/summarise_alleles/{scatteritem}.tsv"
    conda:
        "../../envs/genome.yaml"
    params:
        min_effect=CONFIG["min_effect"],
        min_usage_shift=CONFIG["min_usage_shift"],
        usage_floor=CONFIG["usage_floor"],
        merge_distance=CONFIG["merge_distance"],
        extension=CONFIG["extension"],
        new_sites=CONFIG["new_sites"],
        code=code_of("summarise_alleles"),
    script:
        "../scripts/summarise_alleles.py"


rule gather_effects:
    input:
        sites="results/sites.parquet",
        scores=gather.shards("results/shards/{scatteritem}/scores.parquet"),
        haplotypes=gather.shards("results/shards/{scatteritem}/haplotypes.parquet"),
        gene_effects=gather.shards("results/shards/{scatteritem}/gene_effects.parquet"),
        tissue_effects=gather.shards(
            "results/shards/{scatteritem}/tissue_effects.parquet"
        ),
        new_sites=gather.shards("results/shards/{scatteritem}/new_sites.parquet"),
        samples=gather.shards("results/shards/{scatteritem}/samples.parquet"),
        digests=digests_of(*CONFIG),
    output:
        scores="results/scores.parquet",
        haplotypes="results/haplotypes.parquet",
        gene_effects="results/gene_effects.parquet",
        tissue_effects="results/tissue_effects.parquet",
        new_sites="results/new_sites.parquet",
        samples="results/samples.parquet",
    log:
        "logs/gather_effects.log",
    benchmark:
        "benchmarks/gather_effects.tsv"
    conda:
        "../../envs/genome.yaml"
    params:
        settings=SETTINGS,
        code=code_of("gather_effects"),
    script:
        "../scripts/gather_effects.py"


rule summarise_genes:
    input:
        sites="results/sites.parquet",
        gene_effects=gather.shards("results/shards/{scatteritem}/gene_effects.parquet"),
        gene_counts=gather.shards("results/shards/{scatteritem}/gene_counts.parquet"),
        gene_carriers=gather.shards(
            "results/shards/{scatteritem}/gene_carriers.parquet"
        ),
        vcf=CONFIG["vcf"],
        index=indexes(CONFIG["vcf"]),
        digests=digests_of(*CONFIG),
    output:
        genes="results/genes.parquet",
        text="results/genes.tsv",
    log:
        "logs/summarise_genes.log",
    benchmark:
        "benchmarks/summarise_genes.tsv"
    conda:
        "../../envs/genome.yaml"
    params:
        min_effect=CONFIG["min_effect"],
        settings=SETTINGS,
        code=code_of("summarise_genes"),
    script:
        "../scripts/summarise_genes.py"


# One file for a cohort in one VCF, results/annotated.vcf.gz; else one each, under results/annotated/.
rule annotate_vcf:
    input:
        vcf=lambda wildcards: ANNOTATED[f"results/{wildcards.annotated}.vcf.gz"],
        scores=effects_near("scores"),
        gene_effects=effects_near("gene_effects"),
        new_sites=effects_near("new_sites"),
        contigs="results/reference/contigs.parquet",
        digests=annotated_digests,
    output:
        annotated="results/{annotated}.vcf.gz",
        index=f"results/{{annotated}}.vcf.gz{INDEX_SUFFIX}",
    log:
        "logs/{annotated}.log",
    benchmark:
        "benchmarks/{annotated}.tsv"
    wildcard_constraints:
        annotated=r"annotated(/[^/]+)?",
    conda:
        "../../envs/genome.yaml"
    params:
        min_effect=CONFIG["min_effect"],
        settings=SETTINGS,
        code=code_of("annotate_vcf"),
    script:
        "../scripts/annotate_vcf.py"
