# The network's part: log odds of cleavage of reference and alternate windows. The only rules that use a GPU.
#
# in:  results/model/, results/windows/windows.parquet, results/shards/{scatteritem}/{alleles,candidates,site_haplotypes}.parquet
# out: results/scores/windows.parquet, results/shards/{scatteritem}/{allele,candidate,haplotype}_scores.parquet,
#      and with config key `percentiles` results/shards/{scatteritem}/hit_saturation.parquet (else empty)
#
# Both take what the store (config key `store`) has, and add to it what it lacks.


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
        precision=CONFIG["precision"],
        code=code_of("score_windows"),
    script:
        "../scripts/score_windows.py"


rule score_alleles:
    input:
        model="results/model",
        alleles="results/shards/{scatteritem}/alleles.parquet",
        candidates="results/shards/{scatteritem}/candidates.parquet",
        haplotypes="results/shards/{scatteritem}/site_haplotypes.parquet",
        windows="results/windows/windows.parquet",
        window_scores="results/scores/windows.parquet",
        # Only to wait for: what it says changes no score.
        ledger=ancient("results/ledger.parquet"),
    output:
        allele_scores="results/shards/{scatteritem}/allele_scores.parquet",
        hit_saturation="results/shards/{scatteritem}/hit_saturation.parquet",
        candidate_scores="results/shards/{scatteritem}/candidate_scores.parquet",
        haplotype_scores="results/shards/{scatteritem}/haplotype_scores.parquet",
    log:
        "logs/score_alleles/{scatteritem}.log",
    benchmark:
        "benchmarks/score_alleles/{scatteritem}.tsv"
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
