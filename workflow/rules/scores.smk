# The network's part: log odds of cleavage of reference and alternate windows. The only rules that use a GPU.
#
# in:  results/model/, results/windows/windows.parquet, results/shards/{scatteritem}/alleles.parquet
# out: results/scores/windows.parquet, results/shards/{scatteritem}/allele_scores.parquet


rule score_windows:
    input:
        model="results/model",
        windows="results/windows/windows.parquet",
    output:
        scores="results/scores/windows.parquet",
    log:
        "logs/score_windows.log",
    benchmark:
        "benchmarks/score_windows.tsv"
    conda:
        "../../envs/score.yaml"
    threads: 2
    params:
        device=CONFIG["device"],
        code=code_of("score_windows"),
    script:
        "../scripts/score_windows.py"


rule score_alleles:
    input:
        model="results/model",
        alleles="results/shards/{scatteritem}/alleles.parquet",
        # Only to wait for: what it says changes no score.
        ledger=ancient("results/ledger.parquet"),
    output:
        scores="results/shards/{scatteritem}/allele_scores.parquet",
    log:
        "logs/score_alleles/{scatteritem}.log",
    benchmark:
        "benchmarks/score_alleles/{scatteritem}.tsv"
    conda:
        "../../envs/score.yaml"
    threads: 2
    params:
        device=CONFIG["device"],
        code=code_of("score_alleles"),
    script:
        "../scripts/score_alleles.py"
