# The network's part: log odds of cleavage of reference and alternate windows. The only rules that use a GPU.
#
# in:  results/model/, results/windows/windows.parquet, results/shards/{scatteritem}/{alleles.zip,site_haplotypes.parquet}
# out: results/scores/windows.parquet, results/shards/{scatteritem}/allele_scores.zip (of alleles, candidates and haplotypes, and
#      with config key `percentiles` of every substitution at the sites that are hit), and with config key `min_genotype_effect`
#      results/shards/{scatteritem}/genotyped_alleles.parquet
#
# All take what the store (config key `store`) has, and add to it what it lacks.


rule score_proposed_sites:
    input:
        model="results/model",
        proposed="results/sites/{scatteritem}/proposed.parquet",
    output:
        scores="results/sites/{scatteritem}/scores.parquet",
    log:
        "logs/score_proposed_sites/{scatteritem}.log",
    conda:
        "../../envs/score.yaml"
    threads: 2
    params:
        device=CONFIG["device"],
        precision=CONFIG["precision"],
        code=code_of("score_proposed_sites"),
    script:
        "../scripts/score_proposed_sites.py"


rule score_windows:
    input:
        model="results/model",
        windows="results/windows/windows.parquet",
    output:
        scores="results/scores/windows.parquet",
    log:
        "logs/score_windows.log",
    conda:
        "../../envs/score.yaml"
    threads: 2
    params:
        device=CONFIG["device"],
        precision=CONFIG["precision"],
        code=code_of("score_windows"),
    script:
        "../scripts/score_windows.py"


# With config key `min_genotype_effect` alone. What it scores, `score_alleles` finds in the store.
rule select_alleles:
    input:
        model="results/model",
        alleles=shard_file("alleles.zip"),
        window_scores="results/scores/windows.parquet",
    output:
        # Not temp(): while it has the same content, no genotype is read again.
        chosen="results/shards/{scatteritem}/genotyped_alleles.parquet",
    log:
        "logs/select_alleles/{scatteritem}.log",
    conda:
        "../../envs/score.yaml"
    threads: 2
    params:
        min_genotype_effect=CONFIG["min_genotype_effect"],
        device=CONFIG["device"],
        precision=CONFIG["precision"],
        code=code_of("select_alleles"),
    script:
        "../scripts/select_alleles.py"


rule score_alleles:
    input:
        model="results/model",
        alleles=shard_file("alleles.zip"),
        haplotypes=shard_file("site_haplotypes.parquet"),
        windows="results/windows/windows.parquet",
    output:
        scores="results/shards/{scatteritem}/allele_scores.zip",
    log:
        "logs/score_alleles/{scatteritem}.log",
    conda:
        "../../envs/score.yaml"
    threads: 2
    params:
        percentiles=CONFIG["percentiles"],
        device=CONFIG["device"],
        precision=CONFIG["precision"],
        code=code_of("score_alleles"),
    script:
        "../scripts/score_alleles.py"
