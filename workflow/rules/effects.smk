# From scores to effects: per allele and site, per haplotype and site, per allele and gene, per person and gene, per gene.
#
# in:  results/scores/windows.parquet, results/shards/{scatteritem}/*, the files of config key `known`
# out: results/{sites,scores,haplotypes,gene_effects,tissue_effects,new_sites,samples,known,genes}.parquet, results/genes.tsv


rule predict_usage:
    input:
        catalogue="results/sites/catalogue.parquet",
        exons="results/sites/exons.parquet",
        window_scores="results/scores/windows.parquet",
        digests=digests_of(*SITE_INPUTS),
    output:
        sites="results/sites.parquet",
    log:
        "logs/predict_usage.log",
    conda:
        "../../envs/genome.yaml"
    params:
        usage_floor=CONFIG["usage_floor"],
        settings=result_settings(CONFIG, SITE_KEYS),
        code=code_of("predict_usage"),
    script:
        "../scripts/predict_usage.py"


rule compute_effects:
    input:
        sites="results/sites.parquet",
        tissue_usage="results/sites/tissue_usage.parquet",
        windows="results/windows/windows.parquet",
        exons="results/sites/exons.parquet",
        alleles=shard_file("alleles.zip"),
        scores=shard_file("allele_scores.zip"),
        site_haplotypes=shard_file("site_haplotypes.parquet"),
        people=shard_file("people.zip"),
    output:
        effects="results/shards/{scatteritem}/effects.zip",
    log:
        "logs/compute_effects/{scatteritem}.log",
    conda:
        "../../envs/genome.yaml"
    params:
        min_effect=CONFIG["min_effect"],
        min_usage_shift=CONFIG["min_usage_shift"],
        usage_floor=CONFIG["usage_floor"],
        merge_distance=CONFIG["merge_distance"],
        extension=CONFIG["extension"],
        new_sites=CONFIG["new_sites"],
        code=code_of("compute_effects"),
    script:
        "../scripts/compute_effects.py"


rule gather_effects:
    input:
        sites="results/sites.parquet",
        effects=gather.shards("results/shards/{scatteritem}/effects.zip"),
        # Only to wait for: there are no results of files that do not fit.
        ledger="results/ledger.parquet",
        digests=digests_of(*SCORE_INPUTS),
    output:
        scores="results/scores.parquet",
        haplotypes="results/haplotypes.parquet",
        gene_effects="results/gene_effects.parquet",
        tissue_effects="results/tissue_effects.parquet",
        new_sites="results/new_sites.parquet",
        samples="results/samples.parquet",
    log:
        "logs/gather_effects.log",
    conda:
        "../../envs/genome.yaml"
    params:
        settings=SETTINGS,
        code=code_of("gather_effects"),
    script:
        "../scripts/gather_effects.py"


# For `pasvar merge`, which joins runs over different people.
rule gather_counts:
    input:
        people=gather.shards("results/shards/{scatteritem}/people.zip"),
        ledgers=gather.shards("results/shards/{scatteritem}/ledger.zip"),
        effects=gather.shards("results/shards/{scatteritem}/effects.zip"),
    output:
        haplotype_counts="results/merge/haplotype_counts.parquet",
        unscored_changes="results/merge/unscored_changes.parquet",
        gene_carriers="results/merge/gene_carriers.parquet",
        people_digests="results/merge/people_digests.parquet",
    log:
        "logs/gather_counts.log",
    conda:
        "../../envs/genome.yaml"
    params:
        min_cell=CONFIG["min_cell"],
        code=code_of("gather_counts"),
    script:
        "../scripts/gather_counts.py"


# What it finds changes no score: a new ClinVar runs this, the ranking and the report again.
rule join_known:
    input:
        gene_effects="results/gene_effects.parquet",
        new_sites="results/new_sites.parquet",
        fasta=on_disk(CONFIG["fasta"]),
        contigs="results/reference/contigs.parquet",
        sources=on_disk(known_files(CONFIG)),
        indexes=indexes(known_files(CONFIG)),
        digests=digests_of("known"),
    output:
        known="results/known.parquet",
    log:
        "logs/join_known.log",
    conda:
        "../../envs/genome.yaml"
    params:
        known=CONFIG["known"],
        code=code_of("join_known"),
    script:
        "../scripts/join_known.py"


rule summarise_genes:
    input:
        known="results/known.parquet",
        sites="results/sites.parquet",
        effects=gather.shards("results/shards/{scatteritem}/effects.zip"),
        ledgers=gather.shards("results/shards/{scatteritem}/ledger.zip"),
        people=gather.shards("results/shards/{scatteritem}/people.zip"),
        digests=digests_of(*CONFIG),
    output:
        genes="results/genes.parquet",
        text=report(
            "results/genes.tsv",
            caption="../report/genes.rst",
            category="Tables",
            labels={"table": "genes"},
        ),
    log:
        "logs/summarise_genes.log",
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
        vcf=lambda wildcards: on_disk(
            ANNOTATED[f"results/{wildcards.annotated}.vcf.gz"]
        ),
        scores=effects_near("scores", "effects"),
        gene_effects=effects_near("gene_effects", "effects"),
        new_sites=effects_near("new_sites", "effects"),
        # Where nothing is left out, it has nothing to say.
        ledger=effects_near("ledger", "ledger") if LEAVES_OUT else [],
        contigs="results/reference/contigs.parquet",
        digests=annotated_digests,
    output:
        annotated="results/{annotated}.vcf.gz",
        index=f"results/{{annotated}}.vcf.gz{INDEX_SUFFIX}",
    log:
        "logs/annotate_vcf/{annotated}.log",
    wildcard_constraints:
        annotated=r"annotated(/[^/]+)?",
    conda:
        "../../envs/genome.yaml"
    params:
        min_effect=CONFIG["min_effect"],
        genotypes=CONFIG["annotated_genotypes"],
        settings=SETTINGS,
        code=code_of("annotate_vcf"),
    script:
        "../scripts/annotate_vcf.py"
