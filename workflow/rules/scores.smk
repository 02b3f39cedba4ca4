# The network's part: log odds of cleavage of reference and alternate windows. The only rules that use a GPU.
#
# in:  results/model/, results/windows/windows.parquet, results/shards/{scatteritem}/{alleles.zip,site_haplotypes.parquet}
# out: results/scores/windows.parquet, results/shards/{scatteritem}/allele_scores.zip (of alleles, candidates and haplotypes, and
#      with config key `percentiles` of every substitution at the sites that are hit)
#
# Both take what the store (config key `store`) has, and add to it what it lacks.


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


rule score_alleles:
    input:
        model="results/model",
        alleles="results/shards/{scatteritem}/alleles.zip",
        haplotypes="results/shards/{scatteritem}/site_haplotypes.parquet",
        windows="results/windows/windows.parquet",
        # Only to wait for: what it says changes no score.
        ledger=ancient("results/ledger.parquet"),
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
